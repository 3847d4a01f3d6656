from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leukoscope.data.cell_table import CellTable
from leukoscope.domain.images import PixelSize, SmearImage
from leukoscope.errors import UnreadableImageError
from leukoscope.imaging.measurements import measurement_names
from leukoscope.inference.finding import ClassicalFinder
from leukoscope.inference.outlined import CellOutliner
from leukoscope.service.measuring import measure_batch
from leukoscope.service.ports import Source
from leukoscope.synthetic import draw_field


@pytest.fixture(scope="module")
def smear() -> SmearImage:
    field = draw_field(np.random.default_rng(2), width=640, height=480, cells={"lymphocyte": 2}, red_cells=20)
    return SmearImage(field.pixels, "ab", PixelSize(0.125, "given"))


class NoOutline:
    def outline(self, pixels, boxes):
        return [None] * len(boxes)


class WholeBox:
    """Takes the box for the cell and its middle for the nucleus."""

    def outline(self, pixels, boxes):
        from fakes.known_cells import masks

        drawn = []
        for box in boxes:
            cell = np.ones((int(box.height), int(box.width)), dtype=bool)
            nucleus = np.zeros_like(cell)
            nucleus[5:-5, 5:-5] = True
            drawn.append(masks(cell, nucleus, left=int(box.x0), top=int(box.y0)))
        return drawn


def outliner(how=None, name="whole box"):
    return CellOutliner(ClassicalFinder(), how or WholeBox(), name)


def failing(error):
    def load():
        raise error

    return load


def test_every_cell_becomes_a_row(tmp_path, smear):
    table = CellTable(tmp_path / "cells.parquet", measurement_names())
    batch = measure_batch([Source("a.png", lambda: smear)], outliner(), table)
    rows = pd.read_parquet(tmp_path / "cells.parquet")
    assert (batch.pictures, batch.cells, batch.failed, batch.stopped) == (1, 2, (), False)
    assert rows.path.tolist() == ["a.png"] * 2
    assert rows.cell.tolist() == [1, 2]
    assert set(rows.outlined_by) == {"whole box"}
    assert set(rows.found_by) == {"classical"}
    assert (rows.cell_area_um2 / rows.cell_area_px).tolist() == pytest.approx([0.125**2] * 2)


def test_a_cell_without_outline_is_a_row_without_measurements(tmp_path, smear):
    table = CellTable(tmp_path / "cells.parquet", measurement_names())
    batch = measure_batch([Source("a.png", lambda: smear)], outliner(NoOutline()), table)
    rows = pd.read_parquet(tmp_path / "cells.parquet")
    assert (batch.cells, batch.without_outline) == (2, 2)
    assert rows.outlined_by.isna().all()
    assert rows[list(measurement_names())].isna().all(axis=None)


def test_an_input_that_fails_costs_one_sentence_and_the_rest_goes_on(tmp_path, smear):
    sources = [
        Source("bad.png", failing(UnreadableImageError("This is no image.", hint="Save it again."))),
        Source("big.png", failing(MemoryError())),
        Source("odd.png", failing(RuntimeError("a library tripped"))),
        Source("good.png", lambda: smear),
    ]
    seen = []
    table = CellTable(tmp_path / "cells.csv", measurement_names())
    batch = measure_batch(sources, outliner(), table, after_each=lambda: seen.append(1))
    assert [one.path for one in batch.failed] == ["bad.png", "big.png", "odd.png"]
    assert batch.failed[0].error == "This is no image. Save it again."
    assert "memory" in batch.failed[1].error
    assert "tripped" not in batch.failed[2].error
    assert len(seen) == 4
    assert set(pd.read_csv(tmp_path / "cells.csv").path) == {"good.png"}


def test_stopping_keeps_what_is_finished(tmp_path, smear):
    sources = [
        Source("a.png", lambda: smear),
        Source("b.png", failing(KeyboardInterrupt())),
        Source("c.png", lambda: smear),
    ]
    table = CellTable(tmp_path / "cells.csv", measurement_names())
    batch = measure_batch(sources, outliner(), table)
    assert batch.stopped
    assert set(pd.read_csv(tmp_path / "cells.csv").path) == {"a.png"}


