"""Which cells does a segmentation recipe learn from, choose on and hold out?  Opened, checked, and put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.manifest_files import check_files, is_manifest, read_manifest
from leukoscope.data.masked_pictures import MaskedPicture, load_masked
from leukoscope.data.splits.crossing import refuse_crossings
from leukoscope.errors import ManifestError
from leukoscope.experiments.data_verdict import quick_verdict, refuse_severe
from leukoscope.modeling.segmentation.recipe import MaskedSet, SegmentationRecipe, split_of
from leukoscope.synthetic import STYLES, draw_field

_KINDS = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "blast")


@dataclass(frozen=True, slots=True, eq=False)
class MaskedSetInUse:
    """A set of a recipe with its pictures found: the manifest has parts."""

    part: MaskedSet
    manifest: Manifest
    verdict: CheckReport

    def load(self, part: Part) -> tuple[MaskedPicture, ...]:
        """The pictures of one part."""
        return load_masked(self.manifest, part)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentationMaterial:
    """All sets of a recipe.

    Attributes:
        recipe: The recipe.
        sets: The sets in its order; the first is the one it is held out on.
        own: Whether they are the ones the recipe names.
    """

    recipe: SegmentationRecipe
    sets: tuple[MaskedSetInUse, ...]
    own: bool

    def learned(self) -> tuple[tuple[MaskedPicture, ...], tuple[int, ...]]:
        """Training pictures, drawn ones last, and how often each of their cells is shown per epoch."""
        pictures: list[MaskedPicture] = []
        repeats: list[int] = []
        for one in self.sets:
            some = one.load("train") if one.part.learn else ()
            pictures += some
            repeats += [one.part.repeat] * len(some)
        drawn = draw_masked(self.recipe.synthetic.fields, self.recipe.seed)
        return (*pictures, *drawn), (*repeats, *[self.recipe.synthetic.repeat] * len(drawn))

    def watched(self) -> tuple[MaskedPicture, ...]:
        """Validation pictures of the sets that are chosen on."""
        return tuple(picture for one in self.sets if one.part.choose for picture in one.load("validation"))

    def held_out(self) -> Mapping[str, tuple[MaskedPicture, ...]]:
        """Test pictures by the name of their set."""
        return {one.part.name: one.load("test") for one in self.sets}


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
    own = not (is_manifest(data) and data.is_file())
    if own:
        roots = [data, *(data.resolve().parent / one.name for one in recipe.data[1:])]
        manifests = [
            read_manifest(split_of(recipe_file, one), root) for one, root in zip(recipe.data, roots, strict=True)
        ]
        parts = recipe.data
    else:
        manifests, parts = [read_manifest(data, images)], (MaskedSet(name=data.stem, split=data.name),)
    sets = []
    for number, (part, manifest) in enumerate(zip(parts, manifests, strict=True)):
        _demand_parts(manifest, held_out=number == 0)
        refuse_crossings(manifest)
        _demand_files(manifest)
        verdict = quick_verdict(manifest.with_columns(label=None))  # outlines need no classes
        if not despite_findings:
            refuse_severe(verdict, manifest)
        sets.append(MaskedSetInUse(part, manifest, verdict))
    return SegmentationMaterial(recipe, tuple(sets), own)


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


def _demand_parts(manifest: Manifest, *, held_out: bool) -> None:
    there = {str(part) for part in manifest.table["split"].dropna().unique()}
    wanted = ("train", "validation", "test") if held_out else ("train",)
    missing = [part for part in wanted if part not in there]
    if missing:
        raise ManifestError(
            f"{manifest.name} holds no picture of the part {' or '.join(missing)}.",
            hint="Divide it with: leukoscope data split MANIFEST --out FILE",
        )


def _demand_files(manifest: Manifest) -> None:
    entries = [
        Entry(row.path, row.sha256 or "-", row.label or "", row.group or row.path, row.split)
        for row in manifest.rows()
        if row.split is not None
    ]
    check_files(entries, manifest.base)
