from pathlib import Path

import pytest

from leukoscope.data.manifest import Entry, Manifest, Row
from leukoscope.errors import DataError
from leukoscope.experiments.data_check import Target, check_opened
from leukoscope.experiments.data_verdict import quick_verdict, refuse_severe, verdict_on_folder, warnings_for_card


def crossing() -> Manifest:
    rows = [Row("a.png", "1" * 64, label="x", split="train"), Row("b.png", "1" * 64, label="x", split="test")]
    return Manifest.from_rows(rows, Path(), "drawn")


def test_a_score_on_copies_is_refused_with_the_reason_and_told_on_the_card() -> None:
    report = quick_verdict(crossing())
    with pytest.raises(DataError, match="drawn would be worthless") as caught:
        refuse_severe(report, crossing())
    assert "--despite-findings" in caught.value.hint
    assert warnings_for_card(report)[0].startswith("Trained despite a severe finding")


def test_a_manifest_that_says_it_is_leaky_goes_through_and_is_told_on_the_card() -> None:
    leaky = crossing().with_columns(split_method='{"leaky": true}')
    report = quick_verdict(leaky)
    refuse_severe(report, leaky)
    assert len(warnings_for_card(report)) == len(report.severe) == 2


def test_the_same_file_in_two_class_folders_is_seen(tmp_path: Path) -> None:
    for label in "xy":
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").write_bytes(b"one")
    entries = [Entry(f"{label}/1.png", "-", label, label, "test") for label in "xy"]
    assert [one.code for one in verdict_on_folder(entries, tmp_path).severe] == ["same-picture-other-label"]


def test_pictures_that_nobody_could_look_at_are_counted_in_the_verdict(tmp_path: Path) -> None:
    rows = [Row(f"{number}.png", None if number else "1" * 64, label="xy"[number % 2]) for number in range(4)]
    (tmp_path / "1.png").write_bytes(b"one")
    report = quick_verdict(Manifest.from_rows(rows, tmp_path, "drawn"))
    assert "3 pictures without a hash (2 of them absent): not checked." in report.verdict
    assert "Nothing was found." not in report.verdict
    opened = check_opened([Target(Manifest.from_rows(rows, tmp_path, "drawn"))]).report
    assert "without a hash" not in opened.verdict, "what was opened needs no hash"
    hashed = quick_verdict(
        Manifest.from_rows([Row(one.path, one.path[0] * 64, label=one.label) for one in rows], tmp_path, "drawn")
    )
    assert "not checked" not in hashed.verdict
