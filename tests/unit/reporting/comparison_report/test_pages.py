from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.evaluation.across_sets import AcrossSets, Cell, ComparedOn, ModelFacts
from leukoscope.evaluation.alignment import Contender, LeftOut
from leukoscope.evaluation.comparison import compare_models
from leukoscope.evaluation.concordance import find_concordance
from leukoscope.evaluation.estimates import Estimate
from leukoscope.evaluation.leakage import ARMS, ArmRun, Asked, Lab
from leukoscope.evaluation.predictions import Predictions
from leukoscope.reporting.comparison_report.comparison_page import write_comparison
from leukoscope.reporting.comparison_report.comparison_words import say_best
from leukoscope.reporting.comparison_report.concordance_page import say_concordance, write_concordance
from leukoscope.reporting.comparison_report.leakage_page import lab_of_json, lab_to_json, write_leakage
from leukoscope.reporting.comparison_report.leakage_words import gap_table, say_leakage, say_limits, warn_of_lab

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
TRUTH = np.arange(60) % 3


def contender(name: str, skill: float, seed: int = 0) -> Contender:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(60, 3))
    logits[np.arange(60), TRUTH] += skill
    rows = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Contender(name, Predictions(("a", "b", "c"), TRUTH, rows, tuple(f"{one}.png" for one in range(60))))


def across(*contenders: Contender) -> AcrossSets:
    found = compare_models(list(contenders), rounds=200)
    facts = [
        ModelFacts(one.name, "1.0", ("drawn",), 4.0 + place, 112, 300.0 / (1 + place))
        for place, one in enumerate(contenders)
    ]
    cells = tuple(
        Cell(one.name, data, data == "drawn", 60, 3, Estimate(0.9, (0.8, 0.95), "bootstrap"), Estimate(0.9))
        if data == "drawn"
        else Cell(one.name, data, own=False, why="its classes are others")
        for one in contenders
        for data in ("drawn", "others")
    )
    sets = (ComparedOn("drawn", "Nothing was found.", found), ComparedOn("others", "", None, "No two models fit."))
    return AcrossSets(tuple(facts), sets, cells, (LeftOut("gone", "There is no model 'gone'."),))


def lab(*, gap: float, always: str = "", by: str = "patient") -> Lab:
    runs = []
    for seed in (1, 2, 3):
        for arm in ARMS:
            value = 0.85 + 0.004 * seed + (0 if arm == "group" else gap + (0.002 if arm == "augmented" else 0))
            told = Asked(90, 12, value, value, value, value, always if arm == "group" else "")
            unseen = told if arm == "group" else Asked(90, 12, 0.84, 0.84, 0.84, None)
            runs.append(ArmRun(arm, seed, 500, 60, told, unseen, 0.0 if arm == "group" else 1.0, 0.8))
    return Lab("tiny", "drawn", by, 800, 40, "flip", 2400, 112, 12, "leukoscope leakage tiny.toml", tuple(runs))


def test_the_page_of_a_comparison_names_the_best_and_what_could_not_be_compared(tmp_path: Path) -> None:
    page = write_comparison(across(contender("<strong>", 4, 1), contender("weak", 0, 2)), tmp_path, written_at=NOW)
    text = page.read_text(encoding="utf-8")
    assert "&lt;strong&gt; is best, with accuracy" in text
    assert "the other is behind beyond chance" in text
    assert "There is no model" in text
    assert "its classes are others" in text
    assert "No comparison on others" in text
    assert text.count("<img") == 2
    assert "<script" not in text


def test_models_that_cannot_be_told_apart_are_all_named() -> None:
    found = compare_models([contender("one", 2, 1), contender("two", 2, 2), contender("none", 0, 3)], rounds=200)
    sentence = say_best(found, "balanced_accuracy")
    best, other = found.ranking("balanced_accuracy").order[:2]
    assert sentence.startswith(f"The best cannot be told apart: {best} has the highest balanced accuracy")
    assert f"and {other} may be as good; 1 model behind beyond chance." in sentence


def test_the_sentence_of_the_lab_tells_the_gap_or_that_chance_could_have_made_it() -> None:
    clear = say_leakage(lab(gap=0.08))
    assert "would have reported an accuracy of 0.938 (0.934\N{EN DASH}0.942)" in clear
    assert "the same model reaches 0.840 (0.840\N{EN DASH}0.840) on patients it never saw" in clear
    assert "What would have been reported is too good by +0.098 [+0.088, +0.108], and by +0.100" in clear
    assert "The differences, " in say_leakage(_noisy())
    assert "may be chance (3 seeds an arm" in say_leakage(_noisy())


