"""One folder per class: `<class>/<picture>`, also below `train/`, `val/` and `test/`.

A folder within a class is a subtype; folders called `images` say nothing.
"""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path, PurePosixPath

from leukoscope.data.manifest import Row
from leukoscope.data.sources.pictures_below import find_pictures, folders_without_pictures, part_of
from leukoscope.data.sources.source import DataCard, Imported, Problem

card = DataCard(
    name="folders",
    title="One folder per class",
    level="cell",
    traps=(
        "Folders called train, val(id), validation, test become parts, so a class of such a name cannot be imported.",
        "Nothing tells patients: pictures of one patient may lie in several parts.",
        "A folder within a class is taken as a subtype.",
    ),
    layout="<class>/<picture>, or <train|val|test>/<class>/<picture>; <class>/<subtype>/<picture>",
)
_SILENT = frozenset(("images", "imgs", "image", "pictures"))


def recognizes(root: Path) -> bool:
    """Whether pictures lie in at least two folders, or parts, and none beside them."""
    return root.is_dir() and len({row.label for row in read(root).rows}) > 1


def read(root: Path) -> Imported:
    """The rows of a folder; pictures that lie in no folder of a class are left out.

    Raises:
        ManifestError: There is no such folder.
    """
    found = find_pictures(root)
    folders = {path: PurePosixPath(path).parent.parts for path in found.paths}
    wrapper = _wrapper([folder for folder in folders.values() if folder])
    rows, problems = [], list(found.problems)
    for path, folder in folders.items():
        names = [name for place, name in enumerate(folder) if place not in wrapper and name.lower() not in _SILENT]
        part = next((part_of(name) for name in names if part_of(name)), None)
        classes = _without_part(names)
        if classes:
            rows.append(Row(path, label=classes[0], subtype="/".join(classes[1:]) or None, split=part))
        else:
            problems.append(
                Problem(path, None, "It lies in no folder of a class; move it into one. The picture is left out.")
            )
    return Imported(tuple(rows), tuple(problems), folders_without_pictures(root))


def _without_part(names: list[str]) -> list[str]:
    for place, name in enumerate(names):
        if part_of(name):
            return [*names[:place], *names[place + 1 :]]
    return names


def _wrapper(folders: list[tuple[str, ...]]) -> frozenset[int]:
    """Places of the outer folders that hold all pictures in folders below: they name the set, not a class."""
    if len(set(folders)) < 2:
        return frozenset()
    levels = zip(*folders, strict=False)  # as deep as the shallowest folder
    shared = list(takewhile(lambda names: len(set(names)) == 1, levels))
    if any(len(folder) == len(shared) for folder in folders):
        return frozenset()
    return frozenset(place for place, names in enumerate(shared) if part_of(names[0]) is None)
