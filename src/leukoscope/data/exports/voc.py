"""Pascal VOC as CVAT reads it: `JPEGImages`, `Annotations`, `ImageSets/Main/<part>.txt`, `labelmap.txt`.

Coordinates are edges counted from 0, in whole pixels because many readers take nothing else; see `data.sources.voc`.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from leukoscope.data.exports.placing import FOLDERS, Placed
from leukoscope.data.exports.writing import write_text
from leukoscope.data.manifest import Annotation

LOSES = ("fractions of pixels", "outlines", "picture labels", "patients and slides")


def picture_place(one: Placed) -> str:
    """Where a picture goes, below the export."""
    return f"JPEGImages/{one.name}"


def write_annotations(one: Placed, out: Path, classes: Sequence[str], size: tuple[int, int]) -> None:
    """Write the XML file of a picture; without annotations there is none."""
    del classes  # names stand in the file itself
    file = out / "Annotations" / f"{one.stem}.xml"
    if one.row.boxes is None:
        file.unlink(missing_ok=True)
        return
    annotation = ElementTree.Element("annotation")
    _add(annotation, "folder", "JPEGImages")
    _add(annotation, "filename", one.name)
    shape = ElementTree.SubElement(annotation, "size")
    for name, value in zip(("width", "height", "depth"), (*size, 3), strict=True):
        _add(shape, name, str(value))
    _add(annotation, "segmented", "0")
    for box in one.row.boxes:
        _add_object(annotation, box)
    ElementTree.indent(annotation)
    write_text(file, ElementTree.tostring(annotation, encoding="unicode") + "\n")


def write_whole(placed: Sequence[Placed], out: Path, classes: Sequence[str]) -> None:
    """Write the lists of the parts and the classes."""
    for folder in FOLDERS.values():
        names = [one.stem for one in placed if one.folder == folder and folder != "all"]
        file = out / "ImageSets" / "Main" / f"{folder}.txt"
        if names:
            write_text(file, "".join(f"{name}\n" for name in names))
    header = "# label:color_rgb:parts:actions\n"
    write_text(out / "labelmap.txt", header + "".join(f"{name}:::\n" for name in classes))


def whole_pixels(one: Annotation) -> tuple[int, int, int, int]:
    """A box on whole pixels, each side by at most half a pixel off where it is at least a pixel long.

    Example:
        >>> from leukoscope.domain.regions import Box
        >>> whole_pixels(Annotation(Box(1.2, 2, 1.4, 9.6), "WBC"))
        (1, 2, 2, 10)
    """
    (x0, x1), (y0, y1) = _whole(one.box.x0, one.box.x1), _whole(one.box.y0, one.box.y1)
    return x0, y0, x1, y1


def _whole(low: float, high: float) -> tuple[int, int]:
    first, last = math.floor(low + 0.5), math.floor(high + 0.5)
    return (first, last) if last > first else (math.floor(low), math.floor(low) + 1)


def _add_object(annotation: ElementTree.Element, box: Annotation) -> None:
    one = ElementTree.SubElement(annotation, "object")
    entries = {"name": box.label, "pose": "Unspecified", "truncated": "0", "difficult": "0"}
    for name, value in entries.items():
        _add(one, name, value)
    sides = ElementTree.SubElement(one, "bndbox")
    for name, side in zip(("xmin", "ymin", "xmax", "ymax"), whole_pixels(box), strict=True):
        _add(sides, name, str(side))


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
