from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import read_bundle
from leukoscope.cli.main import app
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.bundle_answers import ask_bundle
from leukoscope.experiments.comparison import ComparisonWish, ask_all, compare_across
from leukoscope.experiments.comparison_sets import TestSet
from leukoscope.experiments.contenders import open_candidates
from leukoscope.experiments.evaluation_run import find_labeled
from leukoscope.experiments.kept_answers import answers_of
from leukoscope.experiments.predictions_csv import write_predictions
from leukoscope.experiments.training_run import TrainingOutcome


@contextmanager
def silently(total: int, what: str) -> Iterator[Callable[[], None]]:
    yield lambda: None


@pytest.fixture
def tiny_test(tiny_set: Path) -> TestSet:
    return TestSet("tiny", find_labeled(tiny_set / "tiny.csv", tiny_set / "tiny", "test"))


@pytest.fixture
def answers(outcome: TrainingOutcome, tiny_test: TestSet) -> Predictions:
    return ask_bundle(read_bundle(outcome.folder), tiny_test.pictures).predictions


def test_a_run_a_bundle_and_a_file_get_names_of_their_own(
    outcome: TrainingOutcome, answers: Predictions, tmp_path: Path
) -> None:
    write_predictions(answers, tmp_path / "others.csv")
    given = [str(outcome.folder.parent), str(outcome.folder), str(tmp_path / "others.csv"), "nowhere"]
    opened, failed = open_candidates(given)
    assert len({one.name for one in opened}) == 3
    assert opened[2].name == "others"
    assert failed[0].name == "nowhere"
    assert "no model" in failed[0].why


def test_a_bundle_and_the_file_of_its_answers_cannot_be_told_apart(
    outcome: TrainingOutcome, answers: Predictions, tiny_test: TestSet, tmp_path: Path
) -> None:
    write_predictions(answers.in_order_of(answers.classes[::-1]), tmp_path / "file.csv")
    opened, _ = open_candidates([str(outcome.folder), str(tmp_path / "file.csv")])
    across = compare_across(opened, [tiny_test], ComparisonWish(joined={}, rounds=100), watch=silently)
    found = across.sets[0].comparison
    assert found is not None
    assert found.ranking("accuracy").alike == (found.ranking("accuracy").order[1],)
    assert {one.evaluation.value("accuracy") for one in found.models} == {float(answers.correct.mean())}
    assert across.models[0].pictures_per_s
    assert across.models[1].pictures_per_s is None


def test_what_was_asked_before_is_not_asked_again(
    outcome: TrainingOutcome, answers: Predictions, tiny_test: TestSet, tmp_path: Path
) -> None:
    write_predictions(answers, tmp_path / "file.csv")
    opened, _ = open_candidates([str(outcome.folder), str(tmp_path / "file.csv")])
    wish = ComparisonWish(joined={}, rounds=100, keep=tmp_path / "kept")
    asked: list[int] = []

    @contextmanager
    def counting(total: int, what: str) -> Iterator[Callable[[], None]]:
        yield lambda: asked.append(1)

    first = compare_across(opened, [tiny_test], wish, watch=counting)
    count = len(asked)
    second = compare_across(opened, [tiny_test], wish, watch=counting)
    assert count == 16
    assert len(asked) == count
    assert first.models == second.models


