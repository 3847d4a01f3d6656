"""What may go into an export?  Pictures by their content, whatever a manifest calls them, and names a format can hold.

A manifest may come from a stranger, and its paths may lead anywhere on this disk. Ours lead upwards too where they are
kept apart from the pictures, so a path tells nothing: only what is a picture by its first bytes is ever copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from leukoscope.data.manifest import Row
from leukoscope.errors import ManifestError
from leukoscope.imaging.formats.recognition import HEAD_BYTES, recognize
from leukoscope.imaging.picture_size import read_picture_size

# Control characters, line ends that only Unicode knows, and what XML cannot hold.
_BREAKING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def size_of_picture(path: Path) -> tuple[int, int]:
    """Width and height in pixels of a file that is a picture by its content.

    Raises:
        ManifestError: It is not there.
        UnreadableImageError: It is no picture, or its header is damaged.
        UnsupportedImageError: It is of a kind that is not read.
    """
    if not path.is_file():
        raise ManifestError("The file is missing.", hint="Copy it to where the manifest names it.")
    try:
        with path.open("rb") as stream:
            recognize(stream.read(HEAD_BYTES))
    except OSError as fault:
        raise ManifestError(f"It cannot be read ({fault.strerror}).", hint="Check its permissions.") from fault
    return read_picture_size(path)


def lies_outside(path: str) -> bool:
    """Whether a path of a manifest leads out of the manifest's folder.

    Example:
        >>> lies_outside("../a.png"), lies_outside("x/../a.png"), lies_outside("/elsewhere/a.png")
        (True, False, True)
    """
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive:
        return True
    depth = 0
    for name in path.replace("\\", "/").split("/"):
        depth += -1 if name == ".." else name not in ("", ".")
        if depth < 0:
            return True
    return False


def check_fits(rows: Sequence[Row], format_name: str, classes: Sequence[str], *, masks_tell: bool = False) -> None:
    """Make sure that a format can hold a set at all, before anything is written.

    Raises:
        ManifestError: It holds boxes and the set has none, or a class has a name that would break its files.
    """
    if format_name == "folders":
        return
    told = any(row.boxes is not None or (masks_tell and row.mask) for row in rows)
    if not told and any(row.label for row in rows):
        raise ManifestError(
            f"The set has no boxes, and {format_name} holds nothing else.",
            hint="Use --format folders for one label per picture.",
        )
    for name in classes:
        why = _unfit(name, format_name)
        if why:
            raise ManifestError(
                f"The class {name!r} {why}, which breaks files of {format_name}.", hint="Rename it in the manifest."
            )


def _unfit(name: str, format_name: str) -> str:
    if _BREAKING.search(name):
        return "holds a line end or control character"
    if format_name == "voc" and (":" in name or name.startswith("#")):
        return "holds a colon" if ":" in name else "begins with #"
    return "begins or ends with a space" if name != name.strip() and format_name != "coco" else ""
