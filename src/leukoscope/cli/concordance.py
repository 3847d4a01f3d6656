"""`leukoscope compare --concordance OLD NEW`: what a new version of a model changed on one frozen set of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from leukoscope.evaluation.concordance import Concordance
    from leukoscope.experiments.comparison import ComparisonWish
    from leukoscope.experiments.comparison_sets import TestSet
    from leukoscope.experiments.contenders import Candidate


def tell_concordance(
    candidates: tuple[Candidate, ...], sets: list[TestSet], wish: ComparisonWish, out: Path | None, *, as_json: bool
) -> None:
    """Lay two versions side by side and tell what changed.

    Raises:
        InvalidValueError: There are not two versions and one set, or they do not fit.
    """
    from leukoscope.cli.progress import progress_over
    from leukoscope.experiments.comparison import concordance_of
    from leukoscope.reporting.comparison_report.comparison_words import warn_of_few
    from leukoscope.reporting.comparison_report.concordance_page import (
        concordance_to_json,
        say_accuracies,
        say_concordance,
        write_concordance,
    )

    found = concordance_of(candidates, sets, wish, watch=progress_over)
    root = sets[0].pictures.root
    page = None if out is None else write_concordance(found, out, lambda path: root / path)
    if as_json:
        print(concordance_to_json(found), end="")
        _end(found)
        return
    print(say_concordance(found))
    for name, accuracy in say_accuracies(found):
        print(f"Accuracy of {name}: {accuracy}")
    for case in found.changed[:10]:
        print(
            f"  {case.change}: {case.path} is {case.truth}; {case.before} {case.score_before:.3f} before, "
            f"{case.after} {case.score_after:.3f} now"
        )
    if len(found.changed) > 10:
        print(f"  and {len(found.changed) - 10} more" + ("" if page else "; --out DIR lists them all"))
    for note in (*warn_of_few(found), *found.notes):
        typer.secho(f"Warning: {note}", err=True)
    if found.verdict:
        print(f"Check of the data: {found.verdict}")
    if page is not None:
        print(f"Report: {page}")
    _end(found)


def _end(found: Concordance) -> None:
    from leukoscope.cli.exit_codes import ExitCode

    if found.not_read:
        raise typer.Exit(ExitCode.SOME_FAILED)
