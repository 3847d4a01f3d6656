"""`leukoscope train` with a recipe of `task = "detection"`: what it found on held-out pictures, by class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli.train_json import print_run

if TYPE_CHECKING:
    from leukoscope.experiments.detection_scores import DetectionScores, Figure

TASK = "detection"


def title_of(recipe: Path) -> str:
    """Its title, network, size, epochs and sets, as `--list` shows them.

    Raises:
        RecipeError: It does not fit.
    """
    from leukoscope.modeling.detection.recipe_file import read_detection_recipe

    read = read_detection_recipe(recipe)
    sets = " and ".join(one.name for one in read.data)
    about = (read.network.name, f"{read.view.width} px", f"{read.training.epochs} epochs", sets)
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
    """Train a detector, and print what it found on the held-out part of each set."""
    from leukoscope.experiments.detection_run import train_detection_bundle

    outcome = train_detection_bundle(recipe, data, out, changes, images=images, despite_findings=despite_findings)
    if as_json:
        print_run(outcome.folder, outcome.card, outcome.verdict)
        return
    for name, scores in outcome.scores.items():
        tell_scores(f"Held-out part of {name}", scores)
    print(f"Check of the data: {outcome.verdict}")
    print(f"Bundle: {outcome.folder}")


def tell_scores(what: str, scores: DetectionScores) -> None:
    """Print the figures of a detector."""
    print(f"{what}, {scores.pictures} pictures; limits over pictures:")
    print(f"  mean AP50 {_with_limits(scores.map50)}, AP50-95 {scores.map50_95:.3f}")
    print(f"  mean IoU of marked objects {_with_limits(scores.mean_iou_of_marked)}")
    for one in scores.per_class:
        counts = _with_limits(one.count_error)
        print(f"  {one.name}: AP50 {_with_limits(one.ap50)}, count error {counts}, {one.support} marked")


def _with_limits(figure: Figure) -> str:
    if figure.value is None:
        return "not measurable"
    limits = "" if figure.ci95 is None else f" [{figure.ci95[0]:.3f}, {figure.ci95[1]:.3f}]"
    return f"{figure.value:.3f}{limits}"