def test_two_folders_with_equal_names_are_asked_about_each_by_itself(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    for folder, swapped in (("a", False), ("b", True)):
        for label, other in (("dark", "bright"), ("bright", "dark")):
            (tmp_path / folder / "test" / label).mkdir(parents=True)
            for number in range(4):
                picture = tiny_set / "tiny" / (other if swapped else label) / f"{number}.png"
                shutil.copy(picture, tmp_path / folder / "test" / label)
    opened, _ = open_candidates([str(outcome.folder), str(outcome.folder.parent)])
    wish = ComparisonWish(joined={}, rounds=50, keep=tmp_path / "kept")
    sets = [TestSet("test", find_labeled(tmp_path / folder / "test", None, None)) for folder in ("a", "b")]
    straight, turned = (ask_all(opened, one, wish, watch=silently).contenders[0].predictions for one in sets)
    assert np.allclose(straight.probabilities, np.roll(turned.probabilities, 4, axis=0), atol=1e-6)
    assert not np.allclose(straight.probabilities, turned.probabilities, atol=1e-6)
    shutil.copy(tiny_set / "tiny" / "bright" / "9.png", tmp_path / "a" / "test" / "dark" / "0.png")
    replaced = ask_all(opened, sets[0], wish, watch=silently).contenders[0].predictions
    assert not np.allclose(replaced.probabilities[4], straight.probabilities[4], atol=1e-6)
    assert np.allclose(np.delete(replaced.probabilities, 4, axis=0), np.delete(straight.probabilities, 4, axis=0))


@pytest.mark.parametrize("column", ["patient", "group", "slide", "source"])
def test_what_a_manifest_newly_knows_gives_another_place_for_answers(
    tiny_test: TestSet, tmp_path: Path, column: str
) -> None:
    manifest = tiny_test.pictures.manifest
    assert manifest is not None
    told = manifest.with_columns(**{column: [f"new-{place}" for place in range(len(manifest))]})
    both = [answers_of(tmp_path, "tiny", replace(tiny_test.pictures, manifest=one)) for one in (manifest, told)]
    assert both[0] != both[1]
    assert both[0] == answers_of(tmp_path, "tiny", tiny_test.pictures)


def test_another_card_or_join_gives_another_place_for_answers(
    outcome: TrainingOutcome, tiny_test: TestSet, tmp_path: Path
) -> None:
    answers, card = answers_of(tmp_path, "tiny", tiny_test.pictures), read_bundle(outcome.folder).card
    margin = card.model_copy(update={"input_": card.input.model_copy(update={"background": "black"})})
    places = {answers.place("m", card, {}), answers.place("m", margin, {}), answers.place("m", card, {"x": "dark"})}
    assert len(places) == 3
    assert answers.place("m", card, {}) in places


def test_the_hint_of_classes_that_do_not_fit_works_when_followed(
    outcome: TrainingOutcome, answers: Predictions, tiny_set: Path, tmp_path: Path
) -> None:
    """A bundle and a file of the classes dark and bright, beside a file that parts dark in two."""
    halves = np.stack([answers.probabilities[:, 0] / 2] * 2 + [answers.probabilities[:, 1]], axis=1)
    coarse, fine = answers.classes[0], answers.classes[1]
    truth = np.where(answers.targets == 0, 0, 2)
    parted = Predictions(("early", "pro", fine), truth, halves, answers.paths)
    write_predictions(parted, tmp_path / "parted.csv")
    write_predictions(answers, tmp_path / "whole.csv")
    about = ["--data", str(tiny_set / "tiny.csv"), "--images", str(tiny_set / "tiny")]
    for other in (tmp_path / "whole.csv", outcome.folder):
        asked = ["compare", str(tmp_path / "parted.csv"), str(other), *about]
        refused = CliRunner().invoke(app, asked).exception
        assert isinstance(refused, InvalidValueError)
        joins = re.findall(r"--class|\w+=\w+", refused.hint)
        assert joins == ["--class", f"early={coarse}", "--class", f"pro={coarse}"]
        followed = CliRunner().invoke(app, [*asked, *joins])
        assert followed.exit_code == 0, (followed.output, followed.exception)
        assert "cannot be told apart" in followed.stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("early=drak", "no model has a class 'drak'. Did you mean 'dark'?"),
        ("eraly=dark", "neither the data nor a model knows a label 'eraly'. Did you mean 'early'?"),
        ("zzz=qqq", "no model has a class 'qqq'. The classes are bright, dark, early, pro."),
    ],
)
@pytest.mark.parametrize("how", [[], ["--concordance"]])
def test_a_mistyped_name_of_a_class_is_told_with_the_nearest(
    outcome: TrainingOutcome, answers: Predictions, tiny_set: Path, tmp_path: Path, typed: str, said: str,
    how: list[str],
) -> None:  # fmt: skip
    halves = np.stack([answers.probabilities[:, 0] / 2] * 2 + [answers.probabilities[:, 1]], axis=1)
    parted = Predictions(("early", "pro", "bright"), np.where(answers.targets == 0, 0, 2), halves, answers.paths)
    write_predictions(parted, tmp_path / "parted.csv")
    about = ["--data", str(tiny_set / "tiny.csv"), "--images", str(tiny_set / "tiny"), "--class", typed, *how]
    refused = CliRunner().invoke(app, ["compare", str(tmp_path / "parted.csv"), str(outcome.folder), *about]).exception
    assert isinstance(refused, InvalidValueError)
    assert said in f"{refused.message} {refused.hint}"


