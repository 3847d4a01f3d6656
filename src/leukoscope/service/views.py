"""What the page of one analyzed picture shows: small JPEGs and one JSON, written once, so that pages need no pixels."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, ImageFinding, Prediction
from leukoscope.domain.images import ImageKind, Pixels, SmearImage
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.domain.regions import Box
from leukoscope.imaging.drawing import crop, heat_overlay, overlay, shrink, to_jpeg
from leukoscope.imaging.preprocessing import square_window
from leukoscope.reporting.counts_view import CountsView
from leukoscope.reporting.gallery import NAMED, in_order, rank
from leukoscope.reporting.meaning import MeaningView
from leukoscope.reporting.palette import Style, styles_of
from leukoscope.reporting.wording import plural

PICTURE_SIDE = 1600
HEAT_SIDE = 480
CROP_SIDE = 240
THUMB_SIDE = 160
UNNAMED_MARGIN = 1.25
"""Window around a cell no model looked at, as wide as those of the shipped models."""

_UNNAMED = Style("Not named", "", "#0072b2")


@dataclass(frozen=True, slots=True)
class SaidView:
    """What a model says, in words people read.

    `best` is the most probable class; `title` is it too, or "Uncertain" where the model would not say so.
    `probabilities` holds (title, probability) of every class, the most probable first.
    """

    model: str
    title: str
    best: str
    meaning: str
    score: float
    probabilities: tuple[tuple[str, float], ...]
    uncertain: bool
    novel: bool
    heat: bool


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell; `box` and `outline` are in pixels of the picture as sent, `meaning` is what was measured.

    `first`: it is novel, contradicted by its measurements, uncertain, or of a class to look at first.
    """

    id: int
    box: tuple[float, float, float, float]
    outline: tuple[tuple[float, float], ...]
    title: str
    code: str
    color: str
    doubtful: bool
    first: bool
    said: SaidView | None
    meaning: MeaningView


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model that was asked, and where it ends."""

    title: str
    name: str
    version: str
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture; its `cells` stand in the order in which to look at them.

    `models` says which were asked; `names_cells` and `names_blasts` what they can name at all; `counts` the cells of a
    field by kind, where red cells were counted; `finder` how cells were found.
    """

    width: int
    height: int
    kind: ImageKind
    pixel_size_um: float | None
    pixel_size_source: str | None
    warnings: tuple[str, ...]
    cells: tuple[CellView, ...]
    classification: SaidView | None
    classification_note: str
    names_cells: bool
    names_blasts: bool
    models: tuple[ModelView, ...]
    counts: CountsView | None = None
    finder: str = "classical"


_ADAPTER = TypeAdapter(PictureView)


def write_view(folder: Path, image: SmearImage, finding: ImageFinding, cards: Sequence[Card]) -> None:
    """Write what the page of a picture shows; the folder appears whole or not at all.

    It then holds view.json, picture.jpg, thumb.jpg, cell-N.jpg, and cell-N-heat.jpg and heat.jpg where a model
    explains itself.
    """
    unfinished = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, content in _pictures(image.pixels, finding):
        (unfinished / name).write_bytes(content)
    (unfinished / "view.json").write_bytes(_ADAPTER.dump_json(_Teller(cards).picture(finding)))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def read_view(folder: Path) -> PictureView:
    """Read what `write_view` wrote."""
    return _ADAPTER.validate_json((folder / "view.json").read_bytes())


def gist(view: PictureView) -> str:
    """What was found, in a few words."""
    first = sum(cell.first for cell in view.cells)
    return plural(len(view.cells), "cell") + (f", {first} to look at" if first else "")


class _Teller:
    """Puts findings into words; knows what each class is called and how it is drawn."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self._labels = {card.name: {label.name: label for label in card.labels} for card in cards}
        self._styles = {card.name: styles_of(card.domain_labels) for card in cards}
        self._models = tuple(ModelView(card.title, card.name, card.version, card.limits) for card in cards)
        self._detector = next((card for card in cards if card.task == "detection"), None)
        self._groups = {label.name: label.group for card in cards if card.level == "cell" for label in card.labels}

    def picture(self, finding: ImageFinding) -> PictureView:
        return PictureView(
            width=finding.width,
            height=finding.height,
            kind=finding.kind,
            pixel_size_um=finding.pixel_size.um if finding.pixel_size else None,
            pixel_size_source=finding.pixel_size.source if finding.pixel_size else None,
            warnings=(*finding.warnings, *finding.quality.warnings),
            cells=tuple(self._cell(cell) for cell in in_order(finding.cells, self._groups)),
            classification=self._said(finding.classification),
            classification_note=finding.classification_note,
            names_cells=bool(self._groups),
            names_blasts="blast" in self._groups.values(),
            models=self._models,
            counts=CountsView.of(finding.counts, self._detector),
            finder=finding.finder,
        )

    def _cell(self, cell: CellFinding) -> CellView:
        said = self._said(cell.prediction)
        style = self._style(cell.prediction)
        box = cell.box
        return CellView(
            id=cell.id,
            box=(box.x0, box.y0, box.x1, box.y1),
            outline=cell.outline.points,
            title=style.title,
            code=style.code,
            color=style.color,
            doubtful=said is not None and said.uncertain,
            first=rank(cell, self._groups) < NAMED,
            said=said,
            meaning=MeaningView.of(cell, self._groups),
        )

    def _style(self, said: Prediction | None) -> Style:
        if said is None:
            return _UNNAMED
        return self._styles[said.model][UNCERTAIN if _doubtful(said) else said.label]

    def _said(self, said: Prediction | None) -> SaidView | None:
        if said is None:
            return None
        labels = self._labels[said.model]
        ranked = sorted(said.probabilities.items(), key=lambda one: -one[1])
        return SaidView(
            model=said.model,
            title=self._style(said).title,
            best=labels[said.label].title,
            meaning=labels[said.label].meaning,
            score=said.score,
            probabilities=tuple((labels[name].title, probability) for name, probability in ranked),
            uncertain=_doubtful(said),
            novel=said.novel is True,
            heat=said.activation is not None,
        )


def _doubtful(said: Prediction) -> bool:
    return said.uncertain or said.novel is True


def _pictures(pixels: Pixels, finding: ImageFinding) -> Iterator[tuple[str, bytes]]:
    small = shrink(pixels, PICTURE_SIDE)
    yield "picture.jpg", to_jpeg(small, 88)
    yield "thumb.jpg", to_jpeg(shrink(small, THUMB_SIDE), 80)
    for cell in finding.cells:
        said = cell.prediction
        window = _window(pixels, cell)
        yield f"cell-{cell.id}.jpg", to_jpeg(crop(pixels, window, CROP_SIDE), 88)
        if said is not None and said.activation is not None:
            heat = heat_overlay(pixels, window, said.activation, CROP_SIDE)
            yield f"cell-{cell.id}-heat.jpg", to_jpeg(heat, 85)
    whole = finding.classification
    if whole is not None and whole.activation is not None:
        yield "heat.jpg", to_jpeg(overlay(shrink(pixels, HEAT_SIDE), whole.activation), 85)


def _window(pixels: Pixels, cell: CellFinding) -> Box:
    if cell.prediction is not None:
        return cell.prediction.window
    height, width = pixels.shape[:2]
    return square_window(cell.box, UNNAMED_MARGIN, width, height)
