"""The page about the shipped bundles, written from their cards.

`python -m leukoscope.experiments.bundle_page recipes/elsewhere.json > docs/reference/bundles.md`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from leukoscope.bundles.card import Card, CrossValidationCard, MetricsCard
from leukoscope.bundles.registry import list_bundles, shipped_folder
from leukoscope.experiments.detector_page import about_detector
from leukoscope.experiments.segmenter_page import about_segmenter

_HEAD = """# The bundles that ship with leukoscope

Research use only; nothing here is a clinical result. This page is written from the cards:
`python -m leukoscope.experiments.bundle_page recipes/elsewhere.json > docs/reference/bundles.md`.
Limits in brackets are 95 %: exact (Clopper-Pearson) for accuracies and recalls, bootstrapped over number blocks for the
rest. They tell of sampling only: no patient or donor ids are known, so they are too narrow.
"""


def render_page(cards: Sequence[Card], elsewhere: dict[str, Any]) -> str:
    """The whole page as Markdown.

    Args:
        cards: Cards of the shipped bundles.
        elsewhere: What `experiments.other_laboratory` printed.
    """
    parts = [_HEAD, *("\n".join(_about(card)) + "\n" for card in cards), "\n".join(_elsewhere(elsewhere)) + "\n"]
    return "\n".join(parts)


def _about(card: Card) -> Iterator[str]:
    yield f"## {card.name} {card.version}: {card.title}\n"
    yield f"{card.intended_use}\n"
    if card.training is not None:
        yield f"Made with `{card.training.command}` (seed {card.training.seed}, {card.training.framework}, commit"
        yield f"`{card.training.git_revision[:12]}`; {card.training.images_train} pictures to learn from,"
        yield f"{card.training.images_validation} to choose on). Weights: {card.weights_licence}.\n"
    if card.metrics is not None:
        yield from _held_out(card.metrics)
    if card.cross_validation is not None:
        yield from _cross_validated(card.cross_validation)
    if card.segmentation is not None:
        yield from about_segmenter(card.segmentation)
    elif card.detection is None:
        yield from _decision(card)
    else:
        yield from about_detector(card, card.detection)
    if card.robustness:
        yield "| change of the held-out pictures | accuracy | accepted | accuracy of accepted |\n|---|---|---|---|"
        for row in card.robustness:
            accepted = f"{_percent(row.accepted_share)} | {_percent(row.accepted_accuracy)}"
            yield f"| {row.change} | {_percent(row.accuracy)} {_limits(row.accuracy_ci95)} | {accepted} |"
        yield ""
    yield "What it cannot do:\n"
    yield from (f"- {limit}" for limit in card.limits)


def _held_out(metrics: MetricsCard) -> Iterator[str]:
    yield f"Held out: {metrics.how_held_out}\n"
    yield "| figure | value |\n|---|---|"
    yield f"| pictures | {metrics.n} |"
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        limits = _limits(getattr(metrics, f"{name}_ci95"))
        yield f"| {name.replace('_', ' ')} | {_percent(getattr(metrics, name))} {limits} |"
    yield f"| calibration error | {'none: nothing was answered' if metrics.ece is None else f'{metrics.ece:.3f}'} |\n"
    yield "| class | recall | precision | pictures |\n|---|---|---|---|"
    for name, one in metrics.per_class.items():
        recall = f"{_percent(one.recall)} {_limits(one.recall_ci95)}"
        yield f"| {name} | {recall} | {_percent(one.precision)} | {one.support} |"
    yield ""


def _cross_validated(section: CrossValidationCard) -> Iterator[str]:
    yield f"Cross-validated in {section.folds} folds ({section.n} pictures, {section.groups} groups): {section.how}\n"
    yield "| figure | value |\n|---|---|"
    for one in section.figures:
        limits = "" if one.ci95 is None else f" [{one.ci95[0]:.3f}, {one.ci95[1]:.3f}]"
        yield f"| {one.name} | {one.value:.3f}{limits} |"
    yield ""


def _decision(card: Card) -> Iterator[str]:
    decision = card.decision
    yield f"Below a score of {decision.uncertain_below:.3f} it says *uncertain* ({decision.chosen_for}). Accepted:"
    yield f"{_percent(decision.accepted_share_validation)} of the validation part, right in"
    yield f"{_percent(decision.accepted_accuracy_validation)}; {_percent(decision.accepted_share_held_out)} of the"
    yield f"held-out part, right in {_percent(decision.accepted_accuracy_held_out)}.\n"
    if card.novelty is not None:
        yield f"Novel beyond a distance of {card.novelty.limit:.1f} ({card.novelty.method})."
        yield f"{card.novelty.measured}\n"


def _elsewhere(figures: dict[str, Any]) -> Iterator[str]:
    yield "## Elsewhere\n"
    yield "Made by `python -m leukoscope.experiments.other_laboratory ../shared/data > recipes/elsewhere.json`.\n"
    yield "`wbc-differential` on cells of BCCD: another laboratory, stain and camera; fields with one cell and one"
    yield "class, cut by the set's own boxes. A first model was right on 28 % of them; that is why the changes in"
    yield "training are so wide. `trainval` was looked at while their size was set; `test` was asked again only by the"
    yield "finished network.\n"
    yield "| part | cells | accuracy | above the score threshold | right of these | within the novelty limit |"
    yield "|---|---|---|---|---|---|"
    for part, one in figures["bccd"].items():
        accuracy = f"{_percent(one['accuracy'])} {_limits(one['accuracy_ci95'])}"
        accepted = f"{_percent(1 - one['abstained'])} | {_percent(one['accepted_accuracy'])}"
        yield f"| {part} | {one['n']} | {accuracy} | {accepted} | {one['within_limit']['count']} |"
    yield "\nWhere the heat maps point, on the validation parts (nuclei by Otsu's threshold on green):\n"
    yield "| bundle | map inside nuclei | by chance | strongest place touches a nucleus |\n|---|---|---|---|"
    for name, one in figures["heat maps"].items():
        yield f"| {name} | {_percent(one['inside'])} | {_percent(one['by_chance'])} | {_percent(one['hits'])} |"
    yield "\nMean color of the sets, whole pictures and their darkest tenth (about the nuclei); the changes above have"
    yield "the usual size of the differences:\n"
    yield "| set | hue | saturation | value | hue of nuclei | saturation | value |\n|---|---|---|---|---|---|---|"
    for name, one in figures["colors"].items():
        cells = [
            f"{one[part][key]:.{0 if key == 'hue_degrees' else 2}f}"
            for part in ("whole", "nuclei")
            for key in ("hue_degrees", "saturation", "value")
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _limits(interval: Sequence[float]) -> str:
    return f"[{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def main(elsewhere: Path) -> None:
    """Print the page."""
    cards = [one.card for one in list_bundles() if one.path.parent == shipped_folder() and one.card is not None]
    sys.stdout.write(render_page(cards, json.loads(elsewhere.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
