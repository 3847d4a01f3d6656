"""What `leukoscope model` says of a detector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card
    from leukoscope.bundles.detection import DetectionCard, DetectionMetricsCard, FoundCard


def map50_text(part: DetectionCard) -> str:
    """The mean average precision with its limits, in one cell of a table."""
    held_out = part.metrics
    if held_out is None:
        return "not measured"
    low, high = held_out.map50_ci95
    return f"AP50 {held_out.map50:.3f} [{low:.3f}, {high:.3f}], n = {held_out.pictures}"


def detector_text(card: Card, part: DetectionCard) -> str:
    """The card of a detector, for people."""
    return "\n".join(_lines(card, part))


def _lines(card: Card, part: DetectionCard) -> Iterator[str]:
    yield f"{card.name} {card.version}: {card.title}"
    yield f"For: {card.intended_use}"
    yield f"Weights licence: {card.weights_licence}"
    yield f"Sees: {_seen(card, part)}"
    floors = ", ".join(f"{name} {value:.3f}" for name, value in part.thresholds.items())
    floors = floors or f"{card.decision.uncertain_below:.3f}"
    yield f"Objects below a score of {floors} are not told: {card.decision.chosen_for}"
    yield f"Boxes: {part.decoding} Suppression above an overlap (IoU) of {part.nms_iou:g} within a class."
    yield "Finds:"
    for label in card.labels:
        yield f"  {label.name}: {label.meaning}"
    if part.metrics is not None:
        yield from _measured("Held out", part.metrics)
    for name, metrics in part.elsewhere.items():
        yield from _measured(f"On {name}", metrics)
    yield from (f"Limit: {limit}" for limit in card.limits)
    yield from (f"Learned from: {source.name} ({source.licence}): {source.citation}" for source in card.data_sources)
    if card.training is not None:
        yield f"Made by: {card.training.command}"


def _seen(card: Card, part: DetectionCard) -> str:
    size = f"{card.input.width} x {card.input.height} pixels"
    if part.way == "whole":
        return f"the whole picture, squeezed to {size}"
    known = card.input.pixel_size_um
    learned = "" if known is None else f"; learned on pictures of {known[0]:g} to {known[1]:g} um"
    size = f"tiles of {size}" if part.multiple_px is None else "tiles of any size"
    return f"{size} at {part.pixel_size_um:g} um per pixel{learned}"


def _measured(where: str, metrics: DetectionMetricsCard) -> Iterator[str]:
    yield f"{where}, {metrics.pictures} pictures: {metrics.how_held_out}"
    yield f"  mean AP50 {metrics.map50:.3f}{_limits(metrics.map50_ci95)}, AP50-95 {metrics.map50_95:.3f}"
    yield f"  mean IoU of marked objects {metrics.mean_iou_of_marked:.3f}{_limits(metrics.mean_iou_of_marked_ci95)}"
    for name, one in metrics.per_class.items():
        yield f"  {name} ({one.support} marked): {_of_class(one)}"


def _of_class(one: FoundCard) -> str:
    figures = (
        ("AP50", one.ap50, one.ap50_ci95),
        ("precision", one.precision, None),
        ("recall", one.recall, None),
        ("IoU of hits", one.mean_iou, one.mean_iou_ci95),
        ("count error", one.count_error, one.count_error_ci95),
    )
    told = [f"{name} {value:.3f}{_limits(limits)}" for name, value, limits in figures if value is not None]
    return ", ".join(told) or "nothing to measure"


def _limits(limits: tuple[float, float] | None) -> str:
    return "" if limits is None else f" [{limits[0]:.3f}, {limits[1]:.3f}]"
