"""A search on a tiny set: its trials, what they may see, and that it goes on after its process was killed."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from leukoscope.errors import RecipeError
from leukoscope.experiments import recipe_search
from leukoscope.experiments.recipe_search import search_recipe
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.training.curves import read_curves

SEARCH = """
[search]
start_pruning = 2
prune_after = 1
[search.keys]
"training.learning_rate" = { low = 1e-4, high = 1e-1, log = true }
"training.optimizer" = { choices = ["adamw", "sgd"] }
"""


@pytest.fixture(scope="module")
def recipe(tiny_set: Path) -> Path:
    path = tiny_set / "searched.toml"
    path.write_text((tiny_set / "tiny.toml").read_text(encoding="utf-8") + SEARCH, encoding="utf-8")
    return path


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "search.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_trials_are_told_and_the_best_becomes_a_recipe(
    recipe: Path, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()
    load = recipe_search.load_pictures

    def remember(entries, *arguments, **named):
        seen.update(entry.split for entry in entries)
        return load(entries, *arguments, **named)

    monkeypatch.setattr(recipe_search, "load_pictures", remember)
    told = []
    found = search_recipe(recipe, tiny_set / "tiny", tmp_path / "s", 3, after_each=told.append)
    assert seen == {"train", "validation"}
    assert [one.number for one in told] == [0, 1, 2]
    rows = table(tmp_path / "s")
    assert [row["trial"] for row in rows] == ["0", "1", "2"]
    assert found.best is not None
    assert found.best.score == max(one.score for one in found.trials if one.ending == "finished" and one.score)
    for row in rows:
        curves = read_curves(tmp_path / "s" / "trials" / row["folder"] / "curves" / "metrics.csv")
        if row["ending"] == "finished":
            assert float(row["score"]) == pytest.approx(max(one["validation_score"] for one in curves), abs=1e-6)
    best = read_recipe(found.recipe)
    assert best.training.learning_rate == found.best.values["training.learning_rate"]
    assert (found.recipe.parent / best.data.split).is_file()
    assert not list((tmp_path / "s" / "trials").glob("*/checkpoints"))

    assert search_recipe(recipe, tiny_set / "tiny", tmp_path / "s", 3).trials == found.trials


def test_a_search_that_was_killed_goes_on_in_the_trial_and_epoch_it_had_reached(
    recipe: Path, tiny_set: Path, tmp_path: Path
) -> None:
    script = """
import os, sys
from pathlib import Path
from leukoscope.experiments.recipe_search import search_recipe
from leukoscope.modeling.search import _Report
tell = _Report.on_train_epoch_end
def die(self, trainer, module):
    tell(self, trainer, module)
    if self._trial.number == 1 and trainer.current_epoch == 2:
        os._exit(9)
_Report.on_train_epoch_end = die
search_recipe(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), 2, ["training.epochs=4", "search.prune=false"])
"""
    given = [str(recipe), str(tiny_set / "tiny"), str(tmp_path / "s")]
    assert subprocess.run([sys.executable, "-c", script, *given], check=False).returncode == 9
    dead = table(tmp_path / "s")
    assert [row["ending"] for row in dead] == ["finished"]
    started = (tmp_path / "s" / "trials" / "0001" / "recipe.json").read_text(encoding="utf-8")

    changes = ["training.epochs=4", "search.prune=false"]
    search_recipe(recipe, tiny_set / "tiny", tmp_path / "s", 2, changes)
    rows = table(tmp_path / "s")
    assert [(row["folder"], row["ending"]) for row in rows] == [("0000", "finished"), ("0001", "finished")]
    assert (tmp_path / "s" / "trials" / "0001" / "recipe.json").read_text(encoding="utf-8") == started
    curves = read_curves(tmp_path / "s" / "trials" / "0001" / "curves" / "metrics.csv")
    assert [one["epoch"] for one in curves] == [1, 2, 3, 4]
    assert sorted(one.name for one in (tmp_path / "s" / "trials").iterdir()) == ["0000", "0001"]


def test_a_recipe_without_a_search_or_with_values_that_do_not_fit_is_refused(
    recipe: Path, tiny_set: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="does not say what to search"):
        search_recipe(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path, 1)
    with pytest.raises(RecipeError, match=r"training\.optimizer"):
        search_recipe(
            recipe,
            tiny_set / "tiny",
            tmp_path,
            1,
            ['search.keys={"training.optimizer"={choices=["adamw","lion"]}}'],
        )


def test_a_trial_that_needs_too_much_memory_fails_and_the_search_goes_on(
    recipe: Path, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, faults = recipe_search.train, [RuntimeError("CUDA out of memory.\nTried much."), MemoryError()]

    def hungry(*arguments, **named):
        if faults:
            raise faults.pop(0)
        return train(*arguments, **named)

    monkeypatch.setattr(recipe_search, "train", hungry)
    found = search_recipe(recipe, tiny_set / "tiny", tmp_path, 3, ["training.epochs=1"])
    assert [row["ending"] for row in table(tmp_path)] == ["failed", "failed", "finished"]
    assert [one.why for one in found.trials] == ["RuntimeError: CUDA out of memory.", "MemoryError", ""]


def test_trials_whose_loss_runs_away_are_told_and_end_the_search_after_three(
    recipe: Path, tiny_set: Path, tmp_path: Path
) -> None:
    wild = 'search.keys={"training.learning_rate"={low=1e30,high=1e32}}'
    with pytest.raises(RecipeError, match="3 trials in a row failed"):
        search_recipe(recipe, tiny_set / "tiny", tmp_path, 9, [wild, 'training.optimizer="sgd"', "training.clip=0"])
    assert [row["ending"] for row in table(tmp_path)] == ["failed"] * 3
    assert "The loss became" in table(tmp_path)[0]["why"]
