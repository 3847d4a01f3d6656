from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from leukoscope.data.pictures import PictureSet
from leukoscope.errors import RecipeError
from leukoscope.modeling.batches import PlainBatches, ShuffledBatches
from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.curves import read_curves
from leukoscope.modeling.training.interruption import StopByHand
from leukoscope.modeling.training.run import load_network, train

Recipes = Callable[..., Recipe]
Pictures = Callable[[int], PictureSet]


class _KilledError(RuntimeError):
    pass


def test_a_run_that_was_killed_ends_like_one_that_was_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recipe_of: Recipes,
    pictures_of: Pictures,
) -> None:
    whole = train(recipe_of(), pictures_of(18), pictures_of(18), tmp_path / "whole")
    batches = PlainBatches.__iter__
    seen = []

    def killed(self: PlainBatches) -> object:
        seen.append(1)
        if len(seen) == 4:  # Lightning asks once before the first epoch
            raise _KilledError
        return batches(self)

    with monkeypatch.context() as patch:
        patch.setattr(PlainBatches, "__iter__", killed)
        with pytest.raises(_KilledError):
            train(recipe_of(), pictures_of(18), pictures_of(18), tmp_path / "torn")
    kept = torch.load(tmp_path / "torn" / "checkpoints" / "last.ckpt", weights_only=True)
    assert kept["epoch"] == 1  # the last epoch that ended, whether or not it was the best
    resumed = train(recipe_of(), pictures_of(18), pictures_of(18), tmp_path / "torn")
    for name, value in whole.state_dict().items():
        assert torch.allclose(resumed.state_dict()[name].float(), value.float(), atol=1e-6), name
    last = [torch.load(tmp_path / one / "checkpoints" / "last.ckpt", weights_only=True) for one in ("whole", "torn")]
    assert last[0]["epoch"] == last[1]["epoch"] == 2
    for name, value in last[0]["state_dict"].items():
        assert torch.allclose(last[1]["state_dict"][name].float(), value.float(), atol=1e-6), name
    rows = read_curves(tmp_path / "torn" / "curves" / "metrics.csv")
    assert [row["epoch"] for row in rows] == [1, 2, 3]  # the epoch that was torn is there once
    expected = read_curves(tmp_path / "whole" / "curves" / "metrics.csv")
    assert [row["train_loss"] for row in rows] == pytest.approx([row["train_loss"] for row in expected], abs=1e-5)
    assert all(0 <= row["waiting_share"] <= 1 and row["images_per_s"] > 0 for row in rows)


def test_balanced_batches_show_rare_classes_as_often(pictures_of: Pictures) -> None:
    batches = ShuffledBatches(pictures_of(60), 10, seed=1, balance=True)
    targets = torch.cat([one for _, one in batches])
    assert len(targets) == 60
    assert int(targets.sum()) == pytest.approx(30, abs=1)


def test_plain_epochs_show_every_picture_once_and_differ_in_order(pictures_of: Pictures) -> None:
    pictures = pictures_of(20)
    batches = ShuffledBatches(pictures, 5, seed=1, balance=False)
    first = torch.cat([one.flatten(1).sum(1) for one, _ in batches])
    assert torch.equal(first, torch.cat([one.flatten(1).sum(1) for one, _ in batches]))
    batches.take_turn(1, 0, 1)
    second = torch.cat([one.flatten(1).sum(1) for one, _ in batches])
    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, second.sort().values)


def _hash(network: Network) -> str:
    state = network.state_dict()
    return hashlib.sha256(b"".join(state[name].numpy().tobytes() for name in sorted(state))).hexdigest()


def test_two_runs_of_one_recipe_give_the_same_weights_and_another_seed_does_not(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures
) -> None:
    everything = {"epochs": 2, "mixup": 0.2, "cutmix": 1.0, "accumulate": 2, "frozen_epochs": 1, "layer_decay": 0.8}
    recipe = recipe_of(**everything)
    other = recipe.model_copy(update={"seed": 5})
    one, again, differs = (
        _hash(train(which, pictures_of(18), pictures_of(18), tmp_path / str(number)))
        for number, which in enumerate((recipe, recipe, other))
    )
    assert one == again != differs


_KILLED_RUN = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import tiny_pictures, tiny_recipe
from leukoscope.modeling.training.loop import Loop
from leukoscope.modeling.training.run import train
step = Loop.training_step
def killed(self, batch, index):
    if self.global_step == 4:  # in the middle of the second of three epochs
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, index)
Loop.training_step = killed
train(tiny_recipe(), tiny_pictures(), tiny_pictures(), Path(sys.argv[2]))
"""


_WHOLE_RUN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import tiny_pictures, tiny_recipe
from leukoscope.modeling.training.run import train
train(tiny_recipe(), tiny_pictures(), tiny_pictures(), Path(sys.argv[2]))
"""


