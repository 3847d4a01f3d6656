"""What does a recipe of measurements learn from?  Its split, its columns, and the measured cells of each part."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import PARTS, Entry, Manifest, Part
from leukoscope.errors import DataError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.bundle_answers import pixel_sizes_of, predictions_of
from leukoscope.experiments.measured_pictures import MeasuringWish, measure_pictures
from leukoscope.experiments.split_use import SplitInUse
from leukoscope.imaging.cell_columns import MeasuringWay, columns_by_topic
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import MeasuredCells
from leukoscope.modeling.classical.estimators import tried_values
from leukoscope.modeling.classical.fitting import demand_groups
from leukoscope.modeling.classical.recipe import ClassicalRecipe
from leukoscope.modeling.classical.table import CellTable, Places, wanted_columns

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredPart:
    """The cells of one part.

    Attributes:
        entries: The pictures, under the classes of the model.
        cells: What was measured on them, in their order.
        targets: Class numbers, shape (pictures,).
    """

    entries: tuple[Entry, ...]
    cells: MeasuredCells
    targets: NDArray[np.int64]

    def table(self) -> CellTable:
        """The cells that were found, as learning takes them."""
        groups = tuple(entry.group for entry in self.entries)
        return CellTable(self.cells.columns, self.targets, groups).rows(self.cells.measured)

    @property
    def not_found(self) -> tuple[str, ...]:
        """Pictures in which no cell was found."""
        return tuple(one.name for one, there in zip(self.entries, self.cells.measured, strict=True) if not there)


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalMaterial:
    """All that goes into a run.

    Attributes:
        recipe: What is trained.
        split: On which pictures.
        verdict: What the check of the data found.
        columns: Names of the measurements, in the order of the table; the embedding follows.
        embedder: The model whose embedding follows; None for none.
        parts: The measured cells of each part.
    """

    recipe: ClassicalRecipe
    split: SplitInUse
    verdict: CheckReport
    columns: tuple[str, ...]
    embedder: Classifier | None
    parts: Mapping[Part, MeasuredPart]

    @property
    def manifest(self) -> Manifest:
        """The pictures of all parts."""
        return self.split.manifest

    @property
    def width(self) -> int:
        """Columns of the table, those of the embedding included."""
        return int(self.parts["train"].cells.columns.shape[1])

    def places(self) -> tuple[Places, ...]:
        """For each decision of the recipe the columns it may take."""
        topics, found = columns_by_topic(), []
        embedding = np.arange(len(self.columns), self.width)
        for stage in self.recipe.stages:
            asked = set(wanted_columns(stage.features, topics))
            own = [place for place, name in enumerate(self.columns) if name in asked]
            both = [*own, *(embedding if stage.features.embedding else ())]
            found.append(np.array(both, dtype=np.int64))
        return tuple(found)

    def units(self) -> dict[str, Places]:
        """What is shuffled together to see what it is worth: each measurement, and the whole embedding."""
        units: dict[str, Places] = {name: np.array([place], dtype=np.int64) for place, name in enumerate(self.columns)}
        if self.embedder is not None:
            units[self.embedder.card.name] = np.arange(len(self.columns), self.width, dtype=np.int64)
        return units

    def predictions(self, part: Part, probabilities: NDArray[np.float64]) -> Predictions:
        """What a model said of all pictures of a part, beside what is known of them."""
        return predictions_of(self.recipe.classes, self.parts[part].entries, probabilities, self.manifest)


def measure_material(
    recipe: ClassicalRecipe,
    split: SplitInUse,
    verdict: CheckReport,
    keep: Path,
    *,
    watch: Callable[[int], Callable[[], None]],
) -> ClassicalMaterial:
    """Measure the cells of all parts.

    Args:
        recipe: What is to be learned.
        split: From which pictures.
        verdict: What the check of the data found.
        keep: Folder in which measurements are kept.
        watch: Takes how many pictures there are, and gives what is called after each.

    Raises:
        RecipeError: The recipe asks for a measurement that does not exist.
        NotFoundError: The model whose embedding it takes is not there.
        DataError: A picture has a class that is no label, a class is missing in a part, or it comes from too few
            groups for the folds of the search; told before anything is measured.
        InputError: A picture cannot be read.
    """
    columns, embedder = _columns(recipe), _embedder(recipe)
    way = MeasuringWay(recipe.measured.outlining, recipe.measured.pixel_size_um)
    wish = MeasuringWish(way, columns, embedder)
    entries = {part: _entries(recipe, split.manifest, part) for part in PARTS}
    _demand_learnable(recipe, entries)
    after_each = watch(sum(map(len, entries.values())))
    sizes = pixel_sizes_of(split.manifest)
    parts: dict[Part, MeasuredPart] = {}
    for part, own in entries.items():
        cells = measure_pictures(own, split.manifest.base, wish, keep, pixel_sizes=sizes, after_each=after_each)
        targets = np.array([recipe.classes.index(one.label) for one in own], dtype=np.int64)
        parts[part] = MeasuredPart(own, cells, targets)
        if missing := parts[part].not_found:
            _log.warning("%s part: no cell was found in %d of %d pictures", part, len(missing), len(own))
    return ClassicalMaterial(recipe, split, verdict, columns, embedder, parts)


def _demand_learnable(recipe: ClassicalRecipe, entries: Mapping[Part, tuple[Entry, ...]]) -> None:
    for part in ("train", "validation"):
        if missing := sorted(set(recipe.classes) - {one.label for one in entries[part]}):
            raise DataError(
                f"The part {part} holds no picture of the class {missing[0]}.",
                hint="Divide the set so that it holds some, or leave the class out of the recipe.",
            )
    told = () if recipe.first is None else recipe.first.tells
    for number, stage in enumerate(recipe.stages, start=1):
        last = number == len(recipe.stages)
        if not tried_values(stage):
            continue
        own = [one for one in entries["train"] if not last or one.label not in told]
        names = [one.label if last or one.label in told else "of all others" for one in own]
        key = "search.folds" if last else "first.search.folds"
        demand_groups(names, [one.group for one in own], stage.search.folds, key=key)


def _columns(recipe: ClassicalRecipe) -> tuple[str, ...]:
    topics = columns_by_topic()
    asked = {name for stage in recipe.stages for name in wanted_columns(stage.features, topics)}
    return tuple(name for names in topics.values() for name in names if name in asked)


def _embedder(recipe: ClassicalRecipe) -> Classifier | None:
    names = {stage.features.embedding for stage in recipe.stages} - {""}
    return Classifier(find_bundle(names.pop())) if names else None


def _entries(recipe: ClassicalRecipe, manifest: Manifest, part: Part) -> tuple[Entry, ...]:
    entries = join_classes(manifest.part(part), recipe.data.classes, others=recipe.data.others)
    unknown = sorted({one.label for one in entries} - set(recipe.classes))
    if unknown or not entries:
        raise DataError(
            f"The part {part} holds {len(entries)} pictures and the classes {unknown} unknown to the model.",
            hint=f"The classes are {', '.join(recipe.classes)}.",
        )
    return entries
