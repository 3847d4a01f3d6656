"""What does each preset do?  The same few pictures under every preset, on one sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.domain.images import Pixels
from leukoscope.errors import LeukoscopeError, ManifestError
from leukoscope.imaging.contact_sheet import SheetRow, Tile, contact_sheet
from leukoscope.imaging.drawing import to_png
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.stain import normalize
from leukoscope.modeling.augmentation.on_the_fly import change
from leukoscope.modeling.augmentation.pictures import write_whole
from leukoscope.modeling.augmentation.presets import Preset
from leukoscope.modeling.augmentation.stain_reference import reference_of
from leukoscope.modeling.augmentation.targets import move_annotations, move_masks
from leukoscope.synthetic import STYLES, draw_field

VERSIONS = 2
_SHOWN = 4
_TRIED = 50


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A picture to show presets on, with what is marked in it."""

    pixels: Pixels
    objects: tuple[Annotation, ...] = ()
    mask: Pixels | None = None


def drawn_examples() -> tuple[Example, ...]:
    """Small drawn fields with their cells and nuclei marked."""
    examples = []
    for number, style in zip(range(_SHOWN), STYLES.values(), strict=False):
        cells = {"neutrophil": 1, "lymphocyte": 1}
        field = draw_field(np.random.default_rng(number), width=320, height=240, cells=cells, red_cells=6, style=style)
        objects = tuple(Annotation(cell.box, cell.label, cell.outline.points) for cell in field.cells)
        nuclei = np.repeat((field.nucleus_labels > 0)[..., None], 3, axis=2).astype(np.uint8) * 255
        examples.append(Example(field.pixels, objects, nuclei))
    return tuple(examples)


def examples_of(manifest: Manifest) -> tuple[Example, ...]:
    """A few training pictures, one of each class in turn; what cannot be read is passed over.

    Raises:
        ManifestError: None of those tried can be read.
    """
    rows = [row for row in manifest.rows() if row.split in ("train", None)] or list(manifest.rows())
    found = tuple(islice(_readable(manifest, _by_turns(rows)[:_TRIED]), _SHOWN))
    if not found:
        raise ManifestError("No picture to show can be read.", hint="Run `leukoscope data check` on the manifest.")
    return found


def augmentation_sheet(examples: Sequence[Example], presets: Sequence[Preset], seed: int = 0) -> Pixels:
    """Draw the sheet: the pictures as they are, then two versions of each under every preset.

    Args:
        examples: The pictures.
        presets: One row each.
        seed: Of everything random.
    """
    plain = tuple(tile for one in examples for tile in [_tile(one.pixels, one.objects, one.mask)] * VERSIONS)
    rows = [SheetRow("as they are (each twice)", plain)]
    for preset in presets:
        generator = torch.Generator().manual_seed(seed)
        tiles = tuple(_changed(one, preset, generator) for one in examples for _ in range(VERSIONS))
        rows.append(SheetRow(preset.name, tiles))
    return contact_sheet(rows)


def write_sheet(path: Path, manifest: Manifest | None, presets: Sequence[Preset], seed: int = 0) -> None:
    """Write a sheet as PNG: of a manifest's pictures, or of drawn ones."""
    examples = examples_of(manifest) if manifest is not None else drawn_examples()
    write_whole(path, to_png(augmentation_sheet(examples, presets, seed)))


def _by_turns(rows: Sequence[Row]) -> list[Row]:
    turns: Counter[str | None] = Counter()
    numbered = []
    for row in rows:
        numbered.append((turns[row.label], row))
        turns[row.label] += 1
    return [row for _, row in sorted(numbered, key=lambda one: one[0])]


def _readable(manifest: Manifest, rows: Sequence[Row]) -> Iterator[Example]:
    for row in rows:
        try:
            mask = read_image(manifest.locate(row.mask)).pixels if row.mask else None
            pixels = read_image(manifest.locate(row.path)).pixels
        except LeukoscopeError:
            continue
        yield Example(pixels, row.boxes or (), mask if mask is not None and mask.shape == pixels.shape else None)


def _changed(example: Example, preset: Preset, generator: torch.Generator) -> Tile:
    reference = reference_of(preset, None)
    if reference is not None:
        return _tile(normalize(example.pixels, reference.colors), example.objects, example.mask)
    changed = change(_tensor(example.pixels), preset, generator)
    before, after = example.pixels.shape[:2], changed.pictures.shape[-2:]
    objects = move_annotations(example.objects, changed.matrices[0], (before[0], before[1]), (after[0], after[1]))
    mask = None
    if example.mask is not None:
        mask = _pixels(move_masks(_tensor(example.mask), changed.matrices, (after[0], after[1]), preset.fill))
    return _tile(_pixels((changed.pictures * 255).round().to(torch.uint8)), objects, mask)


def _tile(pixels: Pixels, objects: tuple[Annotation, ...], mask: Pixels | None) -> Tile:
    return Tile(pixels, tuple(one.box for one in objects), mask)


def _tensor(pixels: Pixels) -> torch.Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]


def _pixels(batch: torch.Tensor) -> Pixels:
    pixels: Pixels = batch[0].permute(1, 2, 0).contiguous().numpy()
    return pixels
