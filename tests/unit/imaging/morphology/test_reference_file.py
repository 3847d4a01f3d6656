import json
from dataclasses import replace
from importlib.resources import files

import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.imaging.measurements import measurement_names
from leukoscope.imaging.morphology.conflict import SCALED, UNSCALED
from leukoscope.imaging.morphology.reference import EVERYONE
from leukoscope.imaging.morphology.reference_file import FILE, read_reference, reference_text, shipped_reference
from leukoscope.wiring import make_outliner


def test_reference_cells_come_back_as_they_were_written(reference_cells):
    cells = replace(reference_cells(), counts={"chromatin_fineness": 60}, made_by="a test")
    other = replace(reference_cells("blast"), made_by="another test")

    assert read_reference(reference_text([cells, other])).cells == (cells, other)


def test_a_file_that_counts_no_cells_of_single_measurements_counts_all_of_the_class(reference_cells):
    told = json.loads(reference_text([reference_cells()]))
    del told["groups"][0]["counts"], told["groups"][0]["made_by"]
    (cells,) = read_reference(json.dumps(told)).cells

    assert cells.having("chromatin_fineness").cells == cells.group.cells


def test_another_schema_is_refused():
    with pytest.raises(InvalidValueError, match="schema"):
        read_reference(json.dumps({"schema": "leukoscope.reference-cells/9"}))


def test_the_shipped_cells_tell_whence_they_are_and_are_no_more_than_quantiles():
    path = files("leukoscope.imaging.morphology") / FILE
    cells = shipped_reference().cells

    assert len(path.read_bytes()) < 100_000
    assert EVERYONE in {one.group.name for one in cells}
    for one in cells:
        assert one.group.cells >= 50
        assert one.group.source
        assert one.licence
        assert one.part == "train"
        assert f"--outlining {one.outlined_by}" in one.made_by
        assert set(one.quantiles) <= {*measurement_names(), SCALED, UNSCALED}
        assert (one.pixel_size_um is None) == (not one.pixel_size_from)


def test_no_length_is_told_of_cells_whose_pixel_size_nobody_knows():
    for one in shipped_reference().cells:
        units = {name for name in one.quantiles if name.endswith(("_um", "_um2", "_px", "_px2"))}
        assert one.pixel_size_um is not None or not units


def test_the_shipped_cells_are_outlined_as_an_analysis_outlines_its_own():
    _, outlined_by = make_outliner()

    assert EVERYONE in shipped_reference().comparable(outlined_by, on_black=False).groups
