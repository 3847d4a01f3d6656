"""What does a run learn from, choose on and hold out whose truth is boxes or masks?  Its sets, opened and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.manifest_files import check_files, is_manifest, read_manifest
from leukoscope.errors import ManifestError
from leukoscope.experiments.data_verdict import quick_verdict, refuse_severe
from leukoscope.experiments.split_use import SplitInUse, demand_undivided
from leukoscope.modeling.annotated_recipe import AnnotatedSet
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe

_Set = TypeVar("_Set", bound=AnnotatedSet)
Picture = TypeVar("Picture")
Recipe = TypeVar("Recipe", DetectionRecipe, SegmentationRecipe)


@dataclass(frozen=True, slots=True, eq=False)
class SetInUse(Generic[_Set]):
    """A set of a recipe with its pictures found: the manifest has parts."""

    part: _Set
    manifest: Manifest
    verdict: CheckReport


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedMaterial(Generic[Recipe, _Set, Picture]):
    """All sets of a recipe.

    Attributes:
        recipe: The recipe.
        sets: The sets in its order; the first is the one it is held out on.
        own: Whether they are the ones the recipe names.
        load: The pictures of one part of a set, with what was drawn into them.
    """

    recipe: Recipe
    sets: tuple[SetInUse[_Set], ...]
    own: bool
    load: Callable[[SetInUse[_Set], Part], tuple[Picture, ...]]

    @property
    def split(self) -> SplitInUse:
        """The split it is held out by."""
        return SplitInUse(self.sets[0].manifest, self.own)

    def learned(self) -> tuple[tuple[Picture, ...], tuple[int, ...]]:
        """Training pictures, and how often each is shown per epoch."""
        parts = [(one.part.repeat, self.load(one, "train")) for one in self.sets if one.part.learn]
        pictures = tuple(picture for _, some in parts for picture in some)
        return pictures, tuple(repeat for repeat, some in parts for _ in some)

    def watched(self) -> tuple[Picture, ...]:
        """Validation pictures of the sets that are chosen on."""
        return tuple(picture for one in self.sets if one.part.choose for picture in self.load(one, "validation"))

    def held_out(self) -> Mapping[str, tuple[Picture, ...]]:
        """Test pictures by the name of their set."""
        return {one.part.name: self.load(one, "test") for one in self.sets}


def open_sets(
    recipe_file: Path,
    named: Sequence[_Set],
    data: Path,
    images: Path | None,
    *,
    instead: Callable[[], _Set],
    prepare: Callable[[Manifest], Manifest] = lambda manifest: manifest,
    despite_findings: bool,
) -> tuple[tuple[SetInUse[_Set], ...], bool]:
    """Find the pictures of a recipe and make sure that they are those of its splits.

    Args:
        recipe_file: The recipe; split files lie relative to it.
        named: The sets it names.
        data: Folder of the first set, beside which the others lie; or a manifest with parts that takes the place of
            all of them.
        images: Folder that the paths of such a manifest start from; by default its own.
        instead: What such a manifest is taken as.
        prepare: Adds to a manifest what is known of its pictures elsewhere.
        despite_findings: Go on although the check of the data found something severe.

    Returns:
        The sets in their order, and whether they are those that the recipe names.

    Raises:
        DataError: The check found something severe.
        ManifestError: Pictures are missing or others, a part is empty, or a group lies in two parts.
    """
    own = not (is_manifest(data) and data.is_file())
    parts = tuple(named) if own else (instead(),)
    roots = [data, *(data.resolve().parent / one.name for one in parts[1:])]
    sets = []
    for number, (part, root) in enumerate(zip(parts, roots, strict=True)):
        manifest = read_manifest(recipe_file.parent / part.split, root) if own else read_manifest(data, images)
        _demand_parts(manifest, ("train",) if number else ("train", "validation", "test"))
        demand_undivided(manifest, despite_findings=despite_findings)
        _demand_files(manifest)
        prepared = prepare(manifest)
        # A picture's own class (BCCD: the type of its white cell) is no part of what is drawn into it.
        verdict = quick_verdict(prepared.with_columns(label=None))
        if not despite_findings:
            refuse_severe(verdict, prepared)
        sets.append(SetInUse(part, prepared, verdict))
    return tuple(sets), own


def _demand_parts(manifest: Manifest, wanted: Sequence[Part]) -> None:
    there = {str(part) for part in manifest.table["split"].dropna().unique()}
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
