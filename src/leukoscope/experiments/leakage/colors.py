"""What does a wrong split add where no network learns anything?  Nearest neighbors on color numbers, many divisions.

`python -m leukoscope.experiments.leakage.colors RECIPE.toml DATA OUT.json [PAIRS.csv]`
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.pictures import load_pictures
from leukoscope.data.probes.color import color_numbers, neighbors_accuracy
from leukoscope.data.splits.pair_files import read_pairs
from leukoscope.evaluation.leakage import ColorLab, spread_of
from leukoscope.experiments.leakage.arms import divide_by_group, divide_by_image
from leukoscope.experiments.leakage.lab import LabWish, open_pool
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import Recipe
from leukoscope.reporting.comparison_report.leakage_document import color_lab_to_json

SEEDS = 20
SIDE_PX = 112


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Twelve numbers of every picture of a set, with its class, by path."""

    place: dict[str, int]
    numbers: NDArray[np.float64]
    classes: NDArray[np.int64]

    def accuracy(self, learned: Manifest, asked: Manifest) -> float:
        """Of the neighbors in the training part of one division, asked about the test part of another."""
        rows = [[self.place[entry.name] for entry in of.part(part)] for of, part in _sides(learned, asked)]
        return neighbors_accuracy(
            self.numbers[rows[0]], self.classes[rows[0]], self.numbers[rows[1]], self.classes[rows[1]]
        )


def run_color_lab(recipe_file: Path, data: Path, wish: LabWish, *, seeds: int = SEEDS) -> ColorLab:
    """Divide a set as the arms "group" and "image" do, many times, and ask five nearest neighbors on color numbers.

    Args:
        recipe_file: Says which classes there are; its network is not trained.
        data: A manifest; or the folder of the set that the recipe's split file names.
        wish: How to divide.
        seeds: Divisions.
    """
    recipe = read_recipe(recipe_file)
    manifest, by = open_pool(recipe_file, recipe, data, wish)
    pairs = () if wish.pairs is None else read_pairs(wish.pairs, manifest)
    known = _look(manifest, recipe)
    clean, image, unseen = [], [], []
    for seed in range(1, seeds + 1):
        split = divide_by_group(manifest, by, wish.shares, pairs, seed)
        by_image = divide_by_image(split, seed)
        clean.append(known.accuracy(split.manifest, split.manifest))
        image.append(known.accuracy(by_image, by_image))
        unseen.append(known.accuracy(by_image, split.manifest))
    return ColorLab(
        data=recipe.data.name,
        classes=tuple(label.name for label in recipe.labels),
        by=by,
        pictures=len(manifest),
        groups=int(manifest.table["group"].nunique()),
        clean=spread_of(clean),
        image=spread_of(image),
        unseen=spread_of(unseen),
        too_good=spread_of([one - other for one, other in zip(image, clean, strict=True)]),
    )


def _sides(learned: Manifest, asked: Manifest) -> tuple[tuple[Manifest, Part], tuple[Manifest, Part]]:
    return (learned, "train"), (asked, "test")


def _look(manifest: Manifest, recipe: Recipe) -> _Known:
    whole = manifest.with_columns(split="test")
    entries = join_classes(whole.part("test"), recipe.data.classes, others=recipe.data.others)
    pictures = load_pictures(entries, manifest.base, SIDE_PX, [label.name for label in recipe.labels])
    place = {entry.name: number for number, entry in enumerate(entries)}
    return _Known(place, color_numbers(pictures.images), pictures.targets)


if __name__ == "__main__":
    asked_pairs = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    found = run_color_lab(Path(sys.argv[1]), Path(sys.argv[2]), LabWish(pairs=asked_pairs))
    Path(sys.argv[3]).write_text(color_lab_to_json(found), encoding="utf-8")
