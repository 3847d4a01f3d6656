"""PBC single-cell crops: `<class>/<PREFIX>_<number>.jpg`, square, native size up to 224 px, and `crops.csv`.

Acevedo et al. 2020, DOI 10.17632/snkd93bnjr.1. No donor ids; the prefix is the sub-type.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import cv2
import numpy as np

from leukoscope.data.splits.blocks import Picture
from leukoscope.domain.images import Pixels
from leukoscope.errors import ManifestError

NAME = "pbc-crops"
CENTER_SIDE = 95
"""Side of the smallest crop of the set, in pixels of the frame: what every cell can be compared in."""

_PATTERN = re.compile(r"([A-Z]+)_(\d+)\.jpg")
_LABELS = {"ig": "immature-granulocyte"}


def list_pictures(root: Path) -> tuple[Picture, ...]:
    """The pictures of the set, sorted by name; the series is the sub-prefix.

    Raises:
        ManifestError: The folder holds none.
    """
    pictures = tuple(_picture(path) for path in sorted(root.glob("*/*.jpg")) if _PATTERN.fullmatch(path.name))
    if not pictures:
        raise ManifestError(f"{root} holds no pictures of {NAME}.", hint="Give the folder with one folder per class.")
    return pictures


def frame_sides(root: Path) -> dict[str, int]:
    """Side of each crop's window in its frame, in pixels, by name: crops above 224 were made smaller.

    Raises:
        ManifestError: There is no `crops.csv`.
    """
    table = root / "crops.csv"
    if not table.is_file():
        raise ManifestError(f"{table} is missing.", hint="The set comes with this table.")
    with table.open(encoding="utf-8", newline="") as lines:
        return {row["file"]: int(row["side_in_frame"]) for row in csv.DictReader(lines)}


def center(crop: Pixels, frame_side: int) -> Pixels:
    """The middle of a crop at the scale of its frame, 95 x 95 pixels."""
    if frame_side != crop.shape[0]:
        crop = np.asarray(cv2.resize(crop, (frame_side, frame_side), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    start = (frame_side - CENTER_SIDE) // 2
    return crop[start : start + CENTER_SIDE, start : start + CENTER_SIDE]


def _picture(path: Path) -> Picture:
    found = _PATTERN.fullmatch(path.name)
    if found is None:
        raise ManifestError(f"{path.name} is no name of {NAME}.", hint="See the set's SOURCE.md.")
    folder = path.parent.name
    return Picture(f"{folder}/{path.name}", _LABELS.get(folder, folder), found[1].lower(), int(found[2]))
