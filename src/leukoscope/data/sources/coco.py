"""COCO: JSON files of pictures, annotations and categories; boxes as x, y, width, height in pixels, and polygons.

Lin et al. 2014, "Microsoft COCO: Common Objects in Context"; layout also as Roboflow and CVAT write it.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from leukoscope.data.manifest import Annotation, Part, Row
from leukoscope.data.sources.names import paths_below
from leukoscope.data.sources.pictures_below import PicturesBelow, find_pictures, part_of, part_of_path
from leukoscope.data.sources.source import DataCard, Imported, Problem
from leukoscope.data.sources.text_files import MAX_TABLE_BYTES, advice, finite, read_text_file
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

card = DataCard(
    name="coco",
    title="COCO (JSON per part)",
    level="field",
    traps=(
        "Boxes are x, y, width, height, not two corners.",
        "A picture listed without annotations counts as looked at and empty, also where nobody looked at it.",
        "Masks in run-length encoding are left out; their boxes are kept.",
    ),
    layout="annotations/instances_<part>.json with images/[<part>/]; or <part>/_annotations.coco.json beside pictures",
)
_SAMPLE = 10
_SMALL = 2**18
"""Bytes up to which a file is read whole only to see what it is."""
_SAYS = {
    b"images": "pictures",
    b"file_name": "pictures",
    b"annotations": "boxes",
    b"category_id": "boxes",
    b"categories": "classes",
}
_KEY = re.compile(rb'"(' + b"|".join(_SAYS) + rb')"\s*:')
_EXPORT_AGAIN = "Export it again as COCO instances."


@dataclass(slots=True)
class _Picture:
    path: str
    width: int | None
    height: int | None
    split: Part | None
    annotated: bool
    boxes: list[Annotation] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    found: PicturesBelow
    pictures: dict[str, _Picture] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, file: str, message: str) -> None:
        self.problems.append(Problem(file, None, message))


def recognizes(root: Path) -> bool:
    """Whether it is, or holds, a JSON file that speaks of annotations and categories."""
    return any(_is_coco(root / path) for path in islice(_files(root), _SAMPLE))


def read(root: Path) -> Imported:
    """The rows of a folder, or of one JSON file with the pictures below its folder.

    Raises:
        ManifestError: There is no such folder.
    """
    base = root.parent if root.is_file() else root
    reading = _Reading(find_pictures(base))
    reading.problems += reading.found.problems
    for file in _files(root):
        path = f"{root.name}" if root.is_file() else file
        try:
            _read_file(path, _load(base / path), reading)
        except ManifestError as fault:
            reading.tell(path, advice(fault))
    for path in () if root.is_file() else reading.found.paths:
        if path not in reading.pictures:
            reading.tell(path, "No JSON file lists it; it counts as not annotated.")
            reading.pictures[path] = _Picture(path, None, None, part_of_path(path), annotated=False)
    return Imported(tuple(_row(one) for _, one in sorted(reading.pictures.items())), tuple(reading.problems))


def _files(root: Path) -> list[str]:
    if root.is_file():
        return [""] if root.suffix.lower() == ".json" else []
    return sorted(path for path in paths_below(root) if path.lower().endswith(".json")) if root.is_dir() else []


def _is_coco(file: Path) -> bool:
    try:
        if file.stat().st_size > _SMALL:
            return _speaks_of_coco(file)
        said = _load(file)
    except (ManifestError, OSError):
        return False
    return isinstance(said.get("images"), list) and "annotations" in said and "categories" in said


def _speaks_of_coco(file: Path) -> bool:
    """Whether both ends of a large file, of which one may be all pictures and one all boxes, hold two of three keys."""
    with file.open("rb") as stream:
        head = stream.read(_SMALL // 2)
        stream.seek(-_SMALL // 2, os.SEEK_END)
        ends = head + b"\n" + stream.read()
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    keys = {_SAYS[key] for key in _KEY.findall(ends)}
    return len(keys) >= 2


def _load(file: Path) -> Mapping[str, object]:
    try:
        said = json.loads(read_text_file(file, limit=MAX_TABLE_BYTES))
    except (ValueError, RecursionError) as fault:
        if isinstance(fault, ManifestError):
            raise
        raise ManifestError(f"It is no valid JSON ({str(fault)[:80]}).", hint=_EXPORT_AGAIN) from fault
    if not isinstance(said, dict):
        raise ManifestError("It is no COCO file.", hint=_EXPORT_AGAIN)
    return said


def _listed(said: Mapping[str, object], key: str) -> list[dict[str, object]]:
    value = said.get(key)
    if not isinstance(value, list):
        raise ManifestError(f"It has no list {key!r}.", hint=_EXPORT_AGAIN)
    return [one if isinstance(one, dict) else {} for one in value]


def _read_file(file: str, said: Mapping[str, object], reading: _Reading) -> None:
    if not {"images", "annotations", "categories"} & set(said):
        return
    images, annotations = _listed(said, "images"), _listed(said, "annotations")
    categories = {str(one.get("id")): str(one.get("name") or "").strip() for one in _listed(said, "categories")}
    by_id = _pictures_by_id(file, images, Counter(str(one.get("image_id")) for one in annotations), reading)
    for one in annotations:
        _read_annotation(file, one, by_id, categories, reading)


def _pictures_by_id(
    file: str, images: Sequence[Mapping[str, object]], annotated: Counter[str], reading: _Reading
) -> dict[str, _Picture | None]:
    """The pictures by the number that annotations name; of two with one number the first has its annotations."""
    by_id: dict[str, _Picture | None] = {}
    first: dict[str, str] = {}
    for one in images:
        key, name = str(one.get("id")), str(one.get("file_name") or "")
        if key not in by_id:
            first[key], by_id[key] = name, _picture(file, one, annotated[key], reading)
            continue
        if name != first[key]:
            told = (
                f"Image id {key} comes twice, for {first[key]!r} and for {name!r}; give each its own. All annotations "
                f"of {key} ({annotated[key]}) are counted as of the first, though some may be of the second, which "
                "counts as not annotated."
            )
            reading.tell(file, told)
        _picture(file, {**one, "annotated": False}, 0, reading)
    return by_id


def _picture(file: str, one: Mapping[str, object], annotations: int, reading: _Reading) -> _Picture | None:
    name = str(one.get("file_name") or "")
    named = reading.found.named(name, f"{_part_in(file) or ''}/{file}") if name else ()
    if len(named) != 1:
        what = f"no picture {name!r}" if not named else f"several pictures {name!r}"
        lost = f", and so are its annotations ({annotations})" if annotations else ""
        reading.tell(file, f"There is {what} (image {one.get('id')}); mend its file_name. It is left out{lost}.")
        return None
    if named[0] in reading.pictures:
        reading.tell(file, f"{named[0]} is listed twice; list it once. The first is used, boxes of both are kept.")
        return reading.pictures[named[0]]
    part = part_of_path(named[0]) or _part_in(file)
    annotated = one.get("annotated") is not False
    picture = _Picture(named[0], _side(one.get("width")), _side(one.get("height")), part, annotated)
    reading.pictures[picture.path] = picture
    return picture


def _part_in(file: str) -> Part | None:
    """The part that a JSON file tells by its folder or its name, as in `instances_val2017.json`."""
    words = PurePosixPath(file).stem.rstrip("0123456789").replace("-", "_").replace(".", "_").split("_")
    return part_of_path(file) or next((part for part in map(part_of, reversed(words)) if part), None)


def _read_annotation(
    file: str,
    one: Mapping[str, object],
    by_id: Mapping[str, _Picture | None],
    categories: Mapping[str, str],
    reading: _Reading,
) -> None:
    who, image = f"Annotation {one.get('id')}", str(one.get("image_id"))
    if image not in by_id:
        reading.tell(file, f"{who} belongs to image {image}, which is not listed; list it or remove the annotation.")
        return
    picture, label = by_id[image], categories.get(str(one.get("category_id")), "")
    if picture is None:
        return
    if not label:
        told = f"{who} has category {one.get('category_id')}, which has no name; name it. The box is left out."
        reading.tell(file, told)
        return
    try:
        outline = _outline(file, who, one.get("segmentation"), reading)
        picture.boxes.append(Annotation(_box(one.get("bbox"), outline), label, outline))
    except ManifestError as fault:
        reading.tell(file, f"{who}: {advice(fault)} The box is left out.")


def _box(said: object, outline: tuple[tuple[float, float], ...]) -> Box:
    if isinstance(said, list) and len(said) == 4:
        x, y, width, height = (finite(value) for value in said)
        if width <= 0 or height <= 0:
            raise ManifestError(f"The box {said} has no area.", hint="Draw it again.")
        return Box(x, y, x + width, y + height)
    if len(outline) < 3:
        raise ManifestError("It has no box of four numbers.", hint="Write bbox as [x, y, width, height].")
    xs, ys = zip(*outline, strict=True)
    if max(xs) <= min(xs) or max(ys) <= min(ys):
        raise ManifestError("Its outline has no area.", hint="Draw it again.")
    return Box(min(xs), min(ys), max(xs), max(ys))


def _outline(file: str, who: str, said: object, reading: _Reading) -> tuple[tuple[float, float], ...]:
    if isinstance(said, dict):
        told = f"{who} has a run-length mask, which is not read; its box is kept. Export polygons to keep the outline."
        reading.tell(file, told)
        return ()
    if not isinstance(said, list) or not said:
        return ()
    polygons = [_polygon(one) for one in said]
    if len(polygons) > 1:
        reading.tell(file, f"{who} has {len(polygons)} polygons; the largest is kept. Draw each piece by itself.")
    return max(polygons, key=polygon_area)


def _polygon(said: object) -> tuple[tuple[float, float], ...]:
    if not isinstance(said, list) or len(said) < 6 or len(said) % 2:
        raise ManifestError("Its polygon is no list of at least three x y pairs.", hint="Draw it again.")
    values = [finite(value) for value in said]
    return tuple(zip(values[0::2], values[1::2], strict=True))


def polygon_area(points: tuple[tuple[float, float], ...]) -> float:
    """Area inside a polygon in square pixels (shoelace formula).

    Example:
        >>> polygon_area(((0, 0), (4, 0), (4, 3)))
        6.0
    """
    following = (*points[1:], *points[:1])
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, following, strict=True))) / 2


def _side(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 < said < 2**31 else None


def _row(one: _Picture) -> Row:
    boxes = tuple(one.boxes) if one.annotated or one.boxes else None
    return Row(one.path, width=one.width, height=one.height, boxes=boxes, split=one.split)
