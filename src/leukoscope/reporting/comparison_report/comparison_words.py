"""What does a comparison say in words?  One sentence: the best, or which models cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.evaluation.across_sets import AcrossSets, ComparedOn
from leukoscope.evaluation.comparison import Compared, Comparison, Pair
from leukoscope.evaluation.estimates import ENOUGH_UNITS, Estimate
from leukoscope.reporting.evaluation_report.evaluation_words import units_text
from leukoscope.reporting.wording import plural, share

TITLES: dict[Compared, str] = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auroc": "AUROC",
}
_NAMED = 6


def say_best(comparison: Comparison, figure: Compared) -> str:
    """The one sentence.

    Args:
        comparison: Models on one set.
        figure: By which figure.
    """
    title, ranking = TITLES[figure].lower().replace("auroc", "AUROC"), comparison.ranking(figure)
    if len(ranking.order) < 2:
        return f"No two models have this figure: {title}."
    best, behind = ranking.order[0], len(ranking.order) - 1 - len(ranking.alike)
    told = f"{title} {estimate_text(_estimate(comparison, best, figure))} on {plural(comparison.n, 'picture')}"
    if not ranking.alike:
        others = {1: "the other is", 2: "both others are"}.get(behind, f"all {behind} others are")
        return f"{best} is best, with {told}; {others} behind beyond chance."
    rest = f"; {plural(behind, 'model')} behind beyond chance" if behind else ""
    alike = _listed(ranking.alike)
    return f"The best cannot be told apart: {best} has the highest {told}, and {alike} may be as good{rest}."


def say_no_comparison(compared: ComparedOn) -> str:
    """Why there is no comparison on a set."""
    return f"No comparison on {compared.data}: {compared.why} {compared.hint}".strip()


def warn_of_comparison(compared: ComparedOn) -> Iterator[str]:
    """What limits a comparison, and what looks wrong with its models."""
    found = compared.comparison
    if found is None:
        return
    for one in found.models:
        for warning in one.evaluation.warnings:
            yield f"{one.name}: {warning}"
    yield from (f"{left.name} was left out: {left.why}" for left in found.left_out)
    if found.unit != "picture" and found.units < ENOUGH_UNITS:
        verb = "stands" if found.units == 1 else "stand"
        yield f"Only {units_text(found)} {verb} behind these figures: which ones they are moves them most."
    yield from found.notes


def say_across(across: AcrossSets) -> Iterator[str]:
    """What could not be opened or asked at all."""
    for one in across.not_asked:
        yield f"{one.name}: {one.why}"


def estimate_text(estimate: Estimate | None) -> str:
    """A figure with its limits, such as `0.975 [0.950, 0.990]`."""
    if estimate is None:
        return "not told"
    if estimate.ci95 is None:
        return f"{share(estimate.value)} (no limits)"
    return f"{share(estimate.value)} [{share(estimate.ci95[0])}, {share(estimate.ci95[1])}]"


def tests_text(pair: Pair, figure: Compared) -> str:
    """The tests of a pair by a figure, with their corrected p values."""
    return ", ".join(f"{one.test} p {p_text(one.p_corrected)}" for one in pair.of(figure)) or "not tested"


def p_text(p: float) -> str:
    """A p value as it follows the letter p; never rounded to zero.

    Example:
        >>> p_text(0.00001), p_text(0.0312)
        ('< 0.001', '= 0.031')
    """
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _estimate(comparison: Comparison, name: str, figure: Compared) -> Estimate | None:
    found = next(one.evaluation for one in comparison.models if one.name == name)
    return found.accuracy_by_unit if figure == "accuracy" else found.figures[figure]


def _listed(names: Sequence[str]) -> str:
    told = list(names[:_NAMED])
    if len(names) > _NAMED:
        told.append(f"{len(names) - _NAMED} more")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
