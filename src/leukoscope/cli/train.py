"""`leukoscope train`: a recipe and a data set in, a run folder with curves, checkpoints and a bundle out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli import train_classical, train_detector, train_segmenter
from leukoscope.cli.model_files import AsJson
from leukoscope.cli.recipe_list import print_recipes
from leukoscope.cli.train_json import print_folds, print_run

if TYPE_CHECKING:
    from leukoscope.experiments.cross_validation import CrossValidation, FoldScore
    from leukoscope.experiments.pooled_scores import WithLimits
    from leukoscope.experiments.training_run import TrainingOutcome

_NO_ADVICE = (
    r".*isinstance\(treespec, LeafSpec\)",
    r"The number of training batches .* is smaller than the logging interval",
    r"Found \d+ module\(s\) in eval mode",
    r"Checkpoint directory .* exists and is not empty",
)
"""What Lightning tells whoever writes a training program; whoever types a command can do nothing about it."""


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="What to train; see recipes/.")],
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data set that the recipe's split names; or a manifest with its own split. Not needed "
            "for the recipe.toml of a run."
        ),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run folder; by default runs/<recipe> (with --folds runs/<recipe>-folds), or runs/<run>-again for the "
            "recipe.toml of a run."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="A.B=VALUE", help="Change one key of the recipe; repeatable.")
    ] = None,
    listing: Annotated[
        bool,
        typer.Option(
            "--list", callback=print_recipes, is_eager=True, help="List the recipes here and the networks, and end."
        ),
    ] = False,
    folds: Annotated[
        bool, typer.Option("--folds", help="Cross-validate: one run per fold of the manifest, and pooled figures.")
    ] = False,
    searched: Annotated[
        int | None,
        typer.Option("--search", min=1, metavar="N", help="Try N settings of [search.keys] on the validation part."),
    ] = None,
    database: Annotated[
        str, typer.Option(help="Address of the search's database; by default a file in the run folder.")
    ] = "",
    despite_findings: Annotated[
        bool, typer.Option("--despite-findings", help="Train although the data has severe faults; the card says so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model, hold it against the test part once, and write its bundle. A run that was stopped goes on."""
    from leukoscope.modeling.recipe_files import task_of

    task = task_of(recipe)
    if task == train_classical.TASK:
        _refuse_search(searched)
        _train_classical(
            recipe,
            data,
            out,
            changes or [],
            images=images,
            despite_findings=despite_findings,
            folds=folds,
            as_json=as_json,
        )
        return
    from leukoscope.errors import require_extra

    for package in ("torch", "torchvision", "timm", "lightning", "sklearn", "onnx", "onnxscript"):
        require_extra("train", package)
    import logging
    import warnings

    from leukoscope.experiments.training_run import train_bundle

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    for advice in _NO_ADVICE:
        warnings.filterwarnings("ignore", message=advice)
    for chatty in ("onnxscript", "onnx_ir", "torch.onnx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    data = data or _data_of_run(recipe)
    name = _run_name(recipe)
    if task in (train_detector.TASK, train_segmenter.TASK):
        _refuse_folds_and_search(task, folds=folds, searched=searched)
    folder = out or Path("runs") / (f"{name}-search" if searched else f"{name}-folds" if folds else name)
    if searched:
        from leukoscope.cli.train_search import search

        search(
            recipe,
            data,
            folder,
            searched,
            changes or (),
            images=images,
            database=database,
            despite_findings=despite_findings,
            as_json=as_json,
        )
        return
    if task in (train_detector.TASK, train_segmenter.TASK):
        train_and_tell = (train_detector if task == train_detector.TASK else train_segmenter).train_and_tell
        train_and_tell(
            recipe, data, folder, changes or (), images=images, despite_findings=despite_findings, as_json=as_json
        )
        return
    if folds:
        from leukoscope.experiments.cross_validation import cross_validate

        found = cross_validate(
            recipe,
            data,
            folder,
            changes or (),
            images=images,
            despite_findings=despite_findings,
            after_fold=_silent if as_json else _tell_fold,
        )
        (print_folds if as_json else _tell_pooled)(found)
        return
    outcome = train_bundle(recipe, data, folder, changes or (), images=images, despite_findings=despite_findings)
    if as_json:
        result = outcome.result
        told = {key: value for key, value in asdict(result).items() if key != "warnings"}
        print_run(outcome.folder, outcome.card, outcome.verdict.verdict, result.warnings, told)
        return
    _tell_run(outcome)


def _data_of_run(recipe: Path) -> Path:
    from leukoscope.errors import InvalidValueError
    from leukoscope.experiments.run_folder import data_of_run

    found = data_of_run(recipe)
    if found is None:
        raise InvalidValueError(
            f"{recipe} says what to train, but not where the pictures are.", hint="Give their folder with --data."
        )
    return found


def _tell_run(outcome: TrainingOutcome) -> None:
    from leukoscope.reporting.evaluation_report.evaluation_words import accuracy_text

    result = outcome.result
    if outcome.card.metrics is not None:
        print(f"Held-out accuracy {accuracy_text(outcome.scores)}.")
    print(f"Epochs: {result.epochs}, kept: {result.kept_epoch}{'' if result.finished else ' (stopped by hand)'}.")
    for sentence in result.said:
        print(f"While training: {sentence}")
    for warning in result.warnings:
        print(f"Warning: {warning}")
    if result.int8:
        print(f"In 8 bits: {result.int8}")
    print(f"Check of the data: {outcome.verdict.verdict}")
    print(f"Weights: sha256 {result.weights_sha256}")
    print(f"Bundle: {outcome.folder}")


def _train_classical(
    recipe: Path,
    data: Path | None,
    out: Path | None,
    changes: list[str],
    *,
    images: Path | None,
    despite_findings: bool,
    folds: bool,
    as_json: bool,
) -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    data, name = data or _data_of_run(recipe), _run_name(recipe)
    if not folds:
        folder = out or Path("runs") / name
        train_classical.train_and_tell(
            recipe, data, folder, changes, images=images, despite_findings=despite_findings, as_json=as_json
        )
        return
    train_classical.demand_extra()
    from leukoscope.experiments.cross_validation import cross_validate

    with train_classical.progress() as watch:
        found = cross_validate(
            recipe,
            data,
            out or Path("runs") / f"{name}-folds",
            changes,
            images=images,
            despite_findings=despite_findings,
            watch=watch,
            after_fold=_silent if as_json else _tell_fold,
        )
    (print_folds if as_json else _tell_pooled)(found)


def _run_name(recipe: Path) -> str:
    return f"{recipe.absolute().parent.name}-again" if recipe.name == "recipe.toml" else recipe.stem


def _refuse_folds_and_search(task: str, *, folds: bool, searched: int | None) -> None:
    from leukoscope.errors import InvalidValueError

    for asked, option, done in ((folds, "--folds", "cross-validated"), (searched, "--search", "searched")):
        if asked:
            raise InvalidValueError(f"Recipes of the task {task!r} are not {done}.", hint=f"Leave out {option}.")


def _refuse_search(searched: int | None) -> None:
    from leukoscope.errors import InvalidValueError

    if searched:
        raise InvalidValueError(
            "A recipe of measurements says itself what it tries, in [search].",
            hint="Leave out --search, and set search.keys.",
        )


def _silent(_: FoldScore) -> None:
    """Nothing is printed but the document at the end."""


def _tell_fold(score: FoldScore) -> None:
    print(f"Fold {score.fold}: accuracy {score.accuracy:.3f}, macro-F1 {score.macro_f1:.3f} on {score.n} pictures.")


def _tell_pooled(found: CrossValidation) -> None:
    from leukoscope.experiments.pooled_scores import named_figures

    pooled = found.pooled
    print(f"Pooled over {pooled.n} pictures of {pooled.groups} groups, each judged by the run that had not seen it:")
    for name, figure in named_figures(pooled):
        print(f"  {name} {_with_limits(figure)}")
    print(f"Predictions and figures: {found.folder}")


def _with_limits(figure: WithLimits) -> str:
    if figure.ci95 is None:
        return f"{figure.value:.3f} (too few groups for limits)"
    return f"{figure.value:.3f} [{figure.ci95[0]:.3f}, {figure.ci95[1]:.3f}]"
