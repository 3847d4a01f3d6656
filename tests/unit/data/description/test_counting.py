from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leukoscope.data.description.counting import count_table
from leukoscope.data.description.values import UNLABELED, Count
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.domain.regions import Box


def manifest(*rows: Row) -> Manifest:
    return Manifest.from_rows(rows, Path(), "set")


def test_classes_parts_patients_and_columns_are_counted():
    tables = count_table(
        manifest(
            Row("1", label="ALL", subtype="L1", patient="p1", split="train", source="x"),
            Row("2", label="ALL", subtype="L2", patient="p1", split="test", source="x"),
            Row("3", label="HEM", patient="p2", split="train", source="y"),
            Row("4", label="HEM", patient="p1", split="train"),
            Row("5"),
        )
    )

    assert tables.classes == (Count(UNLABELED, 1), Count("ALL", 2), Count("HEM", 2))
    assert ("ALL", Count("L1", 1)) in tables.subtypes
    by_part, by_source = tables.crosses
    assert (by_part.by, by_part.columns) == ("part", ("train", "test", "(not said)"))
    assert dict(zip(by_part.rows, by_part.counts, strict=True)) == {
        UNLABELED: (0, 0, 1),
        "ALL": (1, 1, 0),
        "HEM": (2, 0, 0),
    }
    assert (by_source.by, by_source.columns) == ("source", ("(not said)", "x", "y"))
    patients = tables.patients
    assert patients is not None
    assert (patients.known, patients.pictures_without) == (2, 1)
    assert patients.per_class == (Count("ALL", 1), Count("HEM", 2))
    assert (patients.in_several_parts, patients.in_several_classes) == (1, 1)
    assert patients.most[0] == Count("p1", 3)
    assert {one.name: one.count for one in tables.filled}["patient"] == 4


def test_a_set_that_says_nothing_is_counted_all_the_same():
    tables = count_table(manifest(Row("1")))

    assert tables.classes == (Count(UNLABELED, 1),)
    assert (tables.subtypes, tables.crosses, tables.patients, tables.boxes) == ((), (), None, None)
    assert tables.duplicates.hashed == 0


def test_copies_are_told_by_the_hash_of_the_file_and_look_alikes_by_the_other():
    same, other, look, far = "a" * 64, "b" * 64, "1" * 16, "2" * 16
    found = count_table(
        manifest(
            Row("1", sha256=same, phash=look, label="x", split="train"),
            Row("2", sha256=same, phash=look, label="y", split="test"),
            Row("3", sha256=other, phash=look, label="x", split="test"),
            Row("4", sha256="c" * 64, phash=far, label="x"),
            Row("5", phash=far),
        )
    ).duplicates

    assert (found.hashed, found.copies, found.copies_with_other_label, found.copies_across_parts) == (4, 1, 1, 1)
    # 3 looks like 1, 5 looks like 4; 2 is the same file as 1 and was told already.
    assert (found.perceptual, found.look_alikes) == (5, 2)


def test_boxes_are_counted_a_label_and_a_picture():
    wbc, rbc = Annotation(Box(0, 0, 30, 30), "WBC"), Annotation(Box(5, 5, 15, 45), "RBC")
    boxes = count_table(
        manifest(Row("1", boxes=(wbc, rbc, rbc)), Row("2", boxes=(rbc,)), Row("3", boxes=()), Row("4"))
    ).boxes

    assert boxes is not None
    assert (boxes.pictures, boxes.annotated, boxes.empty) == (3, 3, 1)
    assert boxes.per_label == (Count("RBC", 3), Count("WBC", 1))
    per_picture, sides = dict(boxes.per_picture), dict(boxes.sides)
    assert (per_picture["RBC"].mean, per_picture["WBC"].mean) == (1.0, pytest.approx(1 / 3))
    assert (sides["WBC"].median, sides["RBC"].median) == (30.0, 20.0)


def test_a_hundred_thousand_rows_take_seconds():
    rng = np.random.default_rng(0)
    n = 100_000
    table = pd.DataFrame(
        {
            "path": [f"{number}.png" for number in range(n)],
            "label": rng.choice(["a", "b", "c"], n),
            "patient": rng.integers(0, 5000, n).astype(str),
            "split": rng.choice(["train", "test"], n),
            "sha256": [f"{number:064x}" for number in rng.integers(0, n, n)],
        }
    )
    made = Manifest.from_table(table, Path())
    started = time.process_time()
    tables = count_table(made)

    assert time.process_time() - started < 8
    assert sum(one.count for one in tables.classes) == n
    assert tables.duplicates.copies == n - table["sha256"].nunique()
