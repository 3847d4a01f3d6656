"""Writes a comparison: `comparison.html` and `comparison.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.evaluation.across_sets import AcrossSets, Cell, ComparedOn, ModelFacts
from leukoscope.evaluation.classification import PLURALS
from leukoscope.evaluation.comparison import COMPARED, SIGNIFICANT, Compared, Comparison, Pair, Ranking
from leukoscope.evaluation.estimates import Estimate
from leukoscope.evaluation.standing import one_answer_of, shown_estimate
from leukoscope.reporting.comparison_report.comparison_json import comparison_to_json
from leukoscope.reporting.comparison_report.comparison_words import (
    TITLES,
    estimate_text,
    say_across,
    say_best,
    say_limits,
    say_no_comparison,
    tests_text,
    warn_of_comparison,
)
from leukoscope.reporting.figures.comparison import (
    BarPanel,
    ModelBar,
    PricePoint,
    Standing,
    draw_models,
    draw_price,
)
from leukoscope.reporting.figures.style import Picture, picture_of
from leukoscope.reporting.files import replacing, write_page
from leukoscope.reporting.page import render

MOST_PAIRS = 400
"""Pairs in the table of a page; all are in comparison.json."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model as the table tells it."""

    number: int
    name: str
    standing: Standing
    figures: tuple[str, ...]
    facts: ModelFacts
    one_answer: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two models as the table tells them."""

    first: str
    second: str
    difference: str
    tests: str
    apart: bool


def write_comparison(
    across: AcrossSets, folder: Path, *, figure: Compared = "accuracy", written_at: datetime | None = None
) -> Path:
    """Write the page and the JSON.

    Args:
        across: What was found.
        folder: Where to.
        figure: By which figure the sentence names the best.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "comparison.json") as stream:
        stream.write(comparison_to_json(across, figure))
    return write_page(folder / "comparison.html", _parts(across, figure, written_at or datetime.now(UTC)))


def _parts(across: AcrossSets, figure: Compared, written_at: datetime) -> Iterator[str]:
    yield render(
        "data_report/top",
        brand="leukoscope comparison of models",
        title=f"Models on {', '.join(one.data for one in across.sets)}",
        version=__version__,
        written_at=f"{written_at:%Y-%m-%d %H:%M %Z}",
    )
    for one in across.sets:
        if one.comparison is None:
            yield render("comparison_report/no_comparison", sentence=say_no_comparison(one), data=one.data)
        else:
            yield _section(across, one, one.comparison, figure)
    yield render(
        "comparison_report/end",
        sets=[one.data for one in across.sets],
        rows=_matrix(across),
        estimate_text=estimate_text,
        not_asked=list(say_across(across)),
    )
    yield render("data_report/bottom", version=__version__)


def _section(across: AcrossSets, one: ComparedOn, found: Comparison, figure: Compared) -> str:
    ranking = found.ranking(figure)
    pairs = _pairs(found, figure)
    return render(
        "comparison_report/comparison",
        data=one.data,
        verdict=one.verdict,
        sentence=say_best(found, figure),
        warnings=list(warn_of_comparison(one)),
        comparison=found,
        limits=say_limits(found),
        plural_unit=PLURALS[found.unit],
        titles=[TITLES[name] for name in COMPARED],
        by=TITLES[figure],
        rows=_rows(across, found, ranking),
        bars=_bars(found, ranking),
        price=_price(across, found, ranking),
        pairs=pairs[:MOST_PAIRS],
        all_pairs=len(pairs),
        significant=SIGNIFICANT,
    )


def _standing(ranking: Ranking, name: str) -> Standing:
    if ranking.order and name == ranking.order[0]:
        return "best"
    return "alike" if name in ranking.alike else "behind"


def _rows(across: AcrossSets, found: Comparison, ranking: Ranking) -> list[ModelRow]:
    facts = {one.name: one for one in across.models}
    told = {one.name: one.evaluation for one in found.models}
    rows = []
    for number, name in enumerate(ranking.order, start=1):
        estimates = [_estimate(found, name, figure) for figure in COMPARED]
        figures = (*(estimate_text(one) for one in estimates), estimate_text(told[name].figures["ece"]))
        rows.append(ModelRow(number, name, _standing(ranking, name), figures, facts[name], one_answer_of(told[name])))
    return rows


def _estimate(found: Comparison, name: str, figure: Compared) -> Estimate | None:
    one = next(model.evaluation for model in found.models if model.name == name)
    return shown_estimate(one, figure)


def _bars(found: Comparison, ranking: Ranking) -> Picture:
    panels = []
    for figure in ("accuracy", "balanced_accuracy", "macro_f1"):
        told = [(name, _estimate(found, name, figure)) for name in ranking.order]
        by_figure = found.ranking(figure)
        bars = (
            ModelBar(name, one.value, one.ci95, _standing(by_figure, name)) for name, one in told if one is not None
        )
        panels.append(BarPanel(TITLES[figure], tuple(bars)))
    return picture_of(draw_models(panels, n=found.n), "Bars: figures of all models with their 95 % limits")


def _price(across: AcrossSets, found: Comparison, ranking: Ranking) -> Picture | None:
    facts = {one.name: one for one in across.models}
    points = []
    for name in ranking.order:
        known, one = facts[name], _estimate(found, name, ranking.figure)
        if known.pictures_per_s is not None and known.size_mb is not None and one is not None:
            standing = _standing(ranking, name)
            points.append(PricePoint(name, one.value, one.ci95, known.pictures_per_s, known.size_mb, standing))
    if len(points) < 2:
        return None
    figure = draw_price(points, figure_title=TITLES[ranking.figure], n=found.n)
    return picture_of(figure, f"Points: {TITLES[ranking.figure].lower()} of each model against its speed")


def _pairs(found: Comparison, figure: Compared) -> list[PairRow]:
    """Every pair that has the figure, the higher model first, in the order of the figure."""
    place = {name: number for number, name in enumerate(found.ranking(figure).order)}
    chosen = [pair for pair in found.pairs if pair.first in place and pair.second in place]
    chosen.sort(key=lambda pair: sorted((place[pair.first], place[pair.second])))
    return [_pair_row(found, pair, figure, place) for pair in chosen]


def _pair_row(found: Comparison, pair: Pair, figure: Compared, place: Mapping[str, int]) -> PairRow:
    higher, lower = sorted((pair.first, pair.second), key=place.__getitem__)
    values = {one.name: one.evaluation.value(figure) or 0.0 for one in found.models}
    told = f"{values[higher] - values[lower]:.3f}"
    limits = next((one.ci95 for one in pair.of(figure) if one.ci95 is not None), None)
    if limits is not None:
        low, high = limits if higher == pair.first else (-limits[1], -limits[0])
        told += f" [{low:+.3f}, {high:+.3f}]"
    return PairRow(higher, lower, told, tests_text(pair, figure), pair.p(figure) < SIGNIFICANT)


def _matrix(across: AcrossSets) -> list[tuple[ModelFacts, list[Cell]]]:
    return [(facts, [cell for cell in across.matrix if cell.model == facts.name]) for facts in across.models]
