"""Which cells does a segmentation recipe learn from, choose on and hold out?  Opened, checked, and put together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from leukoscope.data.masked_pictures import MaskedPicture, load_masked
from leukoscope.experiments.annotated_material import AnnotatedMaterial, open_sets
from leukoscope.modeling.segmentation.recipe import MaskedSet, SegmentationRecipe
from leukoscope.synthetic import STYLES, draw_field

SegmentationMaterial = AnnotatedMaterial[SegmentationRecipe, MaskedSet, MaskedPicture]
_KINDS = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "blast")


def open_masked_material(
    recipe_file: Path, recipe: SegmentationRecipe, data: Path, images: Path | None, *, despite_findings: bool
) -> SegmentationMaterial:
    """Find the pictures of a recipe and make sure that they are those of its splits.

    Args:
        recipe_file: The recipe; split files lie relative to it.
        recipe: The same, read.
        data: Folder of its first set, beside which the others lie; or a manifest with masks and parts that takes the
            place of all of them.
        images: Folder that the paths of such a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe.

    Raises:
        DataError: A set has no masks, or the check found something severe.
        ManifestError: Pictures are missing or others, a part is empty, or a group lies in two parts.
    """
    sets, own = open_sets(
        recipe_file,
        recipe.data,
        data,
        images,
        instead=lambda: MaskedSet(name=data.stem, split=data.name),
        despite_findings=despite_findings,
    )
    return AnnotatedMaterial(recipe, sets, own, lambda one, part: load_masked(one.manifest, part))


def draw_masked(fields: int, seed: int) -> tuple[MaskedPicture, ...]:
    """Synthetic fields in every stain, some cells touching, with their masks.

    Args:
        fields: How many.
        seed: Of all randomness.
    """
    rng = np.random.default_rng(seed)
    styles = list(STYLES.values())
    drawn = []
    for number in range(fields):
        kinds = rng.choice(len(_KINDS), size=4)
        names = [_KINDS[kind] for kind in kinds]
        field = draw_field(
            rng,
            width=640,
            height=480,
            pixel_size_um=float(rng.uniform(0.1, 0.2)),
            cells={name: names.count(name) for name in sorted(set(names))},
            touching_pairs=int(rng.integers(0, 2)),
            style=styles[number % len(styles)],
        )
        boxes = tuple(cell.box for cell in field.cells)
        name = f"synthetic {number}"
        drawn.append(MaskedPicture(name, field.pixels, boxes, field.cell_labels, field.nucleus_labels > 0, name))
    return tuple(drawn)
