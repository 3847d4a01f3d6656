"""What are the classes of a YOLO folder called, and which pictures are its parts?  Read from `data.yaml` or a list."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.manifest import Part
from leukoscope.data.sources.names import read_lines
from leukoscope.data.sources.pictures_below import part_of
from leukoscope.data.sources.source import Problem
from leukoscope.data.sources.text_files import advice, read_text_file
from leukoscope.errors import ManifestError, require_extra

_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "classes.names", "labels.txt")


@dataclass(frozen=True, slots=True)
class YoloNames:
    """What the files beside the labels tell.

    Attributes:
        names: Class by number; None where no file tells.
        parts: Part by folder or listed picture, below the root; a path that two parts name is left out.
        problems: What could not be read.
        files: The files that were read, below the root.
    """

    names: dict[int, str] | None
    parts: dict[str, Part]
    problems: tuple[Problem, ...] = ()
    files: frozenset[str] = frozenset()


def find_names(root: Path) -> YoloNames:
    """Read the first `*.yaml` with `names` in a folder, else a list of classes in it or in its `labels`."""
    problems: list[Problem] = []
    for file in sorted((*root.glob("*.yaml"), *root.glob("*.yml")), key=lambda path: (path.stem != "data", path.name)):
        try:
            said = _load(file)
            if "names" in said:
                parts = _parts(root, file, said, problems)
                return YoloNames(_names(said["names"]), parts, tuple(problems), frozenset({file.name}))
        except ManifestError as fault:
            problems.append(Problem(file.name, None, advice(fault)))
    for file in _lists(root):
        path = file.relative_to(root).as_posix()
        try:
            lines = [name for _, name in read_lines(file)]
        except ManifestError as fault:
            problems.append(Problem(path, None, advice(fault)))
            continue
        return YoloNames(dict(enumerate(lines)), {}, tuple(problems), frozenset({path}))
    return YoloNames(None, {}, tuple(problems))


def _lists(root: Path) -> Iterator[Path]:
    for folder in (root, root / "labels"):
        named = [folder / name for name in _LISTS]
        yield from (file for file in (*named, *sorted(folder.glob("*_classes.txt"))) if file.is_file())


def _load(file: Path) -> dict[str, object]:
    require_extra("data", "yaml")
    import yaml  # type: ignore[import-untyped]

    try:
        said = yaml.safe_load(read_text_file(file))
    except (yaml.YAMLError, ValueError, RecursionError) as fault:  # dates out of range are ValueErrors
        raise ManifestError(
            "It is no valid YAML.", hint="Mend or remove it; names: [a, b] is all that is needed."
        ) from (fault)
    return {str(key): value for key, value in said.items()} if isinstance(said, dict) else {}


def _names(said: object) -> dict[int, str]:
    pairs = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    try:
        names = {int(str(number)): str(name).strip() for number, name in pairs}
    except ValueError as fault:
        raise ManifestError("Its names are not numbered.", hint="Write names as a list, or as 0: name.") from fault
    if not names or not all(names.values()):
        raise ManifestError("Its names are empty.", hint="Write the classes as a list under names.")
    return names


def _parts(root: Path, file: Path, said: dict[str, object], problems: list[Problem]) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    twice = set()
    for key, value in said.items():
        part = part_of(key)
        if part is None:
            continue
        for place in value if isinstance(value, list) else (value,):
            if not isinstance(place, str) or not place.strip():
                continue
            for path in _places(root, str(said.get("path") or "."), place, file, problems):
                if parts.setdefault(path, part) != part:
                    twice.add(path)
    return {path: part for path, part in parts.items() if path not in twice}


def _places(root: Path, base: str, place: str, file: Path, problems: list[Problem]) -> list[str]:
    """The folder or the listed pictures of an entry; Roboflow writes `../train/images` for `train/images`."""
    normal = os.path.normpath(place.replace("\\", "/"))
    plain = normal
    while plain.startswith("../"):
        plain = plain[3:]
    for candidate in dict.fromkeys((os.path.normpath(f"{base}/{normal}"), normal, plain)):
        if candidate.startswith(("..", "/")):
            continue
        if (root / candidate).is_dir():
            return [candidate]
        if (root / candidate).is_file() and candidate.endswith(".txt"):
            return _listed(root / candidate, candidate, problems)
    problems.append(Problem(file.name, None, f"It names {place!r}, which is not in the folder; mend the entry."))
    return []


def _listed(file: Path, path: str, problems: list[Problem]) -> list[str]:
    try:
        return [os.path.normpath(line.replace("\\", "/")) for _, line in read_lines(file)]
    except ManifestError as fault:
        problems.append(Problem(path, None, advice(fault)))
        return []
