"""A description as JSON, for programs: `description.json`."""

from __future__ import annotations

import dataclasses
import json

from leukoscope.data.description.picture_numbers import NUMBERS
from leukoscope.data.description.spreads import Spread
from leukoscope.data.description.values import Description, PictureMap, Seen
from leukoscope.reporting.wording import clean

SCHEMA = "leukoscope.description/1"
Json = dict[str, object]


def description_to_json(description: Description, *, version: str) -> str:
    """The text of `description.json`; pictures are left out, all numbers are in.

    Args:
        description: What to tell.
        version: Version of leukoscope.
    """
    tables = description.tables
    document: Json = {
        "schema": SCHEMA,
        "version": version,
        "name": description.name,
        "pictures": description.pictures,
        "seed": description.seed,
        "notes": list(description.notes),
        "classes": {one.name: one.count for one in tables.classes},
        "subtypes": [{"class": label, "subtype": one.name, "pictures": one.count} for label, one in tables.subtypes],
        **{f"classes_by_{cross.by}": _cross(cross.rows, cross.columns, cross.counts) for cross in tables.crosses},
        "patients": None if tables.patients is None else dataclasses.asdict(tables.patients),
        "boxes": None if tables.boxes is None else dataclasses.asdict(tables.boxes),
        "duplicates": dataclasses.asdict(tables.duplicates),
        "columns_filled": {one.name: one.count for one in tables.filled},
        "seen": None if description.seen is None else _seen(description.seen),
        "maps": [_map(one) for one in description.maps],
        "map_groups": {by: list(names) for by, names in description.colorings},
    }
    return clean(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)) + "\n"


def _cross(rows: tuple[str, ...], columns: tuple[str, ...], counts: tuple[tuple[int, ...], ...]) -> Json:
    return {row: dict(zip(columns, told, strict=True)) for row, told in zip(rows, counts, strict=True)}


def _seen(seen: Seen) -> Json:
    return {
        "asked": seen.asked,
        "measured": seen.measured,
        "unreadable": [{"path": one.path, "why": one.why} for one in seen.unreadable],
        "sizes": {one.name: one.count for one in seen.sizes},
        "numbers": {note.name: {"title": note.title, "unit": note.unit} for note in NUMBERS},
        "per_class": _spreads(seen.per_class),
        "per_source": _spreads(seen.per_source),
        "variance_between": [dataclasses.asdict(one) for one in seen.separation],
    }


def _spreads(told: tuple[tuple[str, tuple[tuple[str, Spread], ...]], ...]) -> Json:
    return {number: {group: dataclasses.asdict(spread) for group, spread in groups} for number, groups in told}


def _map(one: PictureMap) -> Json:
    return {
        "method": one.method,
        "basis": one.basis,
        "explained": list(one.explained),
        "rows": one.rows.tolist(),
        "points": [[round(x, 4), round(y, 4)] for x, y in one.points.tolist()],
    }
