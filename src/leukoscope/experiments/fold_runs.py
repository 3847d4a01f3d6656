"""How is one run of a cross-validation made?  As any run of its recipe: of a network, or of measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from leukoscope.bundles.card import LabelCard
from leukoscope.data.manifest import Manifest
from leukoscope.experiments.classical_folder import demand_same_classical_run
from leukoscope.experiments.classical_run import train_classical_bundle
from leukoscope.experiments.measured_pictures import FOLDER
from leukoscope.experiments.run_folder import demand_same_run
from leukoscope.experiments.training_run import train_bundle
from leukoscope.modeling.classical.recipe import TASK
from leukoscope.modeling.classical.recipe_file import read_classical_recipe
from leukoscope.modeling.networks.building import check_network
from leukoscope.modeling.recipe_files import read_recipe, task_of

Watch = Callable[[int], Callable[[], None]]
_NO_FIGURES_YET = "card.cross_validation="
"""The run of a fold cannot tell on its card what the folds together will give."""


@dataclass(frozen=True, slots=True)
class FoldRuns:
    """A recipe that is trained once per fold.

    Attributes:
        name: Name of the recipe.
        labels: Its classes in the order of their numbers.
        seed: Its seed.
        split: The split file that it names.
        demand_same: Takes the parts of a run and its folder; raises a `RecipeError` where the folder holds another run.
        train: Takes the manifest of a run, which holds its parts, and its folder.
    """

    name: str
    labels: tuple[LabelCard, ...]
    seed: int
    split: Path
    demand_same: Callable[[Manifest, Path], None]
    train: Callable[[Path, Path], object]


def fold_runs(
    recipe_file: Path, out: Path, changes: Sequence[str], *, despite_findings: bool, watch: Watch
) -> FoldRuns:
    """How the runs of a recipe are made.

    Args:
        recipe_file: The recipe.
        out: Folder of all runs; measurements are kept beside it, so that each picture is measured once for all folds.
        changes: `a.b=value`, applied to the recipe.
        despite_findings: Go on although the check of the data found something severe.
        watch: Takes how many pictures are measured, and gives what is called after each.

    Raises:
        RecipeError: The recipe does not fit.
    """
    changes, beside = (*changes, _NO_FIGURES_YET), recipe_file.parent
    if task_of(recipe_file) == TASK:
        measured, keep = read_classical_recipe(recipe_file, changes), out.absolute().parent / FOLDER

        def train_measured(parts: Path, run: Path) -> None:
            train_classical_bundle(
                recipe_file, parts, run, changes, despite_findings=despite_findings, keep=keep, watch=watch
            )

        same = partial(demand_same_classical_run, measured)
        return FoldRuns(
            measured.name, measured.labels, measured.seed, beside / measured.data.split, same, train_measured
        )
    recipe = read_recipe(recipe_file, changes)
    check_network(recipe.network)

    def same_network(manifest: Manifest, run: Path) -> None:
        demand_same_run(recipe, manifest, beside, run)

    def train_network(parts: Path, run: Path) -> None:
        train_bundle(recipe_file, parts, run, changes, images=None, despite_findings=despite_findings)

    return FoldRuns(recipe.name, recipe.labels, recipe.seed, beside / recipe.data.split, same_network, train_network)
