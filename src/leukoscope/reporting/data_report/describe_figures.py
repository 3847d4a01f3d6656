"""The figures of a description, one function a chapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.data.description.picture_numbers import NUMBERS
from leukoscope.data.description.spreads import Spread
from leukoscope.data.description.values import Boxes, Cross, Description, Patients, PictureMap, Seen, Tables
from leukoscope.reporting.figures.counts import draw_counts, draw_cross
from leukoscope.reporting.figures.maps import MapPanel, draw_maps
from leukoscope.reporting.figures.spreads import BoxOf, SpreadPanel, draw_spreads
from leukoscope.reporting.figures.style import Picture, picture_of

FAMILIES = ("RGB", "HSV", "Lab", "Optical density", "Light and focus", "Frame")


def class_figure(tables: Tables) -> Picture:
    """Pictures a class."""
    names, counts = [one.name for one in tables.classes], [one.count for one in tables.classes]
    return picture_of(draw_counts(names, counts, what="Pictures", of="Class"), "Bars: pictures of each class")


def cross_figure(cross: Cross) -> Picture:
    """Classes by part, fold or source."""
    figure = draw_cross(cross.rows, cross.columns, cross.counts, by=cross.by)
    return picture_of(figure, f"Stacked bars: pictures of each class by {cross.by}")


def patient_figure(patients: Patients) -> Picture:
    """The patients with the most pictures."""
    names, counts = [one.name for one in patients.most], [one.count for one in patients.most]
    figure = draw_counts(names, counts, what="Pictures", of="Patient")
    return picture_of(figure, "Bars: pictures of the patients with the most pictures")


def size_figure(seen: Seen) -> Picture:
    """Width and height."""
    names, counts = [one.name for one in seen.sizes], [one.count for one in seen.sizes]
    return picture_of(draw_counts(names, counts, what="Pictures", of="Size in pixels"), "Bars: pictures of each size")


def number_figures(seen: Seen, *, by_source: bool = False) -> Iterator[tuple[str, Picture]]:
    """For each family of numbers its name and a figure: one panel a number, one box a class or source."""
    told = dict(seen.per_source if by_source else seen.per_class)
    of = "Source" if by_source else "Class"
    for family in FAMILIES:
        notes = [note for note in NUMBERS if note.family == family and _varies(told.get(note.name, ()))]
        panels = [
            SpreadPanel(note.title, note.unit or "ratio", tuple(_box(group, one) for group, one in told[note.name]))
            for note in notes
        ]
        if panels:
            columns = 2 if len(panels) == 4 else 3
            alt = f"Boxes: {', '.join(note.title for note in notes)} of each {of.lower()}"
            yield family, picture_of(draw_spreads(panels, of=of, columns=columns), alt)


def box_figure(boxes: Boxes) -> Picture:
    """How many boxes a picture holds, and how large they are."""
    panels = (
        SpreadPanel("Boxes a picture", "boxes", tuple(_box(name, one) for name, one in boxes.per_picture)),
        SpreadPanel(
            "Size of the boxes", "square root of area, pixels", tuple(_box(name, one) for name, one in boxes.sides)
        ),
    )
    return picture_of(draw_spreads(panels, of="Label", columns=2), "Boxes: number and size of the marked objects")


def map_figures(description: Description) -> Iterator[tuple[str, Picture]]:
    """For each basis of the maps its name and a figure: methods across, colorings down."""
    for basis in dict.fromkeys(one.basis for one in description.maps):
        maps = [one for one in description.maps if one.basis == basis]
        panels = [_panel(one, by, names) for by, names in description.colorings for one in maps]
        yield basis, picture_of(draw_maps(panels, seed=description.seed), f"Maps of the pictures by {basis}")


def _panel(one: PictureMap, by: str, names: tuple[str, ...]) -> MapPanel:
    if one.explained:
        x, y = (f"Component {place} ({share:.0%} of variance)" for place, share in enumerate(one.explained, start=1))
    else:
        x, y = f"{one.method} 1 (no unit)", f"{one.method} 2 (no unit)"
    return MapPanel(f"{one.method} by {by}", x, y, one.points, names)


def _varies(groups: Sequence[tuple[str, Spread]]) -> bool:
    """Whether a number differs at all: boxes of one and the same value tell nothing."""
    return any(one.most > one.least for _, one in groups) or len({one.mean for _, one in groups}) > 1


def _box(group: str, one: Spread) -> BoxOf:
    return BoxOf(group, one.n, (one.low, one.quarter, one.median, one.three_quarters, one.high))
