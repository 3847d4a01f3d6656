"""Pictures of a split in memory: read once, resized once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Entry
from leukoscope.domain.images import Pixels
from leukoscope.domain.views import CellView
from leukoscope.errors import DataError
from leukoscope.imaging.preprocessing import resize, show_cell
from leukoscope.imaging.reading import find_images, read_image
from leukoscope.imaging.segmentation import find_cells


@dataclass(frozen=True, slots=True, eq=False)
class PictureSet:
    """Pictures of one size with their classes.

    Attributes:
        images: uint8, shape (n, side, side, 3).
        targets: Class number of each picture, shape (n,).
        groups: What each picture must not be separated from; length n.
    """

    images: Pixels
    targets: NDArray[np.int64]
    groups: tuple[str, ...]


def load_pictures(
    entries: Sequence[Entry],
    root: Path,
    side: int,
    labels: Sequence[str],
    *,
    margin_on_black: float | None = None,
    after_each: Callable[[], None] = lambda: None,
) -> PictureSet:
    """Read the pictures of a part.

    Args:
        entries: What to read.
        root: Folder of the set.
        side: Height and width they are resized to, in pixels.
        labels: Class names in the order of their numbers.
        margin_on_black: Show the one cell of each picture alone on black, with this margin around it, as a model of
            such cells sees the cells of a field; by default pictures are shown whole.
        after_each: Called after each picture.

    Raises:
        DataError: There is nothing to read, or a picture has a class that is not in `labels`.
        InputError: A picture cannot be read.
    """
    unknown = sorted({entry.label for entry in entries} - set(labels))
    if unknown or not entries:
        raise DataError(
            f"The part holds {len(entries)} pictures and the classes {unknown} unknown to the model.",
            hint=f"The classes are {', '.join(labels)}.",
        )
    images = np.empty((len(entries), side, side, 3), dtype=np.uint8)
    for place, entry in enumerate(entries):
        images[place] = show_picture(read_image(root / entry.name).pixels, side, margin_on_black)
        after_each()
    targets = np.array([labels.index(entry.label) for entry in entries], dtype=np.int64)
    return PictureSet(images, targets, tuple(entry.group for entry in entries))


def show_picture(pixels: Pixels, side: int, margin_on_black: float | None) -> Pixels:
    """A picture as a model of pictures is shown it: whole, or its largest cell alone on black with a margin."""
    if margin_on_black is None:
        return resize(pixels, side, side)
    cells = find_cells(pixels).cells
    if not cells:  # nothing to cut around: the picture as it is says more than an empty one
        return resize(pixels, side, side)
    cell = max(cells, key=lambda one: one.cell_area_px)
    return show_cell(pixels, cell.box, cell.outline, CellView(side, side, margin_on_black, "black"))[0]


def entries_of_folder(folder: Path) -> tuple[Entry, ...]:
    """A folder with one folder per class as entries; each picture is a group of its own, and all are for testing.

    Raises:
        InputNotFoundError: The folder does not exist or holds no picture.
        DataError: A picture lies beside the class folders.
    """
    found = [path.relative_to(folder) for _, path in find_images([folder])]
    beside = [path.name for path in found if len(path.parts) == 1]
    if beside:
        raise DataError(
            f"{folder} holds pictures beside its class folders, the first is {beside[0]}.",
            hint="Give a folder with one folder per class, named as the model's classes.",
        )
    return tuple(Entry(path.as_posix(), "-", path.parts[0], path.as_posix(), "test") for path in found)
