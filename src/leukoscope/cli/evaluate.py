"""`leukoscope evaluate`: how good a model, or any file of predictions, is on labeled pictures, with limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from leukoscope.cli.choices import joined_of, part_of
from leukoscope.cli.evaluate_detector import detector_of, evaluate_and_tell

if TYPE_CHECKING:
    from leukoscope.data.manifest import Part
    from leukoscope.evaluation.classification import Evaluation, EvaluationSettings
    from leukoscope.experiments.evaluation_run import Evaluated


def evaluate(
    *,
    model: Annotated[
        str | None, typer.Option(help="A model's name, the path of a bundle, or the folder of a run.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A manifest or split file, or a folder with one folder per class.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Predictions of any system instead of a model: path,label,<one probability column per class>,patient,"
            "group,source. With --data their labels are held against the manifest.",
        ),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder that the paths of the manifest start from; by default its own.")
    ] = None,
    part: Annotated[str, typer.Option(help="Part of the manifest: train, validation, test or all.")] = "test",
    validation: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Predictions on the validation part, on which the best thresholds are chosen."
        ),
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="LABEL=CLASS", help="What a label of the data means to the model; repeatable."),
    ] = None,
    positive: Annotated[str, typer.Option(help="The class looked for, of two; by default the model's blasts.")] = "",
    rounds: Annotated[
        int, typer.Option(min=0, max=100_000, help="Times that patients or groups are drawn again for limits.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of that draw.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for report.html, metrics.json and predictions.csv.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json instead of a table.")] = False,
) -> None:
    """Hold a model, or a file of predictions, against labeled pictures. Research use only."""
    from leukoscope.cli.exit_codes import ExitCode
    from leukoscope.evaluation.classification import EvaluationSettings

    settings = EvaluationSettings(rounds=rounds, seed=seed, positive=positive)
    joined = joined_of(classes or ())
    if predictions is None and validation is not None:
        _refuse_option(
            "--validation belongs to --predictions: a model takes the validation part of its own manifest.",
            "--validation",
        )
    if predictions is None and model is not None and data is not None and (detector := detector_of(model)):
        if positive:
            _refuse_option("A detector finds boxes of several classes; it has no class looked for.", "--positive")
        evaluate_and_tell(
            detector,
            data,
            images=images,
            part=part_of(part),
            joined=joined,
            rounds=rounds,
            seed=seed,
            out=out,
            as_json=as_json,
        )
        return
    if predictions is not None:
        _refuse_both(model)
        found = _of_file(predictions, validation, data, images, part_of(part), joined, settings)
    else:
        found = _of_model(model, data, images, part_of(part), joined, settings)
    _tell_found(found, out, as_json=as_json)
    if found.not_read or found.validation_not_read:
        raise typer.Exit(ExitCode.SOME_FAILED)


def _of_model(
    model: str | None,
    data: Path | None,
    images: Path | None,
    part: Part | None,
    joined: dict[str, str],
    settings: EvaluationSettings,
) -> Evaluated:
    from leukoscope.cli.progress import progress_over
    from leukoscope.errors import InvalidValueError
    from leukoscope.experiments.evaluation_run import (
        evaluate_bundle,
        find_labeled,
        find_model,
        find_validation,
        verdict_on,
    )

    if model is None or data is None:
        raise InvalidValueError(
            "Give --model and --data, or --predictions.",
            hint="For example: leukoscope evaluate --model wbc-differential --data FOLDER",
        )
    bundle, run = find_model(model)
    pictures = find_labeled(data, images, part)
    watched, doubt = find_validation(pictures, data)
    total = len(pictures.entries) + (len(watched.entries) if watched else 0)
    with progress_over(total, "Evaluating") as advance:
        return evaluate_bundle(
            bundle, pictures, settings, validation=watched, joined=joined, verdict=verdict_on(pictures), run=run,
            doubts=(doubt,), after_each=advance,
        )  # fmt: skip


def _of_file(
    predictions: Path,
    validation: Path | None,
    data: Path | None,
    images: Path | None,
    part: Part | None,
    joined: dict[str, str],
    settings: EvaluationSettings,
) -> Evaluated:
    from leukoscope.experiments.file_evaluation import evaluate_file

    return evaluate_file(
        predictions, settings, validation=validation, data=data, images=images, part=part, joined=joined
    )


def _refuse_option(why: str, option: str) -> NoReturn:
    from leukoscope.errors import InvalidValueError

    raise InvalidValueError(why, hint=f"Leave out {option}.")


def _refuse_both(model: str | None) -> None:
    from leukoscope.errors import InvalidValueError

    if model is not None:
        raise InvalidValueError("Give --model or --predictions, not both.", hint="Evaluate them one after the other.")


def _keep(found: Evaluated, out: Path) -> None:
    from leukoscope.errors import MissingExtraError
    from leukoscope.experiments.evaluation_files import keep_evaluation
    from leukoscope.experiments.evaluation_report import keep_report

    keep_evaluation(found.predictions, found.evaluation, found.settings, out)
    try:
        page = keep_report(found, out)
    except MissingExtraError as fault:
        typer.echo(f"No report.html was written: {fault}", err=True)
    else:
        typer.echo(f"Report: {page}", err=True)


def _tell_found(found: Evaluated, out: Path | None, *, as_json: bool) -> None:
    from leukoscope.experiments.evaluation_files import metrics_text

    for warning in found.warnings:
        typer.secho(f"Warning: {warning}", err=True)
    for failure in (*found.not_read, *found.validation_not_read):
        typer.secho(f"Not read: {failure.path}: {failure.why}", err=True)
    if out is not None:
        _keep(found, out)
    if as_json:
        print(metrics_text(found.evaluation, found.settings), end="")
    else:
        _tell(found.evaluation)
    if found.verdict is not None:
        typer.echo(f"Check of the data: {found.verdict.verdict}", err=as_json)


def _tell(evaluation: Evaluation) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from leukoscope.evaluation.classification import PLURALS
    from leukoscope.reporting.evaluation_report.evaluation_words import (
        chance_text,
        figure_title,
        units_text,
        value_text,
    )

    headline = Table("figure", "value", "95 % limits")
    shown = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "auroc", "auprc", "brier", "ece")
    for name in shown:
        one = evaluation.figures[name]
        if one is not None:
            title = figure_title(name, evaluation) + (", limits over pictures" if name == "accuracy" else "")
            headline.add_row(escape(title), f"{one.value:.3f}", _limits(one.ci95))
        if name == "accuracy" and evaluation.unit != "picture":
            again = evaluation.accuracy_by_unit
            title = f"Accuracy, limits over {PLURALS[evaluation.unit]}"
            headline.add_row(title, f"{again.value:.3f}", _limits(again.ci95))
    headline.add_row("Left open", f"{evaluation.abstained.value:.3f}", _limits(evaluation.abstained.ci95))
    if evaluation.accepted_accuracy is not None:
        kept = evaluation.accepted_accuracy
        headline.add_row("Accuracy where not left open", f"{kept.value:.3f}", _limits(kept.ci95))
    classes = Table("class", "recall", "95 % limits", "precision", "F1", "pictures")
    for one_class in evaluation.per_class:
        classes.add_row(
            one_class.name,
            value_text(one_class.recall),
            "-" if one_class.recall is None else _limits(one_class.recall.ci95),
            value_text(one_class.precision),
            value_text(one_class.f1),
            str(one_class.support),
        )
    console = Console()
    console.print(
        f"{evaluation.n} pictures; limits over pictures, and those of recall and of what is left open, are exact and "
        f"take every picture as independent; the others are bootstrapped over {units_text(evaluation)}."
    )
    console.print(headline, classes)
    if by_chance := chance_text(evaluation):
        console.print(by_chance, highlight=False, markup=False)
    for note in evaluation.notes:
        console.print(f"Note: {note}", highlight=False, markup=False)


def _limits(ci95: tuple[float, float] | None) -> str:
    return "too few for limits" if ci95 is None else f"{ci95[0]:.3f}-{ci95[1]:.3f}"
