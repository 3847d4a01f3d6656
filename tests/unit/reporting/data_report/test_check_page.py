from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from leukoscope.data.checks.findings import CheckReport, Finding, Measure, Pair, SetSummary
from leukoscope.errors import ManifestError
from leukoscope.reporting.data_report import write_check_report
from leukoscope.reporting.data_report.check_views import (
    MOST_FILES,
    MOST_FILES_IN_ALL,
    MOST_PAIRS,
    MOST_PAIRS_IN_ALL,
    advice_parts,
    bar_of,
)

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PICTURE = re.compile(r'<img src="data:image/jpeg')


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cell.png"
    cv2.imwrite(str(path), np.full((30, 20, 3), (180, 80, 120), np.uint8))
    return path


def page_of(report, folder, locate, **options) -> str:
    return write_check_report(report, folder, locate, written_at=NOON, **options).read_text(encoding="utf-8")


def finding(severity="severe", **values) -> Finding:
    told = {"code": "copies", "title": "Two are one.", "advice": "Look."} | values
    return Finding(severity=severity, **told)


def test_the_page_tells_verdict_sets_findings_advice_and_what_was_not_checked(tmp_path, picture):
    report = CheckReport(
        (SetSummary("smears", 2503, (("Benign", 387), ("Pro", 596)), (("train", 1500), ("test", 500)), leaky=True),),
        (
            finding("note", title="No patient is named.", advice=""),
            finding(title="Copies cross.", advice="Run `leukoscope data check X --fix Y` now.", count=1,
                    pairs=(Pair("a.png", "b.png", "retake", 0.934, crosses=True, note="shifted by 3, 4 pixels"),)),
        ),
        not_checked=("No mask was looked at.",),
        seconds=12.4,
    )  # fmt: skip
    page = page_of(report, tmp_path / "out", lambda name: picture, about=lambda name: f"test part of {name}")

    assert report.verdict in page
    assert page.index("Copies cross.") < page.index("No patient is named.")
    for told in ("2503 pictures", "Benign</bdi> 387", "train 1,500", "Split the wrong way on purpose", "severe",
                 '<code class="command">leukoscope data check X --fix Y</code> now.', "taken again", "similarity 0.93",
                 "crosses", "shifted by 3, 4 pixels", "test part of a.png", "No mask was looked at.", "12 s",
                 "For research use only"):  # fmt: skip
        assert told in page, told
    assert len(PICTURE.findall(page)) == 2


def test_the_json_beside_it_holds_everything(tmp_path):
    pairs = tuple(Pair(f"{n}.png", "x.png", "same-file", 1.0) for n in range(500))
    report = CheckReport((), (finding(pairs=pairs, count=9000),))
    write_check_report(report, tmp_path, lambda name: None)
    told = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))

    assert told["schema"] == "leukoscope.check/1"
    assert told == json.loads(json.dumps(report.to_json()))
    assert len(told["findings"][0]["pairs"]) == 500


def test_pairs_that_cross_come_first_and_the_page_says_how_many_of_how_many(tmp_path):
    pairs = [Pair(f"same-{n}", f"part-{n}", "near-duplicate", 0.99) for n in range(80)]
    pairs += [Pair("train-x", "test-x", "crop", 0.8, crosses=True)]
    page = page_of(CheckReport((), (finding(pairs=tuple(pairs), count=10_000),)), tmp_path, lambda name: None)

    assert page.index("train-x") < page.index("same-0")
    assert f"{MOST_PAIRS} of 10,000 pairs are shown" in page
    assert "check.json lists 81" in page
    assert "same-70" not in page


def test_the_number_of_pictures_that_are_read_is_bounded(tmp_path, picture):
    asked: list[str] = []

    def locate(name):
        asked.append(name)
        return picture

    many = tuple(Pair(f"{n}", f"{n}b", "retake", 0.9) for n in range(MOST_PAIRS + 1))
    files = tuple(f"{n}.png" for n in range(MOST_FILES + 1))
    findings = tuple(finding(code=f"f{n}", pairs=many, files=files, count=10_000) for n in range(9))
    path = write_check_report(CheckReport((), findings), tmp_path, locate, written_at=NOON)

    assert len(asked) == 2 * MOST_PAIRS_IN_ALL + MOST_FILES_IN_ALL
    assert path.stat().st_size < 12_000_000


def test_a_picture_that_cannot_be_shown_is_said_to_be_missing(tmp_path):
    def locate(name):
        if name == "far":
            raise ManifestError("far lies on another machine.")
        return {"gone": tmp_path / "gone.png", "nul": tmp_path / "a\0b", "unknown": None}[name]

    page = page_of(CheckReport((), (finding(files=("gone", "far", "unknown", "nul")),)), tmp_path / "out", locate)
    assert "There is no file" in page
    assert "far lies on another machine." in page
    assert "The file is not at hand." in page
    assert page.count('class="absent"') == 4


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '" onerror="alert(1)', "a\u202egnp.exe", "\udce9.png", "白血病 é"]
)
def test_hostile_names_are_shown_and_never_run(tmp_path, name):
    measures, pairs = (Measure(name, 0.5, 0.4, 0.6, 0.5, 9),), (Pair(name, name, "crop", 0.5, note=name),)
    hostile = finding(code=name, title=name, advice=f"Run `{name}`.", files=(name,), pairs=pairs, measures=measures)
    report = CheckReport((SetSummary(name, 1, ((name, 1),), ((name, 1),)),), (hostile,), not_checked=(name,))
    page = page_of(report, tmp_path, lambda one: None, about=lambda one: one)

    assert "<script" not in page
    assert 'onerror="alert' not in page
    assert "\u202e" not in page
    json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))


def test_nothing_found_is_not_told_as_nothing_wrong(tmp_path):
    page = page_of(CheckReport((SetSummary("one", 1, (), ()),), ()), tmp_path, lambda name: None)
    assert "Nothing was found." in page
    assert "does not make a set free of faults" in page
    assert "1 picture<" in page
    assert "not split" in page


def test_two_hundred_classes_are_cut_to_the_largest(tmp_path):
    classes = tuple((f"class-{n}", n) for n in range(200))
    page = page_of(CheckReport((SetSummary("many", 19_900, classes, ()),), ()), tmp_path, lambda name: None)
    assert "class-199" in page
    assert "class-0<" not in page
    assert "140 smaller ones" in page


def test_a_bar_lies_where_its_figure_is():
    bar = bar_of(Measure("accuracy", 0.9, 0.85, 0.94, 0.25, 1234))
    assert (bar.low, bar.at, bar.high, bar.chance_at) == (85.0, 90.0, 94.0, 25.0)
    assert (bar.value, bar.limits, bar.chance, bar.end) == ("0.900", "0.850\N{EN DASH}0.940", "0.250", "1")
    ratio = bar_of(Measure("ratio", 12, 10, 20, 1, 5))
    assert (ratio.at, ratio.high, ratio.chance_at, ratio.end) == (60.0, 100.0, 5.0, "20.00")


def test_an_advice_with_an_unclosed_backtick_stays_words():
    (part,) = advice_parts("Use ` with care.")
    assert (part.text, part.command) == ("Use ` with care.", False)
