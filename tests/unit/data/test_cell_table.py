from __future__ import annotations

import csv
import math

import pandas as pd
import pytest

from leukoscope import errors
from leukoscope.data.cell_table import FIXED, CellTable, MeasuredCell
from leukoscope.domain.images import PixelSize
from leukoscope.domain.regions import Box

NAMES = ("cell_area_px", "chromatin_density")


def cell(number: int = 1, **changed: object) -> MeasuredCell:
    known = {
        "path": "smears/a.png", "sha256": "00", "cell": number, "box": Box(1, 2.346, 3, 4), "kind": "field",
        "pixel_size": PixelSize(0.125, "given"), "cut_by_border": False, "found_by": "classical",
        "outlined_by": "tracer", "values": {"cell_area_px": 12.5},
    }  # fmt: skip
    return MeasuredCell(**(known | changed))  # type: ignore[arg-type]


def written(path, *cells):
    table = CellTable(path, NAMES)
    for one in cells:
        table.add(one)
    table.write()
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_holds_what_was_measured_and_leaves_the_rest_empty(tmp_path, suffix):
    path = written(tmp_path / f"cells{suffix}", cell(), cell(2, values={}, outlined_by="", pixel_size=None))
    table = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    assert list(table.columns) == [*FIXED, *NAMES]
    assert table.cell.tolist() == [1, 2]
    assert table.y0.tolist() == [2.35, 2.35]
    assert table.cell_area_px.tolist()[0] == 12.5
    assert math.isnan(table.cell_area_px[1])
    assert table.chromatin_density.isna().all()
    assert table.pixel_size_um.tolist()[0] == 0.125
    assert table.loc[1, ["pixel_size_um", "pixel_size_source", "outlined_by"]].isna().all()
    assert not table.cut_by_border.any()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_without_cells_still_has_its_columns(tmp_path, suffix):
    path = written(tmp_path / f"none{suffix}")
    table = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    assert list(table.columns) == [*FIXED, *NAMES]
    assert len(table) == 0


def test_paths_cannot_pass_for_formulas_of_a_spreadsheet(tmp_path):
    path = written(tmp_path / "cells.csv", cell(path="=cmd()"))
    with path.open(newline="") as stream:
        assert next(csv.DictReader(stream))["path"] == "'=cmd()"


def test_the_old_table_stays_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = written(tmp_path / "cells.csv", cell())
    before = path.read_bytes()
    table = CellTable(path, NAMES)
    table.add(cell(2))
    monkeypatch.setattr(CellTable, "_write_csv", lambda self, place: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        table.write()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["cells.csv"]


@pytest.mark.parametrize("name", ["cells.txt", "cells", "cells.json"])
def test_another_suffix_is_refused_before_any_work(tmp_path, name):
    with pytest.raises(errors.InvalidValueError, match=r"\.csv or \.parquet"):
        CellTable(tmp_path / name, NAMES)


def test_parquet_without_its_library_says_what_to_install(tmp_path, monkeypatch):
    def missing(extra: str, package: str) -> None:
        raise errors.MissingExtraError(extra, package)

    monkeypatch.setattr("leukoscope.data.cell_table.require_extra", missing)
    with pytest.raises(errors.MissingExtraError, match=r"leukoscope\[data\]"):
        CellTable(tmp_path / "cells.parquet", NAMES)
    written(tmp_path / "cells.csv", cell())
