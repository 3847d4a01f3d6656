"""What `leukoscope model show` says besides of a classifier of measurements: what it takes, and what it leans on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.bundles.measurements import MeasurementsCard


def measurement_lines(part: MeasurementsCard) -> Iterator[str]:
    """The part of a card about measurements, for people."""
    yield f"Decides by: {part.method}"
    size = "as they are" if part.pixel_size_um is None else f"brought to {part.pixel_size_um:g} um per pixel"
    yield f"Takes: {len(part.columns)} measurements of cells outlined by {part.outlining!r}, {size}"
    if part.embedding is not None:
        one = part.embedding
        yield f"Takes: the embedding of {one.name} {one.version}, {one.dimensions} numbers (sha256 {one.sha256[:12]})"
    if part.nothing_matters:
        from leukoscope.bundles.measurements import NOTHING_MATTERS

        yield NOTHING_MATTERS
    elif part.importance:
        told = ", ".join(f"{one.name} {one.lost:.3f}" for one in part.importance)
        yield f"Macro-F1 lost on validation cells when shuffled: {told}"
