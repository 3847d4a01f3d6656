"""A manifest as YOLO, COCO, Pascal VOC or a folder per class; can be broken off and run again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from leukoscope.data.exports import coco, folders, voc, yolo
from leukoscope.data.exports.accepting import check_fits, lies_outside, size_of_picture
from leukoscope.data.exports.masks import MaskClass, objects_of_mask
from leukoscope.data.exports.placing import Placed, place, safe_name, safe_suffix
from leukoscope.data.exports.writing import How, place_file, write_text
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.sources.pictures_below import part_of
from leukoscope.data.sources.source import Problem
from leukoscope.errors import InputError, InvalidValueError, ManifestError

Format = Literal["yolo", "yolo-seg", "coco", "voc", "folders"]
FORMATS: tuple[Format, ...] = get_args(Format)
MARK = ".leukoscope-export.json"
"""Tells which export a folder holds, so that only the same one is carried on in it."""
_PLACES: dict[Format, Callable[[Placed], str]] = {
    "yolo": yolo.picture_place,
    "yolo-seg": yolo.picture_place,
    "coco": coco.picture_place,
    "voc": voc.picture_place,
    "folders": folders.picture_place,
}
_LOSES: dict[Format, tuple[str, ...]] = {
    "yolo": yolo.LOSES,
    "yolo-seg": yolo.LOSES_OUTLINED,
    "coco": coco.LOSES,
    "voc": voc.LOSES,
    "folders": folders.LOSES,
}
_WHAT_COUNTS = ("path", "sha256", "label", "subtype", "boxes", "mask", "split", "width", "height")


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What to write, and how.

    Attributes:
        format: The format.
        how: "copy", or "link" for hard links: no second copy on the disk, but a program that changes a picture
            changes ours.
        mask_classes: What the gray levels of masks mean: their pieces become objects with outlines.

    Raises:
        InvalidValueError: Masks are to become objects of a format that holds none.
    """

    format: Format
    how: How = "copy"
    mask_classes: tuple[MaskClass, ...] = ()

    def __post_init__(self) -> None:
        if self.mask_classes and self.format == "folders":
            raise InvalidValueError("Folders hold no objects of masks.", hint="Use --format coco or yolo-seg.")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        pictures: Number of pictures.
        boxes: Number of boxes.
        classes: The classes, in the order of their numbers.
        lost: What the format cannot hold and the manifest has, for people.
        problems: Pictures that were left out.
        outside: Exported pictures and masks whose paths lead out of the manifest's folder.
    """

    pictures: int
    boxes: int
    classes: tuple[str, ...]
    lost: tuple[str, ...]
    problems: tuple[Problem, ...]
    outside: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writing:
    manifest: Manifest
    out: Path
    wish: ExportWish
    classes: tuple[str, ...]
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    holes: int = 0


def export_manifest(
    manifest: Manifest, out: Path, wish: ExportWish, *, after_each: Callable[[], None] = lambda: None
) -> Exported:
    """Write a manifest as a folder for other programs.

    Args:
        manifest: The set.
        out: A new or empty folder, or one that holds a part of the same export.
        wish: Format and way of copying.
        after_each: Called after each picture.

    Raises:
        ManifestError: The folder holds something else, or the format cannot hold the set.
    """
    rows = tuple(manifest.rows())
    marked = {box.label for row in rows for box in row.boxes or ()} | {one.name for one in wish.mask_classes}
    classes = manifest.labels if wish.format == "folders" else tuple(sorted(marked))
    check_fits(rows, wish.format, classes, masks_tell=bool(wish.mask_classes))
    _mark(manifest, out, wish)
    writing = _Writing(manifest, out, wish, classes)
    written = []
    for one in place(rows):
        try:
            written.append(_write_one(one, writing))
        except (ManifestError, InputError) as fault:
            writing.problems.append(Problem(one.row.path, None, f"{fault.message} {fault.hint}".strip()))
        after_each()
    _write_whole(written, writing)
    boxes = sum(len(one.row.boxes or ()) for one in written) if wish.format != "folders" else 0
    lost = _lost([one.row for one in written], writing)
    return Exported(len(written), boxes, classes, lost, tuple(writing.problems), tuple(writing.outside))


def _mark(manifest: Manifest, out: Path, wish: ExportWish) -> None:
    told = manifest.table[list(_WHAT_COUNTS)].to_csv(index=False, lineterminator="\n")
    mark = {"format": wish.format, "manifest": hashlib.sha256(told.encode()).hexdigest()}
    if wish.mask_classes:
        mark["masks"] = repr(wish.mask_classes)
    file = out / MARK
    if out.exists() and not out.is_dir():
        raise ManifestError(f"{out} is a file.", hint="Give a new folder.")
    if out.is_dir() and any(out.iterdir()):
        if not file.is_file() or file.read_text(encoding="utf-8") != json.dumps(mark):
            raise ManifestError(f"{out} holds something else already.", hint="Give a new or empty folder.")
        return
    write_text(file, json.dumps(mark))


def _write_one(one: Placed, writing: _Writing) -> Placed:
    """Write a picture and its annotations; the same with the objects of its mask, where these are asked for."""
    out, row = writing.out, one.row
    if writing.wish.format == "folders":
        _check_label(row)
    source = writing.manifest.locate(row.path)
    found = size_of_picture(source)
    writing.sizes[one.stem] = (row.width, row.height) if row.width and row.height else found
    _place(source, row.path, out / _PLACES[writing.wish.format](one), writing)
    if row.mask and writing.wish.mask_classes:
        one = _with_mask_objects(one, row.mask, writing)
    if writing.wish.format in ("yolo", "yolo-seg"):
        outlined = writing.wish.format == "yolo-seg"
        yolo.write_annotations(one, out, writing.classes, writing.sizes[one.stem], outlined=outlined)
    elif writing.wish.format == "voc":
        voc.write_annotations(one, out, writing.classes, writing.sizes[one.stem])
    if row.mask and writing.wish.format != "folders":
        _place_mask(one, row.mask, writing)
    return one


def _with_mask_objects(one: Placed, mask: str, writing: _Writing) -> Placed:
    try:
        path = writing.manifest.locate(mask)
        size_of_picture(path)
        found = objects_of_mask(path, writing.wish.mask_classes, writing.sizes[one.stem])
    except (ManifestError, InputError) as fault:
        told = f"Its mask {mask} gives no objects: {fault.message} {fault.hint} The picture is exported without."
        writing.problems.append(Problem(one.row.path, None, told))
        return one
    writing.holes += found.holes
    return replace(one, row=replace(one.row, boxes=(*(one.row.boxes or ()), *found.objects)))


def _check_label(row: Row) -> None:
    if not row.label:
        raise ManifestError("It has no label, so it belongs in no folder.", hint="Label it, or export as coco.")
    if part_of(row.label):
        raise ManifestError(
            f"Its label {row.label!r} would be read as a part of the set.", hint="Rename the class, or export as coco."
        )


def _place_mask(one: Placed, mask: str, writing: _Writing) -> None:
    try:
        source = writing.manifest.locate(mask)
        size_of_picture(source)
        name = one.stem + safe_suffix(mask)
        _place(source, mask, writing.out / "masks" / one.folder / name, writing)
    except (ManifestError, InputError) as fault:
        told = f"Its mask {mask} is left out: {fault.message} {fault.hint} The picture is exported without."
        writing.problems.append(Problem(one.row.path, None, told))


def _place(source: Path, path: str, target: Path, writing: _Writing) -> None:
    place_file(source, target, writing.wish.how)
    if lies_outside(path):
        writing.outside.append(path)


def _write_whole(written: list[Placed], writing: _Writing) -> None:
    if writing.wish.format in ("yolo", "yolo-seg"):
        yolo.write_whole(written, writing.out, writing.classes)
    elif writing.wish.format == "voc":
        voc.write_whole(written, writing.out, writing.classes)
    elif writing.wish.format == "coco":
        coco.write_whole(written, writing.out, writing.classes, writing.sizes)


def _lost(rows: list[Row], writing: _Writing) -> tuple[str, ...]:
    wish = writing.wish.format
    boxes = [box for row in rows for box in row.boxes or ()]
    there = {
        "fractions of pixels": any(not side.is_integer() for box in boxes for side in map(float, box.box.as_list())),
        "outlines": any(box.outline for box in boxes),
        yolo.LOSES_OUTLINED[0]: any(not box.outline for box in boxes),
        "boxes and outlines": bool(boxes),
        "picture labels": any(row.label for row in rows),
        "patients and slides": any(row.patient or row.slide or row.group for row in rows),
    }
    lost = [what for what in _LOSES[wish] if there[what]]
    if writing.holes:
        lost.append(f"{writing.holes} holes in the pieces of masks: outlines run around them")
    if any(row.mask for row in rows) and not writing.wish.mask_classes:
        lost.append("masks" if wish == "folders" else "masks as part of the format: they lie beside it, in masks/")
    if wish in ("yolo", "yolo-seg") and {None} < {row.split for row in rows}:
        lost.append("that some pictures are in no part: they lie in images/all, which data.yaml does not name")
    if wish == "folders" and any(row.label and safe_name(row.label) != row.label for row in rows):
        lost.append("characters of class names that no folder may have: they are written as _")
    return tuple(lost)
