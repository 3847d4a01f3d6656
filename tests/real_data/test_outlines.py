"""Masks of BCCD and JTSC are read whole, and the ways of outlining reach on validation cells what the pages say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.masked_pictures import MaskedPicture, load_masked
from leukoscope.experiments.segmentation_scores import score_outlines, summarize
from leukoscope.imaging.outlining import outliner
from leukoscope.inference.segmenter import Segmenter

pytestmark = pytest.mark.real_data
SPLITS = Path(__file__).parents[2] / "recipes" / "splits"


def cells_of(real_data: Path, name: str, part: str) -> tuple[MaskedPicture, ...]:
    return load_masked(read_manifest(SPLITS / f"{name}.csv", real_data / name), part)


@pytest.mark.parametrize(("name", "pictures", "cells"), [("bccd", 63, 64), ("jtsc-wbc", 30, 30)])
def test_every_cell_of_the_validation_part_has_cytoplasm_and_a_nucleus(real_data, name, pictures, cells):
    found = cells_of(real_data, name, "validation")
    assert len(found) == pictures
    assert sum(len(one.boxes) for one in found) == cells
    for one in found:
        for place in range(len(one.boxes)):
            cell, nucleus = one.masks(place)
            assert 0.05 * cell.sum() < nucleus.sum() <= cell.sum()


@pytest.mark.parametrize(
    ("name", "way", "nucleus", "cell"),
    [("bccd", "tracer", 0.90, 0.89), ("jtsc-wbc", "kmeans", 0.90, 0.95), ("jtsc-wbc", "tracer", 0.89, 0.90)],
)
def test_classical_ways_outline_validation_cells(real_data, name, way, nucleus, cell):
    pictures = cells_of(real_data, name, "validation")[:30]
    scores = summarize(score_outlines(outliner(way), pictures), np.random.default_rng(0), rounds=10)
    assert scores.nucleus.dice.value >= nucleus
    assert scores.cell.dice.value >= cell


@pytest.mark.parametrize("name", ["bccd", "jtsc-wbc"])
def test_the_shipped_segmenter_outlines_held_out_cells_as_its_card_says(real_data, name):
    bundle = find_bundle("cell-segmenter")
    part = bundle.card.segmentation
    assert part is not None
    told = part.metrics if name == "bccd" else part.elsewhere[name]
    assert told is not None
    pictures = cells_of(real_data, name, "test")
    scores = summarize(score_outlines(Segmenter(bundle, threads=1), pictures), np.random.default_rng(0), rounds=10)
    assert scores.cells == told.cells
    assert scores.nucleus.dice.value == pytest.approx(told.nucleus.dice, abs=2e-3)
    assert scores.cell.dice.value == pytest.approx(told.cell.dice, abs=2e-3)
