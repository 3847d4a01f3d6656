from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import read_bundle
from leukoscope.cli.main import app
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle


@pytest.fixture(scope="module")
def joined(tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingOutcome:
    """A run that calls dark and bright otherwise and leaves out a third class of its manifest."""
    folder = tmp_path_factory.mktemp("joined")
    shutil.copytree(tiny_set / "tiny", folder / "tiny")
    (folder / "tiny" / "third").mkdir()
    for path in (folder / "tiny" / "dark").glob("1*.png"):
        path.rename(folder / "tiny" / "third" / path.name)
    lines = (tiny_set / "tiny.csv").read_text(encoding="utf-8").splitlines()
    moved = [line.replace("dark", "third") if line.startswith("dark/1") else line for line in lines]
    (folder / "joined.csv").write_text("\n".join(moved) + "\n", encoding="utf-8")
    recipe = (tiny_set / "tiny.toml").read_text(encoding="utf-8")
    classes = 'others = "leave-out"\n[data.classes]\nlow = ["dark"]\nhigh = ["bright"]\n[input]'
    recipe = recipe.replace("[input]", classes).replace('name = "dark"', 'name = "low"')
    (folder / "joined.toml").write_text(recipe.replace('name = "bright"', 'name = "high"'), encoding="utf-8")
    return train_bundle(folder / "joined.toml", folder / "joined.csv", folder / "run", images=folder / "tiny")


def test_a_manifest_in_the_words_of_the_set_is_evaluated_under_the_classes_of_the_model(
    joined: TrainingOutcome,
) -> None:
    folder = joined.folder.parent.parent
    data = ["--data", str(folder / "joined.csv"), "--images", str(folder / "tiny")]
    result = CliRunner().invoke(app, ["evaluate", "--model", str(joined.folder), *data, "--json"])
    assert result.exit_code == 0, result.output
    lines = (folder / "joined.csv").read_text(encoding="utf-8").splitlines()
    left_out = sum(",third," in line and line.endswith(",test") for line in lines)
    assert left_out
    assert (
        f"{left_out} of 16 pictures have a class that the model was not made to tell (third {left_out})"
        in result.stderr
    )
    figures = json.loads(result.stdout)
    assert figures["classes"] == ["low", "high"]
    assert figures["confusion"] == [list(row) for row in joined.scores.confusion]


def test_the_card_counts_only_pictures_of_its_classes(joined: TrainingOutcome) -> None:
    lines = (joined.folder.parent.parent / "joined.csv").read_text(encoding="utf-8").splitlines()
    learned = [line for line in lines if line.endswith(",train") and ",third," not in line]
    training = read_bundle(joined.folder).card.training
    assert training is not None
    assert training.images_train == len(learned) < sum(line.endswith(",train") for line in lines)
    assert dict(training.classes) == {"low": ("dark",), "high": ("bright",)}
