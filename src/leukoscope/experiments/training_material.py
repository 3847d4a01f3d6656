"""What does a run learn from?  A recipe with its split, its pictures part by part, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.bundle_answers import predictions_of
from leukoscope.experiments.split_use import SplitInUse
from leukoscope.modeling.recipes import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that goes into a run.

    Attributes:
        recipe: What is trained.
        split: On which pictures.
        command: What was typed.
        verdict: What the check of the data found.
        beside: Folder of the recipe, from which the files it names are found.
    """

    recipe: Recipe
    split: SplitInUse
    command: str
    verdict: CheckReport
    beside: Path

    @property
    def manifest(self) -> Manifest:
        """The pictures of all parts."""
        return self.split.manifest

    @property
    def labels(self) -> list[str]:
        """Names of the classes in the order of their numbers."""
        return [label.name for label in self.recipe.labels]

    def entries(self, part: Part) -> tuple[Entry, ...]:
        """The pictures of a part under the classes of the model."""
        wanted = self.recipe.data
        return join_classes(self.manifest.part(part), wanted.classes, others=wanted.others)

    def load(self, part: Part, side: int) -> PictureSet:
        """The pictures of a part in memory, resized to `side` pixels."""
        entries, margin = self.entries(part), self.recipe.input.margin_on_black
        return load_pictures(entries, self.manifest.base, side, self.labels, margin_on_black=margin)

    def predictions(self, part: Part, probabilities: NDArray[np.float64]) -> Predictions:
        """What a model said of all pictures of a part, shape (pictures, classes), beside what is known of them."""
        return predictions_of(self.labels, self.entries(part), probabilities, self.manifest)


def command_of(recipe_file: Path, name: str, split: SplitInUse, changes: Sequence[str]) -> str:
    """What to type to train this again, without the paths of one machine.

    Args:
        recipe_file: The recipe.
        name: Of the set that it names, or of the first of them.
        split: What it was trained on.
        changes: `a.b=value`, applied to the recipe.
    """
    settings = "".join(f" --set {change}" for change in changes)
    data = f"../shared/data/{name}" if split.own else f"MANIFEST ({split.manifest.name})"
    parts = recipe_file.resolve().parts
    below = parts[parts.index("recipes") + 1 :] if "recipes" in parts[:-1] else (recipe_file.name,)
    return f"leukoscope train recipes/{'/'.join(below)} --data {data}{settings}"
