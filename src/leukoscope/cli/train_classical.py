"""`leukoscope train` with a recipe of `task = "measurements"`: how good it is on held-out cells, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli.train_json import print_run

if TYPE_CHECKING:
    from leukoscope.experiments.classical_run import ClassicalOutcome

TASK = "measurements"
_SHOWN = 10


def title_of(recipe: Path) -> str:
    """Its title, classifiers, features and set, as `--list` shows them.

    Raises:
        RecipeError: It does not fit.
    """
    from leukoscope.modeling.classical.recipe_file import read_classical_recipe

    read = read_classical_recipe(recipe)
    kinds = ", then ".join(stage.classifier.kind for stage in read.stages)
    seen = {one for stage in read.stages for one in (*stage.features.measurements, stage.features.embedding) if one}
    return f"{read.card.title}\n  {'':48} {kinds}, on {' and '.join(sorted(seen))}, {read.data.name}"


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
    """Train a classifier of measurements, and print what it is worth on the held-out part.

    Raises:
        MissingExtraError: scikit-learn, onnx or skl2onnx is not installed.
    """
    demand_extra()
    from leukoscope.experiments.classical_run import train_classical_bundle

    with progress() as watch:
        outcome = train_classical_bundle(
            recipe, data, out, changes, images=images, despite_findings=despite_findings, watch=watch
        )
    if as_json:
        print_run(outcome.folder, outcome.card, outcome.verdict, outcome.warnings)
        return
    _tell(outcome)


def demand_extra() -> None:
    """Make sure that what fits and exports such classifiers is installed.

    Raises:
        MissingExtraError: It is not.
    """
    from leukoscope.errors import require_extra

    for package in ("sklearn", "onnx", "skl2onnx"):
        require_extra("train", package)


@contextmanager
def progress() -> Iterator[Callable[[int], Callable[[], None]]]:
    """A bar whose length is told later; a new length begins a new bar."""
    from contextlib import ExitStack

    from leukoscope.cli.progress import progress_over

    with ExitStack() as stack:

        def watch(total: int) -> Callable[[], None]:
            stack.close()
            return stack.enter_context(progress_over(total, "Measuring"))

        yield watch


def _tell(outcome: ClassicalOutcome) -> None:
    from leukoscope.bundles.measurements import NOTHING_MATTERS
    from leukoscope.reporting.evaluation_report.evaluation_words import accuracy_text

    part, macro_f1 = outcome.card.measurements, outcome.scores.figures["macro_f1"]
    if part is not None:
        print(part.method)
    print(f"Held-out accuracy {accuracy_text(outcome.scores)}.")
    if macro_f1 is not None:
        limits = "" if macro_f1.ci95 is None else f" [{macro_f1.ci95[0]:.3f}, {macro_f1.ci95[1]:.3f}]"
        print(f"Held-out macro-F1 {macro_f1.value:.3f}{limits}.")
    if part is not None and part.nothing_matters:
        print(NOTHING_MATTERS)
    elif outcome.importance:
        print("Macro-F1 lost on validation cells when a column is shuffled:")
        for one in outcome.importance[:_SHOWN]:
            print(f"  {one.name}: {one.lost:.3f}")
    for warning in outcome.warnings:
        print(f"Warning: {warning}")
    print(f"Check of the data: {outcome.verdict}")
    print(f"Bundle: {outcome.folder}")
