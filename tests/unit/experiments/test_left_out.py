"""Pictures that no model could be asked about are told, wherever a bundle is asked, and the exit code is 1."""

from __future__ import annotations

import json
import logging
import re
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from leukoscope.bundles.archive import read_bundle
from leukoscope.cli import evaluate as evaluate_command
from leukoscope.cli.exit_codes import ExitCode, exit_code_of
from leukoscope.cli.main import app
from leukoscope.data.manifest_files import sha256_of
from leukoscope.errors import InvalidValueError
from leukoscope.experiments.left_out import say_not_read, say_other_classes
from leukoscope.experiments.quantization_run import open_divided, quantize_and_write
from leukoscope.experiments.training_run import TrainingOutcome


@pytest.fixture
def own_set(tiny_set: Path, tmp_path: Path) -> Path:
    """The tiny set in a folder of its own, to be damaged."""
    shutil.copytree(tiny_set / "tiny", tmp_path / "tiny")
    shutil.copyfile(tiny_set / "tiny.csv", tmp_path / "tiny.csv")
    return tmp_path


def rows_of(folder: Path, part: str) -> list[str]:
    lines = (folder / "tiny.csv").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.endswith(f",{part}")]


def damage(folder: Path, part: str, place: int = 0) -> str:
    """Make a picture of a part unreadable, with the manifest knowing the file as it now is."""
    name, sha256 = rows_of(folder, part)[place].split(",")[:2]
    picture = folder / "tiny" / name
    picture.write_bytes(f"no picture but {name}".encode())
    table = folder / "tiny.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(sha256, sha256_of(picture)), encoding="utf-8")
    return name


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def evaluate(outcome: TrainingOutcome, folder: Path, *more: object) -> Result:
    data = ("--data", folder / "tiny.csv", "--images", folder / "tiny", "--rounds", 20)
    return call("evaluate", "--model", outcome.folder, *data, *more)


def test_a_validation_picture_that_cannot_be_read_is_told(outcome: TrainingOutcome, own_set: Path) -> None:
    name = damage(own_set, "validation")
    result = evaluate(outcome, own_set)
    assert result.exit_code == ExitCode.SOME_FAILED, result.output
    assert f"1 of 16 validation pictures could not be read and are left out: {name}." in result.stderr
    assert f"Not read: {name}" in result.stderr
    assert "16 pictures" in result.stdout


def test_missing_validation_pictures_do_not_stop_an_evaluation(outcome: TrainingOutcome, own_set: Path) -> None:
    (own_set / "tiny" / rows_of(own_set, "validation")[0].split(",")[0]).unlink()
    result = evaluate(outcome, own_set, "--json")
    assert result.exit_code == 0, result.output
    assert "No threshold was chosen on the validation part" in result.stderr
    figures = json.loads(result.stdout)
    assert figures["n"] == 16
    assert all(one["best_threshold_on_validation"] is None for one in figures["per_class"].values())


def test_a_validation_part_without_a_readable_picture_does_not_stop_it_either(
    outcome: TrainingOutcome, own_set: Path
) -> None:
    damaged = {damage(own_set, "validation", place) for place in range(16)}
    assert len(damaged) == len(rows_of(own_set, "validation"))
    result = evaluate(outcome, own_set)
    assert result.exit_code == 0, result.output
    assert "No threshold was chosen on the validation part" in result.stderr


def test_compare_tells_what_no_model_could_read_also_from_kept_answers(outcome: TrainingOutcome, own_set: Path) -> None:
    name = damage(own_set, "test")
    shutil.copytree(outcome.folder, own_set / "other")
    data = ("--data", own_set / "tiny.csv", "--images", own_set / "tiny", "--rounds", 20)
    for _ in range(2):
        result = call("compare", outcome.folder, own_set / "other", *data, "--out", own_set / "out")
        assert result.exit_code == ExitCode.SOME_FAILED, result.output
        assert f"1 of 16 pictures could not be read and are left out: {name}." in result.stderr
    old_and_new = call("compare", outcome.folder, own_set / "other", *data, "--concordance")
    assert old_and_new.exit_code == ExitCode.SOME_FAILED, old_and_new.output
    assert name in old_and_new.stderr


def test_quantizing_tells_which_held_out_pictures_it_could_not_read(outcome: TrainingOutcome, own_set: Path) -> None:
    name = damage(own_set, "test")
    bundle = read_bundle(outcome.folder)
    divided = open_divided(bundle, own_set / "tiny.csv", own_set / "tiny")
    found = quantize_and_write(bundle, divided, own_set / "int8", most_lost=1.0)
    assert [one.path for one in found.not_read] == [name]
    assert found.card.metrics is not None
    assert found.card.metrics.n == 15
    assert f"1 of 16 pictures could not be read and are left out: {name}." in found.card.metrics.how_held_out
    usual = logging.getLogger().level
    command = ("model", "quantize", outcome.folder, "--data", own_set / "tiny.csv", "--images", own_set / "tiny")
    result = call(*command, "--out", own_set / "again", "--most-lost", 1)
    assert result.exit_code == ExitCode.SOME_FAILED, result.output
    assert f"Not read: {name}" in result.stderr
    assert re.search(r"on 15 pictures; 95 % limits \d.* over pictures, \d.* over \d+ groups\.", result.stdout), (
        result.stdout
    )
    assert logging.getLogger().level == usual


def test_options_that_would_do_nothing_are_refused(
    outcome: TrainingOutcome, own_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*option: object) -> str:
        fault = evaluate(outcome, own_set, *option).exception
        assert isinstance(fault, InvalidValueError)
        assert exit_code_of(fault) == ExitCode.WRONG_USAGE
        return str(fault)

    assert "Leave out --validation" in refused("--validation", own_set / "said.csv")
    monkeypatch.setattr(evaluate_command, "detector_of", lambda model: read_bundle(outcome.folder))
    assert "Leave out --validation" in refused("--validation", own_set / "said.csv")
    assert "Leave out --positive" in refused("--positive", "dark")


@pytest.mark.parametrize(
    "wrong", [("evaluate", "--seed", "-1"), ("compare", "--seed", "-1"), ("compare", "--rounds", "0")]
)
def test_numbers_that_mean_nothing_are_refused(outcome: TrainingOutcome, own_set: Path, wrong: tuple[str, ...]) -> None:
    command, *option = wrong
    models = ("--model", outcome.folder) if command == "evaluate" else (outcome.folder, outcome.folder)
    result = call(command, *models, "--data", own_set / "tiny.csv", *option)
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert option[0] in result.stderr


def test_the_terminal_tells_limits_over_groups_beside_those_over_pictures(
    outcome: TrainingOutcome, own_set: Path
) -> None:
    result = evaluate(outcome, own_set)
    assert "Accuracy, limits over pictures" in result.stdout
    assert "Accuracy, limits over groups" in result.stdout
    assert f"{outcome.scores.units} groups" in result.stdout


def test_many_names_are_counted() -> None:
    assert say_not_read([], 3) == say_other_classes({}, 3) == ""
    assert say_not_read([f"{n}.png" for n in range(7)], 9).endswith("3.png, 4.png, 2 more.")
    assert "(a 9, b 1, c 1, d 1, e 1, 2 more classes)" in say_other_classes(dict.fromkeys("gfedcb", 1) | {"a": 9}, 20)
