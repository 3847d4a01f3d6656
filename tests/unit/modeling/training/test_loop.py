from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import torch

from leukoscope.data.pictures import PictureSet
from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.recipes import Monitor, Recipe
from leukoscope.modeling.training.averaging import first_weights_share
from leukoscope.modeling.training.curves import read_curves, read_words
from leukoscope.modeling.training.history import read_history
from leukoscope.modeling.training.loop import Loop, score_of
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


def test_an_epoch_whose_score_is_no_number_is_never_the_kept_one(tmp_path: Path, recipe_of: Recipes) -> None:
    heads = ["epoch", "validation_score", "seconds"]
    table = tmp_path / "curves" / "metrics.csv"
    table.parent.mkdir()
    rows = ["1,nan,1", "2,0.4,1", "3,0.6,1", "4,nan,1"]
    table.write_text("\n".join([",".join(heads), *rows]) + "\n", encoding="utf-8")
    history = read_history(tmp_path, recipe_of().training)
    assert history is not None
    assert history.kept == 3


def test_why_a_run_broke_off_stays_in_its_folder(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    recipe = recipe_of(learning_rate=1e30, schedule="constant", optimizer="sgd", clip=0)
    with pytest.raises(RecipeError, match="loss became"):
        train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    assert "loss became" in read_words(tmp_path / "curves" / "watch.txt")[-1]


def test_averaged_weights_begin_as_the_first_step_and_then_follow_by_the_decay(recipe_of: Recipes) -> None:
    recipe = recipe_of(average_decay=0.75)
    loop = Loop(recipe, build_network(recipe.network, 2, 32), torch.tensor([1, 1]), steps=3)
    own, average = loop.network.head.weight, loop.average.module.head.weight
    for value, expected in ((1.0, 1.0), (5.0, 2.0), (2.0, 2.0)):
        with torch.no_grad():
            own.fill_(value)
        loop.average.update_parameters(loop.network)
        assert torch.allclose(average, torch.full_like(average, expected))


def test_a_warmed_up_average_leaves_the_first_weights_soon(recipe_of: Recipes) -> None:
    recipe = recipe_of(average_decay=0.99, average_warmup=True)
    loop = Loop(recipe, build_network(recipe.network, 2, 32), torch.tensor([1, 1]), steps=3)
    own, average = loop.network.head.weight, loop.average.module.head.weight
    expected = 1.0
    for step in range(30):
        with torch.no_grad():
            own.fill_(1.0 if step == 0 else 5.0)
        loop.average.update_parameters(loop.network)
        if step:
            decay = min(0.99, (1 + step) / (10 + step))
            expected = decay * expected + (1 - decay) * 5.0
        assert torch.allclose(average, torch.full_like(average, expected))
    assert expected > 4.999
    assert first_weights_share(recipe.training, 30) == pytest.approx((5 - expected) / 4)


def test_a_run_too_short_for_its_average_says_so(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures, caplog: pytest.LogCaptureFixture
) -> None:
    train(recipe_of(epochs=1), pictures_of(18), pictures_of(18), tmp_path / "short")
    assert "98 % of the averaged weights" in caplog.text
    caplog.clear()
    train(recipe_of(epochs=1, average_warmup=True), pictures_of(18), pictures_of(18), tmp_path / "warmed")
    assert "of the averaged weights" not in caplog.text


def test_a_recipe_without_the_warmup_is_written_as_before_it_was_known(recipe_of: Recipes) -> None:
    """Else a run folder of an earlier version would hold a run of another recipe."""
    assert "average_warmup" not in recipe_of().model_dump_json()
    warmed = recipe_of(average_warmup=True)
    assert type(warmed).model_validate_json(warmed.model_dump_json(by_alias=True)).training.average_warmup


def _trained(recipe: Recipe, pictures_of: Pictures, folder: Path) -> dict[str, torch.Tensor]:
    train(recipe, pictures_of(18), pictures_of(18), folder)
    kept: dict[str, torch.Tensor] = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    return kept


def test_gradients_of_several_batches_make_one_step_and_the_last_ones_are_not_lost(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures
) -> None:
    kept = _trained(recipe_of(epochs=1, accumulate=2), pictures_of, tmp_path)
    assert kept["global_step"] == 2  # of three batches


def test_a_clipped_gradient_hardly_moves_a_weight(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    how = {"epochs": 1, "optimizer": "sgd", "learning_rate": 1.0, "schedule": "constant", "weight_decay": 0}
    heads = [
        _trained(recipe_of(clip=clip, **how), pictures_of, tmp_path / str(clip))["state_dict"]["network.head.weight"]
        for clip in (1e-9, 1e-12, 10.0)
    ]
    assert torch.allclose(heads[0], heads[1], atol=1e-6)
    assert not torch.allclose(heads[0], heads[2], atol=1e-3)


def test_mixed_precision_keeps_weights_in_32_bits(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    network = train(recipe_of(epochs=1, precision="bf16-mixed"), pictures_of(18), pictures_of(18), tmp_path)
    assert {one.dtype for one in network.parameters()} == {torch.float32}
    (row,) = read_curves(tmp_path / "curves" / "metrics.csv")
    plain = train(recipe_of(epochs=1), pictures_of(18), pictures_of(18), tmp_path / "plain")
    assert not torch.equal(network.head.weight, plain.head.weight)
    assert row["train_loss"] > 0
