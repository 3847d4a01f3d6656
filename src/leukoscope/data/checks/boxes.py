"""Do marked objects lie inside their pictures, once each, under labels that are spelled one way?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.findings import Finding
from leukoscope.data.checks.gathered import Floats, Integers
from leukoscope.data.checks.labels import plain_name
from leukoscope.data.checks.pairs import SHOWN
from leukoscope.data.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

SLACK_PX = 0.5
"""How far a box may reach past the picture before it counts: whole-pixel formats round."""
SAME_BOX = 0.9
"""Intersection over union from which two boxes of one label mark one object twice."""
_CHUNK = 50_000
"""Pictures at a time, so that memory stays flat."""


@dataclass(slots=True)
class _Found:
    """What the chunks add up to: rows concerned, and labels with their counts."""

    outside: list[int]
    twice: list[int]
    outside_boxes: int = 0
    twice_boxes: int = 0


def check_boxes(manifest: Manifest, prefix: str = "") -> Iterator[Finding]:
    """Findings on the boxes of one set; `prefix` is put before file names."""
    annotated = manifest.table.loc[manifest.table["boxes"].notna(), ["boxes", "width", "height"]]
    if annotated.empty:
        return
    found, labels = _Found([], []), dict[str, int]()
    for start in range(0, len(annotated), _CHUNK):
        chunk = annotated.iloc[start : start + _CHUNK]
        boxes = _as_table(chunk)
        if boxes.empty:
            continue
        for label, count in boxes["label"].value_counts().items():
            labels[str(label)] = labels.get(str(label), 0) + int(count)
        _look_outside(boxes, chunk, found)
        _look_twice(boxes, found)
    yield from _tell(manifest, found, labels, prefix)


def _as_table(chunk: pd.DataFrame) -> pd.DataFrame:
    """All boxes of some pictures: row, label, x0, y0, x1, y1."""
    import pandas as pd

    several = json.loads("[" + ",".join(chunk["boxes"]) + "]")
    counts = [len(boxes) for boxes in several]
    boxes = list(chain.from_iterable(several))
    sides = np.array([box[:4] for box in boxes], dtype=np.float64).reshape(-1, 4)
    table = pd.DataFrame(sides, columns=["x0", "y0", "x1", "y1"])
    table["row"] = np.repeat(chunk.index.to_numpy(), counts)
    table["label"] = pd.Series([box[4] for box in boxes], dtype="str").astype("category")
    return table


def _look_outside(boxes: pd.DataFrame, chunk: pd.DataFrame, found: _Found) -> None:
    width = chunk["width"].reindex(boxes["row"]).to_numpy(dtype=np.float64, na_value=np.inf)
    height = chunk["height"].reindex(boxes["row"]).to_numpy(dtype=np.float64, na_value=np.inf)
    low = (boxes["x0"] < -SLACK_PX) | (boxes["y0"] < -SLACK_PX)
    outside = low | (boxes["x1"] > width + SLACK_PX) | (boxes["y1"] > height + SLACK_PX)
    found.outside_boxes += int(outside.sum())
    found.outside += [int(row) for row in boxes.loc[outside, "row"].unique()[: SHOWN - len(found.outside)]]


def _look_twice(boxes: pd.DataFrame, found: _Found) -> None:
    """Sorted by x0, boxes that are one object lie within a few places of each other."""
    ordered = boxes.sort_values(["row", "x0"], kind="stable")
    row, label = ordered["row"].to_numpy(), ordered["label"].cat.codes.to_numpy()
    sides = ordered[["x0", "y0", "x1", "y1"]].to_numpy()
    reach, twice = 1, np.zeros(len(ordered), dtype=bool)
    while reach < len(ordered):
        near = (row[:-reach] == row[reach:]) & (sides[reach:, 0] < sides[:-reach, 2])
        if not near.any():
            return _note_twice(row, twice, found)
        places = np.flatnonzero(near)
        places = places[label[places] == label[places + reach]]
        twice[places] |= _overlap(sides[places], sides[places + reach]) >= SAME_BOX
        reach += 1
    return _note_twice(row, twice, found)


def _note_twice(row: Integers, twice: NDArray[np.bool_], found: _Found) -> None:
    found.twice_boxes += int(twice.sum())
    found.twice += [int(one) for one in np.unique(row[twice])[: SHOWN - len(found.twice)]]


def _overlap(one: Floats, other: Floats) -> Floats:
    """Intersection over union of boxes, row by row."""
    low, high = np.maximum(one[:, :2], other[:, :2]), np.minimum(one[:, 2:], other[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(one[:, 2:] - one[:, :2], axis=1) + np.prod(other[:, 2:] - other[:, :2], axis=1)
    return np.asarray(shared / np.maximum(areas - shared, 1e-9))


def _tell(manifest: Manifest, found: _Found, labels: dict[str, int], prefix: str) -> Iterator[Finding]:
    paths = manifest.table["path"]
    if found.outside_boxes:
        yield Finding(
            "boxes-outside",
            "warning",
            f"{found.outside_boxes} boxes reach past the edge of their picture.",
            "Correct them in the annotation files and import them again; many of them mean that pictures were resized "
            "or turned without their boxes.",
            count=found.outside_boxes,
            files=tuple(f"{prefix}{paths.iat[row]}" for row in found.outside),
        )
    if found.twice_boxes:
        yield Finding(
            "boxes-twice",
            "warning",
            f"{found.twice_boxes} boxes mark an object that another box of the same label marks already.",
            "Take one of the two away, or counts and detection scores are wrong.",
            count=found.twice_boxes,
            files=tuple(f"{prefix}{paths.iat[row]}" for row in found.twice),
        )
    spellings: dict[str, list[str]] = {}
    for label in labels:
        spellings.setdefault(plain_name(label), []).append(label)
    variants = ["; ".join(sorted(several)) for several in spellings.values() if len(several) > 1]
    if variants:
        yield Finding(
            "box-label-spellings",
            "severe",
            f"{len(variants)} box labels are spelled in more than one way: {', '.join(variants)}.",
            "Write each label one way in the annotation files and import them again.",
            count=len(variants),
        )
