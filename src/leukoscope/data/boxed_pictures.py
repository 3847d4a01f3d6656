"""Pictures of a split with their boxes, in memory: what a detector learns from and is judged on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.data.manifest import Annotation, Manifest, Part, Row, boxes_to_text
from leukoscope.data.sources.registry import recognize
from leukoscope.domain.images import Pixels
from leukoscope.domain.objects import Marked
from leukoscope.errors import DataError
from leukoscope.imaging.reading import read_image


@dataclass(frozen=True, slots=True, eq=False)
class BoxedPicture:
    """A picture, what is marked in it, and what it must not be separated from.

    Attributes:
        name: Path below the folder of its set.
        pixels: As read.
        marked: Objects of the classes asked for, in its pixels.
        group: Pictures of one group show the same field.
        pixel_size_um: Size of its pixels; None where nobody knows.
        source: Where it comes from, in a set of several sources.
    """

    name: str
    pixels: Pixels
    marked: Marked
    group: str
    pixel_size_um: float | None = None
    source: str = ""


PixelSizes = float | Mapping[str, float] | None
"""One pixel size for all pictures of a set, or one for each source in it."""


def with_boxes(manifest: Manifest) -> Manifest:
    """The same manifest with boxes: its own, or, where it has none, those that the owners of the set gave.

    A split file that is committed names pictures only; their boxes, and what else is known of their source, stay with
    the set.

    Raises:
        ManifestError: The folder is of no set that is known.
        DataError: The set has no boxes for a picture of the manifest.
    """
    if manifest.table["boxes"].notna().any():
        return manifest
    rows = {row.path: row for row in recognize(manifest.base).read(manifest.base).rows}
    texts, sources = [], []
    for path in manifest.table["path"]:
        row = rows.get(str(path))
        if row is None or row.boxes is None:
            raise DataError(
                f"{manifest.base.name} has no boxes for {path}.", hint="Give the folder of the set with its boxes."
            )
        texts.append(boxes_to_text(row.boxes))
        sources.append(row.source)
    return manifest.with_columns(boxes=texts, source=sources)


def load_boxed(
    manifest: Manifest,
    part: Part,
    classes: Mapping[str, Sequence[str]],
    *,
    pixel_size_um: PixelSizes = None,
    after_each: Callable[[], None] = lambda: None,
) -> tuple[BoxedPicture, ...]:
    """Read the pictures of a part that somebody marked objects in.

    Args:
        manifest: The set, with boxes.
        part: Which part.
        classes: For each class, in the order of their numbers, the classes of the set that it joins.
        pixel_size_um: Of every picture, or of those of each source; where nothing is given, what the manifest says.
        after_each: Called after each picture.

    Returns:
        The pictures in the order of the manifest. Objects of other classes are left out.

    Raises:
        DataError: The set marks none of these classes.
        InputError: A picture cannot be read.
    """
    numbers = {inner: number for number, inners in enumerate(classes.values()) for inner in inners}
    found = []
    for row in manifest.rows():
        if row.split == part and row.boxes is not None:
            found.append(_read(manifest.locate(row.path), row, numbers, pixel_size_um))
            after_each()
    if found and not any(len(one.marked) for one in found):
        there = sorted({box.label for row in manifest.rows() for box in row.boxes or ()})
        raise DataError(
            f"{manifest.name} marks no {' and no '.join(numbers)}.", hint=f"Its boxes are called {', '.join(there)}."
        )
    return tuple(found)


def marked_of(annotations: Sequence[Annotation], numbers: Mapping[str, int]) -> Marked:
    """Marked objects as arrays; those of other classes are left out."""
    chosen = [one for one in annotations if one.label in numbers]
    boxes = np.array([one.box.as_list() for one in chosen], dtype=np.float64).reshape(-1, 4)
    return Marked(boxes, np.array([numbers[one.label] for one in chosen], dtype=np.int64))


def _read(path: Path, row: Row, numbers: Mapping[str, int], pixel_size_um: PixelSizes) -> BoxedPicture:
    marked = marked_of(row.boxes or (), numbers)
    group = row.group or row.patient or row.path
    given = pixel_size_um.get(row.source or "") if isinstance(pixel_size_um, Mapping) else pixel_size_um
    return BoxedPicture(row.path, read_image(path).pixels, marked, group, given or row.pixel_size_um, row.source or "")
