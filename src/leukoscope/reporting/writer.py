"""Writes a report while the pictures come: parts at once, the whole at the end, memory flat."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ImageFinding, ModelRef
from leukoscope.domain.images import SmearImage
from leukoscope.domain.labels import Label
from leukoscope.evaluation.differential import NO_CELL, summarize
from leukoscope.evaluation.fields import add_fields
from leukoscope.reporting import wording
from leukoscope.reporting.artist import Artist
from leukoscope.reporting.cell_charts import CellCharts, ChartCollector
from leukoscope.reporting.cells_csv import CellsTable
from leukoscope.reporting.conversion import failure_document, image_document, model_documents, summary_document
from leukoscope.reporting.documents import SCHEMA, ImageDocument, SummaryDocument
from leukoscope.reporting.files import replacing
from leukoscope.reporting.outlines import OutlineFormat, OutlineWriter
from leukoscope.reporting.page import render
from leukoscope.reporting.palette import styles_of
from leukoscope.reporting.parts import Glimpse, ImageLine, PartStore
from leukoscope.reporting.picture_flags import picture_flags
from leukoscope.reporting.report import GLIMPSES_PER_IMAGE, Report

_FORMAT = 4  # of the parts; a new one makes old parts stale


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What was written, without the weight of every outline.

    Attributes:
        summary: Of all pictures together, as in result.json.
        images: One light line an input, in the order of result.json.
        titles: What people read for each class.
    """

    summary: SummaryDocument
    images: tuple[ImageLine, ...]
    titles: dict[str, str]


