from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from leukoscope.data.pictures import PictureSet
from leukoscope.modeling.recipe_files import parse_recipe
from leukoscope.modeling.recipes import Recipe


def tiny_recipe(**training: Any) -> Recipe:
    """A recipe that trains in a second."""
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
            "training": {"epochs": 3, "batch_size": 6, "accelerator": "cpu"} | training,
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


def tiny_pictures(n: int = 18) -> PictureSet:
    """Dark pictures of class 0 and bright ones of class 1."""
    rng = np.random.default_rng(0)
    targets = (np.arange(n) % 3 == 0).astype(np.int64)
    images = (rng.integers(0, 100, (n, 32, 32, 3)) + 100 * targets[:, None, None, None]).astype(np.uint8)
    return PictureSet(images, targets, tuple(map(str, range(n))))


@pytest.fixture
def recipe_of() -> Callable[..., Recipe]:
    return tiny_recipe


@pytest.fixture
def pictures_of() -> Callable[[int], PictureSet]:
    return tiny_pictures