def test_a_file_with_a_value_that_is_no_number_is_left_out_and_the_others_go_on(
    outcome: TrainingOutcome, answers: Predictions, tiny_set: Path, tmp_path: Path
) -> None:
    write_predictions(answers, tmp_path / "good.csv")
    lines = (tmp_path / "good.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:2], "nan", *cells[3:]])
    (tmp_path / "broken.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = ["compare", str(outcome.folder), str(tmp_path / "good.csv"), str(tmp_path / "broken.csv")]
    asked += ["--data", str(tiny_set / "tiny.csv"), "--images", str(tiny_set / "tiny"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 1, result.output
    assert "broken was left out" in result.stderr
    assert "line 4, column" in result.stderr
    assert "cannot be told apart" in result.stdout
    told = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in told["sets"][0]["models"]] == ["tiny-test", "good"]
    assert "Each pair by accuracy" in (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")


def test_a_model_that_is_asked_about_its_own_set_divided_otherwise_is_doubted(
    outcome: TrainingOutcome, tiny_set: Path, tiny_test: TestSet
) -> None:
    opened, _ = open_candidates([str(outcome.folder), str(outcome.folder.parent)])
    wish = ComparisonWish(joined={}, rounds=50)
    trusted = compare_across(opened, [tiny_test], wish, watch=silently).sets[0].comparison
    whole = TestSet("tiny", find_labeled(tiny_set / "tiny", None, "test"))
    doubted = compare_across(opened, [whole], wish, watch=silently).sets[0].comparison
    assert trusted is not None
    assert doubted is not None
    assert trusted.notes == ()
    assert sum("divided otherwise" in note for note in doubted.notes) == 2


def test_several_sets_make_a_matrix_of_models_and_sets(
    outcome: TrainingOutcome, answers: Predictions, tiny_set: Path, tiny_test: TestSet, tmp_path: Path
) -> None:
    write_predictions(answers, tmp_path / "file.csv")
    opened, _ = open_candidates([str(outcome.folder), str(tmp_path / "file.csv")])
    other = TestSet("validation", find_labeled(tiny_set / "tiny.csv", tiny_set / "tiny", "validation"))
    across = compare_across(opened, [tiny_test, other], ComparisonWish(joined={}, rounds=50), watch=silently)
    cells = {(cell.model, cell.data): cell for cell in across.matrix}
    assert cells["tiny-test", "tiny"].own
    assert cells["tiny-test", "validation"].n == 16
    assert "another set" in cells["file", "validation"].why
    assert across.sets[1].comparison is None
    assert "two models" in across.sets[1].why


def test_one_model_is_refused_with_what_could_not_be_opened(tiny_test: TestSet, outcome: TrainingOutcome) -> None:
    opened, failed = open_candidates([str(outcome.folder), "nowhere"])
    with pytest.raises(InvalidValueError, match="nowhere cannot be used"):
        compare_across(opened, [tiny_test], ComparisonWish(joined={}), watch=silently, not_opened=failed)


def test_the_concordance_of_two_versions_lists_what_changed(
    outcome: TrainingOutcome, answers: Predictions, tiny_set: Path, tmp_path: Path
) -> None:
    rows = answers.probabilities.copy()
    rows[0] = rows[0][::-1]
    moved = Predictions(answers.classes, answers.targets, rows, answers.paths, groups=answers.groups)
    write_predictions(moved, tmp_path / "new.csv")
    asked = ["compare", str(outcome.folder), str(tmp_path / "new.csv"), "--concordance"]
    asked += ["--data", str(tiny_set / "tiny.csv"), "--images", str(tiny_set / "tiny"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert "15 of 16 pictures alike" in result.stdout
    assert answers.paths[0] in (tmp_path / "out" / "concordance.csv").read_text(encoding="utf-8").splitlines()[1]
    page = (tmp_path / "out" / "concordance.html").read_text(encoding="utf-8")
    assert page.count("<figure>") >= 1
    assert np.isclose(json.loads((tmp_path / "out" / "concordance.json").read_text())["agreement"]["value"], 15 / 16)


def test_concordance_of_three_is_refused(outcome: TrainingOutcome, tiny_set: Path) -> None:
    asked = ["compare", *([str(outcome.folder)] * 3), "--concordance", "--data", str(tiny_set / "tiny")]
    result = CliRunner().invoke(app, asked)
    assert isinstance(result.exception, InvalidValueError)
    assert "two versions" in str(result.exception)
