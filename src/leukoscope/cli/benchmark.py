"""`leukoscope benchmark`: speed and memory on this machine, beside the budgets."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from leukoscope.experiments.benchmark import Figure


def benchmark(
    *,
    repetitions: Annotated[int, typer.Option(min=1, help="How often each figure is measured.")] = 5,
    many: Annotated[int, typer.Option(min=11, help="Fields in the long batch of the memory figures.")] = 200,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out memory and the server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure cold start, warm speed, memory and the first page, and compare them with the budgets.

    Exit codes: 0 every budget kept, 1 one was not.
    """
    from leukoscope.experiments.benchmark import cold_figures, memory_figures, page_figures, warm_figures
    from leukoscope.wiring import CELL_MODEL, make_analyzer

    figures = warm_figures(make_analyzer, repetitions=repetitions, cell_model=CELL_MODEL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures += cold_figures(folder, repetitions=repetitions)
        if not quick:
            figures += memory_figures(folder, many=many)
            figures += page_figures(folder, repetitions=repetitions)
    print(json.dumps([_row(one) for one in figures], indent=2) if as_json else _text(figures))
    kept = all(one.within_budget is not False for one in figures)
    raise typer.Exit(ExitCode.DONE if kept else ExitCode.SOME_FAILED)


def _row(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "unit": figure.unit,
        "median": figure.median,
        "min": min(figure.values),
        "max": max(figure.values),
        "n": len(figure.values),
        "budget": figure.budget,
        "within_budget": figure.within_budget,
    }


def _text(figures: list[Figure]) -> str:
    lines = []
    for figure in figures:
        budget = "" if figure.budget is None else f"{'>=' if figure.more_is_better else '<='} {figure.budget:g}"
        verdict = {None: "", True: "kept", False: "MISSED"}[figure.within_budget]
        spread = f"{min(figure.values):.3g} to {max(figure.values):.3g}, n = {len(figure.values)}"
        lines.append(f"{figure.name:<52}{figure.median:>9.3g} {figure.unit:<8} ({spread}) {budget:>8} {verdict}")
    return "\n".join(lines)
