"""What the page about the shipped bundles says of a detector, from its card."""

from __future__ import annotations

from collections.abc import Iterator

from leukoscope.bundles.card import Card
from leukoscope.bundles.detection import DetectionCard, DetectionMetricsCard

Interval = tuple[float, float]


def about_detector(card: Card, part: DetectionCard) -> Iterator[str]:
    """Figures of a detector on held-out pictures, set by set, and from which score it tells what it found."""
    if part.metrics is not None:
        yield from _measured(part.metrics, f"Held out: {part.metrics.how_held_out}")
    for name, metrics in part.elsewhere.items():
        yield from _measured(metrics, f"On {name}: {metrics.how_held_out}")
    floors = ", ".join(f"{name} {value:.3f}" for name, value in part.thresholds.items())
    yield f"Objects are told from a score of {floors or f'{card.decision.uncertain_below:.3f}'} on"
    yield f"({card.decision.chosen_for}).\n"


def _measured(metrics: DetectionMetricsCard, where: str) -> Iterator[str]:
    yield f"{where}\n"
    yield f"{metrics.pictures} pictures, mean AP50 {metrics.map50:.3f}{_limits(metrics.map50_ci95)}.\n"
    yield "| class | marked | AP50 | precision | recall | IoU of hits | count error |\n|---|---|---|---|---|---|---|"
    for name, one in metrics.per_class.items():
        figures = (
            _figure(one.ap50, one.ap50_ci95),
            _figure(one.precision),
            _figure(one.recall),
            _figure(one.mean_iou, one.mean_iou_ci95),
            _figure(one.count_error, one.count_error_ci95),
        )
        yield f"| {name} | {one.support} | {' | '.join(figures)} |"
    yield ""


def _figure(value: float | None, limits: Interval | None = None) -> str:
    return "-" if value is None else f"{value:.3f}{_limits(limits)}"


def _limits(limits: Interval | None) -> str:
    return "" if limits is None else f" [{limits[0]:.3f}, {limits[1]:.3f}]"
