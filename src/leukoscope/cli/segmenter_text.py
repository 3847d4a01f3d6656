"""What `leukoscope model` says of a segmenter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card
    from leukoscope.bundles.segmentation import OutlinedCard, SegmentationCard, SegmentationMetricsCard


def dice_text(part: SegmentationCard) -> str:
    """Mean Dice of nuclei and cells with their limits, in one cell of a table."""
    held_out = part.metrics
    if held_out is None:
        return "not measured"
    pairs = (("nucleus", held_out.nucleus), ("cell", held_out.cell))
    told = (f"{name} {one.dice:.3f} [{one.dice_ci95[0]:.3f}, {one.dice_ci95[1]:.3f}]" for name, one in pairs)
    return f"Dice: {', '.join(told)}, n = {held_out.cells}"


def segmenter_text(card: Card, part: SegmentationCard) -> str:
    """The card of a segmenter, for people."""
    return "\n".join(_lines(card, part))


def _lines(card: Card, part: SegmentationCard) -> Iterator[str]:
    yield f"{card.name} {card.version}: {card.title}"
    yield f"For: {card.intended_use}"
    yield f"Weights licence: {card.weights_licence}"
    yield (
        f"Sees: a square window of {card.input.width} pixels around a cell, {part.margin:g} times as wide as the "
        "longer side of its box"
    )
    yield f"A pixel belongs from {card.decision.uncertain_below:g} on: {card.decision.chosen_for}"
    yield "Outlines:"
    for label in card.labels:
        yield f"  {label.name}: {label.meaning}"
    if part.metrics is not None:
        yield from _measured("Held out", part.metrics)
    for name, metrics in part.elsewhere.items():
        yield from _measured(name, metrics)
    for limit in card.limits:
        yield f"Limit: {limit}"
    for source in card.data_sources:
        yield f"Learned from {source.name} ({source.licence}): {source.citation}"
    if card.training is not None:
        yield f"Trained with: {card.training.command}"


def _measured(where: str, metrics: SegmentationMetricsCard) -> Iterator[str]:
    yield f"{where}, {metrics.cells} cells of which {metrics.found} were found: {metrics.how_held_out}"
    yield f"  nucleus: {_figures(metrics.nucleus)}"
    yield f"  cell: {_figures(metrics.cell)}"


def _figures(one: OutlinedCard) -> str:
    figures = (
        ("Dice", one.dice, one.dice_ci95, 3),
        ("border within 2 px", one.boundary_f1, one.boundary_f1_ci95, 3),
        ("Hausdorff 95 in px", one.hausdorff_95_px, one.hausdorff_95_px_ci95, 1),
    )
    return ", ".join(f"{name} {value:.{n}f} [{low:.{n}f}, {high:.{n}f}]" for name, value, (low, high), n in figures)
