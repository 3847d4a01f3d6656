"""What the report shows of one picture, ready for the template: texts, colors, small JPEGs as data URIs."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.reporting.counts_view import CountsView
from leukoscope.reporting.documents import ImageDocument
from leukoscope.reporting.meaning import MeaningView
from leukoscope.reporting.summary_view import SummaryView


@dataclass(frozen=True, slots=True)
class Bar:
    """One class and its probability."""

    title: str
    value: str
    width: float
    color: str


@dataclass(frozen=True, slots=True)
class OutlineView:
    """One cell as drawn over the picture, in pixels of the picture."""

    points: str
    x: float
    y: float
    anchor: str
    text: str
    color: str
    dashed: bool
    title: str
    cell: int


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell of the gallery."""

    id: int
    title: str
    score: str
    color: str
    why: str
    crop: str
    heat: str
    bars: tuple[Bar, ...]
    meaning: MeaningView


@dataclass(frozen=True, slots=True)
class StageView:
    """What a model of whole pictures says, in words."""

    reading: str
    meaning: str
    held_out: str
    model: str
    heat: str
    bars: tuple[Bar, ...]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class ImageView:
    """Everything the report shows of one picture."""

    number: int
    document: ImageDocument
    picture: str
    outlines: tuple[OutlineView, ...]
    font_size: float
    line_width: float
    summary: SummaryView | None
    counts: CountsView | None
    named: bool
    stage: StageView | None
    cells: tuple[CellView, ...]
    left_out: int
    warnings: tuple[str, ...]
