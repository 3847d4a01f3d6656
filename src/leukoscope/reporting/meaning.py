"""What a cell's measurements mean, ready to be shown: the same words in the report and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leukoscope.domain.findings import CellFinding, Prediction
from leukoscope.domain.labels import CellGroup
from leukoscope.domain.morphology import BlastLikeness, Standing
from leukoscope.imaging.morphology.comparable import comparable_values
from leukoscope.reporting.measurements import figure, main_measurements

NOT_A_FINDING = (
    "Blast-likeness says how far the size of the nucleus, N:C, chromatin, nucleoli and cytoplasm of a cell are as "
    "textbooks tell of blasts, from 0 to 1. It is a description, not a finding of blasts: it did not tell the blasts "
    "of C-NMC 2019 from normal precursors, small blasts with dense chromatin score low, and large young cells that are "
    "no blasts score high."
)


SHIFTED = "Another camera or stain than that of the reference cells shifts fineness of chromatin and granularity."


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measurement of a cell.

    Attributes:
        title: What was measured.
        value: With its unit.
        percent: Share of the reference cells that measure less, in words; empty where none is told.
        place: The same in whole percent, to draw it.
    """

    title: str
    value: str
    percent: str
    place: int


@dataclass(frozen=True, slots=True)
class MeaningView:
    """What the measurements of a cell mean, in words.

    Attributes:
        sentence: The cell in plain words; empty where its outline is doubtful.
        note: Why nothing is said; else empty.
        conflict: How measurements and network contradict each other; else empty.
        likeness: Blast-likeness with two decimals; empty where it could not be reckoned.
        network: What the network gives blasts, where it knows them; else empty.
        criteria: What the likeness is made of: (what, two decimals).
        rows: The main measurements, those that may be compared.
        among: The reference cells that the percentages are of; empty where there are none.
    """

    sentence: str
    note: str
    conflict: str
    likeness: str
    network: str
    criteria: tuple[tuple[str, str], ...]
    rows: tuple[MeasureRow, ...]
    among: str

    @classmethod
    def of(cls, cell: CellFinding, groups: Mapping[str, CellGroup]) -> MeaningView:
        """The view of one cell; `groups` are those of the classes of the model that named it."""
        meaning = cell.morphology
        likeness = meaning.blast_likeness
        blasts = blast_score(cell.prediction, groups)
        return cls(
            sentence=meaning.sentence,
            note=meaning.note if cell.features else "",
            conflict=meaning.conflict,
            likeness="" if likeness is None else f"{likeness.score:.2f}",
            network="" if blasts is None else f"{blasts:.2f}",
            criteria=() if likeness is None else tuple(_criteria(likeness)),
            rows=tuple(_rows(comparable_values(cell.features), meaning.standings)),
            among=_among(meaning.standings),
        )


def blast_score(said: Prediction | None, groups: Mapping[str, CellGroup]) -> float | None:
    """What a network gives all classes of blasts together; None where it knows none."""
    if said is None or "blast" not in groups.values():
        return None
    return min(1.0, sum(value for name, value in said.probabilities.items() if groups.get(name) == "blast"))


def _criteria(likeness: BlastLikeness) -> Iterator[tuple[str, str]]:
    for title, met in likeness.parts:
        yield title, f"{met:.2f}"


def _rows(features: Mapping[str, float], standings: tuple[Standing, ...]) -> Iterator[MeasureRow]:
    percents = {one.measurement: one.percent for one in standings}
    for name, title, unit in main_measurements(features):
        percent = percents.get(name)
        told = "" if percent is None else _percent(percent)
        yield MeasureRow(title, f"{figure(features[name])} {unit}".strip(), told, round(percent or 0))


def _percent(percent: float) -> str:
    if percent < 1:
        return "<1 %"
    return ">99 %" if percent > 99 else f"{percent:.0f} %"


def _among(standings: tuple[Standing, ...]) -> str:
    if not standings:
        return ""
    group, counts = standings[0].group, [one.group.cells for one in standings]
    cells = f"{max(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    return f"{cells} reference {group.title}, {group.source}"
