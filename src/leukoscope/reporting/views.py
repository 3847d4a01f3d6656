"""What the report shows of one picture, ready for the template: texts, colors, small JPEGs as data URIs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, ImageFinding, Prediction
from leukoscope.domain.images import Pixels, SmearImage
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Box
from leukoscope.imaging.drawing import crop, heat_overlay, overlay, shrink, to_jpeg
from leukoscope.imaging.preprocessing import square_window
from leukoscope.reporting import gallery, wording
from leukoscope.reporting.documents import ImageDocument
from leukoscope.reporting.measurements import measurement_rows
from leukoscope.reporting.palette import Style
from leukoscope.reporting.parts import Glimpse
from leukoscope.reporting.summary_view import SummaryView

PICTURE_SIDE = 1280
CROP_SIDE = 144
THUMBNAIL_SIDE = 96
HEAT_SIDE = 480
MOST_CELLS = 120
"""Cells shown with pictures; a marrow field can hold hundreds, and the rest are the most confidently named."""

UNNAMED_MARGIN = 1.25


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
    text: str
    color: str
    dashed: bool
    title: str


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
    features: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StageView:
    """What a model of whole pictures says, in words."""

    reading: str
    score: str
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
    summary: SummaryView
    stage: StageView | None
    cells: tuple[CellView, ...]
    left_out: int
    warnings: tuple[str, ...]


class Artist:
    """Makes views; knows the cards and the colors.

    Args:
        cell_card: Card of the cell model, or None.
        cards: All cards by name.
        styles: How each class of the cell model is drawn.
    """

    def __init__(self, cell_card: Card | None, cards: Mapping[str, Card], styles: Mapping[str, Style]) -> None:
        self._card, self._cards, self._styles = cell_card, cards, styles
        self._groups = {} if cell_card is None else {label.name: label.group for label in cell_card.labels}

    def view(self, number: int, image: SmearImage, finding: ImageFinding, document: ImageDocument) -> ImageView:
        """The view of one picture."""
        ordered = gallery.in_order(finding.cells, self._groups)
        shown = ordered[:MOST_CELLS]
        assert document.summary is not None  # noqa: S101 - an analyzed picture has one; for the type checker
        return ImageView(
            number=number,
            document=document,
            picture=data_uri(shrink(image.pixels, PICTURE_SIDE), 82),
            outlines=tuple(self._outline(cell) for cell in finding.cells),
            font_size=round(max(finding.width, finding.height) / 62, 1),
            line_width=round(max(finding.width, finding.height) / 560, 2),
            summary=SummaryView.of(document.summary, self._card, self._styles),
            stage=self._stage(image.pixels, finding),
            cells=tuple(self._cell(image.pixels, cell) for cell in shown),
            left_out=len(ordered) - len(shown),
            warnings=(*finding.quality.warnings, *finding.warnings),
        )

    def glimpses(self, finding: ImageFinding, most: int) -> list[Glimpse]:
        """The cells that need a look first, at most `most`."""
        found = []
        for cell in gallery.in_order(finding.cells, self._groups)[:most]:
            rank = gallery.rank(cell, self._groups)
            if cell.prediction is not None and rank < gallery.NAMED:
                found.append(Glimpse(cell.id, rank, cell.prediction.score, self._title(cell)))
        return found

    def thumbnails(self, pixels: Pixels, finding: ImageFinding, glimpses: Sequence[Glimpse]) -> dict[int, str]:
        """Small pictures of cells as data URIs, by the cells' numbers."""
        wanted = {glimpse.cell for glimpse in glimpses}
        return {
            cell.id: data_uri(crop(pixels, _window(pixels, cell), THUMBNAIL_SIDE), 78)
            for cell in finding.cells
            if cell.id in wanted
        }

    def stage_reading(self, said: Prediction, note: str) -> str:
        """What a classification of a whole picture says, in the words of its card."""
        if note:
            return note
        card = self._cards.get(said.model)
        template = (card.resembles if card else "") or "resembles pictures labeled {title}"
        return template.replace("{title}", self._titles(said.model).get(said.label, said.label))

    def _outline(self, cell: CellFinding) -> OutlineView:
        style = self._style(cell)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in cell.outline.points)
        return OutlineView(
            points=points,
            x=round(cell.box.x0, 1),
            y=round(cell.box.y0, 1),
            text=f"{cell.id} {style.code}".strip(),
            color=style.color,
            dashed=_doubtful(cell),
            title=f"Cell {cell.id}: {self._title(cell)}",
        )

    def _cell(self, pixels: Pixels, cell: CellFinding) -> CellView:
        said, window = cell.prediction, _window(pixels, cell)
        heat = ""
        if said is not None and said.activation is not None:
            heat = data_uri(heat_overlay(pixels, window, said.activation, CROP_SIDE), 82)
        return CellView(
            id=cell.id,
            title=self._title(cell),
            score="" if said is None else wording.share(said.score),
            color=self._style(cell).color,
            why=self._why(said),
            crop=data_uri(crop(pixels, window, CROP_SIDE), 84),
            heat=heat,
            bars=() if said is None else self._bars(said),
            features=tuple(measurement_rows(cell.features)),
        )

    def _stage(self, pixels: Pixels, finding: ImageFinding) -> StageView | None:
        said = finding.classification
        if said is None:
            return None
        small = shrink(pixels, HEAT_SIDE)
        return StageView(
            reading=self.stage_reading(said, finding.classification_note),
            score=wording.share(said.score),
            model=said.model,
            heat="" if said.activation is None else data_uri(overlay(small, said.activation), 80),
            bars=self._bars(said),
            doubtful=said.uncertain or said.novel is True,
        )

    def _bars(self, said: Prediction) -> tuple[Bar, ...]:
        titles = self._titles(said.model)
        colors = self._styles if self._card is not None and said.model == self._card.name else {}
        return tuple(
            Bar(
                title=titles.get(name, name),
                value=wording.share(value),
                width=round(100 * value, 1),
                color=colors[name].color if name in colors else "#4a5560",
            )
            for name, value in sorted(said.probabilities.items(), key=lambda pair: -pair[1])
        )

    def _why(self, said: Prediction | None) -> str:
        if said is None:
            return ""
        best = self._titles(said.model).get(said.label, said.label)
        if said.novel:
            return f"Unlike the cells the model was trained on; most probable class: {best}."
        if said.uncertain and self._card is not None:
            return f"Score below {self._card.decision.uncertain_below:g}; most probable class: {best}."
        return ""

    def _title(self, cell: CellFinding) -> str:
        said = cell.prediction
        if said is None:
            return "not named"
        if said.novel:
            return "Uncertain (novel)"
        return self._style(cell).title

    def _style(self, cell: CellFinding) -> Style:
        said = cell.prediction
        if said is None:
            return Style("not named", "", "#0072b2")
        name = UNCERTAIN if _doubtful(cell) else said.label
        return self._styles.get(name, self._styles[UNCERTAIN])

    def _titles(self, model: str) -> dict[str, str]:
        card = self._cards.get(model)
        return {} if card is None else {label.name: label.title for label in card.labels}


def data_uri(pixels: Pixels, quality: int) -> str:
    """A picture as a JPEG data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(to_jpeg(pixels, quality)).decode("ascii")


def _doubtful(cell: CellFinding) -> bool:
    return cell.prediction is not None and (cell.prediction.uncertain or cell.prediction.novel is True)


def _window(pixels: Pixels, cell: CellFinding) -> Box:
    if cell.prediction is not None:
        return cell.prediction.window
    height, width = pixels.shape[:2]
    return square_window(cell.box, UNNAMED_MARGIN, width, height)
