"""`leukoscope compare`: several models on the same labeled pictures; names the best, or says that there is none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leukoscope.cli.choices import joined_of, part_of

if TYPE_CHECKING:
    from leukoscope.evaluation.across_sets import AcrossSets
    from leukoscope.evaluation.classification import Evaluation
    from leukoscope.evaluation.comparison import Compared, Comparison, Ranking
    from leukoscope.experiments.comparison_sets import TestSet
    from leukoscope.experiments.contenders import Candidate

_WIDTH = 160


def compare(
    models: Annotated[
        list[str],
        typer.Argument(metavar="RUN|BUNDLE|PREDICTIONS.csv...", help="Runs, bundles, names of models, or predictions."),
    ],
    *,
    data: Annotated[
        list[Path],
        typer.Option(help="A manifest or split file, or a folder with one folder per class; repeat for more sets."),
    ],
    images: Annotated[
        list[Path] | None, typer.Option(help="Folder that the paths of a manifest start from; one for each --data.")
    ] = None,
    part: Annotated[str, typer.Option(help="Part of each manifest: train, validation, test or all.")] = "test",
    by: Annotated[
        Literal["accuracy", "balanced_accuracy", "macro_f1", "auroc"], typer.Option(help="Figure that names the best.")
    ] = "accuracy",
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="LABEL=CLASS", help="What a label means to the models; repeatable."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, max=100_000, help="How often patients, groups or pictures are drawn again.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
    concordance: Annotated[
        bool, typer.Option("--concordance", help="Two versions, the old one first: what the new one changed.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for comparison.html, comparison.json and predictions.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print comparison.json instead of a table.")] = False,
) -> None:
    """Compare models on the same pictures, with paired tests. Research use only."""
    from leukoscope.cli.concordance import tell_concordance
    from leukoscope.cli.exit_codes import ExitCode
    from leukoscope.cli.progress import progress_over
    from leukoscope.errors import require_extra
    from leukoscope.experiments.comparison import ComparisonWish, compare_across
    from leukoscope.experiments.contenders import open_candidates

    require_extra("data", "pandas")
    candidates, failed = open_candidates(models)
    sets = _open_sets(data, images or [], part, candidates)
    keep = None if out is None else out / "predictions"
    wish = ComparisonWish(joined=joined_of(classes or []), rounds=rounds, seed=seed, keep=keep)
    if concordance:
        for fault in failed:
            typer.secho(f"{fault.name}: {fault.why}", err=True)
        tell_concordance(candidates, sets, wish, out, as_json=as_json)
        return
    across = compare_across(candidates, sets, wish, watch=progress_over, not_opened=failed)
    _tell(across, by, out, as_json=as_json)
    if across.not_asked or any(
        one.comparison is None or one.comparison.left_out or one.not_read for one in across.sets
    ):
        raise typer.Exit(ExitCode.SOME_FAILED)


def _open_sets(data: list[Path], images: list[Path], part: str, candidates: Sequence[Candidate]) -> list[TestSet]:
    from leukoscope.errors import InvalidValueError
    from leukoscope.experiments.comparison_sets import open_set

    if images and len(images) != len(data):
        raise InvalidValueError(
            f"{len(images)} folders of pictures for {len(data)} sets.", hint="Give --images once for each --data."
        )
    wanted = part_of(part)
    return [open_set(one, images[place] if images else None, wanted, candidates) for place, one in enumerate(data)]


def _tell(across: AcrossSets, by: Compared, out: Path | None, *, as_json: bool) -> None:
    from leukoscope.reporting.comparison_report.comparison_json import comparison_to_json
    from leukoscope.reporting.comparison_report.comparison_page import write_comparison
    from leukoscope.reporting.comparison_report.comparison_words import (
        say_across,
        say_best,
        say_no_comparison,
        warn_of_comparison,
    )

    page = None if out is None else write_comparison(across, out, figure=by)
    if as_json:
        print(comparison_to_json(across, by), end="")
        return
    for one in across.sets:
        if one.comparison is None:
            print(say_no_comparison(one))
            continue
        _table(one.data, one.comparison, by)
        for warning in warn_of_comparison(one):
            typer.secho(f"Warning: {warning}", err=True)
        print(say_best(one.comparison, by))
        if one.verdict:
            print(f"Check of the data: {one.verdict}")
    for fault in say_across(across):
        typer.secho(f"Not compared: {fault}", err=True)
    if page is not None:
        print(f"Report: {page}")


def _table(data: str, found: Comparison, by: Compared) -> None:
    from rich.console import Console
    from rich.table import Table

    from leukoscope.evaluation.comparison import COMPARED
    from leukoscope.evaluation.standing import shown_estimate
    from leukoscope.reporting.comparison_report.comparison_words import TITLES, estimate_text, pictures_text, say_limits

    ranking = found.ranking(by)
    told = {one.name: one.evaluation for one in found.models}
    table = Table()
    table.add_column("model", no_wrap=True)
    for head in (*(TITLES[name] for name in COMPARED), "told apart from the best"):
        table.add_column(head)
    for name in ranking.order:
        figures = [estimate_text(shown_estimate(told[name], key)) for key in COMPARED]
        table.add_row(name, *figures, _apart(name, told[name], ranking))
    # A file or a pipe has no width; names and limits must stay whole there.
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(f"{data}: {pictures_text(found)}, classes {', '.join(found.classes)}")
    console.print(table)
    console.print(f"In brackets 95 % limits, {say_limits(found)}.")


def _apart(name: str, evaluation: Evaluation, ranking: Ranking) -> str:
    from leukoscope.evaluation.standing import one_answer_of

    apart = "best" if name == ranking.order[0] else "no" if name in ranking.alike else "yes, behind"
    answer = one_answer_of(evaluation)
    if not answer:
        return apart
    return f"{'highest' if apart == 'best' else apart}; {answer}"
