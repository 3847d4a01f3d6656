"""What do the cells of a set measure?  Each picture is opened once: what was measured is kept beside the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Entry
from leukoscope.data.noted_lines import add_line, open_lines, read_lines
from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.imaging.cell_columns import MeasuringWay, as_rows, measure_boxes
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation import SegmentedCell
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import MeasuredCells, embed_cells, largest_cell

FOLDER = "measured"
"""Where it is kept, beside the run folders."""
_MEASURING = "imaging"
"""All of it but what only draws or tells: pictures are read, colors and stain reckoned, cells found and cut out."""
_NO_SAY = ("contact_sheet.py", "drawing.py", "morphology", "quality.py", "quality_measures.py")


@dataclass(frozen=True, slots=True, eq=False)
class MeasuringWish:
    """What is to be measured.

    Attributes:
        way: How cells are prepared.
        columns: Names of the measurements, in the order of the table.
        embedder: The model whose embedding follows them; None for none.
    """

    way: MeasuringWay
    columns: tuple[str, ...]
    embedder: Classifier | None


def measure_pictures(
    entries: Sequence[Entry],
    root: Path,
    wish: MeasuringWish,
    keep: Path,
    *,
    pixel_sizes: Mapping[str, float] | None = None,
    after_each: Callable[[], None] = lambda: None,
) -> MeasuredCells:
    """Measure the one cell of each picture, the largest where there are several.

    Pictures that were measured before, by this or another run with the same code, are not opened again.

    Args:
        entries: The pictures.
        root: Folder their names start from.
        wish: What is to be measured.
        keep: Folder in which it is kept; a run that was stopped goes on from there.
        pixel_sizes: Size of the pixels in micrometers by name of the picture, where it is known.
        after_each: Called after each picture.

    Raises:
        InputError: A picture cannot be read.
    """
    keep.mkdir(parents=True, exist_ok=True)
    kept_values, kept_embedding = keep / _values_file(wish.way), _embedding_file(keep, wish.embedder)
    values = {str(line[0]): line[1] for line in read_lines(kept_values) if len(line) == 2}
    embedded = {} if kept_embedding is None else {str(one[0]): one[1] for one in read_lines(kept_embedding)}
    with open_lines(kept_values) as to_values, open_lines(kept_embedding or kept_values) as to_embedding:
        for entry in entries:
            key = cell_key(entry, pixel_sizes)
            wanted = (key not in values, wish.embedder is not None and key not in embedded)
            if any(wanted):
                cell = _find(root / entry.name, (pixel_sizes or {}).get(entry.name))
                if wanted[0]:
                    values[key] = _values(cell, wish.way)
                    add_line(to_values, [key, values[key]])
                if wanted[1]:
                    embedded[key] = _embedding(cell, wish.embedder)
                    add_line(to_embedding, [key, embedded[key]])
            after_each()
    keys = [cell_key(entry, pixel_sizes) for entry in entries]
    return _table([values[key] for key in keys], [embedded.get(key) for key in keys], wish)


def cell_key(entry: Entry, pixel_sizes: Mapping[str, float] | None) -> str:
    """What a measured cell is kept under: its picture's content, and the size of its pixels where that is known."""
    size = (pixel_sizes or {}).get(entry.name)
    return entry.sha256 if size is None else f"{entry.sha256}@{size:g}"


def measuring_code() -> str:
    """Hash of all code that has a say in a measurement: what was kept by other code is measured again."""
    folder, found = Path(str(files("leukoscope"))) / _MEASURING, hashlib.sha256()
    for file in measuring_files(folder):
        found.update(file.relative_to(folder).as_posix().encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def measuring_files(folder: Path) -> list[Path]:
    """The modules of `imaging` in `folder` that have a say in a measurement."""
    return [file for file in sorted(folder.rglob("*.py")) if file.relative_to(folder).parts[0] not in _NO_SAY]


def _values_file(way: MeasuringWay) -> str:
    size = "" if way.pixel_size_um is None else f"-{way.pixel_size_um:g}um"
    return f"{way.outlining}{size}-{measuring_code()}.jsonl"


def _embedding_file(keep: Path, embedder: Classifier | None) -> Path | None:
    return None if embedder is None else keep / f"embedding-{embedder.ref.sha256[:12]}-{measuring_code()}.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A picture, and the cell that was found in it."""

    pixels: Pixels
    pixel_size: PixelSize | None
    cell: SegmentedCell | None


def _find(path: Path, pixel_size_um: float | None) -> _Found:
    image = read_image(path)
    size = image.pixel_size if pixel_size_um is None else PixelSize(pixel_size_um, "given")
    return _Found(image.pixels, size, largest_cell(image.pixels))


def _values(found: _Found, way: MeasuringWay) -> dict[str, float]:
    if found.cell is None:
        return {}
    return dict(measure_boxes(found.pixels, [found.cell.box], way, found.pixel_size)[0])


def _embedding(found: _Found, embedder: Classifier | None) -> tuple[list[float], bool] | None:
    if found.cell is None or embedder is None:
        return None
    embedding, novel = embed_cells(embedder, found.pixels, [found.cell.box], [found.cell.outline])
    return [float(f"{one:.7g}") for one in embedding[0]], bool(novel is not None and novel[0])


def _table(
    values: Sequence[Mapping[str, float]], embedded: Sequence[Sequence[object] | None], wish: MeasuringWish
) -> MeasuredCells:
    rows = as_rows(values, wish.columns).astype(np.float32)
    measured = np.array([bool(one) for one in values], dtype=np.bool_)
    if wish.embedder is None:
        return MeasuredCells(rows, measured)
    width = next((len(_numbers(one)) for one in embedded if one is not None), 0)
    numbers: NDArray[np.float32] = np.array(
        [_numbers(one) if one is not None else [np.nan] * width for one in embedded], dtype=np.float32
    )
    foreign = np.array([one is not None and bool(one[1]) for one in embedded], dtype=np.bool_)
    return MeasuredCells(np.concatenate([rows, numbers], axis=1), measured, foreign)


def _numbers(told: Sequence[object]) -> list[float]:
    first = told[0]
    return [float(one) for one in first] if isinstance(first, list) else []
