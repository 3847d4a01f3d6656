"""What `leukoscope train` says before it trains anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.errors import InvalidValueError

RECIPES = Path(__file__).parents[3] / "recipes"


@pytest.mark.parametrize("recipe", ["cell-detector", "cell-segmenter"])
@pytest.mark.parametrize(("given", "said"), [(["--search", "3"], "not searched"), (["--folds"], "not cross-validated")])
def test_what_a_task_cannot_be_asked_for_is_said_with_what_to_leave_out(
    recipe: str, given: list[str], said: str, tmp_path: Path
) -> None:
    fault = (
        CliRunner().invoke(app, ["train", str(RECIPES / f"{recipe}.toml"), "--data", str(tmp_path), *given]).exception
    )
    assert isinstance(fault, InvalidValueError)
    assert said in fault.message
    assert given[0] in fault.hint


def test_the_list_tells_recipes_of_every_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RECIPES.parent)
    told = CliRunner().invoke(app, ["train", "--list"]).output
    for name, about in (
        ("wbc-differential", "mean-head"),
        ("cell-detector", "centers"),
        ("cell-segmenter", "cell-unet"),
        ("classical-svm", "svm-rbf"),
    ):
        assert f"recipes/{name}.toml" in told
        assert about in told
    assert "cannot be read" not in told
