from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from leukoscope.data.pictures import PictureSet
from leukoscope.modeling.batches import PlainBatches, ShuffledBatches
from leukoscope.modeling.recipe_files import parse_recipe
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.run import train


def _recipe(epochs: int) -> Recipe:
    label = {"title": "T", "meaning": "M", "group": "leukocyte"}
    return parse_recipe(
        {
            "name": "tiny",
            "level": "cell",
            "seed": 4,
            "data": {"name": "tiny", "split": "none.csv"},
            "input": {"width": 32, "height": 32},
            "labels": [{"name": "a", **label}, {"name": "b", **label}],
            "network": {"channels": [4, 4, 4, 4]},
            "training": {"epochs": epochs, "batch_size": 6, "stored_side": 32},
            "card": {
                "title": "T",
                "version": "1.0.0",
                "intended_use": "T",
                "limits": [],
                "weights_licence": "T",
                "how_held_out": "T",
                "data_sources": [],
            },
        }
    )


def _pictures(n: int = 18) -> PictureSet:
    rng = np.random.default_rng(0)
    targets = (np.arange(n) % 3 == 0).astype(np.int64)
    images = (rng.integers(0, 100, (n, 32, 32, 3)) + 100 * targets[:, None, None, None]).astype(np.uint8)
    return PictureSet(images, targets, tuple(map(str, range(n))))


class _KilledError(RuntimeError):
    pass


def test_a_run_that_was_killed_ends_like_one_that_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(_recipe(3), _pictures(), _pictures(), tmp_path / "whole")
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
            train(_recipe(3), _pictures(), _pictures(), tmp_path / "torn")
    kept = torch.load(tmp_path / "torn" / "checkpoints" / "last.ckpt", weights_only=True)
    assert kept["epoch"] == 1  # the last epoch that ended, whether or not it was the best
    resumed = train(_recipe(3), _pictures(), _pictures(), tmp_path / "torn")
    for name, value in whole.state_dict().items():
        assert torch.allclose(resumed.state_dict()[name].float(), value.float(), atol=1e-6), name
    last = [torch.load(tmp_path / one / "checkpoints" / "last.ckpt", weights_only=True) for one in ("whole", "torn")]
    assert last[0]["epoch"] == last[1]["epoch"] == 2
    for name, value in last[0]["state_dict"].items():
        assert torch.allclose(last[1]["state_dict"][name].float(), value.float(), atol=1e-6), name
    assert (tmp_path / "whole" / "curves" / "metrics.csv").is_file()


def test_balanced_batches_show_rare_classes_as_often() -> None:
    batches = ShuffledBatches(_pictures(60), 10, seed=1, balance=True)
    targets = torch.cat([one for _, one in batches])
    assert len(targets) == 60
    assert int(targets.sum()) == pytest.approx(30, abs=1)


def test_plain_epochs_show_every_picture_once_and_differ_in_order() -> None:
    pictures = _pictures(20)
    batches = ShuffledBatches(pictures, 5, seed=1, balance=False)
    first = torch.cat([one.flatten(1).sum(1) for one, _ in batches])
    assert torch.equal(first, torch.cat([one.flatten(1).sum(1) for one, _ in batches]))
    batches.take_turn(1, 0, 1)
    second = torch.cat([one.flatten(1).sum(1) for one, _ in batches])
    assert not torch.equal(first, second)
    assert torch.equal(first.sort().values, second.sort().values)
