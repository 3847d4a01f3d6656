"""What does a classifier of measurements lean on?  The dearest columns of its card, each with what it measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leukoscope.bundles.measurements import MeasurementsCard
from leukoscope.imaging.measurements import MEASUREMENTS


@dataclass(frozen=True, slots=True)
class LeanRow:
    """One column.

    Attributes:
        name: As in tables; of an embedding, whose it is.
        meaning: What is measured, in words.
        topic: Which question it belongs to; empty for an embedding.
        lost: Macro-F1 lost when it is shuffled, as text.
    """

    name: str
    meaning: str
    topic: str
    lost: str


def lean_rows(part: MeasurementsCard) -> Iterator[LeanRow]:
    """The columns that the card names as the dearest, the dearest first.

    Example:
        >>> from leukoscope.bundles.measurements import ImportanceCard
        >>> card = MeasurementsCard(columns=("roundness",), outlining="tracer", definitions="2", method="SVM",
        ...                         importance=(ImportanceCard(name="roundness", lost=0.0312),))
        >>> [(row.name, row.topic, row.lost) for row in lean_rows(card)]
        [('roundness', 'shape', '0.031')]
    """
    known = {name: one for one in MEASUREMENTS for name, _ in one.columns}
    for one in part.importance:
        measured = known.get(one.name)
        meaning = "the whole embedding of this network" if measured is None else measured.formula
        yield LeanRow(one.name, meaning, "" if measured is None else measured.topic, f"{one.lost:.3f}")
