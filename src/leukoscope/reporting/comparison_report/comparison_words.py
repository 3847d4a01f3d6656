"""What does a comparison say in words?  One sentence: the best, or which models cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.evaluation.across_sets import AcrossSets, ComparedOn
from leukoscope.evaluation.classification import Evaluation
from leukoscope.evaluation.comparison import Compared, Comparison, Pair
from leukoscope.evaluation.estimates import ENOUGH_UNITS, Estimate
from leukoscope.evaluation.standing import one_answer_of, shown_estimate
from leukoscope.reporting.evaluation_report.evaluation_words import Resampled, units_text
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

    A model that always gives one class may reach a figure by the share of that class; it is named so, and never said
    to be as good.

    Args:
        comparison: Models on one set.
        figure: By which figure.
    """
    title, ranking = TITLES[figure].lower().replace("auroc", "AUROC"), comparison.ranking(figure)
    if len(ranking.order) < 2:
        return f"No two models have this figure: {title}."
    best, behind = ranking.order[0], len(ranking.order) - 1 - len(ranking.alike)
    estimate = shown_estimate(_evaluation(comparison, best), figure)
    told = f"{title} {estimate_text(estimate)} on {plural(comparison.n, 'picture')}{basis_text(estimate, comparison)}"
    rest = f"; {plural(behind, 'model')} behind beyond chance" if behind else ""
    answers = {name: one_answer_of(_evaluation(comparison, name)) for name in (best, *ranking.alike)}
    empty = [f"{name} ({answers[name]})" for name in ranking.alike if answers[name]]
    alike = [name for name in ranking.alike if not answers[name]]
    chance = f"{_listed(empty)} cannot be told apart from it by this figure, but {_tells(empty)}" if empty else ""
    if answers[best]:
        others = f", and {_listed([*alike, *empty])} cannot be told apart from it" if ranking.alike else ""
        return f"{best} ({answers[best]}) has the highest {told}, but it tells no classes apart{others}{rest}."
    if alike:
        also = f"; {chance}" if chance else ""
        return (
            f"The best cannot be told apart: {best} has the highest {told}, and {_listed(alike)} may be as good"
            f"{also}{rest}."
        )
    if chance:
        return f"{best} has the highest {told}; {chance}{rest}."
    others = {1: "the other is", 2: "both others are"}.get(behind, f"all {behind} others are")
    return f"{best} is best, with {told}; {others} behind beyond chance."


def say_limits(comparison: Comparison) -> str:
    """How the limits in a table of models were found."""
    if comparison.unit == "picture":
        others = "the others bootstrapped over pictures" if comparison.rounds else "no others"
        return f"those of accuracy exact over pictures, {others}"
    return f"bootstrapped over {units_text(comparison)}" if comparison.rounds else "only where a figure allows them"


def pictures_text(drawn: Comparison) -> str:
    """How many pictures of how many patients or groups, such as `240 pictures of 24 patients`."""
    told = plural(drawn.n, "picture")
    return told if drawn.unit == "picture" else f"{told} of {units_text(drawn)}"


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
    yield from warn_of_few(found)
    yield from found.notes


def warn_of_few(drawn: Resampled) -> Iterator[str]:
    """That few patients or groups stand behind figures, where it is so."""
    if drawn.unit != "picture" and drawn.units < ENOUGH_UNITS:
        verb = "stands" if drawn.units == 1 else "stand"
        yield f"Only {units_text(drawn)} {verb} behind these figures: which ones they are moves them most."


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


def basis_text(estimate: Estimate | None, drawn: Resampled) -> str:
    """Over what the limits of one figure were found, in brackets; empty where there are none."""
    if estimate is None or estimate.ci95 is None:
        return ""
    if estimate.method == "exact":
        return " (exact limits over pictures)"
    if estimate.method == "exact-units":
        return f" (exact limits, each {drawn.unit} one case)"
    return f" (limits over {units_text(drawn)})"


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


def _evaluation(comparison: Comparison, name: str) -> Evaluation:
    return next(one.evaluation for one in comparison.models if one.name == name)


def _tells(names: Sequence[str]) -> str:
    return f"{'tells' if len(names) == 1 else 'tell'} no classes apart"


def _listed(names: Sequence[str]) -> str:
    told = list(names[:_NAMED])
    if len(names) > _NAMED:
        told.append(f"{len(names) - _NAMED} more")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
