"""Measurements of real cells, by the masks that experts drew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from fakes.known_cells import masks
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.reading import read_image

pytestmark = pytest.mark.real_data
SPLIT = Path(__file__).parents[2] / "recipes" / "splits" / "jtsc-wbc.csv"


@pytest.fixture(scope="module")
def cells(real_data) -> pd.DataFrame:
    table = pd.read_csv(SPLIT).dropna(subset="label")
    rows = []
    for row in table[table.split == "train"].itertuples():
        pixels = read_image(real_data / "jtsc-wbc" / row.name).pixels
        drawn = cv2.imread(str(real_data / "jtsc-wbc" / "masks" / f"{Path(row.name).stem}.png"), cv2.IMREAD_GRAYSCALE)
        if drawn is not None and drawn.shape == pixels.shape[:2] and (drawn > 200).any():
            rows.append({"label": row.label, **measure_cell(pixels, masks(drawn > 80, drawn > 200), None)})
    return pd.DataFrame(rows)


def test_lymphocytes_and_monocytes_have_one_lobe_and_neutrophils_mostly_more(cells):
    lobes = cells.groupby("label").nucleus_lobes
    assert (lobes.get_group("lymphocyte") == 1).mean() > 0.95
    assert (lobes.get_group("monocyte") == 1).mean() > 0.9
    assert (lobes.get_group("neutrophil") > 1).mean() > 0.85
    assert cells.nucleus_lobes.max() <= 5


def test_lymphocytes_are_full_of_nucleus_and_monocytes_are_larger(cells):
    medians = cells.groupby("label").median()
    assert medians.nucleus_to_cell_ratio["lymphocyte"] > medians.nucleus_to_cell_ratio["monocyte"] + 0.05
    assert medians.nucleus_to_cell_ratio["monocyte"] > medians.nucleus_to_cell_ratio["neutrophil"] + 0.1
    assert medians.cell_area_px["monocyte"] > 1.3 * medians.cell_area_px["lymphocyte"]


def test_every_value_is_finite_and_hardly_any_is_missing(cells):
    numbers = cells.drop(columns="label").to_numpy(float)
    assert not np.isinf(numbers).any()
    assert np.isnan(numbers).mean() < 0.01
