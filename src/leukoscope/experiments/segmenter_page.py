"""What the page about the shipped bundles says of a segmenter."""

from __future__ import annotations

from collections.abc import Iterator

from leukoscope.bundles.segmentation import SegmentationCard, SegmentationMetricsCard


def about_segmenter(part: SegmentationCard) -> Iterator[str]:
    """Figures of a segmenter on held-out cells, set by set."""
    if part.metrics is not None:
        yield from _measured(part.metrics, f"Held out: {part.metrics.how_held_out}")
    for name, metrics in part.elsewhere.items():
        yield from _measured(metrics, f"On {name}: {metrics.how_held_out}")


def _measured(metrics: SegmentationMetricsCard, where: str) -> Iterator[str]:
    yield f"{where}\n"
    yield f"{metrics.cells} cells, {metrics.found} of them found; a cell that is not found counts as Dice 0.\n"
    yield "| mask | Dice | border within 2 px | Hausdorff 95, px |\n|---|---|---|---|"
    for name, one in (("nucleus", metrics.nucleus), ("cell", metrics.cell)):
        figures = (
            f"{one.dice:.3f} [{one.dice_ci95[0]:.3f}, {one.dice_ci95[1]:.3f}]",
            f"{one.boundary_f1:.3f} [{one.boundary_f1_ci95[0]:.3f}, {one.boundary_f1_ci95[1]:.3f}]",
            f"{one.hausdorff_95_px:.1f} [{one.hausdorff_95_px_ci95[0]:.1f}, {one.hausdorff_95_px_ci95[1]:.1f}]",
        )
        yield f"| {name} | {' | '.join(figures)} |"
    yield ""
