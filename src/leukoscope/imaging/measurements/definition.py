"""What is a measurement?  Its name, unit, formula and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from leukoscope.domain.images import PixelSize

Kind = Literal["length", "area", "number"]
"""Lengths and areas are told in pixels and, where the pixel size is known, in micrometers."""
Topic = Literal["shape", "nucleus", "contour", "color", "texture", "granularity", "chromatin", "spots"]
Values = Mapping[str, float]
"""Measured values by `Measurement.name`, lengths and areas in pixels of the picture as given."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing that is measured of a cell.

    Attributes:
        name: As in tables; lengths and areas get `_px`, `_um` or `_um2` behind it.
        topic: Which question it belongs to.
        formula: How it is computed, in words.
        source: Who defined it, or "leukoscope" where we did.
        kind: Whether it is a length, an area, or a plain number.
        unit: Of a plain number; "1" where it has none.

    Example:
        >>> Measurement("diameter", "shape", "sqrt(4 area / pi)", "leukoscope", "length").columns
        (('diameter_px', 'px'), ('diameter_um', 'um'))
    """

    name: str
    topic: Topic
    formula: str
    source: str
    kind: Kind = "number"
    unit: str = "1"

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, unit) of each column it fills: first pixels, then micrometers."""
        if self.kind == "number":
            return ((self.name, self.unit),)
        power = "2" if self.kind == "area" else ""
        return ((f"{self.name}_px", f"px{power}"), (f"{self.name}_um{power}", f"um{power}"))

    def told(self, value: float, pixel_size: PixelSize | None) -> Iterator[tuple[str, float]]:
        """(column, value) for each column that can be filled.

        Args:
            value: Lengths and areas in pixels of the picture.
            pixel_size: None leaves out micrometers.
        """
        first, *others = self.columns
        yield first[0], value
        if pixel_size is not None and others:
            yield others[0][0], value * pixel_size.um ** (2 if self.kind == "area" else 1)
