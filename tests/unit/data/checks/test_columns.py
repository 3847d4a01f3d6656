"""What a manifest tells of itself: every finding is raised where it is planted, and none on a clean set."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.checks.findings import CheckReport, Finding
from leukoscope.data.checks.gathered import gather, pairs_of
from leukoscope.data.checks.labels import plain_name
from leukoscope.data.checks.pairs import check_pairs
from leukoscope.data.manifest import PARTS, Annotation, Manifest, Row
from leukoscope.domain.regions import Box
from leukoscope.experiments.data_check import Target, check_opened

Rows = list[Row]
Plant = Callable[[Rows], Rows]


def digest(number: int) -> str:
    return f"{number:064x}"


def clean(count: int = 60) -> Rows:
    """Two classes, ten patients, three parts and folds by patient, all hashes different, one box a picture."""
    rng = np.random.default_rng(0)
    return [
        Row(
            f"{'ab'[n % 2]}/picture-{n}.jpg",
            sha256=digest(n),
            phash=rng.bytes(8).hex(),
            width=100,
            height=80,
            label="ab"[n % 2],
            boxes=(Annotation(Box(10, 10, 40, 40), "WBC"),),
            patient=f"p{n // 2 % 10}",
            group=f"p{n // 2 % 10}",
            source="drawn",
            split=PARTS[n // 2 % 10 % 3],
            fold=n // 2 % 10 % 3,
            original_sha256=digest(10**6 + n),
        )
        for n in range(count)
    ]


def check(rows: Rows, name: str = "drawn") -> CheckReport:
    return check_opened([Target(Manifest.from_rows(rows, Path(), name))], without_pixels=True).report


def codes(report: CheckReport) -> dict[str, Finding]:
    return {finding.code: finding for finding in report.findings}


def changed(rows: Rows, place: int, **values: object) -> Rows:
    return [replace(row, **values) if n == place else row for n, row in enumerate(rows)]  # type: ignore[arg-type]


def like(row: Row, of: Row, *columns: str) -> Row:
    return replace(row, **{column: getattr(of, column) for column in columns})


WHO = ("patient", "group", "split", "fold")
PLANTED: dict[str, tuple[str, Plant]] = {
    "copies": ("warning", lambda rows: [*rows, replace(rows[0], path="a/again.jpg", original_sha256=None)]),
    "copies-across-parts": (
        "severe",
        lambda rows: [*rows, like(replace(rows[0], path="a/again.jpg"), rows[2], *WHO)],
    ),
    "copies-across-folds": (
        "severe",
        lambda rows: [
            replace(r, split=None) for r in [*rows, like(replace(rows[0], path="a/again.jpg"), rows[2], *WHO)]
        ],
    ),
    "copies-across-patients": (
        "warning",
        lambda rows: [*rows, replace(rows[0], path="a/again.jpg", patient="p6", group="p6")],
    ),
    "same-picture-other-label": (
        "severe",
        lambda rows: [*rows, replace(rows[0], path="b/again.jpg", label="b")],
    ),
    "patients-across-parts": (
        "severe",
        lambda rows: [replace(r, group=None, fold=None, split=PARTS[n % 3]) for n, r in enumerate(rows)],
    ),
    "groups-across-parts": (
        "severe",
        lambda rows: [replace(r, patient=None, fold=None, split=PARTS[n % 3]) for n, r in enumerate(rows)],
    ),
    "patients-across-folds": (
        "severe",
        lambda rows: [replace(r, group=None, split=None, fold=n % 3) for n, r in enumerate(rows)],
    ),
    "groups-across-folds": (
        "severe",
        lambda rows: [replace(r, patient=None, split=None, fold=n % 3) for n, r in enumerate(rows)],
    ),
    "augmented-copies-across-parts": (
        "severe",
        lambda rows: [
            *rows,
            like(
                replace(
                    rows[0],
                    path="a/new.jpg",
                    sha256=digest(999),
                    phash=None,
                    copy_of=rows[0].path,
                    original_sha256=None,
                ),
                rows[2],
                *WHO,
            ),
        ],
    ),
    "leaky-on-purpose": ("severe", lambda rows: rows),
    "similar-hashes": ("warning", lambda rows: changed(rows, 1, phash=rows[0].phash)),
    "empty-labels": ("warning", lambda rows: changed(rows, 0, label=None)),
    "label-spellings": ("severe", lambda rows: changed(rows, 0, label=" A ")),
    "labels-unlike-names": ("warning", lambda rows: changed(rows, 0, label="b")),
    "class-imbalance": ("note", lambda rows: [row for n, row in enumerate(rows) if row.label == "a" or n < 20]),
    "rare-classes": ("warning", lambda rows: [row for n, row in enumerate(rows) if row.label == "a" or n < 18]),
    "classes-missing-from-parts": (
        "severe",
        lambda rows: [row for row in rows if not (row.label == "b" and row.split == "train")],
    ),
    "boxes-outside": ("warning", lambda rows: changed(rows, 0, boxes=(Annotation(Box(80, 10, 120, 40), "WBC"),))),
    "boxes-twice": (
        "warning",
        lambda rows: changed(rows, 0, boxes=tuple(Annotation(Box(10, 10, 40, 40 + n), "WBC") for n in range(2))),
    ),
    "box-label-spellings": ("severe", lambda rows: changed(rows, 0, boxes=(Annotation(Box(1, 1, 9, 9), "wbc"),))),
}


@pytest.mark.parametrize("code", PLANTED)
def test_each_fault_is_found_where_it_is_planted_and_not_before(code: str) -> None:
    severity, plant = PLANTED[code]
    manifest = Manifest.from_rows(plant(clean()), Path(), "drawn")
    if code == "leaky-on-purpose":
        manifest = manifest.with_columns(split_method=json.dumps({"leaky": True}))
    found = codes(check_opened([Target(manifest)], without_pixels=True).report)
    assert found[code].severity == severity
    assert found[code].advice
    assert code not in codes(check(clean()))


def test_a_clean_manifest_raises_nothing() -> None:
    assert check(clean()).findings == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab")), min_size=1, max_size=40))
def test_parts_dealt_by_patient_never_cross(pictures: list[tuple[int, str]]) -> None:
    rows = [
        Row(f"{n}.jpg", digest(n), label=label, patient=str(who), group=str(who), split=PARTS[who % 3], fold=who % 2)
        for n, (who, label) in enumerate(pictures)
    ]
    assert not [code for code in codes(check(rows)) if "across" in code or code.startswith("cop")]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(PARTS)), min_size=2, max_size=30))
def test_a_crossing_is_told_exactly_when_a_hash_lies_in_two_parts(pictures: list[tuple[int, str]]) -> None:
    rows = [Row(f"{n}.jpg", digest(who), split=part) for n, (who, part) in enumerate(pictures)]  # type: ignore[arg-type]
    crosses = any(len({row.split for row in rows if row.sha256 == digest(who)}) > 1 for who in range(5))
    assert ("copies-across-parts" in codes(check(rows))) == crosses


def test_names_of_findings_tell_the_set_when_several_are_checked() -> None:
    one, other = (Manifest.from_rows([Row("x.jpg", digest(1), label=label)], Path(), "set") for label in "aa")
    report = check_opened([Target(one), Target(other)], without_pixels=True).report
    pair = codes(report)["copies-across-sets"].pairs[0]
    assert (pair.first, pair.second, pair.crosses) == ("set:x.jpg", "set-2:x.jpg", True)


def test_a_file_beside_the_official_original_of_another_is_the_same_picture() -> None:
    report = check(
        [Row("a.bmp", digest(1), split="train"), Row("a.jpg", digest(2), original_sha256=digest(1), split="test")]
    )
    assert codes(report)["copies-across-parts"].count == 1


def test_swapped_class_names_are_called_swapped() -> None:
    rows = [replace(row, label="b" if row.label == "a" else "a") for row in clean()]
    finding = codes(check(rows))["labels-unlike-names"]
    assert finding.severity == "severe"
    assert "swapped" in finding.title


def test_labels_told_by_the_end_of_a_name_are_read_too() -> None:
    rows = [Row(f"UID_{n}_{'hem' if n % 2 else 'all'}.bmp", digest(n), label="all") for n in range(20)]
    rows[1] = replace(rows[1], label="hem")
    assert codes(check(rows))["labels-unlike-names"].count == 9


def test_three_spellings_of_a_class_are_one() -> None:
    assert len({plain_name(one) for one in ("Early Pre-B", "early_pre_b", " EARLY  PRE B")}) == 1
    assert plain_name("+") != plain_name("-")


def test_boxes_of_two_labels_on_one_place_are_not_one_object() -> None:
    both = (Annotation(Box(10, 10, 40, 40), "WBC"), Annotation(Box(10, 10, 40, 40), "nucleus"))
    assert "boxes-twice" not in codes(check([Row("a.jpg", digest(1), width=50, height=50, boxes=both)]))


def test_an_unlabeled_set_is_a_note_and_annotated_fields_need_no_label() -> None:
    assert codes(check([Row("a.jpg", digest(1))]))["empty-labels"].severity == "note"
    assert "empty-labels" not in codes(check([Row("a.jpg", digest(1), boxes=())]))


@pytest.mark.parametrize(
    ("note", "changed_on_purpose"),
    [
        ("mirrored", True),
        ("turned 90 degrees", True),
        ("turned 4 degrees", False),
        ("turned 357 degrees", False),
        ("", False),
    ],
)
def test_a_few_degrees_are_the_slide_and_not_an_augmentation(note: str, changed_on_purpose: bool) -> None:
    gathered = gather([Manifest.from_rows([Row("a", split="train"), Row("b", split="test")], Path())])
    pairs = pairs_of("near-duplicate", np.array([0]), np.array([1]), np.ones(1), note)
    expected = "augmented-copies-across-parts" if changed_on_purpose else "copies-across-parts"
    assert [finding.code for finding in check_pairs(gathered, pairs)] == [expected]
