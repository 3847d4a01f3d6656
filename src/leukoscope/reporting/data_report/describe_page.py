"""Writes the description of a data set: `describe.html` and `description.json`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.data.description.picture_numbers import title_of
from leukoscope.data.description.values import ClassPictures, Description
from leukoscope.reporting.artist import data_uri
from leukoscope.reporting.data_report import describe_figures as figures
from leukoscope.reporting.data_report.describe_words import what_stands_out
from leukoscope.reporting.data_report.description_json import description_to_json
from leukoscope.reporting.figures.style import Picture
from leukoscope.reporting.files import replacing, write_page
from leukoscope.reporting.page import render

MOST_ROWS = 300
"""Classes in a table; all are in description.json."""
MOST_SUBTYPES = 100
_QUALITY = 82


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as the table tells it."""

    name: str
    count: int
    percent: float
    patients: int | None
    subtypes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ClassStrip:
    """Pictures of a class: the mean, then samples with their paths, as data URIs."""

    label: str
    count: int
    mean: str
    samples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SeparationRow:
    """What a number tells of classes and sources, as percentages; None where there is nothing to tell."""

    title: str
    between_classes: float | None
    between_sources: float | None


def write_description(description: Description, folder: Path, *, written_at: datetime | None = None) -> Path:
    """Write `describe.html`, one file without script or network, and `description.json` beside it.

    Args:
        description: What to tell.
        folder: Where to; made when needed.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "description.json") as stream:
        stream.write(description_to_json(description, version=__version__))
    return write_page(folder / "describe.html", _parts(description, written_at or datetime.now(UTC)))


def _parts(description: Description, written_at: datetime) -> Iterator[str]:
    tables, seen = description.tables, description.seen
    yield render(
        "data_report/top",
        brand="leukoscope data set description",
        title=description.name or "Data set",
        version=__version__,
        written_at=f"{written_at:%Y-%m-%d %H:%M %Z}",
    )
    yield render("data_report/describe_summary", description=description, standing_out=what_stands_out(description))
    yield render(
        "data_report/describe_tables",
        description=description,
        rows=_class_rows(description)[:MOST_ROWS],
        classes=figures.class_figure(tables),
        crosses=[(cross, figures.cross_figure(cross)) for cross in tables.crosses if len(cross.columns) > 1],
        patients=None if tables.patients is None else figures.patient_figure(tables.patients),
    )
    if seen is not None and seen.measured:
        yield render("data_report/describe_gallery", strips=[_strip(one) for one in description.gallery],
                     classes=len(tables.classes))  # fmt: skip
        yield render("data_report/describe_numbers", seen=seen, sizes=figures.size_figure(seen),
                     separation=_separation(description), by_class=list(figures.number_figures(seen)),
                     by_source=list(figures.number_figures(seen, by_source=True)))  # fmt: skip
        yield render("data_report/describe_maps", maps=list(figures.map_figures(description)))
    yield render("data_report/describe_end", description=description, boxes=_boxes(description))
    yield render("data_report/bottom", version=__version__)


def _class_rows(description: Description) -> list[ClassRow]:
    tables = description.tables
    patients = {} if tables.patients is None else {one.name: one.count for one in tables.patients.per_class}
    subtypes: dict[str, list[tuple[str, int]]] = {}
    for label, one in tables.subtypes[: MOST_SUBTYPES * 10]:
        subtypes.setdefault(label, []).append((one.name, one.count))
    return [
        ClassRow(
            one.name,
            one.count,
            100 * one.count / description.pictures,
            patients.get(one.name, 0) if patients else None,
            tuple(subtypes.get(one.name, ())[:MOST_SUBTYPES]),
        )
        for one in tables.classes
    ]


def _strip(one: ClassPictures) -> ClassStrip:
    samples = tuple((path, data_uri(pixels, _QUALITY)) for path, pixels in one.samples)
    return ClassStrip(one.label, one.count, data_uri(one.mean, _QUALITY), samples)


def _separation(description: Description) -> list[SeparationRow]:
    if description.seen is None:
        return []
    return [
        SeparationRow(title_of(one.number), _percent(one.between_classes), _percent(one.between_sources))
        for one in description.seen.separation
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _boxes(description: Description) -> Picture | None:
    boxes = description.tables.boxes
    return None if boxes is None or not boxes.per_label else figures.box_figure(boxes)
