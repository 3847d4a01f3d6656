"""Runs the graph of a bundle that names cells by what was measured on them: columns in, probabilities out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.bundles.measurements import MeasurementsCard
from leukoscope.bundles.registry import find_bundle
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels, PixelSize
from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import BundleMismatchError, InvalidValueError, NotFoundError
from leukoscope.imaging.cell_columns import DEFINITIONS, MeasuringWay, as_rows, columns_by_topic, measure_boxes
from leukoscope.imaging.outlining import WAYS
from leukoscope.imaging.preprocessing import show_cell
from leukoscope.imaging.segmentation import SegmentedCell, find_cells
from leukoscope.inference.classifier import BATCH, Classifier
from leukoscope.inference.novelty import demand_embedding, is_novel
from leukoscope.inference.session import Session

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
_TAKES, _OUTPUTS = "columns", ("probabilities", "embedding")


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCells:
    """What cells gave, as the graph takes it.

    Attributes:
        columns: float32, shape (n, width); NaN where something could not be measured.
        measured: Whether a cell was found in its box at all, shape (n,).
        foreign: Whether the model whose embedding is used calls the cell novel, shape (n,); None without such a model.
    """

    columns: Floats
    measured: Bools
    foreign: Bools | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredOutput:
    """What the graph says of n cells.

    Attributes:
        probabilities: Calibrated, shape (n, classes); equal for all classes where nothing was measured.
        embedding: Whitened measurements, shape (n, dimensions).
        novel: Whether a measured cell lies outside of what was learned from, shape (n,).
        measured: Whether anything was measured, shape (n,); where not, nothing may be said of the cell.
    """

    probabilities: Floats
    embedding: Floats
    novel: Bools
    measured: Bools


class MeasuredClassifier:
    """A bundle of the task "measurements", ready to run on the CPU.

    Args:
        bundle: The bundle.
        embedder: The model whose embedding is among the columns; None where the card names none.
        threads: Cores to use; all of them by default.

    Raises:
        BundleMismatchError: The bundle is for another task, needs an embedding of another model, or its columns mean
            something else to this version of the program.
        InvalidBundleError: ONNX Runtime refuses the graph, or it lacks `columns`, `probabilities` or `embedding`.
    """

    def __init__(self, bundle: Bundle, embedder: Classifier | None = None, *, threads: int | None = None) -> None:
        self.card: Card = bundle.card
        self.ref: ModelRef = bundle.ref
        self.part: MeasurementsCard = part_of(bundle.card)
        _demand_known(bundle.card, self.part)
        _demand_embedder(bundle.card, self.part, embedder)
        self.way = MeasuringWay(self.part.outlining, self.part.pixel_size_um)
        self._embedder = embedder
        self._session = Session(bundle, _OUTPUTS, takes=_TAKES, threads=threads)

    def measure(
        self,
        pixels: Pixels,
        boxes: Sequence[Box],
        outlines: Sequence[Outline | None] = (),
        pixel_size: PixelSize | None = None,
    ) -> MeasuredCells:
        """Measure cells as the graph takes them.

        Args:
            pixels: The picture.
            boxes: Where the cells are.
            outlines: Their borders, for an embedding of cells on black; may be left out.
            pixel_size: Size of the picture's pixels; taken as that of the card where nobody knows it.
        """
        found = measure_boxes(pixels, boxes, self.way, pixel_size)
        rows = as_rows(found, self.part.columns).astype(np.float32)
        measured = np.array([bool(one) for one in found], dtype=np.bool_)
        if self._embedder is None or not len(boxes):
            return MeasuredCells(_widened(rows, self.part), measured)
        embedding, foreign = embed_cells(self._embedder, pixels, boxes, outlines)
        return MeasuredCells(np.concatenate([rows, embedding], axis=1), measured, foreign)

    def predict(self, cells: MeasuredCells) -> MeasuredOutput:
        """Name measured cells.

        Raises:
            InvalidValueError: Their columns are not those of the card, or there is no cell.
            BundleMismatchError: The graph fails on this input, or gives no valid probabilities or embedding.
        """
        probabilities, embedding = self.run(cells.columns)
        probabilities[~cells.measured] = 1 / len(self.card.labels)
        novel = np.zeros(len(cells.measured), np.bool_)
        if self.card.novelty is not None:
            novel = novel | is_novel(embedding, self.card.novelty)
        if cells.foreign is not None:
            novel = novel | cells.foreign
        return MeasuredOutput(probabilities, embedding, novel & cells.measured, cells.measured)

    def run(self, columns: Floats) -> tuple[Floats, Floats]:
        """What the graph says of columns: probabilities and embedding.

        Raises:
            InvalidValueError: The shape or type is not what the card says.
            BundleMismatchError: The graph fails on this input, or gives no valid probabilities or embedding.
        """
        if columns.dtype != np.float32 or columns.shape[1:] != (self.part.width,) or not len(columns):
            raise InvalidValueError(
                f"{self.card.name} takes float32 (n, {self.part.width}), got {columns.dtype} {columns.shape}."
            )
        probabilities, embedding = (np.array(one) for one in self._session.run(_OUTPUTS, columns))
        fits = probabilities.shape == (len(columns), len(self.card.labels))
        if not fits or not np.isfinite(probabilities).all():
            raise BundleMismatchError(
                f"{self.card.name} gave {probabilities.shape} probabilities for {len(self.card.labels)} classes, "
                "or values that are no numbers.",
                hint="Run `leukoscope model verify` on the bundle.",
            )
        demand_embedding(embedding, len(columns), self.card)
        return probabilities, embedding


def open_measured(bundle: Bundle, folders: Sequence[Path] = (), *, threads: int | None = None) -> MeasuredClassifier:
    """Open a bundle of measurements together with the model whose embedding it takes.

    Args:
        bundle: The bundle.
        folders: Where bundles are looked for, besides the shipped and installed ones.
        threads: Cores to use; all of them by default.

    Raises:
        BundleMismatchError: The model whose embedding it takes is not there, or is another version.
        InvalidBundleError: A graph cannot be used.
    """
    wanted = part_of(bundle.card).embedding
    if wanted is None:
        return MeasuredClassifier(bundle, threads=threads)
    try:
        found = find_bundle(wanted.name, folders)
    except NotFoundError as fault:
        raise BundleMismatchError(
            f"{bundle.card.name} takes the embedding of {wanted.name} {wanted.version}, which is not installed.",
            hint=f"Install {wanted.name} {wanted.version} with `leukoscope model install`.",
        ) from fault
    return MeasuredClassifier(bundle, Classifier(found, threads=threads), threads=threads)


def measure_picture(model: MeasuredClassifier, pixels: Pixels, pixel_size: PixelSize | None = None) -> MeasuredCells:
    """Measure the one cell of a picture, the largest where there are several; a row of nothing where there is none."""
    cell = largest_cell(pixels)
    if cell is None:
        nothing = np.full((1, model.part.width), np.nan, np.float32)
        return MeasuredCells(nothing, np.zeros(1, np.bool_))
    return model.measure(pixels, [cell.box], [cell.outline], pixel_size)


def largest_cell(pixels: Pixels) -> SegmentedCell | None:
    """The largest cell of a picture; None where none is found."""
    return max(find_cells(pixels).cells, key=lambda one: one.cell_area_px, default=None)


def part_of(card: Card) -> MeasurementsCard:
    """What a card says of measurements.

    Raises:
        BundleMismatchError: It is of another task.
    """
    if card.measurements is None:
        raise BundleMismatchError(
            f"{card.name} is for {card.task}, not for measurements.", hint="Choose a model of measurements."
        )
    return card.measurements


def embed_cells(
    embedder: Classifier, pixels: Pixels, boxes: Sequence[Box], outlines: Sequence[Outline | None] = ()
) -> tuple[Floats, Bools | None]:
    """What a network makes of cells before it names them, shape (n, dimensions), and which of them are novel to it.

    Raises:
        BundleMismatchError: The network gives no embedding.
    """
    borders = outlines or [None] * len(boxes)
    view = embedder.card.input.view
    shown = [show_cell(pixels, box, border, view)[0] for box, border in zip(boxes, borders, strict=True)]
    embedding = np.concatenate(list(_embedded(embedder, shown)))
    novelty = embedder.card.novelty
    return embedding, None if novelty is None else is_novel(embedding, novelty)


def _embedded(embedder: Classifier, shown: Sequence[Pixels]) -> Iterator[Floats]:
    for start in range(0, len(shown), BATCH):
        embedding = embedder.predict(np.stack(shown[start : start + BATCH])).embedding
        if embedding is None:
            raise BundleMismatchError(
                f"{embedder.card.name} gives no embedding.", hint="Use a model made by `leukoscope train`."
            )
        yield embedding


def _widened(rows: Floats, part: MeasurementsCard) -> Floats:
    return rows if rows.shape[1] == part.width else np.empty((0, part.width), np.float32)


def _demand_known(card: Card, part: MeasurementsCard) -> None:
    if part.outlining not in WAYS:
        raise BundleMismatchError(
            f"{card.name} measures cells outlined by {part.outlining!r}; this program knows {', '.join(WAYS)}.",
            hint="Use the version of leukoscope that it was made with, or train it again.",
        )
    known = {name for names in columns_by_topic().values() for name in names}
    unknown = [name for name in part.columns if name not in known]
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise BundleMismatchError(
            f"{card.name} takes the column {unknown[0]!r}{more}, which this program does not measure.",
            hint="Use the version of leukoscope that it was made with; docs/reference/measurements.md has all columns.",
        )
    if part.definitions != DEFINITIONS:
        raise BundleMismatchError(
            f"{card.name} learned from measurements in definition {part.definitions}; this program measures in "
            f"{DEFINITIONS}.",
            hint="Use the version of leukoscope that it was made with, or train it again.",
        )


def _demand_embedder(card: Card, part: MeasurementsCard, embedder: Classifier | None) -> None:
    wanted = part.embedding
    if (wanted is None) != (embedder is None):
        raise BundleMismatchError(f"{card.name} takes {'no' if wanted is None else 'an'} embedding.")
    if wanted is not None and embedder is not None and embedder.ref.sha256 != wanted.sha256:
        raise BundleMismatchError(
            f"{card.name} takes the embedding of {wanted.name} {wanted.version} (sha256 {wanted.sha256[:12]}); "
            f"installed is {embedder.ref.name} {embedder.ref.version} ({embedder.ref.sha256[:12]}).",
            hint=f"Install {wanted.name} {wanted.version}, or train {card.name} again.",
        )
