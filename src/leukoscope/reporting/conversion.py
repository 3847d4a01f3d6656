"""From findings to the documents of result.json."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from leukoscope.domain.findings import CellFinding, FieldCounts, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import ImageQuality
from leukoscope.domain.labels import Label
from leukoscope.domain.morphology import Morphology
from leukoscope.domain.summary import Share, Summary
from leukoscope.evaluation.differential import summarize
from leukoscope.evaluation.fields import FieldTotals
from leukoscope.reporting import gallery
from leukoscope.reporting.documents import (
    CellDocument,
    ClassificationDocument,
    CountsDocument,
    CutDocument,
    ErythroblastsDocument,
    FieldsDocument,
    ImageDocument,
    ModelDocument,
    MorphologyDocument,
    QualityDocument,
    ReviewDocument,
    ShareDocument,
    StandingDocument,
    SummaryDocument,
)


def image_document(path: str, finding: ImageFinding, labels: Sequence[Label]) -> ImageDocument:
    """The entry of one analyzed picture.

    Args:
        path: As results quote it.
        finding: What was found.
        labels: Classes of the cell model; none when no cell model was asked.
    """
    size = finding.pixel_size
    groups = {label.name: label.group for label in labels}
    places = {cell.id: place for place, cell in enumerate(gallery.in_order(finding.cells, groups), start=1)}
    cells = [
        _cell(cell, places[cell.id], gallery.REASONS[gallery.rank(cell, groups)], asked=bool(labels))
        for cell in finding.cells
    ]
    novel = sum(cell.novel is True for cell in cells)
    contradicted = gallery.count_contradicted(finding.cells, groups)
    return ImageDocument(
        path=path,
        sha256=finding.sha256,
        width=finding.width,
        height=finding.height,
        kind=finding.kind,
        pixel_size_um=None if size is None else round(size.um, 5),
        pixel_size_source=None if size is None else size.source,
        quality=_quality(finding.quality),
        counts=_counts(finding.counts),
        cells=cells,
        classification=_classification(finding.classification),
        warnings=list(finding.warnings),
        error=None,
        classification_note=finding.classification_note,
        summary=summary_document(
            summarize([(cell.label, cell.uncertain) for cell in cells], labels, novel=novel, contradicted=contradicted),
            novel=novel,
            contradicted=contradicted,
        ),
        finder=finding.finder,
    )


def failure_document(path: str, error: str) -> ImageDocument:
    """The entry of an input that could not be analyzed."""
    return ImageDocument(
        path=path,
        sha256=None,
        width=None,
        height=None,
        kind=None,
        pixel_size_um=None,
        pixel_size_source=None,
        quality=None,
        counts=None,
        cells=[],
        classification=None,
        warnings=[],
        error=error,
    )


def summary_document(
    summary: Summary, *, novel: int, contradicted: int = 0, scope: str = "", fields: FieldTotals | None = None
) -> SummaryDocument:
    """A summary as result.json tells it."""
    erythroblasts = None
    if summary.erythroblasts is not None:
        per_100 = summary.erythroblasts_per_100_leukocytes
        erythroblasts = ErythroblastsDocument(
            count=summary.erythroblasts, per_100_leukocytes=None if per_100 is None else round(per_100, 4)
        )
    return SummaryDocument(
        cells=summary.cells,
        differential={name: _share(share) for name, share in summary.differential.items()},
        blasts=None if summary.blasts is None else _share(summary.blasts),
        flags=list(summary.flags),
        uncertain=summary.uncertain,
        blasts_note=summary.blasts_note,
        erythroblasts=erythroblasts,
        novel=novel,
        scope=scope,
        fields=_fields(fields),
        contradicted=contradicted,
    )


def model_documents(refs: Sequence[ModelRef]) -> list[ModelDocument]:
    """The models that were asked."""
    return [ModelDocument(name=ref.name, version=ref.version, sha256=ref.sha256) for ref in refs]


def _counts(counts: FieldCounts | None) -> CountsDocument | None:
    if counts is None:
        return None
    cut = counts.cut
    return CountsDocument(
        wbc=counts.wbc,
        rbc=counts.rbc,
        platelet=counts.platelet,
        cut_by_edge=None if cut is None else CutDocument(wbc=cut.wbc, rbc=cut.rbc, platelet=cut.platelet),
        rbc_overlapping=counts.rbc_overlapping,
        wbc_to_rbc=_ratio(counts),
    )


def _fields(totals: FieldTotals | None) -> FieldsDocument | None:
    if totals is None:
        return None
    return FieldsDocument(
        fields=totals.fields,
        fields_not_counted=totals.not_counted,
        wbc_per_field=round(totals.wbc_per_field, 2),
        rbc_per_field=round(totals.rbc_per_field, 2),
        platelets_per_field=round(totals.platelets_per_field, 2),
        wbc_to_rbc=_ratio(totals.counts),
    )


def _ratio(counts: FieldCounts) -> float | None:
    return None if counts.wbc_to_rbc is None else round(counts.wbc_to_rbc, 4)


def _cell(cell: CellFinding, place: int, reason: str, *, asked: bool) -> CellDocument:
    said = cell.prediction
    x0, y0, x1, y1 = (round(float(edge), 1) for edge in cell.box.as_list())
    return CellDocument(
        id=cell.id,
        box=(x0, y0, x1, y1),
        outline=[(round(float(x), 1), round(float(y), 1)) for x, y in cell.outline.points],
        label=None if said is None else said.label,
        score=None if said is None else round(said.score, 4),
        probabilities={} if said is None else _rounded(said.probabilities),
        uncertain=asked if said is None else said.uncertain,  # asked, and nothing could be said: it has no name
        # A measurement that is not a number (a ratio over nothing) has no JSON form but null.
        features={name: round(value, 4) if math.isfinite(value) else None for name, value in cell.features.items()},
        novel=None if said is None else said.novel,
        morphology=_morphology(cell.morphology),
        review=ReviewDocument(place=place, reason=reason),
    )


def _morphology(meaning: Morphology) -> MorphologyDocument:
    likeness = meaning.blast_likeness
    return MorphologyDocument(
        sentence=meaning.sentence,
        note=meaning.note,
        blast_likeness=None if likeness is None else likeness.score,
        blast_criteria={} if likeness is None else dict(likeness.parts),
        percentiles=[
            StandingDocument(
                measurement=one.measurement,
                percent=round(one.percent, 1),
                among=one.group.name,
                cells=one.group.cells,
            )
            for one in meaning.standings
        ],
        conflict=meaning.conflict,
    )


def _classification(said: Prediction | None) -> ClassificationDocument | None:
    if said is None:
        return None
    return ClassificationDocument(
        model=said.model,
        label=said.label,
        score=round(said.score, 4),
        probabilities=_rounded(said.probabilities),
        uncertain=said.uncertain,
        novel=said.novel,
    )


def _rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in probabilities.items()}


def _quality(quality: ImageQuality) -> QualityDocument:
    return QualityDocument(
        focus=round(quality.focus, 3),
        background=round(quality.background, 1),
        clipped=round(quality.clipped, 4),
        stained=round(quality.stained, 4),
        covered=round(quality.covered, 4),
        warnings=list(quality.warnings),
    )


def _share(share: Share) -> ShareDocument:
    low, high = share.ci95
    return ShareDocument(count=share.count, percent=round(share.percent, 4), ci95=(round(low, 4), round(high, 4)))
