from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from leukoscope.data.pictures import PictureSet
from leukoscope.errors import RecipeError
from leukoscope.modeling.recipes import Monitor, Recipe
from leukoscope.modeling.training.curves import read_curves, read_words
from leukoscope.modeling.training.history import read_history
from leukoscope.modeling.training.loop import score_of
from leukoscope.modeling.training.run import train

Recipes = Callable[..., Recipe]
Pictures = Callable[[int], PictureSet]
FIGURES = {
    "validation_loss": 0.4,
    "validation_accuracy": 0.9,
    "validation_balanced_accuracy": 0.6,
    "validation_macro_f1": 0.7,
}


def test_each_figure_that_can_be_watched_decides_by_itself_and_the_loss_at_a_tie() -> None:
    scores = {monitor: score_of(FIGURES, monitor) for monitor in get_args(Monitor)}
    assert scores == pytest.approx({"accuracy": 0.8996, "balanced-accuracy": 0.5996, "macro-f1": 0.6996, "loss": -0.4})
    better = FIGURES | {"validation_loss": 0.3}
    assert all(score_of(better, monitor) > scores[monitor] for monitor in get_args(Monitor))


def test_a_monitor_that_does_not_exist_is_refused(recipe_of: Recipes) -> None:
    with pytest.raises(RecipeError, match="monitor"):
        recipe_of(monitor="f2")


def test_the_kept_epoch_is_the_best_by_what_the_recipe_watches(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures
) -> None:
    recipe = recipe_of(monitor="loss", epochs=4)
    train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    rows = read_curves(tmp_path / "curves" / "metrics.csv")
    assert [row["validation_score"] for row in rows] == [-row["validation_loss"] for row in rows]
    history = read_history(tmp_path, recipe.training)
    assert history is not None
    assert history.finished
    assert history.epochs == 4
    assert history.kept == 1 + min(range(4), key=lambda place: rows[place]["validation_loss"])
    last = read_history(tmp_path, recipe_of(keep="last").training)
    assert last is not None
    assert last.kept == 4
    assert read_history(tmp_path / "absent", recipe.training) is None


def test_why_a_run_broke_off_stays_in_its_folder(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    recipe = recipe_of(learning_rate=1e30, schedule="constant", optimizer="sgd", clip=0)
    with pytest.raises(RecipeError, match="loss became"):
        train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    assert "loss became" in read_words(tmp_path / "curves" / "watch.txt")[-1]
