"""Which data sets and formats can be imported, and which one is this folder?"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from leukoscope.data.sources import (
    all_idb1,
    all_idb2,
    aml_lmu,
    apl_aml,
    bccd,
    cnmc,
    coco,
    folder_per_class,
    jtsc,
    medmnist,
    pbc,
    pbc_frames,
    pbc_originals,
    raabin,
    subtypes,
    table,
    taleqani,
    txl_pbc,
    voc,
    yolo,
)
from leukoscope.data.sources.pictures_below import folders_without_pictures
from leukoscope.data.sources.source import Source
from leukoscope.errors import ManifestError, NotFoundError
from leukoscope.imaging.formats.recognition import PICTURE_SUFFIXES

SETS: tuple[Source, ...] = (
    taleqani,
    cnmc,
    all_idb1,
    all_idb2,
    aml_lmu,
    apl_aml,
    subtypes,
    pbc,
    pbc_frames,
    pbc_originals,
    medmnist,
    raabin,
    jtsc,
    bccd,
    txl_pbc,
)
"""Named sets, in the order in which a folder is held against them."""
FORMATS: tuple[Source, ...] = (coco, voc, yolo, folder_per_class, table)
"""Formats that any set may come in; the most telling first."""
SOURCES: tuple[Source, ...] = (*SETS, *FORMATS)


def find_source(name: str) -> Source:
    """The set or format of a name.

    Raises:
        NotFoundError: There is none; the nearest name is told.
    """
    known = {source.card.name: source for source in SOURCES}
    found = known.get(name.lower())
    if found is None:
        near = get_close_matches(name.lower(), known, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise NotFoundError(
            f"There is no data set or format {name!r}.", hint=f"{meant}`leukoscope data import --list` tells all."
        )
    return found


def recognize(root: Path) -> Source:
    """The set a folder or file looks like, else the format.

    Raises:
        ManifestError: It looks like none, or there is nothing at the path.
    """
    if not root.exists():
        raise ManifestError(f"There is no {root}.", hint="Give the folder or file that holds the set.")
    for source in SOURCES:
        if source.recognizes(root):
            return source
    if "." in folders_without_pictures(root):
        raise ManifestError(
            f"{root} holds no picture.",
            hint=f"Give the folder that holds the set; pictures end with {', '.join(sorted(PICTURE_SUFFIXES))}.",
        )
    raise ManifestError(
        f"{root} looks like no data set or format that is known.",
        hint="Name one before the path; `leukoscope data import --list` tells all.",
    )
