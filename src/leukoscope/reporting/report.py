"""Puts the HTML together: one file up to 30 pictures, above that an index and a page a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.reporting import wording
from leukoscope.reporting.cell_charts import CellCharts
from leukoscope.reporting.documents import SummaryDocument
from leukoscope.reporting.files import replacing
from leukoscope.reporting.page import render
from leukoscope.reporting.palette import Style
from leukoscope.reporting.parts import ImageLine, PartStore
from leukoscope.reporting.summary_view import SummaryView

MOST_IN_ONE_FILE = 30
GLIMPSES_PER_IMAGE = 6
"""Cells of one picture the index may show, so that one bad picture does not fill it."""

MOST_THUMBNAILS = 120
"""On the index: about 4 KB each, so half a megabyte."""

MOST_ROWS = 4000
"""Rows of the index, at most a kilobyte each; what is left out is in result.json and reached from page to page."""

MOST_FAILURES = 1000

_PAGES = "pages"
_OUR_PAGE = re.compile(r"image-\d{6}\.html")


@dataclass(frozen=True, slots=True)
class Seen:
    """A thumbnail of the index with its caption and where it leads."""

    picture: str
    caption: str
    path: str
    name: str
    link: str


@dataclass(frozen=True, slots=True)
class Row:
    """One picture as the list tells it."""

    line: ImageLine
    link: str


@dataclass(frozen=True, slots=True)
class Report:
    """What all pages of a report have in common.

    Attributes:
        cards: Cards of the models that were asked.
        refs: Which models they are.
        version: Version of leukoscope.
        styles: How each class of the cell model is drawn.
        written_at: Time the report was written, with time zone.
    """

    cards: Sequence[Card]
    refs: Sequence[ModelRef]
    version: str
    styles: Mapping[str, Style]
    written_at: datetime

    def write(
        self,
        folder: Path,
        lines: Sequence[ImageLine],
        summary: SummaryDocument,
        parts: PartStore,
        charts: CellCharts | None = None,
        *,
        complete: bool,
    ) -> None:
        """Write report.html and, above 30 pictures, pages/; pages of ours from an earlier report are removed."""
        analyzed = [line for line in lines if line.error is None]
        many, single = len(analyzed) > MOST_IN_ONE_FILE, len(lines) == len(analyzed) == 1
        if many:
            self._write_pages(folder / _PAGES, analyzed, parts)
        _remove_stale(folder / _PAGES, len(analyzed) if many else 0)
        with replacing(folder / "report.html") as stream:
            title = lines[0].path if len(lines) == 1 else wording.plural(len(lines), "picture")
            stream.write(self._top(title, single=single))
            if not single or not complete:
                stream.write(self._list(lines, summary, parts, charts, many=many, complete=complete))
            for line in () if many else analyzed:
                stream.write(parts.fragment(line))
            if single and complete:
                stream.write(render("charts", cells=charts))
            stream.write(self._bottom())

    def _write_pages(self, folder: Path, analyzed: Sequence[ImageLine], parts: PartStore) -> None:
        folder.mkdir(exist_ok=True)
        bottom = self._bottom()
        for number, line in enumerate(analyzed, start=1):
            before = _page(number - 1) if number > 1 else ""
            after = _page(number + 1) if number < len(analyzed) else ""
            with replacing(folder / _page(number)) as stream:
                stream.write(self._top(line.path, single=True, back="../report.html", before=before, after=after))
                stream.write(parts.fragment(line))
                stream.write(bottom)

    def _top(self, title: str, *, single: bool, back: str = "", before: str = "", after: str = "") -> str:
        labels = () if self._cell_card is None else self._cell_card.labels
        return render(
            "top",
            title=title,
            single=single,
            version=self.version,
            refs=self.refs,
            written_at=f"{self.written_at:%Y-%m-%d %H:%M %Z}",
            no_blasts="" if any(label.group == "blast" for label in labels) else wording.NO_BLASTS_HERE,
            names_cells=bool(labels),
            back=back,
            before=before,
            after=after,
        )

    def _list(
        self,
        lines: Sequence[ImageLine],
        summary: SummaryDocument,
        parts: PartStore,
        charts: CellCharts | None,
        *,
        many: bool,
        complete: bool,
    ) -> str:
        analyzed = [line for line in lines if line.error is None]
        failures = [line for line in lines if line.error is not None]
        links = {
            line.path: f"{_PAGES}/{_page(number)}" if many else f"#image-{line.part}"
            for number, line in enumerate(analyzed, start=1)
        }
        return render(
            "list",
            rows=[Row(line, links[line.path]) for line in analyzed[:MOST_ROWS]],
            left_out=max(0, len(analyzed) - MOST_ROWS),
            stages=any(line.stage for line in analyzed),
            failures=failures[:MOST_FAILURES],
            failed=len(failures),
            summary=SummaryView.of(summary, self._cell_card, self.styles) if analyzed else None,
            seen=list(_seen(analyzed, links, parts)) if many else [],
            waiting=sum(line.waiting for line in analyzed),
            per_image=GLIMPSES_PER_IMAGE,
            cells=charts,
            complete=complete,
        )

    def _bottom(self) -> str:
        return render("bottom", models=list(zip(self.cards, self.refs, strict=True)), version=self.version)

    @property
    def _cell_card(self) -> Card | None:
        return next((card for card in self.cards if card.level == "cell"), None)


def _seen(analyzed: Sequence[ImageLine], links: Mapping[str, str], parts: PartStore) -> Iterator[Seen]:
    ranked = sorted(
        (glimpse.rank, glimpse.score, place, number)
        for place, line in enumerate(analyzed)
        for number, glimpse in enumerate(line.glimpses)
    )
    for _, score, place, number in ranked[:MOST_THUMBNAILS]:
        line = analyzed[place]
        glimpse = line.glimpses[number]
        link = f"{links[line.path]}#cell-{line.part}-{glimpse.cell}"
        caption = f"{glimpse.caption}, {wording.share(score)}"
        name = re.split(r"[/\\]", line.path)[-1]
        yield Seen(parts.thumbnail(line, glimpse.cell), caption, line.path, name, link)


def _page(number: int) -> str:
    return f"image-{number:06d}.html"


def _remove_stale(folder: Path, kept: int) -> None:
    if not folder.is_dir():
        return
    wanted = {_page(number) for number in range(1, kept + 1)}
    for path in list(folder.iterdir()):
        if _OUR_PAGE.fullmatch(path.name) and path.name not in wanted:
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
