"""THE SPINE: from a picture to findings, one step a line, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, FieldCounts, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import ImageKind, Pixels, PixelSize, SmearImage
from leukoscope.imaging.features import measure
from leukoscope.imaging.quality import judge_quality
from leukoscope.imaging.scale import estimate_pixel_size
from leukoscope.imaging.segmentation import Segmentation, SegmentedCell, find_cells
from leukoscope.inference.naming import CellModel, name_cells
from leukoscope.inference.stage import StageJudge


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Finds the cells of a picture, names them, and classifies the picture.

    Args:
        cell_model: Names cells; None leaves them unnamed.
        stage: Classifies whole pictures; None leaves them unclassified.
    """

    cell_model: CellModel | None
    stage: StageJudge | None

    @property
    def cards(self) -> Sequence[Card]:
        """Cards of the models asked, the cell model first."""
        return [model.card for model in (self.cell_model, self.stage) if model is not None]

    @property
    def refs(self) -> Sequence[ModelRef]:
        """Which models speak, in the order of `cards`."""
        return [model.ref for model in (self.cell_model, self.stage) if model is not None]

    def analyze(self, image: SmearImage) -> ImageFinding:
        """Find and name what is in one picture."""
        quality = judge_quality(image)
        segmentation = find_cells(image.pixels)
        pixel_size = image.pixel_size or _estimated_scale(image.pixels, segmentation.kind)
        predictions = _named(self.cell_model, image.pixels, segmentation, pixel_size)
        cells = tuple(
            _finding(number, cell, prediction, pixel_size)
            for number, (cell, prediction) in enumerate(zip(segmentation.cells, predictions, strict=True), start=1)
        )
        verdict = None if self.stage is None else self.stage.judge(image.pixels, segmentation.kind)
        return ImageFinding(
            width=image.width,
            height=image.height,
            sha256=image.sha256,
            kind=segmentation.kind,
            pixel_size=pixel_size,
            quality=quality,
            counts=FieldCounts(_leukocytes(self.cell_model, cells), None, None)
            if segmentation.kind == "field"
            else None,
            cells=cells,
            classification=None if verdict is None else verdict.prediction,
            classification_note="" if verdict is None else verdict.note,
            warnings=image.warnings,
        )


def _estimated_scale(pixels: Pixels, kind: ImageKind) -> PixelSize | None:
    return estimate_pixel_size(pixels) if kind == "field" else None


def _named(
    model: CellModel | None, pixels: Pixels, segmentation: Segmentation, pixel_size: PixelSize | None
) -> Sequence[Prediction | None]:
    if model is None:
        return [None] * len(segmentation.cells)
    return name_cells(model, pixels, segmentation.cells, pixel_size)


def _finding(
    number: int, cell: SegmentedCell, prediction: Prediction | None, pixel_size: PixelSize | None
) -> CellFinding:
    return CellFinding(number, cell.box, cell.outline, prediction, measure(cell, pixel_size))


def _leukocytes(model: CellModel | None, cells: Sequence[CellFinding]) -> int:
    """Nucleated cells but those surely named erythroblast, as the differential counts them."""
    labels = () if model is None else model.card.labels
    erythroid = {label.name for label in labels if label.group == "erythroblast"}
    said = [cell.prediction for cell in cells]
    return sum(one is None or one.uncertain or one.label not in erythroid for one in said)
