"""The cells of a field by kind as a table: how many, how many the edge cuts, and what limits the count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CutCounts, FieldCounts
from leukoscope.reporting.documents import FieldsDocument
from leukoscope.reporting.wording import plural

_TITLES = {"wbc": "Leukocytes", "rbc": "Red cells", "platelet": "Platelets"}


@dataclass(frozen=True, slots=True)
class CountRow:
    """One kind of cell: its name, how many, and how many of them the edge cuts."""

    title: str
    count: int
    cut: int


@dataclass(frozen=True, slots=True)
class CountsView:
    """The counts of a field, ready to be shown: rows, the ratio in a sentence or nothing, and what limits them."""

    rows: tuple[CountRow, ...]
    ratio: str
    limits: tuple[str, ...]

    @classmethod
    def of(cls, counts: FieldCounts | None, card: Card | None) -> CountsView | None:
        """The view of a field's counts; None where red cells and platelets were not counted.

        Args:
            counts: Of the field.
            card: Card of the detector that counted, or None.
        """
        if counts is None or counts.cut is None:
            return None
        return cls(tuple(_rows(counts, counts.cut)), ratio_text(counts.wbc_to_rbc), tuple(_limits(counts, card)))


def ratio_text(wbc_to_rbc: float | None) -> str:
    """Leukocytes per red cell in words, no finer than the count allows.

    Example:
        >>> ratio_text(0.051), ratio_text(1.6), ratio_text(0.0), ratio_text(None)
        ('1 leukocyte to about 20 red cells', '1.6 leukocytes to 1 red cell', 'no leukocyte beside the red cells', '')
    """
    if wbc_to_rbc is None:
        return ""
    if wbc_to_rbc == 0:
        return "no leukocyte beside the red cells"
    if wbc_to_rbc >= 1:
        return f"{wbc_to_rbc:.2g} leukocytes to 1 red cell"
    return f"1 leukocyte to about {float(f'{1 / wbc_to_rbc:.2g}'):g} red cells"


def fields_text(fields: FieldsDocument | None) -> str:
    """Cells per field in a sentence; empty where none was counted."""
    if fields is None:
        return ""
    told = (
        f"Per field, mean of {plural(fields.fields, 'field')}: {fields.wbc_per_field:.1f} leukocytes, "
        f"{fields.rbc_per_field:.0f} red cells, {fields.platelets_per_field:.1f} platelets"
    )
    ratio = ratio_text(fields.wbc_to_rbc)
    whole = f"{told}; {ratio}." if ratio else f"{told}."
    if not fields.fields_not_counted:
        return whole
    left_out = f"{fields.fields_not_counted} of {plural(fields.fields, 'field')}"
    return f"{whole} {left_out} could not be counted for red cells and platelets; their leukocytes are in the mean."


def _rows(counts: FieldCounts, cut: CutCounts) -> Iterator[CountRow]:
    for name, title in _TITLES.items():
        count = getattr(counts, name)
        if count is not None:
            yield CountRow(title, count, getattr(cut, name))


def _limits(counts: FieldCounts, card: Card | None) -> Iterator[str]:
    yield "Cells that the edge cuts are counted, and count half in the ratio."
    if counts.rbc_overlapping:
        yield f"{plural(counts.rbc_overlapping, 'red cell')} in overlaps, where the count is least sure."
    yield from _held_out(card)


def _held_out(card: Card | None) -> Iterator[str]:
    metrics = None if card is None or card.detection is None else card.detection.metrics
    if card is None or metrics is None:
        return
    errors = [
        f"{_TITLES[name].lower()} {_signed(one.count_error)}"
        for name, one in metrics.per_class.items()
        if name in _TITLES and one.count_error is not None
    ]
    if errors:
        yield (
            f"Counts by {card.name} were off by {', '.join(errors)} on {metrics.pictures} held-out fields of a set it "
            "learned from; on another laboratory's pictures they can be off by more."
        )


def _signed(share: float) -> str:
    percent = round(100 * share)
    return f"{percent:+d} %" if percent else "0 %"
