"""Which pictures lie below a folder, which part does a folder name say, and which picture does a file name mean?

Shared by the formats, whose annotation files and pictures lie in all kinds of places.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from leukoscope.data.manifest import Part
from leukoscope.data.sources.names import paths_below
from leukoscope.data.sources.source import Problem
from leukoscope.imaging.formats.recognition import PICTURE_SUFFIXES

_PARTS: dict[str, Part] = {
    **dict.fromkeys(("train", "training", "trainset", "train_set", "training_set"), "train"),
    **dict.fromkeys(
        ("val", "valid", "validation", "dev", "valset", "val_set", "valid_set", "validation_set"), "validation"
    ),
    **dict.fromkeys(("test", "testing", "testset", "test_set"), "test"),
}
_MASK_FOLDERS = ("segmentationclass", "segmentationobject", "masks", "mask")
_HOLDERS = frozenset(("images", "imgs", "labels", "annotations", "jpegimages", "data", "all", "."))


def part_of(name: str) -> Part | None:
    """The part that a folder name or a value of a table says; None where it says none.

    Example:
        >>> part_of("Valid"), part_of("healthy")
        ('validation', None)
    """
    return _PARTS.get(name.strip().lower().replace("-", "_").replace(" ", "_"))


def part_of_path(path: str) -> Part | None:
    """The part that the first such folder of a path says.

    Example:
        >>> part_of_path("images/test/a.jpg")
        'test'
    """
    return next((part for part in map(part_of, PurePosixPath(path).parent.parts) if part), None)


def is_mask_folder(name: str) -> bool:
    """Whether a folder of this name holds masks, not pictures."""
    return name.lower() in _MASK_FOLDERS or name.lower().endswith("_masks")


@dataclass(frozen=True, slots=True)
class PicturesBelow:
    """The pictures below a folder.

    Attributes:
        paths: Paths below the folder, with forward slashes, sorted; masks are left out.
        problems: Links that leave the folder, and names that differ in case alone.
    """

    paths: tuple[str, ...]
    problems: tuple[Problem, ...]
    _by_stem: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def named(self, name: str, beside: str = "") -> tuple[str, ...]:
        """The pictures that a file name may mean, the one that shares most folders with `beside` alone where one does.

        Args:
            name: A path or name, with or without suffix, with slashes of either kind.
            beside: The path of the file that names it.
        """
        asked = PurePosixPath(name.replace("\\", "/"))
        stems = [asked.name] if asked.suffix.lower() not in PICTURE_SUFFIXES else [asked.stem]
        found = [path for stem in stems for path in self._by_stem.get(_key(stem), ())]
        same = [path for path in found if _key(PurePosixPath(path).name) == _key(asked.name)]
        same = [path for path in same if PurePosixPath(path).name == asked.name] or same
        return _nearest(same or found, f"{PurePosixPath(beside).parent}/{asked.parent}")


def find_pictures(root: Path) -> PicturesBelow:
    """All pictures below a folder; those in folders of masks are left out, and so are links that leave it.

    Raises:
        ManifestError: There is no such folder.
    """
    inside, paths, problems = root.resolve(), [], []
    for path in paths_below(root):
        pure = PurePosixPath(path)
        if pure.suffix.lower() not in PICTURE_SUFFIXES or any(map(is_mask_folder, pure.parent.parts)):
            continue
        place = root / path
        if place.is_symlink() and not place.resolve().is_relative_to(inside):
            problems.append(Problem(path, None, "It is a link that leaves the folder; copy the picture into it."))
        else:
            paths.append(path)
    paths.sort()
    by_stem: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_stem[_key(PurePosixPath(path).stem)].append(path)
    return PicturesBelow(tuple(paths), (*problems, *_differing_in_case(paths)), dict(by_stem))


def folders_without_pictures(root: Path) -> tuple[str, ...]:
    """Folders with no picture in or below them, sorted; of nested ones the outermost, masks and hidden ones left out.

    The folder itself is `.`; a file holds no folders.
    """
    if not root.is_dir():
        return ()
    below = {"."}
    for folder, names, _ in os.walk(root):
        names[:] = [name for name in names if not name.startswith((".", "__")) and not is_mask_folder(name)]
        below.update((Path(folder) / name).relative_to(root).as_posix() for name in names)
    for path in paths_below(root):
        if PurePosixPath(path).suffix.lower() in PICTURE_SUFFIXES:
            below.difference_update(map(str, PurePosixPath(path).parents))
    return tuple(sorted(one for one in below if one == "." or str(PurePosixPath(one).parent) not in below))


def _differing_in_case(paths: Iterable[str]) -> Iterable[Problem]:
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(_key(path), path)
        if other != path:
            yield Problem(
                path, None, f"It differs from {other} in case alone; rename one, or it is lost on Windows and macOS."
            )


def _nearest(paths: list[str], beside: str) -> tuple[str, ...]:
    if len(paths) < 2:
        return tuple(paths)
    asked = _telling(beside)
    shared = [len(asked & _telling(str(PurePosixPath(path).parent))) for path in paths]
    return tuple(path for path, count in zip(paths, shared, strict=True) if count == max(shared))


def _telling(folder: str) -> set[str]:
    return {part_of(name) or name.lower() for name in folder.split("/")} - _HOLDERS


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
