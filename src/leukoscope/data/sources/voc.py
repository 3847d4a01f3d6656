"""Pascal VOC: one XML file per picture, `<bndbox>` in pixels, `ImageSets/Main/{train,val,test}.txt` for the parts.

Coordinates are taken as edges counted from 0, a box being [xmin, xmax) x [ymin, ymax), as LabelImg, CVAT and Roboflow
write them; the original devkit counts pixels from 1 and includes the last one (`one_based=True`).
Everingham et al. 2010, "The Pascal Visual Object Classes (VOC) Challenge", section 3.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from leukoscope.data.manifest import Annotation, Part, Row
from leukoscope.data.sources.names import paths_below
from leukoscope.data.sources.pictures_below import PicturesBelow, find_pictures, part_of, part_of_path
from leukoscope.data.sources.source import DataCard, Imported, Problem
from leukoscope.data.sources.text_files import MAX_ANNOTATION_BYTES, advice, finite, read_text_file
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

card = DataCard(
    name="voc",
    title="Pascal VOC (XML per picture)",
    level="field",
    traps=(
        "The original counts pixels from 1 and includes the last; most tools count edges from 0. Here edges from 0.",
        "The entries folder and path are those of whoever marked the picture; the file name counts.",
        "A list trainval without train and val is taken as train.",
    ),
    layout="Annotations/<name>.xml, JPEGImages/<name>.jpg, ImageSets/Main/{train,val,test}.txt; or both side by side",
)
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_DECLARED = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.-]+)[\"']")
_SAMPLE = 20


@dataclass(slots=True)
class _Reading:
    pictures: PicturesBelow
    one_based: bool
    rows: dict[str, Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Pictures whose XML file is there but could not be used, which has been told."""


def recognizes(root: Path) -> bool:
    """Whether there are XML files whose outermost element is `annotation`."""
    if not root.is_dir():
        return False
    files = islice((path for path in paths_below(root) if path.lower().endswith(".xml")), _SAMPLE)
    return any(b"<annotation" in _head(root / path) for path in files)


def read(root: Path, *, one_based: bool = False) -> Imported:
    """The rows of a folder, pictures without a file of their own among them.

    Args:
        root: The folder.
        one_based: Whether pixels count from 1 and the last one belongs to the box, as in the original devkit.

    Raises:
        ManifestError: There is no such folder.
    """
    reading = _Reading(find_pictures(root), one_based)
    reading.problems += reading.pictures.problems
    for file in sorted(path for path in paths_below(root) if path.lower().endswith(".xml")):
        _read_file(root, file, reading)
    for path in reading.pictures.paths:
        if path not in reading.rows:
            reading.rows[path] = Row(path, split=part_of_path(path))
            if path in reading.unread:
                continue
            told = "There is no XML file for it; add one, or count it as not annotated."
            reading.problems.append(Problem(path, None, told))
    parts = _listed_parts(root, reading)
    rows = (
        Row(row.path, width=row.width, height=row.height, boxes=row.boxes, split=parts.get(row.path, row.split))
        for _, row in sorted(reading.rows.items())
    )
    return Imported(tuple(rows), tuple(reading.problems))


def _read_file(root: Path, file: str, reading: _Reading) -> None:
    try:
        annotation = _parse(root / file)
    except ManifestError as fault:
        meant = reading.pictures.named(PurePosixPath(file).stem, file)
        reading.unread.update(meant)
        counted = f" Until then {meant[0]} counts as not annotated." if len(meant) == 1 else ""
        reading.problems.append(Problem(file, None, advice(fault) + counted))
        return
    picture = _picture(file, annotation, reading)
    if picture is None:
        return
    if picture in reading.rows:
        reading.problems.append(Problem(file, None, f"{picture} has two XML files; remove one. The first is used."))
        return
    boxes = tuple(box for one in annotation.iter("object") if (box := _box(file, one, reading)))
    reading.rows[picture] = Row(
        picture,
        width=_side(annotation, "width"),
        height=_side(annotation, "height"),
        boxes=boxes,
        split=part_of_path(picture),
    )


