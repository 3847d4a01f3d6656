"""The differential as a table: one row a class, with limits and the model's own recall beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.domain.labels import UNCERTAIN
from leukoscope.reporting import wording
from leukoscope.reporting.counts_view import fields_text
from leukoscope.reporting.documents import ShareDocument, SummaryDocument
from leukoscope.reporting.palette import Style


@dataclass(frozen=True, slots=True)
class Row:
    """One class of a differential."""

    title: str
    meaning: str
    code: str
    color: str
    count: int
    percent: str
    limits: str
    recall: str
    recall_limits: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class SummaryView:
    """A summary, ready to be shown.

    `erythroblasts` tells them in a sentence, `erythroblast_rows` below the percentages; `fields` tells cells per field.
    """

    cells: int
    leukocytes: int
    rows: tuple[Row, ...]
    erythroblasts: str
    erythroblast_rows: tuple[Row, ...]
    recalls: bool
    blasts: str
    flags: tuple[str, ...]
    scope: str
    fields: str

    @classmethod
    def of(cls, summary: SummaryDocument, card: Card | None, styles: Mapping[str, Style]) -> SummaryView:
        """The view of a summary.

        Args:
            summary: As in result.json.
            card: Card of the cell model, or None.
            styles: How each class is drawn.
        """
        leukocytes = sum(share.count for share in summary.differential.values())
        return cls(
            cells=summary.cells,
            leukocytes=leukocytes,
            rows=tuple(_row(name, share, card, styles) for name, share in summary.differential.items()),
            erythroblasts=_erythroblasts(summary),
            erythroblast_rows=tuple(_erythroblast_rows(summary, card, styles)),
            recalls=card is not None and card.metrics is not None,
            blasts=blasts(summary),
            flags=tuple(summary.flags),
            scope=summary.scope,
            fields=fields_text(summary.fields),
        )


def blasts(summary: SummaryDocument) -> str:
    """What is known of blasts: their share when a model knows them, and how to read it, or why there is none."""
    if summary.blasts is None:
        return summary.blasts_note
    share = summary.blasts
    told = f"{share.count} ({wording.percent(share.percent)} %, 95 % limits {wording.limits(*share.ci95)})"
    return f"{told}. {summary.blasts_note}"


def _row(name: str, share: ShareDocument, card: Card | None, styles: Mapping[str, Style]) -> Row:
    style = styles[name]
    recall, recall_limits = _recall(name, card)
    meanings = {} if card is None else {label.name: label.meaning for label in card.labels}
    return Row(
        title=style.title,
        meaning=meanings.get(name, "Cells the model would not name."),
        code=style.code,
        color=style.color,
        count=share.count,
        percent=wording.percent(share.percent),
        limits=wording.limits(*share.ci95),
        recall=recall,
        recall_limits=recall_limits,
        dashed=name == UNCERTAIN,
    )


def _recall(name: str, card: Card | None) -> tuple[str, str]:
    if card is None or card.metrics is None or name not in card.metrics.per_class:
        return "", ""
    held = card.metrics.per_class[name]
    low, high = held.recall_ci95
    return f"{held.recall:.3f}", f"({low:.3f}\N{EN DASH}{high:.3f})"


def _erythroblast_rows(summary: SummaryDocument, card: Card | None, styles: Mapping[str, Style]) -> Iterator[Row]:
    labels = [] if card is None else [one for one in card.labels if one.group == "erythroblast"]
    if not labels or summary.erythroblasts is None:
        return
    # The document holds one count for all erythroblasts; a recall is told only where one class stands for them.
    label = labels[0]
    style, per_100 = styles[label.name], summary.erythroblasts.per_100_leukocytes
    recall, recall_limits = _recall(label.name, card) if len(labels) == 1 else ("", "")
    yield Row(
        title=style.title if len(labels) == 1 else "Erythroblasts, all",
        meaning=label.meaning,
        code=style.code,
        color=style.color,
        count=summary.erythroblasts.count,
        percent="" if per_100 is None else f"{per_100:.1f} per 100",
        limits="",
        recall=recall,
        recall_limits=recall_limits,
    )


def _erythroblasts(summary: SummaryDocument) -> str:
    if summary.erythroblasts is None:
        return ""
    per_100 = summary.erythroblasts.per_100_leukocytes
    told = "no leukocyte beside them" if per_100 is None else f"{per_100:.1f} per 100 leukocytes"
    return f"{summary.erythroblasts.count} ({told}; outside the percentages)"
