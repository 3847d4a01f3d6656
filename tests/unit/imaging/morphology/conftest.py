"""Reference cells whose quantiles are known: 0, 1, ... 100 of everything, one percent each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from leukoscope.domain.findings import Prediction
from leukoscope.domain.morphology import ReferenceGroup
from leukoscope.domain.regions import Box
from leukoscope.imaging.morphology.reference import EVERYONE, Reference, ReferenceCells

PERCENTS = tuple(float(percent) for percent in range(101))
EVEN = tuple(percent / 100 for percent in range(101))
QUANTILES = {
    "nucleus_area_um2": PERCENTS,
    "nucleus_to_cell_ratio": EVEN,
    "chromatin_fineness": EVEN,
    "granularity_total": EVEN,
    "blast_likeness": EVEN,
    "blast_likeness_unscaled": EVEN,
}

MakeCells = Callable[..., ReferenceCells]


@pytest.fixture(scope="session")
def reference_cells() -> MakeCells:
    def make(
        name: str = "lymphocyte",
        quantiles: Mapping[str, tuple[float, ...]] = QUANTILES,
        *,
        outlined_by: str = "tracer",
        on_black: bool = False,
    ) -> ReferenceCells:
        group = ReferenceGroup(name, f"{name}s", 200, "drawn")
        return ReferenceCells(group, "train", "CC0", 0.1, "drawn", outlined_by, on_black, PERCENTS, quantiles)

    return make


@pytest.fixture(scope="session")
def reference(reference_cells: MakeCells) -> Reference:
    names = (EVERYONE, "lymphocyte", "blast")
    return Reference({name: reference_cells(name) for name in names})


@pytest.fixture(scope="session")
def named() -> Callable[..., Prediction]:
    def make(label: str, *, uncertain: bool = False, novel: bool = False) -> Prediction:
        return Prediction("model", label, 0.97, {label: 0.97, "other": 0.03}, uncertain, novel, Box(0, 0, 9, 9))

    return make
