from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from leukoscope.cli.exit_codes import ExitCode
from leukoscope.errors import InvalidValueError, RecipeError


@pytest.fixture
def root(measured_run: Path) -> Path:
    return measured_run.parents[1]


def test_training_tells_what_it_is_worth_and_what_it_leans_on(leukoscope, root):
    runs = root / "runs"
    said = leukoscope(
        "train", root / "drawn.toml", "--data", root / "drawn", "--out", runs / "cli", "--set", "classifier.kind=k-nn"
    )
    assert said.exit_code == ExitCode.DONE, said.output
    assert "nearest neighbors on" in said.stdout
    assert "Held-out macro-F1 " in said.stdout
    assert "No single column matters measurably" in said.stdout
    assert f"Bundle: {runs / 'cli' / 'bundle'}" in said.stdout


def test_a_run_is_repeated_from_its_own_folder_without_saying_where_the_pictures_are(leukoscope, measured_run, root):
    shutil.copytree(root / "runs" / "measured", Path("runs") / "measured", dirs_exist_ok=True)
    said = leukoscope("train", measured_run / "recipe.toml", "--json")
    assert said.exit_code == ExitCode.DONE, said.output
    told = json.loads(said.stdout)
    assert (told["schema"], told["bundle"]) == ("leukoscope.trained/1", str(Path("runs/drawn-again/bundle")))
    assert told["card"]["metrics"]["n"] == 18
    assert Path("runs/drawn-again/bundle/card.toml").is_file()


def test_a_search_of_networks_is_refused(leukoscope, root):
    said = leukoscope("train", root / "drawn.toml", "--data", root / "drawn", "--search", "3")
    assert isinstance(said.exception, InvalidValueError)
    assert "what it tries" in str(said.exception)


def test_it_is_cross_validated_and_every_picture_is_measured_once(leukoscope, root):
    lines = (root / "drawn.csv").read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("group")
    folded = [f"{line},{int(line.split(',')[place][-1]) % 3}" for line in lines[1:]]
    Path("folds.csv").write_text("\n".join([f"{lines[0]},fold", *folded]) + "\n", encoding="utf-8")
    shutil.copytree(root / "runs" / "measured", Path("runs") / "measured")
    kept = {file: file.read_bytes() for file in Path("runs/measured").iterdir()}
    said = leukoscope("train", root / "drawn.toml", "--data", "folds.csv", "--images", root / "drawn", "--folds")
    assert said.exit_code == ExitCode.DONE, said.output
    assert said.stdout.count("Fold ") == 3
    assert "Pooled over 72 pictures of 24 groups" in said.stdout
    with Path("runs/drawn-folds/predictions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len({row["path"] for row in rows}) == 72
    assert all(int(row["group"][-1]) % 3 == int(row["fold"]) for row in rows)
    assert {file: file.read_bytes() for file in Path("runs/measured").iterdir()} == kept

    other = leukoscope(
        *("train", root / "drawn.toml", "--data", "folds.csv", "--images", root / "drawn", "--folds"),
        *("--set", "seed=9"),
    )
    assert isinstance(other.exception, RecipeError)
    assert "fold-0 holds a run of another recipe" in str(other.exception)


def test_a_key_of_another_kind_is_refused_before_anything_is_measured(leukoscope, root):
    said = leukoscope(
        "train", root / "drawn.toml", "--data", root / "drawn", "--out", "no", "--set", "classifier.trees=9"
    )
    assert isinstance(said.exception, RecipeError)
    assert not Path("no").exists()


def test_recipes_of_measurements_are_listed_with_kind_and_features(leukoscope, root):
    Path("recipes").mkdir()
    shutil.copy(root / "drawn.toml", "recipes/drawn.toml")
    listed = leukoscope("train", "--list").stdout
    assert "Drawn cells" in listed
    assert "svm-linear, on color and nucleus and shape, drawn" in listed


def test_a_card_shows_what_the_model_takes_and_verify_measures_again(leukoscope, measured_run):
    shown = leukoscope("model", "show", measured_run / "bundle").stdout
    assert "Decides by: linear SVM on" in shown
    assert "measurements of cells outlined by 'otsu-density', brought to 0.15 um per pixel" in shown
    verified = leukoscope("model", "verify", measured_run / "bundle")
    assert verified.exit_code == ExitCode.DONE
    assert "columns: largest relative difference" in verified.stdout


def test_analysis_names_cells_by_measurements(leukoscope, measured_run, root):
    picture = sorted((root / "drawn" / "lymphocyte").iterdir())[0]
    said = leukoscope("analyze", picture, "--model", measured_run / "bundle", "--out", "found", "--finder", "classical")
    assert said.exit_code == ExitCode.DONE, said.output
    (image,) = json.loads(Path("found/result.json").read_text(encoding="utf-8"))["images"]
    assert [cell["label"] for cell in image["cells"]] == ["lymphocyte"]
    assert Path("found/report.html").is_file()
