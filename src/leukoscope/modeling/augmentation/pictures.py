"""Makes one augmented picture: read, change, move boxes and mask along, write in one step.

Runs in a worker process; what is random depends on the seed, the parent and the version only, never on the worker.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from leukoscope.data.manifest import Annotation
from leukoscope.domain.images import Pixels
from leukoscope.errors import ManifestError
from leukoscope.imaging.drawing import to_jpeg, to_png
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.stain import ColorStatistics, StainStatistics, normalize
from leukoscope.modeling.augmentation.on_the_fly import change, prepare
from leukoscope.modeling.augmentation.presets import Preset
from leukoscope.modeling.augmentation.targets import magnification, move_annotations, move_masks

PREPARED = 0
"""The version that is only prepared (sized, normalized); changed copies count from 1."""
JPEG_QUALITY = 95
_ALIKE = 1.05
"""Width and height may be stretched this differently before a pixel size means nothing."""

Colors = ColorStatistics | StainStatistics


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One picture to make.

    Attributes:
        parent: Path of the parent as its manifest has it: the name under which random numbers are drawn.
        version: 0 for prepared only, from 1 for changed copies.
        picture: Where the parent lies.
        target: Where the result goes; its suffix says the format.
        boxes: Marked objects of the parent, or None where nobody marked any.
        mask: Where the parent's mask lies, or None.
        mask_target: Where the result's mask goes.
    """

    parent: str
    version: int
    picture: Path
    target: Path
    boxes: tuple[Annotation, ...] | None
    mask: Path | None
    mask_target: Path


@dataclass(frozen=True, slots=True)
class Made:
    """What a job wrote: hash, size, objects, and how many pixels it has per pixel of the parent (None: not one number).

    `boxes` and `has_mask` follow the parent's.
    """

    sha256: str
    width: int
    height: int
    boxes: tuple[Annotation, ...] | None
    has_mask: bool
    magnification: float | None


def make_picture(job: PictureJob, preset: Preset, seed: int, reference: Colors | None) -> Made:
    """Make one picture.

    Args:
        job: Which.
        preset: What to do.
        seed: Of the whole run.
        reference: What a normalizing preset brings colors to.

    Raises:
        InputError: The parent or its mask cannot be read, or its colors cannot be normalized.
        ManifestError: The mask has another size than the picture.
    """
    pixels = read_image(job.picture).pixels
    picture = _tensor(pixels if reference is None else normalize(pixels, reference))
    if job.version == PREPARED:
        result, matrix = prepare(picture, preset), torch.eye(3)
    else:
        changed = change(picture, preset, _generator(seed, job))
        result, matrix = (changed.pictures * 255).round().to(torch.uint8), changed.matrices[0]
    before, after = _size(picture), _size(result)
    if job.mask is not None:
        mask = _tensor(_mask_of(job.mask, before))
        moved = move_masks(mask, matrix[None], after, preset.fill)
        write_whole(job.mask_target, to_png(_pixels(moved)))
    content = encode(_pixels(result), job.target.suffix)
    write_whole(job.target, content)
    smallest, largest = magnification(matrix, before, after)
    return Made(
        hashlib.sha256(content).hexdigest(),
        width=after[1],
        height=after[0],
        boxes=None if job.boxes is None else move_annotations(job.boxes, matrix, before, after),
        has_mask=job.mask is not None,
        magnification=(smallest * largest) ** 0.5 if largest <= _ALIKE * smallest else None,
    )


def encode(pixels: Pixels, suffix: str) -> bytes:
    """A picture as PNG, or as JPEG for a name that ends with .jpg."""
    return to_jpeg(pixels, JPEG_QUALITY) if suffix == ".jpg" else to_png(pixels)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _generator(seed: int, job: PictureJob) -> torch.Generator:
    digest = hashlib.sha256(f"{seed}\n{job.version}\n{job.parent}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8]) >> 1)


def _mask_of(path: Path, size: tuple[int, int]) -> Pixels:
    mask = read_image(path).pixels
    if mask.shape[:2] != size:
        raise ManifestError(
            f"The mask {path.name} is {mask.shape[1]} x {mask.shape[0]} pixels, its picture {size[1]} x {size[0]}.",
            hint="Name the mask that belongs to the picture.",
        )
    return mask


def _tensor(pixels: Pixels) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]


def _pixels(batch: Tensor) -> Pixels:
    pixels: Pixels = batch[0].permute(1, 2, 0).contiguous().numpy()
    return pixels


def _size(batch: Tensor) -> tuple[int, int]:
    return int(batch.shape[-2]), int(batch.shape[-1])
