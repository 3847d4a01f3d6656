"""The reference cells of the package as JSON: quantiles only, made by `benchmarks/reference_cells.py`, read once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from leukoscope.domain.morphology import ReferenceGroup
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.morphology.reference import ReferenceCells, ReferenceShelf

SCHEMA = "leukoscope.reference-cells/1"
FILE = "reference_cells.json"


@cache
def shipped_reference() -> ReferenceShelf:
    """The reference cells of the package."""
    return read_reference((files("leukoscope.imaging.morphology") / FILE).read_text(encoding="utf-8"))


def read_reference(text: str) -> ReferenceShelf:
    """Reference cells from JSON.

    Raises:
        InvalidValueError: It is of another schema, or its quantiles or counts contradict each other.
    """
    told = json.loads(text)
    if told.get("schema") != SCHEMA:
        raise InvalidValueError(f"Reference cells must be of schema {SCHEMA}, got {told.get('schema')!r}.")
    percents = tuple(told["percents"])
    return ReferenceShelf(
        tuple(
            ReferenceCells(
                group=ReferenceGroup(one["name"], one["title"], one["cells"], one["source"]),
                part=one["part"],
                licence=one["licence"],
                pixel_size_um=one["pixel_size_um"],
                pixel_size_from=one["pixel_size_from"],
                outlined_by=one["outlined_by"],
                on_black=one["on_black"],
                percents=percents,
                quantiles={name: tuple(values) for name, values in one["quantiles"].items()},
                counts=one.get("counts", {}),
                made_by=one.get("made_by", ""),
            )
            for one in told["groups"]
        )
    )


def reference_text(groups: Iterable[ReferenceCells]) -> str:
    """JSON of reference cells, one line a measurement; all groups have the same percents."""
    listed = list(groups)
    head = {"schema": SCHEMA, "percents": listed[0].percents if listed else ()}
    body = ",\n".join("\n".join(_group_lines(one)) for one in listed)
    return json.dumps(head)[:-1] + f', "groups": [\n{body}\n]}}\n'


def _group_lines(cells: ReferenceCells) -> Iterator[str]:
    group = cells.group
    head = {
        "name": group.name,
        "title": group.title,
        "cells": group.cells,
        "source": group.source,
        "part": cells.part,
        "licence": cells.licence,
        "pixel_size_um": cells.pixel_size_um,
        "pixel_size_from": cells.pixel_size_from,
        "outlined_by": cells.outlined_by,
        "on_black": cells.on_black,
        "made_by": cells.made_by,
        "counts": dict(cells.counts),
    }
    yield json.dumps(head)[:-1] + ', "quantiles": {'
    yield ",\n".join(f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in cells.quantiles.items())
    yield "}}"
