"""Draws and words one picture for the report."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from leukoscope.bundles.card import Card, LabelCard
from leukoscope.domain.findings import CellFinding, ImageFinding, Prediction
from leukoscope.domain.images import Pixels, SmearImage
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Box
from leukoscope.imaging.drawing import crop, heat_overlay, overlay, shrink, to_jpeg
from leukoscope.imaging.preprocessing import square_window
from leukoscope.reporting import gallery, wording
from leukoscope.reporting.counts_view import CountsView
from leukoscope.reporting.documents import ImageDocument
from leukoscope.reporting.meaning import MeaningView
from leukoscope.reporting.palette import Style
from leukoscope.reporting.parts import Glimpse
from leukoscope.reporting.summary_view import SummaryView
from leukoscope.reporting.views import Bar, CellView, ImageView, OutlineView, StageView

PICTURE_SIDE = 1120
"""Twice the width it is shown in, and 150 dots an inch on A4."""

CROP_SIDE = 144
QUALITY = 80
THUMBNAIL_SIDE = 96
HEAT_SIDE = 480
MOST_CELLS = 120
"""Cells shown with pictures; a marrow field can hold hundreds, and the rest are the most confidently named."""

UNNAMED_MARGIN = 1.25
"""Window around a cell no model looked at, as wide as those of the shipped models."""

_UNNAMED = Style("Not named", "", "#0072b2")


class Artist:
    """Makes views; knows the cards and the colors.

    Args:
        cell_card: Card of the cell model, or None.
        cards: All cards by name.
        styles: How each class of the cell model is drawn.
    """

    def __init__(self, cell_card: Card | None, cards: Mapping[str, Card], styles: Mapping[str, Style]) -> None:
        self._card, self._cards, self._styles = cell_card, cards, styles
        self._detector = next((card for card in cards.values() if card.task == "detection"), None)
        self._groups = {} if cell_card is None else {label.name: label.group for label in cell_card.labels}

    def view(self, number: int, image: SmearImage, finding: ImageFinding, document: ImageDocument) -> ImageView:
        """The view of one picture; `number` tells it apart from the others of the report."""
        ordered = gallery.in_order(finding.cells, self._groups)
        shown = ordered[:MOST_CELLS]
        return ImageView(
            number=number,
            document=document,
            picture=data_uri(shrink(image.pixels, PICTURE_SIDE), QUALITY),
            outlines=tuple(self._outline(cell, finding) for cell in finding.cells),
            font_size=_font_size(finding),
            line_width=round(max(finding.width, finding.height) / 560, 2),
            summary=None if document.summary is None else SummaryView.of(document.summary, self._card, self._styles),
            counts=CountsView.of(finding.counts, self._detector),
            named=any(cell.prediction is not None for cell in finding.cells),
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
            if rank < gallery.NAMED:
                score = 0.0 if cell.prediction is None else cell.prediction.score
                told = f"{self._title(cell)}, contradicted" if rank == gallery.CONTRADICTED else self._title(cell)
                found.append(Glimpse(cell.id, rank, score, told))
        return found

    def contradicted(self, finding: ImageFinding) -> int:
        """How many cells measure unlike what they are called."""
        return gallery.count_contradicted(finding.cells, self._groups)

    def waiting(self, finding: ImageFinding) -> int:
        """How many cells need a look."""
        return sum(gallery.rank(cell, self._groups) < gallery.NAMED for cell in finding.cells)

    def thumbnails(self, pixels: Pixels, finding: ImageFinding, glimpses: Sequence[Glimpse]) -> dict[int, str]:
        """Small pictures of cells as data URIs, by the cells' numbers."""
        wanted = {glimpse.cell for glimpse in glimpses}
        return {
            cell.id: data_uri(crop(pixels, _window(pixels, cell), THUMBNAIL_SIDE), QUALITY)
            for cell in finding.cells
            if cell.id in wanted
        }

    def stage_reading(self, said: Prediction, note: str) -> str:
        """What a classification of a whole picture says: the note, or the words of the model's card."""
        card = self._cards.get(said.model)
        template = (card.resembles if card else "") or "resembles pictures labeled {title}"
        return note or template.replace("{title}", self._title_of(said))

    def _outline(self, cell: CellFinding, finding: ImageFinding) -> OutlineView:
        style, box, size = self._style(cell), cell.box, _font_size(finding)
        flipped = box.x0 > finding.width - 5 * size
        return OutlineView(
            points=" ".join(f"{x:.1f},{y:.1f}" for x, y in cell.outline.points),
            x=round(min(box.x1, finding.width) if flipped else max(box.x0, 0), 1),
            y=round(max(box.y0, size), 1),
            anchor="end" if flipped else "start",
            text=f"{cell.id} {style.code}".strip(),
            color=style.color,
            dashed=_doubtful(cell),
            title=f"Cell {cell.id}: {self._title(cell)}",
            cell=cell.id,
        )

    def _cell(self, pixels: Pixels, cell: CellFinding) -> CellView:
        said, window = cell.prediction, _window(pixels, cell)
        heat = ""
        if said is not None and said.activation is not None:
            heat = data_uri(heat_overlay(pixels, window, said.activation, CROP_SIDE), QUALITY)
        return CellView(
            id=cell.id,
            title=self._title(cell),
            score="" if said is None else wording.share(said.score),
            color=self._style(cell).color,
            why=self._why(said),
            crop=data_uri(crop(pixels, window, CROP_SIDE), QUALITY),
            heat=heat,
            bars=() if said is None else self._bars(said),
            meaning=MeaningView.of(cell, self._groups),
        )

    def _stage(self, pixels: Pixels, finding: ImageFinding) -> StageView | None:
        said = finding.classification
        if said is None:
            return None
        label = self._label(said)
        small = shrink(pixels, HEAT_SIDE)
        return StageView(
            reading=self.stage_reading(said, finding.classification_note),
            meaning="" if label is None else label.meaning,
            held_out=_held_out(self._cards.get(said.model)),
            model=said.model,
            heat="" if said.activation is None else data_uri(overlay(small, said.activation), QUALITY),
            bars=self._bars(said),
            doubtful=_is_doubtful(said),
        )

    def _bars(self, said: Prediction) -> tuple[Bar, ...]:
        labels = {label.name: label.title for label in self._labels_of(said.model)}
        return tuple(
            Bar(
                title=labels.get(name, name),
                value=wording.share(value),
                width=round(100 * value, 1),
                color=self._styles[name].color if name in self._styles else "#4a5560",
            )
            for name, value in sorted(said.probabilities.items(), key=lambda pair: -pair[1])
        )

    def _why(self, said: Prediction | None) -> str:
        if said is None or self._card is None or not _is_doubtful(said):
            return ""
        below = f"Score below {self._card.decision.uncertain_below:g}"
        reason = "Unlike the cells the model was trained on" if said.novel else below
        return f"{reason}; most probable: {_within_a_sentence(self._title_of(said))}."

    def _title(self, cell: CellFinding) -> str:
        novel = cell.prediction is not None and cell.prediction.novel
        return "Uncertain (novel)" if novel else self._style(cell).title

    def _style(self, cell: CellFinding) -> Style:
        said = cell.prediction
        if said is None:
            return _UNNAMED
        name = UNCERTAIN if _is_doubtful(said) else said.label
        return self._styles.get(name, self._styles[UNCERTAIN])

    def _title_of(self, said: Prediction) -> str:
        label = self._label(said)
        return said.label if label is None else label.title

    def _label(self, said: Prediction) -> LabelCard | None:
        return next((label for label in self._labels_of(said.model) if label.name == said.label), None)

    def _labels_of(self, model: str) -> Sequence[LabelCard]:
        card = self._cards.get(model)
        return () if card is None else card.labels


