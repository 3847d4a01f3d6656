"""What do known cells measure?  The reference cells of the package: measured, then told as quantiles only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.data.manifest import Entry
from leukoscope.data.noted_lines import add_line, open_lines, read_lines
from leukoscope.domain.images import PixelSize
from leukoscope.domain.morphology import ReferenceGroup
from leukoscope.experiments.measured_pictures import cell_key, measuring_code
from leukoscope.imaging.measurements import Topic, measure_cell
from leukoscope.imaging.morphology.blast_likeness import blast_likeness
from leukoscope.imaging.morphology.comparable import comparable_values
from leukoscope.imaging.morphology.conflict import score_name
from leukoscope.imaging.morphology.reference import EVERYONE, ReferenceCells, quantiles_of
from leukoscope.imaging.outlining import Outliner
from leukoscope.imaging.reading import read_image
from leukoscope.inference.measured_classifier import largest_cell
from leukoscope.inference.segmenter import Segmenter

TOPICS: tuple[Topic, ...] = ("shape", "nucleus", "chromatin", "spots", "granularity")
PERCENTS = (0, 0.5, 1, 2.5, *range(5, 100, 5), 97.5, 99, 99.5, 100)
_FEWEST = 50
"""Cells of a class below which it has no reference."""


@dataclass(frozen=True, slots=True)
class KnownCell:
    """The one cell of a labeled picture; nothing measured where it was not found, or the edge cuts it."""

    label: str
    group: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """What is said of reference cells besides their quantiles.

    Attributes:
        source: Which set, and who made it.
        licence: Of its pictures.
        part: Which part was measured.
        outlined_by: How nucleus and cell are outlined.
        pixel_size_um: Of its pictures where none was resized; None where nobody knows it.
        pixel_size_from: Who says so.
        on_black: Whether the cells were cut out on black.
        made_by: Command that measures them.
    """

    source: str
    licence: str
    part: str
    outlined_by: str
    pixel_size_um: float | None
    pixel_size_from: str
    on_black: bool
    made_by: str = ""


def measure_known(
    entries: Sequence[Entry],
    root: Path,
    outliner: Outliner,
    outlined_by: str,
    keep: Path,
    *,
    pixel_sizes: Mapping[str, float] | None = None,
    after_each: Callable[[], None] = lambda: None,
) -> list[KnownCell]:
    """Measure the cell of each picture, the largest where there are several.

    A cell that was measured before by the same code, in the same way and at the same pixel size is not measured again.

    Args:
        entries: The pictures.
        root: Folder their names start from.
        outliner: Draws nucleus and cell.
        outlined_by: Name of that way.
        keep: Folder in which what was measured is kept; a run that was stopped goes on from there.
        pixel_sizes: Micrometers by name of the picture, where they are known.
        after_each: Called after each picture.

    Raises:
        InputError: A picture cannot be read.
    """
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"reference-{_way(outliner, outlined_by)}-{measuring_code()}.jsonl"
    keys = [cell_key(entry, pixel_sizes) for entry in entries]
    known = {str(line[0]): line[1] for line in read_lines(path) if len(line) == 2}
    with open_lines(path) as stream:
        for key, entry in zip(keys, entries, strict=True):
            if key not in known:
                size = (pixel_sizes or {}).get(entry.name)
                known[key] = _measured(root / entry.name, outliner, size)
                add_line(stream, [key, known[key]])
            after_each()
    return [KnownCell(entry.label, entry.group, known[key]) for key, entry in zip(keys, entries, strict=True)]


def _way(outliner: Outliner, outlined_by: str) -> str:
    """The way of outlining, with its weights where it has any: other weights draw other cells."""
    return f"{outlined_by}-{outliner.ref.sha256[:12]}" if isinstance(outliner, Segmenter) else outlined_by


def scored(cell: KnownCell) -> KnownCell:
    """What may be compared of it, with its blast-likeness, made with and without the size of the nucleus."""
    trusted = comparable_values(cell.values)
    unscaled = {name: value for name, value in trusted.items() if not name.endswith(("_um", "_um2"))}
    found = [one for one in (blast_likeness(trusted), blast_likeness(unscaled)) if one is not None]
    scores = {name: one.score for one in found if (name := score_name(one)) is not None}
    return replace(cell, values={**trusted, **scores})


def reference_groups(
    cells: Sequence[KnownCell], told: ReferenceSet, titles: Mapping[str, str], measurements: Sequence[str]
) -> Iterator[ReferenceCells]:
    """Quantiles of each class, and of all leukocytes where there are several kinds of them.

    Args:
        cells: Measured cells; those without values are passed over.
        told: What is said of them.
        titles: What people read for each class, in the plural; classes that are not named are left out.
        measurements: Which measurements are told.
    """
    measured = [cell for cell in cells if cell.values]
    by_label = {label: [cell for cell in measured if cell.label == label] for label in titles}
    for label, own in by_label.items():
        if len(own) >= _FEWEST:
            yield _group(ReferenceGroup(label, titles[label], len(own), told.source), own, None, told, measurements)


def everyone(
    cells: Sequence[KnownCell], told: ReferenceSet, labels: Sequence[str], measurements: Sequence[str]
) -> ReferenceCells:
    """Quantiles of the cells of several classes together, each class with the same weight."""
    own = [cell for cell in cells if cell.values and cell.label in labels]
    sizes = {label: sum(cell.label == label for cell in own) for label in labels}
    weights = [1 / sizes[cell.label] for cell in own]
    group = ReferenceGroup(EVERYONE, "leukocytes of all kinds", len(own), told.source)
    return _group(group, own, weights, told, measurements)


def _measured(path: Path, outliner: Outliner, pixel_size_um: float | None) -> dict[str, float]:
    image = read_image(path)
    cell = largest_cell(image.pixels)
    if cell is None:
        return {}
    (masks,) = outliner.outline(image.pixels, [cell.box])
    if masks is None or not masks.nucleus.any() or masks.extent.touches_border(image.width, image.height):
        return {}
    size = image.pixel_size if pixel_size_um is None else PixelSize(pixel_size_um, "given")
    return {
        name: float(f"{value:.7g}")
        for name, value in measure_cell(image.pixels, masks, size, topics=TOPICS).items()
        if np.isfinite(value)
    }


def _group(
    group: ReferenceGroup,
    own: Sequence[KnownCell],
    weights: Sequence[float] | None,
    told: ReferenceSet,
    measurements: Sequence[str],
) -> ReferenceCells:
    given = weights or [1.0] * len(own)
    quantiles, counts = {}, {}
    for name in measurements:
        pairs = [(cell.values[name], weight) for cell, weight in zip(own, given, strict=True) if name in cell.values]
        if len(pairs) >= _FEWEST:
            counts[name] = len(pairs)
            quantiles[name] = quantiles_of([value for value, _ in pairs], PERCENTS, [weight for _, weight in pairs])
    return ReferenceCells(
        group=group,
        part=told.part,
        licence=told.licence,
        pixel_size_um=told.pixel_size_um,
        pixel_size_from=told.pixel_size_from,
        outlined_by=told.outlined_by,
        on_black=told.on_black,
        percents=PERCENTS,
        quantiles=quantiles,
        counts={name: count for name, count in counts.items() if count < len(own)},
        made_by=told.made_by,
    )