class ReportWriter:
    """Writes `result.json`, `cells.csv` and `report.html` (above 30 pictures also `pages/`) into a folder.

    What is finished survives an interruption: a writer of the same version, models and settings takes it up again.
    Other files in the folder are left alone.

    Args:
        folder: Where the report goes; created when needed.
        cards: Cards of the models that were asked, the cell model first.
        refs: Which models they are.
        version: Version of leukoscope.
        settings: Whatever else changes the findings (a given pixel size); parts made with others are not taken up.
        outlines: In which format outlines are written besides, if any.
        clock: Gives the time the report was written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        cards: Sequence[Card],
        refs: Sequence[ModelRef],
        version: str,
        settings: str = "",
        outlines: OutlineFormat | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder, self._refs, self._version, self._clock = folder, refs, version, clock
        self._cards = cards
        self._cell_card = next((card for card in cards if card.level == "cell"), None)
        self._labels: tuple[Label, ...] = () if self._cell_card is None else self._cell_card.domain_labels
        self._styles = styles_of(self._labels)
        self._artist = Artist(self._cell_card, {card.name: card for card in cards}, self._styles)
        self._outlines = None if outlines is None else OutlineWriter(folder, outlines, self._styles)
        self._parts = PartStore(folder, self._identity(settings if outlines is None else f"{settings}, {outlines}"))
        self._lines: dict[str, ImageLine] = {}

    def holds(self, path: str, sha256: str) -> bool:
        """Whether an earlier, interrupted run already has this input; it then becomes part of this report."""
        line = self._parts.held(wording.clean(path), sha256)
        if line is None:
            return False
        self._lines[line.path] = line
        return True

    def add(self, path: str, image: SmearImage, finding: ImageFinding) -> None:
        """Write the part of one analyzed picture; nothing of it stays in memory but a line."""
        path = wording.clean(path)
        document = image_document(path, finding, self._labels)
        glimpses = self._artist.glimpses(finding, GLIMPSES_PER_IMAGE)
        line = self._line(document, finding, glimpses)
        view = self._artist.view(line.part, image, finding, document)
        thumbnails = self._artist.thumbnails(image.pixels, finding, glimpses)
        if self._outlines is not None:
            self._outlines.add(path, finding)
        self._parts.keep(line, document.model_dump_json(), render("image", image=view), thumbnails)
        self._lines[path] = line

    def add_failure(self, path: str, error: str) -> None:
        """Note an input that could not be analyzed, with one sentence."""
        path = wording.clean(path)
        self._lines[path] = ImageLine(path, error=wording.clean(error))

    def finish(self, *, complete: bool) -> ReportOutcome:
        """Put the parts together; each file appears whole or not at all.

        Args:
            complete: All inputs were seen, so that nothing is left to be taken up later.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = tuple(self._lines.values())
        summary = self._summary(lines)
        self._write_result(lines, summary)
        charts = self._write_cells(lines)
        report = Report(self._cards, self._refs, self._version, self._styles, self._clock())
        report.write(self._folder, lines, summary, self._parts, charts, complete=complete)
        if self._outlines is not None:
            analyzed = [(line.path, line.sha256) for line in lines if line.error is None]
            self._outlines.finish(analyzed, complete=complete)
        if complete:
            self._parts.remove()
        return ReportOutcome(summary, lines, {label.name: label.told for label in self._labels})

    def _line(self, document: ImageDocument, finding: ImageFinding, glimpses: list[Glimpse]) -> ImageLine:
        tally = Counter((cell.label, cell.uncertain) for cell in document.cells)
        said = finding.classification
        return ImageLine(
            path=document.path,
            sha256=finding.sha256,
            part=self._parts.next_part(),
            kind=finding.kind,
            tally=tuple((label, uncertain, count) for (label, uncertain), count in tally.items()),
            novel=sum(cell.novel is True for cell in document.cells),
            waiting=self._artist.waiting(finding),
            stage="" if said is None else self._artist.stage_reading(said, finding.classification_note),
            warnings=len(finding.warnings) + len(finding.quality.warnings),
            features=tuple(dict.fromkeys(name for cell in document.cells for name in cell.features)),
            glimpses=tuple(glimpses),
            counts=finding.counts,
            contradicted=self._artist.contradicted(finding),
            smear=finding.quality.smear,
        )

    def _summary(self, lines: Sequence[ImageLine]) -> SummaryDocument:
        analyzed = [line for line in lines if line.error is None]
        flags = tuple(picture_flags(analyzed))
        analyzed = [line for line in analyzed if line.smear]
        cells = ((label, uncertain) for line in analyzed for label, uncertain, n in line.tally for _ in range(n))
        novel = sum(line.novel for line in analyzed)
        scope = wording.pooled(len(analyzed)) if len(analyzed) > 1 else ""
        fields = add_fields(line.counts for line in analyzed)
        contradicted = sum(line.contradicted for line in analyzed)
        summary = summarize(cells, self._labels, novel=novel, contradicted=contradicted)
        left_out = any(line.cells for line in lines if not line.smear)
        of_cells = (flag for flag in summary.flags if flag != NO_CELL or not left_out)
        told = replace(summary, flags=(*flags, *of_cells))
        return summary_document(told, novel=novel, contradicted=contradicted, scope=scope, fields=fields)

    def _write_result(self, lines: Sequence[ImageLine], summary: SummaryDocument) -> None:
        models = ",".join(model.model_dump_json() for model in model_documents(self._refs))
        with replacing(self._folder / "result.json") as stream:
            stream.write(f'{{"schema":"{SCHEMA}","version":{json.dumps(self._version)},"models":[{models}],"images":[')
            for number, line in enumerate(lines):
                stream.write(",\n" if number else "\n")
                stream.write(self._document(line))
            stream.write(f'\n],"summary":{summary.model_dump_json()}}}\n')

    def _write_cells(self, lines: Sequence[ImageLine]) -> CellCharts | None:
        """Write the table; the same pass over the parts gives the charts."""
        collector = ChartCollector(self._styles)
        features = list(dict.fromkeys(name for line in lines for name in line.features))
        with replacing(self._folder / "cells.csv") as stream:
            table = CellsTable(stream, [label.name for label in self._labels], features)
            for line in lines:
                if line.cells:
                    image = ImageDocument.model_validate_json(self._parts.document(line))
                    table.add(image)
                    if line.smear:
                        collector.add(image)
        return collector.charts()

    def _document(self, line: ImageLine) -> str:
        if line.error is not None:
            return failure_document(line.path, line.error).model_dump_json()
        return self._parts.document(line)

    def _identity(self, settings: str) -> str:
        cards = [card.to_toml() for card in self._cards]
        models = [[ref.name, ref.version, ref.sha256] for ref in self._refs]
        told = json.dumps([_FORMAT, self._version, models, cards, settings])
        return hashlib.sha256(told.encode()).hexdigest()
