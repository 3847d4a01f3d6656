"""Taleqani B-ALL fields: `<Class>/WBC-[Malignant-]<Class>-<number>.jpg`, 224 x 224, scale bar at the lower right.

Aria et al. 2021, DOI 10.34740/KAGGLE/DSV/2175623. No patient ids; neighbors in number are often one patient.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.splits.blocks import Picture
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

NAME = "taleqani-all"
SIDE = 224
SCALE_BAR = Box(176, 194, 224, 224)
"""Where scale bars of every style are burnt in, in pixels."""

_PATTERN = re.compile(r"WBC-(?:Malignant-)?(Benign|Early|Pre|Pro)-(\d+)\.jpg")


def list_pictures(root: Path) -> tuple[Picture, ...]:
    """The pictures of the set, sorted by name.

    Raises:
        ManifestError: The folder holds none.
    """
    pictures = tuple(_picture(path) for path in sorted(root.glob("*/*.jpg")) if _PATTERN.fullmatch(path.name))
    if not pictures:
        raise ManifestError(
            f"{root} holds no pictures of {NAME}.", hint="Give the folder with Benign, Early, Pre, Pro."
        )
    return pictures


def without_scale_bar() -> NDArray[np.bool_]:
    """True where a picture shows the specimen, shape (224, 224)."""
    mask = np.ones((SIDE, SIDE), dtype=bool)
    mask[int(SCALE_BAR.y0) :, int(SCALE_BAR.x0) :] = False
    return mask


def _picture(path: Path) -> Picture:
    found = _PATTERN.fullmatch(path.name)
    if found is None:
        raise ManifestError(f"{path.name} is no name of {NAME}.", hint="See the set's SOURCE.md.")
    label = found[1].lower()
    return Picture(f"{path.parent.name}/{path.name}", label, label, int(found[2]))
