"""`leukoscope train` with a recipe of `task = "segmentation"`: how well held-out cells are outlined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli.train_json import print_run

if TYPE_CHECKING:
    from leukoscope.experiments.segmentation_scores import Figure, MaskFigures

TASK = "segmentation"


def title_of(recipe: Path) -> str:
    """Its title, network, size, epochs and sets, as `--list` shows them.

    Raises:
        RecipeError: It does not fit.
    """
    from leukoscope.modeling.segmentation.recipe_file import read_segmentation_recipe

    read = read_segmentation_recipe(recipe)
    sets = " and ".join(one.name for one in read.data) + (" and drawn fields" if read.synthetic.fields else "")
    about = (read.network.name, f"{read.window.side} px", f"{read.training.epochs} epochs", sets)
    return f"{read.card.title}\n  {'':48} {', '.join(about)}"


def train_and_tell(
    recipe: Path,
    data: Path,
    out: Path,
    changes: Sequence[str],
    *,
    images: Path | None,
    despite_findings: bool,
    as_json: bool,
) -> None:
    """Train a segmenter, and print how well it outlines the held-out part of each set."""
    from leukoscope.experiments.segmentation_run import train_segmentation_bundle

    outcome = train_segmentation_bundle(recipe, data, out, changes, images=images, despite_findings=despite_findings)
    if as_json:
        print_run(outcome.folder, outcome.card, outcome.verdict)
        return
    for name, scores in outcome.scores.items():
        print(f"Held-out part of {name}, {scores.cells} cells, {scores.found} found; limits over pictures:")
        print(f"  nucleus: {_told(scores.nucleus)}")
        print(f"  cell: {_told(scores.cell)}")
    print(f"Check of the data: {outcome.verdict}")
    print(f"Bundle: {outcome.folder}")


def _told(figures: MaskFigures) -> str:
    return (
        f"Dice {_with_limits(figures.dice, 3)}, boundary F1 {_with_limits(figures.boundary_f1, 3)}, "
        f"Hausdorff 95 {_with_limits(figures.hausdorff_95_px, 1)} px"
    )


def _with_limits(figure: Figure, digits: int) -> str:
    return f"{figure.value:.{digits}f} [{figure.ci95[0]:.{digits}f}, {figure.ci95[1]:.{digits}f}]"