def test_a_cell_at_the_edge_is_told_as_cut(tmp_path):
    field = draw_field(np.random.default_rng(2), width=640, height=480, cells={"lymphocyte": 2}, red_cells=20)
    box = field.cells[0].box
    cut = np.ascontiguousarray(field.pixels[:, int(box.center[0]) :])
    table = CellTable(tmp_path / "cells.csv", measurement_names())
    measure_batch([Source("cut.png", lambda: SmearImage(cut, "ab"))], outliner(), table)
    rows = pd.read_csv(tmp_path / "cells.csv")
    assert rows.cut_by_border.tolist() == (rows.x0 < 1).tolist()
    assert rows.cut_by_border.any()


class Counting(WholeBox):
    """Counts the pictures it is asked about; at the third it is killed."""

    def __init__(self, kill: type[BaseException] | None = None) -> None:
        self.asked, self._kill = 0, kill

    def outline(self, pixels, boxes):
        self.asked += 1
        if self._kill is not None and self.asked == 3:
            raise self._kill
        return super().outline(pixels, boxes)


class Killed(BaseException):
    """No one can catch a kill."""


def pictures(smear: SmearImage) -> list[Source]:
    def shown(number: int) -> SmearImage:
        return replace(smear, sha256=f"{number:02}", pixels=np.roll(smear.pixels, number, axis=1))

    return [Source(f"{number}.png", lambda number=number: shown(number)) for number in range(4)]


@pytest.mark.parametrize("end", [Killed, KeyboardInterrupt])
def test_a_stopped_run_goes_on_and_ends_with_the_table_of_one_that_was_not_stopped(tmp_path, smear, end):
    whole, again = tmp_path / "whole.csv", tmp_path / "again.csv"
    measure_batch(pictures(smear), outliner(), CellTable(whole, measurement_names()))
    first, second = Counting(end), Counting()
    with contextlib.suppress(Killed):
        stopped = measure_batch(pictures(smear), outliner(first), CellTable(again, measurement_names()))
        assert (stopped.pictures, stopped.stopped) == (2, True)
    batch = measure_batch(pictures(smear), outliner(second), CellTable(again, measurement_names()))
    assert (batch.pictures, batch.stopped) == (4, False)
    assert second.asked == 2
    assert again.read_bytes() == whole.read_bytes()
    assert {one.name for one in tmp_path.iterdir()} == {"whole.csv", "again.csv"}


def test_a_half_written_note_and_a_changed_picture_are_measured_again(tmp_path, smear):
    place = tmp_path / "cells.csv"
    with pytest.raises(Killed):
        measure_batch(pictures(smear), outliner(Counting(Killed)), CellTable(place, measurement_names()))
    notes = tmp_path / ".cells.csv.measured"
    notes.write_bytes(notes.read_bytes()[:-100])
    changed = [Source("0.png", lambda: replace(smear, sha256="ff")), *pictures(smear)[1:]]
    second = Counting()
    batch = measure_batch(changed, outliner(second), CellTable(place, measurement_names()))
    assert (batch.pictures, second.asked) == (4, 4)


def test_what_was_measured_with_other_settings_is_not_taken_up(tmp_path, smear):
    place = tmp_path / "cells.csv"
    with pytest.raises(Killed):
        measure_batch(
            pictures(smear), outliner(Counting(Killed)), CellTable(place, measurement_names()), settings="0.1 um"
        )
    second = Counting()
    measure_batch(pictures(smear), outliner(second), CellTable(place, measurement_names()), settings="0.2 um")
    assert second.asked == 4


def test_what_is_to_be_said_of_pictures_is_told_once_a_kind_even_of_those_taken_up_again(tmp_path, smear):
    gray = SmearImage(np.repeat(smear.pixels.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2), "cd")
    sources = [Source("a.png", lambda: smear), Source("b.png", lambda: gray)]

    def stop():
        raise KeyboardInterrupt

    def run(*more):
        return measure_batch([*sources, *more], outliner(), CellTable(tmp_path / "cells.csv", measurement_names()))

    stopped, again = run(Source("c.png", stop)), run(Source("d.png", lambda: replace(gray, sha256="ef")))

    assert [(one.pictures, one.path) for one in stopped.warnings] == [(1, "b.png")] * 2
    assert [(one.pictures, one.path) for one in again.warnings] == [(2, "b.png")] * 2
    assert "does not look like a stained smear: it is gray" in again.warnings[0].sentence
    assert "no color" in again.warnings[1].sentence
