"""Which pictures does a detection recipe learn from, choose on and hold out?  Opened, checked, and put together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.errors import RecipeError
from leukoscope.experiments.annotated_material import AnnotatedMaterial, SetInUse, open_sets
from leukoscope.modeling.detection.recipe import BoxedSet, DetectionRecipe

DetectionMaterial = AnnotatedMaterial[DetectionRecipe, BoxedSet, BoxedPicture]


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

    def load(one: SetInUse[BoxedSet], part: Part) -> tuple[BoxedPicture, ...]:
        classes = joined(one.part, recipe.classes)
        return load_boxed(one.manifest, part, classes, pixel_size_um=one.part.pixel_size_um)

    sets, own = open_sets(
        recipe_file,
        recipe.data,
        data,
        images,
        instead=lambda: _any_set(recipe, data),
        prepare=_boxed,
        despite_findings=despite_findings,
    )
    return AnnotatedMaterial(recipe, sets, own, load)


def joined(part: BoxedSet, classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """For each class of a model, in its order, the classes of a set that it joins."""
    return {name: part.classes.get(name, () if part.classes else (name,)) for name in classes}


def _boxed(manifest: Manifest) -> Manifest:
    """With its boxes; a field's own class (BCCD: the type of its white cell) is nothing a detector learns."""
    return with_boxes(manifest).with_columns(label=None)


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
