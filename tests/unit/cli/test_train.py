"""What `leukoscope train` says before it trains anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.cli.train import _NO_ADVICE
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


@pytest.mark.parametrize(
    "said",
    [
        "`isinstance(treespec, LeafSpec)` is deprecated, use `isinstance(treespec, TreeSpec)` instead.",
        "The number of training batches (2) is smaller than the logging interval Trainer(log_every_n_steps=10).",
        "Found 194 module(s) in eval mode at the start of training.",
        "Checkpoint directory runs/x/checkpoints exists and is not empty.",
    ],
)
def test_advice_to_programmers_does_not_reach_whoever_types_a_command(said: str) -> None:
    assert any(re.match(one, said) for one in _NO_ADVICE)
    assert not any(re.match(one, "The loss is no number.") for one in _NO_ADVICE)