def _noisy() -> Lab:
    found = lab(gap=0.0)
    shaken = [
        ArmRun(
            run.arm, run.seed, 500, 60, Asked(90, 12, 0.8 + 0.05 * (run.seed % 2), 0.8, 0.8, 0.8), run.unseen, 1, 0.8
        )
        if run.arm != "group"
        else run
        for run in found.runs
    ]
    return Lab(*(getattr(found, name) for name in Lab.__slots__ if name != "runs"), tuple(shaken))


def test_the_lab_warns_of_a_model_with_one_answer_and_of_blocks_in_place_of_patients() -> None:
    warnings = " ".join(warn_of_lab(lab(gap=0.1, always="hem", by="blocks")))
    assert "always says 'hem'" in warnings
    assert "one patient may lie in two blocks" in warnings


def test_the_page_of_the_lab_shows_every_seed_and_its_json_reads_back(tmp_path: Path) -> None:
    found = lab(gap=0.08)
    text = write_leakage(found, tmp_path, written_at=NOW).read_text(encoding="utf-8")
    assert all(f"Seed {seed}" in text for seed in (1, 2, 3))
    assert "Augmented, then split by image" in text
    assert lab_of_json(lab_to_json(found)) == found
    limits = say_limits("patients", 3)
    assert (tmp_path / "leakage.md").read_text(encoding="utf-8").endswith(f"{gap_table(found)}\n{limits}\n")
    assert html.escape(limits).replace("&#x27;", "&#39;") in text
    assert "not how much other patients would" in limits
    assert "also learn from the patients that split by group only watches" in limits
    assert "no limits at all" in say_limits("patients", 1)


def test_a_lab_that_has_just_begun_says_so(tmp_path: Path) -> None:
    found = lab(gap=0.1)
    begun = Lab(*(getattr(found, name) for name in Lab.__slots__ if name != "runs"), found.runs[:1])
    assert "No seed has finished" in write_leakage(begun, tmp_path).read_text(encoding="utf-8")


def test_the_table_of_the_lab_is_markdown_with_one_column_a_seed() -> None:
    rows = gap_table(lab(gap=0.08)).splitlines()
    assert rows[0].count("seed") == 3
    assert len(rows) == 2 + len(ARMS)
    assert rows[3].endswith("| +0.098 [+0.088, +0.108] | +0.080 [+0.080, +0.080] |")
    assert rows[2].endswith("| \N{EN DASH} | \N{EN DASH} |")


def test_the_page_of_a_concordance_shows_the_pictures_that_changed(tmp_path: Path) -> None:
    old, new = contender("1.0", 2, 1), contender("2.0", 2, 2)
    found = find_concordance(old, new, rounds=50)
    for case in found.changed[1:]:
        cv2.imwrite(str(tmp_path / case.path), np.full((20, 30, 3), 128, np.uint8))
    text = write_concordance(found, tmp_path / "out", lambda path: tmp_path / path).read_text(encoding="utf-8")
    assert text.count("<img") >= min(len(found.changed), 48) - 1
    assert 'class="absent"' in text  # the first picture is not there, and the page says so
    lines = (tmp_path / "out" / "concordance.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(found.changed) + len(found.drifted)
    assert lines[1].startswith(found.changed[0].path)


def test_units_of_no_known_patient_are_told_apart_from_patients(tmp_path: Path) -> None:
    owners = tuple("" if place >= 54 else f"p{place % 18}" for place in range(60))

    def known(one: Contender) -> Contender:
        return Contender(one.name, replace(one.predictions, patients=owners))

    first, second = known(contender("old", 2, 1)), known(contender("new", 2, 2))
    write_concordance(find_concordance(first, second, rounds=50), tmp_path, lambda name: None)
    write_comparison(across(first, second), tmp_path)
    for page in ("concordance.html", "comparison.html"):
        text = (tmp_path / page).read_text(encoding="utf-8")
        assert "bootstrapped over 18 patients and 6 units of no known patient" in text
        assert "<dt>Patients</dt><dd>18 and 6 unknown</dd>" in text
        assert "24 patients" not in text


def test_versions_that_agree_in_everything_are_told_shortly() -> None:
    one = contender("1.0", 2)
    said = say_concordance(find_concordance(one, Contender("2.0", one.predictions), rounds=20))
    assert said.startswith("1.0 and 2.0 name 60 of 60 pictures alike: 1.000")
    assert "McNemar" not in said


@pytest.mark.parametrize("figure", ["accuracy", "balanced_accuracy", "macro_f1", "auroc"])
def test_a_page_can_be_written_by_every_figure(figure: str, tmp_path: Path) -> None:
    page = write_comparison(across(contender("x", 1, 4), contender("y", 1, 5)), tmp_path, figure=figure)  # type: ignore[arg-type]
    assert "Each pair by" in page.read_text(encoding="utf-8")
