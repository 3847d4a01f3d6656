"""The shape of `result.json`: models that write it and read it back.

Key names and their order are the stable outside of the product; keys are only ever added.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from leukoscope.domain.images import ImageKind, PixelSizeSource

SCHEMA = "leukoscope.result/1"
Point = tuple[float, float]


class _Document(BaseModel):
    # Unknown keys are passed over, so that a reader of today reads the result of a later release. Built when first
    # used: with the document that is written, not each part by itself besides.
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)


class ModelDocument(_Document):
    """A model that was asked."""

    name: str
    version: str
    sha256: str


class QualityDocument(_Document):
    """How fit a picture is to be read; see `domain.images.ImageQuality`."""

    focus: float
    background: float
    clipped: float
    stained: float
    covered: float
    warnings: list[str]


class CutDocument(_Document):
    """How many of the counted cells the edge of the picture cuts."""

    wbc: int
    rbc: int
    platelet: int


class CountsDocument(_Document):
    """Cells counted in a field, those that its edge cuts included; null for a kind that was not counted.

    In `wbc_to_rbc` a cell that the edge cuts counts half; `rbc_overlapping` are red cells in overlaps.
    """

    wbc: int | None
    rbc: int | None
    platelet: int | None
    cut_by_edge: CutDocument | None = None
    rbc_overlapping: int | None = None
    wbc_to_rbc: float | None = None


class FieldsDocument(_Document):
    """Means over fields: leukocytes over all, the others over all but the `fields_not_counted`."""

    fields: int
    fields_not_counted: int = 0
    wbc_per_field: float
    rbc_per_field: float
    platelets_per_field: float
    wbc_to_rbc: float | None


class StandingDocument(_Document):
    """Where a cell stands among reference cells: `percent` of the `cells` of `among` measure less."""

    measurement: str
    percent: float
    among: str
    cells: int


class MorphologyDocument(_Document):
    """What the measurements of a cell mean; `note` says why nothing is said of a doubtful outline."""

    sentence: str
    note: str
    blast_likeness: float | None
    blast_criteria: dict[str, float]
    percentiles: list[StandingDocument]
    conflict: str


class ReviewDocument(_Document):
    """Which place a cell has in the order of review, from 1, and why it is to be looked at; empty for the others."""

    place: int
    reason: str


class CellDocument(_Document):
    """One nucleated cell; `label` and `score` are null where no cell model was asked, or it could not measure the cell.

    In the latter case it is `uncertain`.
    """

    id: int
    box: tuple[float, float, float, float]
    outline: list[Point]
    label: str | None
    score: float | None
    probabilities: dict[str, float]
    uncertain: bool
    features: dict[str, float | None]
    novel: bool | None = None
    morphology: MorphologyDocument | None = None
    review: ReviewDocument | None = None


class ClassificationDocument(_Document):
    """What a model of whole pictures says."""

    model: str
    label: str
    score: float
    probabilities: dict[str, float]
    uncertain: bool
    novel: bool | None = None


class ShareDocument(_Document):
    """A count with its percentage and exact 95 % limits of sampling, in percent."""

    count: int
    percent: float
    ci95: tuple[float, float]


class ErythroblastsDocument(_Document):
    """Erythroblasts, outside the percentages of the leukocytes."""

    count: int
    per_100_leukocytes: float | None


class SummaryDocument(_Document):
    """What the cells of one picture, or of all, add up to."""

    cells: int
    differential: dict[str, ShareDocument]
    blasts: ShareDocument | None
    flags: list[str]
    uncertain: int
    blasts_note: str = ""
    erythroblasts: ErythroblastsDocument | None = None
    novel: int = 0
    scope: str = ""
    fields: FieldsDocument | None = None
    contradicted: int = 0


class ImageDocument(_Document):
    """One input; sizes and kind are null, and `error` tells why, where it could not be analyzed."""

    path: str
    sha256: str | None
    width: int | None
    height: int | None
    kind: ImageKind | None
    pixel_size_um: float | None
    pixel_size_source: PixelSizeSource | None
    quality: QualityDocument | None
    counts: CountsDocument | None
    cells: list[CellDocument]
    classification: ClassificationDocument | None
    warnings: list[str]
    error: str | None
    classification_note: str = ""
    summary: SummaryDocument | None = None
    finder: str | None = None


class ResultDocument(_Document):
    """A whole `result.json`.

    Example:
        >>> empty = SummaryDocument(cells=0, differential={}, blasts=None, flags=[], uncertain=0)
        >>> result = ResultDocument(version="0.1.0", models=[], images=[], summary=empty)
        >>> ResultDocument.model_validate_json(result.to_json()) == result
        True
    """

    schema_: Annotated[Literal["leukoscope.result/1"], Field(alias="schema")] = "leukoscope.result/1"
    version: str
    models: list[ModelDocument]
    images: list[ImageDocument]
    summary: SummaryDocument

    def to_json(self) -> str:
        """The document as JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True)
