"""What the page of one analyzed picture shows: small JPEGs and one JSON, written once, so that pages need no pixels."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from leukoscope.bundles.card import Card, LabelCard
from leukoscope.domain.findings import CellFinding, ImageFinding, Prediction
from leukoscope.domain.images import ImageKind, Pixels, SmearImage
from leukoscope.domain.regions import Box

MAX_SIDE = 1600
CROP_SIDE = 224
UNNAMED_MARGIN = 1.25
"""Window around a cell no model looked at, as wide as those of the shipped models."""

_FIRST_GROUPS = ("immature", "erythroblast", "blast")


@dataclass(frozen=True, slots=True)
class NamedView:
    """What a model says, in words people read.

    `probabilities` holds (title, probability) of every class, the most probable first.
    """

    model: str
    title: str
    meaning: str
    group: str
    score: float
    probabilities: tuple[tuple[str, float], ...]
    uncertain: bool
    novel: bool | None
    heat: bool


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell; `box` and `outline` are in pixels of the picture as sent."""

    id: int
    box: tuple[float, float, float, float]
    outline: tuple[tuple[float, float], ...]
    named: NamedView | None
    features: dict[str, float]


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture; its `cells` stand in the order in which to look at them."""

    width: int
    height: int
    kind: ImageKind
    pixel_size_um: float | None
    pixel_size_source: str | None
    warnings: tuple[str, ...]
    cells: tuple[CellView, ...]
    classification: NamedView | None
    classification_note: str


_ADAPTER = TypeAdapter(PictureView)


def write_view(folder: Path, image: SmearImage, finding: ImageFinding, cards: Sequence[Card]) -> None:
    """Write what the page of a picture shows; the folder appears whole or not at all.

    It then holds view.json, picture.jpg, cell-N.jpg, and cell-N-heat.jpg and heat.jpg where a model explains itself.
    """
    unfinished = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, content in _pictures(image.pixels, finding):
        (unfinished / name).write_bytes(content)
    (unfinished / "view.json").write_bytes(_ADAPTER.dump_json(picture_view(finding, cards)))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)


def read_view(folder: Path) -> PictureView:
    """Read what `write_view` wrote."""
    return _ADAPTER.validate_json((folder / "view.json").read_bytes())


def picture_view(finding: ImageFinding, cards: Sequence[Card]) -> PictureView:
    """What the page of a picture says."""
    labels = {card.name: {label.name: label for label in card.labels} for card in cards}
    cells = [_cell_view(cell, labels) for cell in finding.cells]
    return PictureView(
        width=finding.width,
        height=finding.height,
        kind=finding.kind,
        pixel_size_um=finding.pixel_size.um if finding.pixel_size else None,
        pixel_size_source=finding.pixel_size.source if finding.pixel_size else None,
        warnings=(*finding.warnings, *finding.quality.warnings),
        cells=tuple(sorted(cells, key=review_rank)),
        classification=_named(finding.classification, labels),
        classification_note=finding.classification_note,
    )


def review_rank(cell: CellView) -> tuple[int, float, int]:
    """Sort key of a review: novel, uncertain, immature or erythroblast or blast, then rising score."""
    named = cell.named
    if named is None:
        return 4, 0.0, cell.id
    first = (bool(named.novel), named.uncertain, named.group in _FIRST_GROUPS, True)
    return first.index(True), named.score, cell.id


def _cell_view(cell: CellFinding, labels: Mapping[str, Mapping[str, LabelCard]]) -> CellView:
    box = cell.box
    return CellView(
        id=cell.id,
        box=(box.x0, box.y0, box.x1, box.y1),
        outline=cell.outline.points,
        named=_named(cell.prediction, labels),
        features=dict(cell.features),
    )


def _named(prediction: Prediction | None, labels: Mapping[str, Mapping[str, LabelCard]]) -> NamedView | None:
    if prediction is None:
        return None
    known = labels[prediction.model]
    ranked = sorted(prediction.probabilities.items(), key=lambda one: -one[1])
    label = known[prediction.label]
    return NamedView(
        model=prediction.model,
        title=label.title,
        meaning=label.meaning,
        group=label.group,
        score=prediction.score,
        probabilities=tuple((known[name].title, probability) for name, probability in ranked),
        uncertain=prediction.uncertain,
        novel=prediction.novel,
        heat=prediction.activation is not None,
    )


def _pictures(pixels: Pixels, finding: ImageFinding) -> Iterator[tuple[str, bytes]]:
    from leukoscope.imaging.drawing import crop, heat_overlay, shrink, to_jpeg

    yield "picture.jpg", to_jpeg(shrink(pixels, MAX_SIDE), 88)
    for cell in finding.cells:
        prediction = cell.prediction
        window = prediction.window if prediction is not None else _window(cell.box)
        yield f"cell-{cell.id}.jpg", to_jpeg(crop(pixels, window, CROP_SIDE), 88)
        if prediction is not None and prediction.activation is not None:
            heat = heat_overlay(pixels, window, prediction.activation, CROP_SIDE)
            yield f"cell-{cell.id}-heat.jpg", to_jpeg(heat, 85)
    whole = finding.classification
    if whole is not None and whole.activation is not None:
        yield "heat.jpg", to_jpeg(heat_overlay(pixels, whole.window, whole.activation, 2 * CROP_SIDE), 85)


def _window(box: Box) -> Box:
    half = max(box.width, box.height) * UNNAMED_MARGIN / 2
    x, y = box.center
    return Box(x - half, y - half, x + half, y + half)