def _parse(file: Path) -> ElementTree.Element:
    if file.stat().st_size > MAX_ANNOTATION_BYTES:
        raise ManifestError(
            f"It has {file.stat().st_size / 2**20:.0f} MiB.", hint=f"At most {MAX_ANNOTATION_BYTES >> 20} are read."
        )
    declared = _DECLARED.match(_head(file))
    if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
        text = read_text_file(file)
    else:
        try:
            text = file.read_bytes().decode(declared[1].decode())
        except (LookupError, ValueError, OSError) as fault:
            raise ManifestError("It cannot be read in the encoding it names.", hint="Save it as UTF-8.") from fault
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        # Entities can swell without limit or read other files; an annotation never needs them.
        raise ManifestError("It declares a document type or entities.", hint="Remove the line that begins with <!.")
    try:
        annotation = ElementTree.fromstring(text)  # noqa: S314 - declarations are refused above
    except (ElementTree.ParseError, ValueError) as fault:
        raise ManifestError(f"It is no well-formed XML ({fault}).", hint="Export it again.") from fault
    if annotation.tag != "annotation":
        raise ManifestError(f"It is no VOC file: it begins with <{annotation.tag}>.", hint="Remove it.")
    return annotation


def _picture(file: str, annotation: ElementTree.Element, reading: _Reading) -> str | None:
    said = PurePosixPath((annotation.findtext("filename") or "").strip().replace("\\", "/")).name
    stem = PurePosixPath(file).stem
    for name in (said, stem) if PurePosixPath(said).stem == stem else (stem, said):
        found = reading.pictures.named(name, file) if name else ()
        if len(found) == 1:
            return found[0]
        if found:
            reading.unread.update(found)
            told = f"It may mean {found[0]} or {found[1]}; give the pictures different names."
            reading.problems.append(Problem(file, None, told))
            return None
    told = f"There is no picture {said or stem}; add it or remove this file."
    reading.problems.append(Problem(file, None, told))
    return None


def _box(file: str, one: ElementTree.Element, reading: _Reading) -> Annotation | None:
    label = (one.findtext("name") or "").strip()
    try:
        if not label:
            raise ManifestError("An object has no name.", hint="Name its class.")
        x0, y0, x1, y1 = (finite((one.findtext(f"bndbox/{side}") or "").strip()) for side in _SIDES)
        x0, y0 = (x0 - 1, y0 - 1) if reading.one_based else (x0, y0)
        if x1 <= x0 or y1 <= y0:
            raise ManifestError(f"The box {[x0, y0, x1, y1]} of {label} has no area.", hint="Draw it again.")
    except ManifestError as fault:
        reading.problems.append(Problem(file, None, f"{advice(fault)} The box is left out."))
        return None
    return Annotation(Box(x0, y0, x1, y1), label)


def _side(annotation: ElementTree.Element, name: str) -> int | None:
    text = (annotation.findtext(f"size/{name}") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:10]) < 2**31 else None


def _listed_parts(root: Path, reading: _Reading) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    lists = {path.stem.lower(): path for path in sorted(root.glob("**/ImageSets/Main/*.txt"))}
    if "train" not in lists and "trainval" in lists:
        lists["train"] = lists["trainval"]
    for name, path in sorted(lists.items()):
        part = part_of(name)
        if part is not None:
            _read_list(root, path, part, parts, reading)
    return parts


def _read_list(root: Path, path: Path, part: Part, parts: dict[str, Part], reading: _Reading) -> None:
    file = path.relative_to(root).as_posix()
    try:
        lines = read_text_file(path).splitlines()
    except ManifestError as fault:
        reading.problems.append(Problem(file, None, advice(fault)))
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = reading.pictures.named(line.strip(), f"{part}/")
        if len(found) != 1:
            what = "no picture" if not found else "several pictures"
            told = f"{line.strip()!r} names {what}; mend the line."
            reading.problems.append(Problem(file, number, told))
        elif parts.setdefault(found[0], part) != part:
            told = f"{found[0]} stands in {parts[found[0]]} too; keep it in one part. The first is used."
            reading.problems.append(Problem(file, number, told))


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(4096)
    except OSError:
        return b""