def data_uri(pixels: Pixels, quality: int) -> str:
    """A picture as a JPEG data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(to_jpeg(pixels, quality)).decode("ascii")


def _within_a_sentence(title: str) -> str:
    """A title in small letters, but for words such as ALL that mean something else in them.

    Example:
        >>> _within_a_sentence("ALL blast"), _within_a_sentence("Immature granulocyte")
        ('ALL blast', 'immature granulocyte')
    """
    return " ".join(word if word.isupper() else word.lower() for word in title.split(" "))


def _doubtful(cell: CellFinding) -> bool:
    return cell.prediction is not None and _is_doubtful(cell.prediction)


def _is_doubtful(said: Prediction) -> bool:
    return said.uncertain or said.novel is True


def _font_size(finding: ImageFinding) -> float:
    # A field is shown about 600 px wide, a picture of one cell 300: the text is then 11 to 12 px high.
    return round(max(finding.width, finding.height) / (52 if finding.kind == "field" else 26), 1)


def _held_out(card: Card | None) -> str:
    if card is None or card.metrics is None:
        return ""
    low, high = card.metrics.accuracy_ci95
    return (
        f"Held-out accuracy of {card.name}: {card.metrics.accuracy:.3f} ({low:.3f}\N{EN DASH}{high:.3f}) on "
        f"{card.metrics.n} pictures of the set it learned from; on pictures of another laboratory it can be lower."
    )


def _window(pixels: Pixels, cell: CellFinding) -> Box:
    if cell.prediction is not None:
        return cell.prediction.window
    height, width = pixels.shape[:2]
    return square_window(cell.box, UNNAMED_MARGIN, width, height)
