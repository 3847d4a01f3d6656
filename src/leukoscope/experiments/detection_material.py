"""Which pictures does a detection recipe learn from, choose on and hold out?  Opened, checked, and put together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.manifest_files import check_files, is_manifest, read_manifest
from leukoscope.data.splits.crossing import refuse_crossings
from leukoscope.errors import ManifestError, RecipeError
from leukoscope.experiments.data_verdict import quick_verdict, refuse_severe
from leukoscope.modeling.detection.recipe import BoxedSet, DetectionRecipe, split_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SetInUse:
    """A set of a recipe with its pictures found: the manifest has boxes and parts."""

    part: BoxedSet
    manifest: Manifest
    verdict: CheckReport

    def load(self, part: Part, classes: Sequence[str]) -> tuple[BoxedPicture, ...]:
        """The pictures of one part, with class numbers of the model."""
        return load_boxed(self.manifest, part, joined(self.part, classes), pixel_size_um=self.part.pixel_size_um)


@dataclass(frozen=True, slots=True, eq=False)
class DetectionMaterial:
    """All sets of a recipe.

    Attributes:
        recipe: The recipe.
        sets: The sets in its order; the first is the one it is held out on.
        own: Whether they are the ones the recipe names.
    """

    recipe: DetectionRecipe
    sets: tuple[SetInUse, ...]
    own: bool

    def learned(self) -> tuple[tuple[BoxedPicture, ...], tuple[int, ...]]:
        """Training pictures, and how often each is shown per epoch."""
        parts = [(one.part.repeat, one.load("train", self.recipe.classes)) for one in self.sets if one.part.learn]
        pictures = tuple(picture for _, some in parts for picture in some)
        return pictures, tuple(repeat for repeat, some in parts for _ in some)

    def watched(self) -> tuple[BoxedPicture, ...]:
        """Validation pictures of the sets that are chosen on."""
        chosen = [one.load("validation", self.recipe.classes) for one in self.sets if one.part.choose]
        return tuple(picture for some in chosen for picture in some)

    def held_out(self) -> Mapping[str, tuple[BoxedPicture, ...]]:
        """Test pictures by the name of their set."""
        return {one.part.name: one.load("test", self.recipe.classes) for one in self.sets}


def open_material(
    recipe_file: Path, recipe: DetectionRecipe, data: Path, images: Path | None, *, despite_findings: bool
) -> DetectionMaterial:
    """Find the pictures of a recipe and make sure that they are those of its splits.

    Args:
        recipe_file: The recipe; split files lie relative to it.
        recipe: The same, read.
        data: Folder of its first set, beside which the others lie; or a manifest with boxes and parts that takes the
            place of all of them.
        images: Folder that the paths of such a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe.

    Raises:
        DataError: A set has no boxes, or the check found something severe.
        ManifestError: Pictures are missing or others, a part is empty, or a group lies in two parts.
        RecipeError: A manifest leaves open what the recipe takes from its own sets.
    """
    own = not (is_manifest(data) and data.is_file())
    if own:
        roots = [data, *(data.resolve().parent / one.name for one in recipe.data[1:])]
        manifests = [
            read_manifest(split_of(recipe_file, one), root) for one, root in zip(recipe.data, roots, strict=True)
        ]
        parts = recipe.data
    else:
        manifests, parts = [read_manifest(data, images)], (_any_set(recipe, data),)
    sets = []
    for number, (part, manifest) in enumerate(zip(parts, manifests, strict=True)):
        _demand_parts(manifest, held_out=number == 0)
        refuse_crossings(manifest)
        _demand_files(manifest)
        # A field's own class (BCCD: the type of its white cell) is nothing a detector learns, so it is judged by boxes.
        boxed = with_boxes(manifest).with_columns(label=None)
        verdict = quick_verdict(boxed)
        if not despite_findings:
            refuse_severe(verdict, boxed)
        sets.append(SetInUse(part, boxed, verdict))
    return DetectionMaterial(recipe, tuple(sets), own)


def joined(part: BoxedSet, classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each class of a model, in its order, the classes of a set that it joins."""
    return {name: part.classes.get(name, () if part.classes else (name,)) for name in classes}


def _any_set(recipe: DetectionRecipe, data: Path) -> BoxedSet:
    """What a manifest of somebody else is taken as: classes as the recipe joins those of all its sets."""
    every = {
        name: tuple({inner for one in recipe.data for inner in one.classes.get(name, (name,))})
        for name in recipe.classes
    }
    size = recipe.data[0].pixel_size_um
    if recipe.view.way == "tiles" and isinstance(size, dict):
        raise RecipeError(
            "The pixel size of this manifest is open: the recipe has one for each source of its own set.",
            hint="Give it with --set data.pixel_size_um=...",
        )
    return BoxedSet(name=data.stem, split=data.name, classes=every, pixel_size_um=size)


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
