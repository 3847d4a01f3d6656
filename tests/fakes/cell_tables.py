"""Tables of drawn numbers, as if cells had been measured, and recipes to learn from them."""

from __future__ import annotations

import numpy as np

from leukoscope.modeling.classical.recipe import ClassicalRecipe
from leukoscope.modeling.classical.table import CellTable

WIDTH = 14
_CARD = {
    "title": "Drawn numbers",
    "version": "0.0.1",
    "intended_use": "Tests.",
    "limits": [],
    "weights_licence": "Apache-2.0",
    "how_held_out": "Drawn apart.",
    "data_sources": [],
}


def make_table(seed: int, cells: int, classes: int = 4) -> CellTable:
    """Columns on scales from 1 to 1,000 that differ by class, with gaps, one column all alike and one all gaps."""
    rng = np.random.default_rng(seed)
    targets = np.arange(cells) % classes
    means = np.random.default_rng(1).normal(size=(classes, WIDTH))
    columns = (rng.normal(size=(cells, WIDTH)) + 1.5 * means[targets]) * np.geomspace(1, 1000, WIDTH)
    columns[rng.random(columns.shape) < 0.02] = np.nan
    columns[:, 3], columns[:, 4] = 7, np.nan
    return CellTable(columns.astype(np.float32), targets, tuple(f"{t}-{i % 6}" for i, t in enumerate(targets)))


def make_recipe(kind: str = "naive-bayes", *, classes: int = 4, **parts: object) -> ClassicalRecipe:
    """A recipe without a search; `parts` take the place of its tables."""
    labels = [
        {"name": f"class-{one}", "title": str(one), "meaning": str(one), "group": "leukocyte"} for one in range(classes)
    ]
    content = {
        "name": "drawn",
        "task": "measurements",
        "data": {"name": "drawn", "split": "drawn.csv"},
        "labels": labels,
        "features": {"measurements": ["all"]},
        "classifier": {"kind": kind},
        "search": {"folds": 0},
        "card": _CARD,
    }
    return ClassicalRecipe.model_validate(content | parts)
