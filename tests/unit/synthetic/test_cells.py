import numpy as np
import pytest

from leukoscope.synthetic.cells import PaintedCell, PlannedCell, diameter_um, paint_cell
from leukoscope.synthetic.kinds import KINDS
from leukoscope.synthetic.shapes import Patch
from leukoscope.synthetic.style import StainStyle


def painted(label: str, seed: int = 3) -> tuple[PlannedCell, PaintedCell]:
    rng = np.random.default_rng(seed)
    planned = PlannedCell.random(rng, label)
    patch = Patch.around((0, 0), planned.outline.reach_um + 0.6, 0.1)
    return planned, paint_cell(rng, planned, patch, StainStyle())


@pytest.mark.parametrize("label", KINDS)
def test_a_planned_cell_is_of_the_size_of_its_class(label: str) -> None:
    low, high = KINDS[label].diameter_um
    sizes = [diameter_um(PlannedCell.random(np.random.default_rng(seed), label)) for seed in range(20)]
    assert low <= min(sizes) < max(sizes) <= high


@pytest.mark.parametrize("label", KINDS)
def test_a_painted_cell_covers_the_planned_area(label: str) -> None:
    planned, cell = painted(label)
    area_um2 = float(cell.cell.sum()) * 0.01
    assert 2 * np.sqrt(area_um2 / np.pi) == pytest.approx(diameter_um(planned), rel=0.03)


@pytest.mark.parametrize("label", KINDS)
def test_paint_stays_within_the_cell_and_the_nucleus_is_the_darkest(label: str) -> None:
    _, cell = painted(label)
    assert not cell.absorbance[cell.cell == 0].any()
    assert cell.absorbance.min() >= 0
    green = cell.absorbance[..., 1]
    cytoplasm = (cell.cell == 1) & (cell.nucleus == 0)
    assert np.median(green[cell.nucleus == 1]) > np.median(green[cytoplasm])


def hue(label: str) -> float:
    """Blue over red absorbance of the cytoplasm."""
    _, cell = painted(label)
    ground = cell.absorbance[(cell.cell == 1) & (cell.nucleus == 0)].mean(axis=0)
    return float(ground[2] / ground[0])


def test_eosinophils_are_orange_and_lymphocytes_blue() -> None:
    assert hue("eosinophil") > 1.2
    assert hue("lymphocyte") < 0.4


def test_a_basophil_has_dark_granules_in_a_pale_cytoplasm() -> None:
    _, cell = painted("basophil")
    green = cell.absorbance[..., 1][(cell.cell == 1) & (cell.nucleus == 0)]
    assert np.quantile(green, 0.9) > 1.5
    assert np.quantile(green, 0.05) < 0.5


def test_monocytes_have_pale_vacuoles() -> None:
    _, cell = painted("monocyte")
    ground = cell.absorbance[..., 0][(cell.cell == 1) & (cell.nucleus == 0)]
    assert np.quantile(ground, 0.01) < 0.4 * np.median(ground)


def test_the_chromatin_of_a_blast_is_finer_than_that_of_a_lymphocyte() -> None:
    def roughness(label: str) -> float:
        _, cell = painted(label)
        green = cell.absorbance[..., 1]
        inner = cell.nucleus == 1
        both = inner[:, 2:] & inner[:, :-2]
        return float(np.abs(green[:, 2:] - green[:, :-2])[both].mean() / green[inner].std())

    assert roughness("blast") > roughness("lymphocyte")
