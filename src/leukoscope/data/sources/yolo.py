"""YOLO: one text file per picture, one line per object: class number, center x, center y, width, height, all relative.

Also Roboflow's export (`data.yaml`, `train/images`, `train/labels`), outlines (class and x y pairs), and labels beside
the pictures. The pictures' headers are read, because relative numbers need the size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from leukoscope.data.manifest import Annotation, Part, Row
from leukoscope.data.sources.names import paths_below
from leukoscope.data.sources.pictures_below import find_pictures, part_of_path
from leukoscope.data.sources.source import DataCard, Imported, Problem
from leukoscope.data.sources.text_files import advice, finite, read_text_file
from leukoscope.data.sources.yolo_names import YoloNames, find_names
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError, UnreadableImageError
from leukoscope.imaging.picture_size import read_picture_size

card = DataCard(
    name="yolo",
    title="YOLO (text file per picture), also Roboflow's export",
    level="field",
    traps=(
        "Class numbers mean nothing without data.yaml or classes.txt, and other tools number classes otherwise.",
        "A picture without a label file counts as not annotated here, as background in most trainers.",
        "Roboflow writes augmented copies of one picture into train; their names share what stands before .rf.",
    ),
    layout="images/[part/]<name>.jpg with labels/[part/]<name>.txt, or side by side; data.yaml or classes.txt",
)
_SAMPLE = 20
_SLACK_PX = 0.5
"""Boxes reach past the edge by rounding; so little is cut off."""
_NOT_LABELS = frozenset(("readme", "license", "requirements", "train", "val", "valid", "test", "trainval"))


@dataclass(slots=True)
class _Reading:
    root: Path
    said: YoloNames
    labels: set[str]
    used: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def recognizes(root: Path) -> bool:
    """Whether there are text files of YOLO lines, and class names or a picture of the same name."""
    if not root.is_dir():
        return False
    said = find_names(root)
    texts = islice((p for p in paths_below(root) if p.endswith(".txt") and p not in said.files), 5 * _SAMPLE)
    candidates = list(islice((path for path in texts if _may_be_label(path)), _SAMPLE))
    lines = [line for path in candidates for line in _lines_or_none(root / path)[:3]]
    return bool(lines) and sum(_is_line(line) for line in lines) >= 0.8 * len(lines)


def read(root: Path, *, names: Sequence[str] | None = None) -> Imported:
    """The rows of a folder, pictures without labels among them.

    Args:
        root: The folder.
        names: Classes by number; by default what `data.yaml` or `classes.txt` tells.

    Raises:
        ManifestError: There is no such folder.
    """
    said = find_names(root)
    if names is not None:
        said = YoloNames(dict(enumerate(names)), said.parts, said.problems, said.files)
    found = find_pictures(root)
    texts = {path for path in paths_below(root) if path.endswith(".txt") and path not in said.files}
    reading = _Reading(root, said, texts)
    reading.problems += (*said.problems, *found.problems)
    if said.names is None:
        told = "No data.yaml or classes.txt tells what the class numbers mean; the numbers stand as labels."
        reading.problems.append(Problem(".", None, told))
    rows = tuple(_row(path, reading) for path in found.paths)
    for path in sorted(texts - reading.used):
        if _may_be_label(path) and _is_orphan(root / path):
            told = "There is no picture of this name; add it or remove the label file."
            reading.problems.append(Problem(path, None, told))
    return Imported(rows, tuple(reading.problems))


def _row(path: str, reading: _Reading) -> Row:
    split = _part(path, reading.said.parts)
    label = next((name for name in _label_places(path) if name in reading.labels), None)
    if label is None:
        told = "There is no label file for it; add one (an empty one says that it holds nothing)."
        reading.problems.append(Problem(path, None, told))
        return Row(path, split=split)
    if label in reading.used:
        told = f"Another picture of that name uses {label} already; give them different names."
        reading.problems.append(Problem(path, None, told))
        return Row(path, split=split)
    reading.used.add(label)
    try:
        width, height = read_picture_size(reading.root / path)
        lines = read_text_file(reading.root / label).splitlines()
    except UnreadableImageError as fault:
        reading.problems.append(Problem(path, None, f"{fault.message} Its boxes are left out."))
        return Row(path, split=split)
    except ManifestError as fault:
        reading.problems.append(Problem(label, None, advice(fault)))
        return Row(path, split=split)
    boxes = []
    for number, line in enumerate(lines, start=1):
        try:
            boxes += [_annotation(line, width, height, reading.said.names)] if line.strip() else []
        except ManifestError as fault:
            reading.problems.append(Problem(label, number, f"{advice(fault)} The box is left out."))
    return Row(path, width=width, height=height, boxes=tuple(boxes), split=split)


def _label_places(path: str) -> tuple[str, ...]:
    """Where the labels of a picture may lie, the most usual first."""
    parts = PurePosixPath(path).with_suffix(".txt").parts
    places = ["/".join(parts)]
    for place in range(len(parts) - 2, -1, -1):
        if parts[place].lower() in ("images", "imgs", "jpegimages"):
            for other in ("labels", "annotations"):
                places.insert(0, "/".join((*parts[:place], other, *parts[place + 1 :])))
    if len(parts) > 1:
        places.append("/".join(("labels", *parts)))
    else:
        places.append(f"labels/{parts[0]}")
    return tuple(places)


def _annotation(line: str, width: int, height: int, names: Mapping[int, str] | None) -> Annotation:
    fields = line.split()
    values = [finite(text) for text in fields[1:]]
    if len(values) != 4 and (len(values) < 6 or len(values) % 2):
        kept = " Six look like predictions with a score." if len(values) == 5 else ""
        raise ManifestError(
            f"The line has {len(fields)} numbers.{kept}",
            hint="Write class, center x, center y, width, height; or class and at least three x y pairs.",
        )
    label = _label(fields[0], names)
    if len(values) == 4:
        across, down = _span(values[0], values[2], width), _span(values[1], values[3], height)
        return Annotation(_box(across, down, values), label)
    xs, ys = values[0::2], values[1::2]
    _check_relative(values)
    points = tuple((x * width, y * height) for x, y in zip(xs, ys, strict=True))
    across, down = (min(xs) * width, max(xs) * width), (min(ys) * height, max(ys) * height)
    return Annotation(_box(across, down, values), label, points)


def _span(center: float, length: float, side: int) -> tuple[float, float]:
    _check_relative((center, length))
    low, high = (center - length / 2) * side, (center + length / 2) * side
    low = 0.0 if -_SLACK_PX <= low < 0 else low
    return low, float(side) if side < high <= side + _SLACK_PX else high


def _check_relative(values: Sequence[float]) -> None:
    wrong = next((value for value in values if not -0.001 <= value <= 1.001), None)
    if wrong is not None:
        raise ManifestError(f"{wrong:g} is not between 0 and 1.", hint="Divide pixels by the picture's sides.")


def _box(across: tuple[float, float], down: tuple[float, float], values: Sequence[float]) -> Box:
    if across[1] <= across[0] or down[1] <= down[0]:
        raise ManifestError(f"The box {[f'{value:g}' for value in values]} has no area.", hint="Draw it again.")
    return Box(across[0], down[0], across[1], down[1])


def _label(text: str, names: Mapping[int, str] | None) -> str:
    number = finite(text)
    if not number.is_integer() or number < 0:
        raise ManifestError(f"{text!r} is no class number.", hint="Begin each line with a whole number from 0.")
    if names is None:
        return str(int(number))
    if int(number) not in names:
        raise ManifestError(
            f"Class {int(number)} is not among the {len(names)} names.", hint="Add its name or mend the number."
        )
    return names[int(number)]


def _part(path: str, parts: Mapping[str, Part]) -> Part | None:
    if path in parts:
        return parts[path]
    holders = (parent.as_posix() for parent in PurePosixPath(path).parents)
    return next((parts[holder] for holder in holders if holder in parts), part_of_path(path))


def _may_be_label(path: str) -> bool:
    name = PurePosixPath(path).stem.lower()
    return name not in _NOT_LABELS and not name.startswith(("readme", "upstream_"))


def _is_orphan(file: Path) -> bool:
    lines = _lines_or_none(file)
    return not lines or _is_line(lines[0]) or file.parent.name == "labels" or file.parent.parent.name == "labels"


def _is_line(line: str) -> bool:
    fields = line.split()
    try:
        return len(fields) >= 5 and float(fields[0]).is_integer() and all(float(one) <= 1.001 for one in fields[1:])
    except (ValueError, OverflowError):
        return False


def _lines_or_none(file: Path) -> list[str]:
    try:
        return [line for line in read_text_file(file).splitlines() if line.strip()]
    except ManifestError:
        return []