def test_kill_9_in_the_middle_of_an_epoch_changes_nothing(tmp_path: Path, recipe_of: Recipes) -> None:
    here = str(Path(__file__).parent)
    torn = subprocess.run([sys.executable, "-c", _KILLED_RUN, here, str(tmp_path / "torn")], check=False)
    assert torn.returncode == -signal.SIGKILL
    kept = torch.load(tmp_path / "torn" / "checkpoints" / "last.ckpt", weights_only=True)
    assert kept["epoch"] == 0
    # Each in a process of its own, as a user's, so that both have the same number of threads: with another one sums are
    # added in another order, and the weights differ.
    for name in ("torn", "whole"):
        subprocess.run([sys.executable, "-c", _WHOLE_RUN, here, str(tmp_path / name)], check=True)
    best = [load_network(recipe_of(), tmp_path / name / "checkpoints" / "best.ckpt") for name in ("torn", "whole")]
    assert _hash(best[0]) == _hash(best[1])


@pytest.mark.parametrize("warmup", [False, True])
def test_ctrl_c_keeps_the_whole_epochs_and_the_run_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe_of: Recipes, pictures_of: Pictures, *, warmup: bool
) -> None:
    recipe = recipe_of(keep="last", average_warmup=warmup)
    stop = StopByHand.on_train_batch_end

    def pressed(self: StopByHand, trainer: Any, *rest: Any) -> None:
        if trainer.global_step == 4:
            os.kill(os.getpid(), signal.SIGINT)
        stop(self, trainer, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(StopByHand, "on_train_batch_end", pressed)
        stopped = train(recipe, pictures_of(18), pictures_of(18), tmp_path / "torn")
    folder = tmp_path / "torn" / "checkpoints"
    assert _hash(stopped) == _hash(load_network(recipe, folder / "last.ckpt"))
    assert not (folder / "finished").exists()
    resumed = train(recipe, pictures_of(18), pictures_of(18), tmp_path / "torn")
    whole = train(recipe, pictures_of(18), pictures_of(18), tmp_path / "whole")
    assert _hash(resumed) == _hash(whole)


def test_a_run_stops_when_patience_is_over_and_stays_so(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures
) -> None:
    recipe = recipe_of(epochs=60, patience=2, learning_rate=1e-12, schedule="constant")
    train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    epochs = len(read_curves(tmp_path / "curves" / "metrics.csv"))
    assert epochs < 60  # it takes a while until the statistics of normalizations settle
    train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    assert len(read_curves(tmp_path / "curves" / "metrics.csv")) == epochs


def test_a_loss_that_is_no_number_stops_the_run_with_advice(
    tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures
) -> None:
    recipe = recipe_of(learning_rate=1e30, schedule="constant", optimizer="sgd", clip=0)
    with pytest.raises(RecipeError, match=r"loss became (nan|inf)") as caught:
        train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    assert "learning_rate" in (caught.value.hint or "")


def test_a_class_without_training_pictures_is_told(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    pictures = pictures_of(18)
    only = PictureSet(pictures.images, pictures.targets * 0, pictures.groups)
    with pytest.raises(RecipeError, match="no picture of b"):
        train(recipe_of(), only, pictures, tmp_path)


def test_processes_share_each_batch(pictures_of: Pictures) -> None:
    pictures = pictures_of(20)
    alone = ShuffledBatches(pictures, 6, seed=1, balance=False)
    both = [ShuffledBatches(pictures, 6, seed=1, balance=False) for _ in range(2)]
    for rank, one in enumerate(both):
        one.take_turn(0, rank, 2)
    for whole, first, second in zip(alone, *both, strict=True):
        halves = torch.cat([first[0], second[0]])
        assert sorted(halves.flatten(1).sum(1).tolist()) == sorted(whole[0].flatten(1).sum(1).tolist())


def test_two_processes_learn_together(tmp_path: Path, recipe_of: Recipes, pictures_of: Pictures) -> None:
    recipe = recipe_of(epochs=1, devices=2)
    network = train(recipe, pictures_of(18), pictures_of(18), tmp_path)
    assert not network.training
    kept = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert kept["global_step"] == 3  # as many steps as one process makes of 18 pictures in batches of 6
    assert len(read_curves(tmp_path / "curves" / "metrics.csv")) == 1
