"""The use case of `leukoscope measure`: pictures in, a table of measured cells out, nothing lost on the way."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from leukoscope.data.cell_journal import CellJournal, MeasuredPicture, open_cell_journal, remove_cell_journal
from leukoscope.data.cell_table import CellTable, MeasuredCell
from leukoscope.domain.images import SmearImage
from leukoscope.errors import InputError
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.quality import judge_quality
from leukoscope.inference.outlined import CellOutliner, OutlinedPicture
from leukoscope.service.ports import Source

_NUMBER = re.compile(r"\d[\d.,]*")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FailedInput:
    """An input that could not be measured, and why in one sentence."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class BatchWarning:
    """What was said of pictures of a batch; sentences that differ in their numbers only are one kind.

    Attributes:
        sentence: As said of the first of them.
        path: That one.
        pictures: Of how many it was said.
    """

    sentence: str
    path: str
    pictures: int


@dataclass(frozen=True, slots=True)
class MeasuredBatch:
    """How a batch went.

    Attributes:
        pictures: Pictures measured.
        cells: Cells found in them.
        without_outline: Cells among them for which no outline was found: rows without measurements.
        failed: Inputs without rows.
        stopped: The batch was interrupted; what was finished is written.
        warnings: What was said of pictures, one a kind, the most frequent first.
    """

    pictures: int
    cells: int
    without_outline: int
    failed: tuple[FailedInput, ...]
    stopped: bool
    warnings: tuple[BatchWarning, ...] = ()


def measure_batch(
    sources: Iterable[Source],
    outliner: CellOutliner,
    table: CellTable,
    *,
    settings: str = "",
    after_each: Callable[[], None] = lambda: None,
) -> MeasuredBatch:
    """Measure the cells of every source and write the table; Ctrl-C writes what is done.

    What is finished survives an interruption, even a kill: the same call takes it up again. What failed is tried again.

    Args:
        sources: The inputs, in the order of the rows.
        outliner: Finds and outlines the cells.
        table: Takes the rows; written once, at the end.
        settings: Whatever changes the measurements besides models and outlining; what was measured with others, or by
            another version, is not taken up.
        after_each: Called after each input.
    """
    pictures, missing, failed, stopped = 0, 0, [], False
    said: dict[str, BatchWarning] = {}
    made_by = json.dumps([settings, outliner.outlined_by, *(ref.sha256 for ref in outliner.refs)])
    with open_cell_journal(table.path, table.measurements, made_by) as journal:
        try:
            for source in sources:
                measured = _measure(source, outliner, journal)
                if isinstance(measured, FailedInput):
                    failed.append(measured)
                else:
                    pictures += 1
                    _gather(said, source.path, measured.warnings)
                    for row in measured.cells:
                        missing += not row.outlined_by
                        table.add(row)
                after_each()
        except KeyboardInterrupt:
            stopped = True
        table.write()
    if not stopped:
        remove_cell_journal(table.path)
    warnings = tuple(sorted(said.values(), key=lambda one: -one.pictures))
    return MeasuredBatch(pictures, len(table), missing, tuple(failed), stopped, warnings)


def _gather(said: dict[str, BatchWarning], path: str, sentences: Iterable[str]) -> None:
    for kind, sentence in {_NUMBER.sub("#", sentence): sentence for sentence in sentences}.items():
        before = said.get(kind, BatchWarning(sentence, path, 0))
        said[kind] = replace(before, pictures=before.pictures + 1)


def _measure(source: Source, outliner: CellOutliner, journal: CellJournal) -> MeasuredPicture | FailedInput:
    """The cells of one picture, from the journal where an earlier run came to it; or why there are none."""
    try:
        image = source.load()
        measured = journal.known(source.path, image.sha256)
        if measured is None:
            found = outliner.outline_cells(image)
            warnings = (*judge_quality(image).warnings, *found.warnings)
            measured = MeasuredPicture(tuple(_rows(source.path, image, found)), warnings)
            journal.note(source.path, image.sha256, measured)
        return measured
    except InputError as fault:
        return FailedInput(source.path, str(fault))
    except MemoryError:
        sentence = "There was not enough memory for this picture; make it smaller or close other programs."
        return FailedInput(source.path, sentence)
    except OSError:
        raise  # the notes cannot be written: no later picture would fare better
    except Exception:  # the edge of a batch: one picture that trips a library must not cost the others
        _log.exception("a picture could not be measured")
        sentence = "leukoscope itself failed on this picture; please report it with the picture's kind and size."
        return FailedInput(source.path, sentence)


def _rows(path: str, image: SmearImage, found: OutlinedPicture) -> Iterator[MeasuredCell]:
    for number, cell in enumerate(found.cells, start=1):
        yield MeasuredCell(
            path=path,
            sha256=image.sha256,
            cell=number,
            box=cell.box,
            kind=found.kind,
            pixel_size=found.pixel_size,
            cut_by_border=cell.cut_by_border,
            found_by=found.found_by,
            outlined_by="" if cell.masks is None else found.outlined_by,
            values={} if cell.masks is None else measure_cell(image.pixels, cell.masks, found.pixel_size),
        )
