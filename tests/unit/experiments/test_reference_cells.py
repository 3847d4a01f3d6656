import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leukoscope.data.manifest import Entry
from leukoscope.experiments import reference_cells
from leukoscope.experiments.reference_cells import (
    KnownCell,
    ReferenceSet,
    everyone,
    measure_known,
    reference_groups,
    scored,
)
from leukoscope.imaging.drawing import to_jpeg
from leukoscope.imaging.outlining import outliner
from leukoscope.synthetic import draw_cell
from leukoscope.wiring import make_outliner

SET = ReferenceSet("drawn", "CC0", "train", "tracer", 0.1, "drawn", on_black=False)


def cells(label: str, count: int, size: float) -> list[KnownCell]:
    return [KnownCell(label, f"{label}-{number}", {"diameter_px": size + number}) for number in range(count)]


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    rng = np.random.default_rng(0)
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(to_jpeg(draw_cell(rng, "lymphocyte").pixels, 95))
    return [Entry(f"{number}.jpg", f"{number}" * 64, "lymphocyte", f"g{number}", "train") for number in range(2)]


def test_classes_with_too_few_cells_get_no_reference():
    found = list(
        reference_groups([*cells("a", 50, 100), *cells("b", 49, 100)], SET, {"a": "as", "b": "bs"}, ["diameter_px"])
    )

    assert [(one.group.name, one.group.title, one.group.cells) for one in found] == [("a", "as", 50)]
    assert found[0].quantile("diameter_px", 50) == pytest.approx(124.5)


def test_in_all_together_each_class_counts_the_same_however_many_cells_it_has():
    together = everyone([*cells("many", 200, 0), *cells("few", 50, 1000)], SET, ("many", "few"), ["diameter_px"])

    assert together.group.cells == 250
    assert together.percent_below("diameter_px", 600.0) == pytest.approx(50, abs=5)


def test_each_measurement_tells_how_many_cells_have_it():
    known = [*cells("a", 70, 100), *(KnownCell("a", "x", {"diameter_px": 9.0, "area_px": 5.0}) for _ in range(55))]
    (found,) = reference_groups(known, SET, {"a": "as"}, ["diameter_px", "area_px"])

    assert found.having("diameter_px").cells == found.group.cells == 125
    assert found.having("area_px").cells == 55


def test_what_is_measured_is_kept_and_not_measured_again(entries, tmp_path, monkeypatch):
    sizes = {"0.jpg": 0.1}
    first = measure_known(entries, tmp_path, outliner("tracer"), "tracer", tmp_path / "kept", pixel_sizes=sizes)
    monkeypatch.setattr(reference_cells, "read_image", None)
    again = measure_known(entries, tmp_path, outliner("tracer"), "tracer", tmp_path / "kept", pixel_sizes=sizes)

    assert again == first
    assert first[0].values["nucleus_area_um2"] == pytest.approx(first[0].values["nucleus_area_px"] * 0.01, rel=1e-4)
    assert "nucleus_area_um2" not in first[1].values


def test_a_cell_whose_pixel_size_is_told_otherwise_is_measured_again(entries, tmp_path):
    areas = [
        measure_known(entries[:1], tmp_path, outliner("tracer"), "tracer", tmp_path / "kept", pixel_sizes=sizes)[0]
        for sizes in ({"0.jpg": 0.1}, {"0.jpg": 0.2}, None)
    ]

    assert areas[1].values["nucleus_area_um2"] == pytest.approx(4 * areas[0].values["nucleus_area_um2"], rel=1e-4)
    assert "nucleus_area_um2" not in areas[2].values


def test_what_other_weights_outlined_is_measured_again(entries, tmp_path, monkeypatch):
    shipped = make_outliner("cell-segmenter", threads=1)[0]
    first = measure_known(entries[:1], tmp_path, shipped, "cell-segmenter", tmp_path / "kept")
    other = copy.copy(shipped)
    other.ref = replace(shipped.ref, sha256="f" * 64)

    assert measure_known(entries[:1], tmp_path, shipped, "cell-segmenter", tmp_path / "kept") == first
    assert len(list((tmp_path / "kept").iterdir())) == 1
    measure_known(entries[:1], tmp_path, other, "cell-segmenter", tmp_path / "kept")
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_cell_carries_its_likeness_with_and_without_size(entries, tmp_path):
    (cell, _) = measure_known(
        entries, tmp_path, outliner("tracer"), "tracer", tmp_path / "kept", pixel_sizes={"0.jpg": 0.1}
    )

    assert {"blast_likeness", "blast_likeness_unscaled"} <= set(scored(cell).values)
