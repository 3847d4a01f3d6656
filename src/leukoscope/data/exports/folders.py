"""One folder per class as torchvision's `ImageFolder` reads it: `[<part>/]<class>/[<subtype>/]<picture>`."""

from __future__ import annotations

from leukoscope.data.exports.placing import Placed, safe_name

LOSES = ("boxes and outlines", "patients and slides")


def picture_place(one: Placed) -> str:
    """Where a labeled picture goes, below the export."""
    part = [one.folder] if one.row.split else []
    finer = [safe_name(name) for name in (one.row.subtype or "").split("/") if name]
    return "/".join((*part, safe_name(one.row.label or ""), *finer, one.name))
