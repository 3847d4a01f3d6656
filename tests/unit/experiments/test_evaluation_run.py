from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import read_bundle
from leukoscope.cli.main import app
from leukoscope.data.manifest import Part
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.errors import DataError, ManifestError, RecipeError
from leukoscope.evaluation.classification import EvaluationSettings
from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle


def test_a_split_file_and_its_part_give_the_figures_of_the_run(outcome: TrainingOutcome, tiny_set: Path) -> None:
    pictures = find_labeled(tiny_set / "tiny.csv", tiny_set / "tiny", "test")
    seen: list[int] = []
    settings = EvaluationSettings(seed=3)
    found = evaluate_bundle(read_bundle(outcome.folder), pictures, settings, after_each=lambda: seen.append(1))
    assert found.evaluation == outcome.scores
    assert len(seen) == found.evaluation.n == 16


def test_a_folder_per_class_is_taken_whole(outcome: TrainingOutcome, tiny_set: Path) -> None:
    found = evaluate_bundle(read_bundle(outcome.folder), find_labeled(tiny_set / "tiny", None, "test"))
    assert found.evaluation.n == 48


def test_a_split_file_without_its_pictures_is_told(tiny_set: Path) -> None:
    with pytest.raises(ManifestError, match="--images"):
        find_labeled(tiny_set / "tiny.csv", None, "test")


def test_a_folder_of_other_classes_is_told(outcome: TrainingOutcome, tiny_set: Path) -> None:
    with pytest.raises(DataError, match="foreign"):
        evaluate_bundle(read_bundle(outcome.folder), find_labeled(tiny_set, None, "test"))


def test_the_command_prints_and_writes_the_same_figures(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    asked = ["evaluate", "--model", str(outcome.folder), "--data", str(tiny_set / "tiny.csv")]
    images = ["--images", str(tiny_set / "tiny")]
    result = CliRunner().invoke(app, [*asked, *images, "--json", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures == json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert figures["n"] == 16
    table = CliRunner().invoke(app, [*asked, *images, "--part", "validation"])
    assert "Balanced accuracy" in table.stdout
    assert CliRunner().invoke(app, [*asked, *images, "--part", "holdout"]).exit_code != 0


def test_the_train_command_refuses_to_go_on_with_another_recipe(outcome: TrainingOutcome, tiny_set: Path) -> None:
    with pytest.raises(RecipeError, match="another recipe"):
        train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", outcome.folder.parent, ["seed=4"])


def test_the_train_command_goes_on_and_tells_the_result(outcome: TrainingOutcome, tiny_set: Path) -> None:
    where = ["--data", str(tiny_set / "tiny"), "--out", str(outcome.folder.parent)]
    result = CliRunner().invoke(app, ["train", str(tiny_set / "tiny.toml"), *where])
    assert result.exit_code == 0, result.output
    assert f"Held-out accuracy {outcome.scores.value('accuracy'):.3f}" in result.stdout
    assert "on 16 pictures" in result.stdout
    assert "over pictures" in result.stdout
    assert f"over {outcome.scores.units} groups" in result.stdout


def test_evaluating_needs_no_training_framework() -> None:
    heavy = "('torch', 'timm', 'lightning')"
    code = f"import sys, leukoscope.experiments.evaluation_run; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_manifest_without_parts_asks_for_all_of_it(outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path) -> None:
    manifest = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny")
    write_manifest(manifest.with_columns(split=None), tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="--part all"):
        find_labeled(tmp_path / "m.parquet", None, "test")
    pictures = find_labeled(tmp_path / "m.parquet", None, None)
    assert evaluate_bundle(read_bundle(outcome.folder), pictures).evaluation.n == 48


def test_a_leaky_manifest_is_told_beside_the_figures(outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path) -> None:
    manifest = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny")
    write_manifest(manifest.with_columns(split_method='{"leaky":true}'), tmp_path / "m.parquet")
    asked = ["evaluate", "--model", str(outcome.folder), "--data", str(tmp_path / "m.parquet"), "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0
    assert "leaky on purpose" in result.stderr
    assert json.loads(result.stdout)["n"] == 16


def test_a_folder_per_class_needs_no_pandas(outcome: TrainingOutcome, tiny_set: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from leukoscope.bundles.archive import read_bundle\n"
        "from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled\n"
        f"pictures = find_labeled(Path({str(tiny_set / 'tiny')!r}), None, 'test')\n"
        f"evaluate_bundle(read_bundle(Path({str(outcome.folder)!r})), pictures)\n"
        "print([m for m in ('pandas', 'pyarrow', 'sklearn', 'torch') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_picture_that_cannot_be_read_is_told_and_the_rest_is_evaluated(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(tiny_set / "tiny", folder)
    (folder / "dark" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n truncated")
    asked = ["evaluate", "--model", str(outcome.folder), "--data", str(folder), "--rounds", "20", "--json"]
    result = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "Not read: dark/0.png" in result.stderr
    assert json.loads(result.stdout)["n"] == 47
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not read: 1 picture" in page


def test_pictures_the_model_learned_from_are_warned_of(outcome: TrainingOutcome, tiny_set: Path) -> None:
    bundle = read_bundle(outcome.folder)

    def warnings(data: Path, images: Path | None, part: Part | None) -> str:
        found = evaluate_bundle(bundle, find_labeled(data, images, part), EvaluationSettings(rounds=0))
        return " ".join(found.warnings)

    assert "learned from" not in warnings(tiny_set / "tiny.csv", tiny_set / "tiny", "test")
    assert "part train is no test" in warnings(tiny_set / "tiny.csv", tiny_set / "tiny", "train")
    assert "the whole of it is no test" in warnings(tiny_set / "tiny.csv", tiny_set / "tiny", None)
    assert "The card names tiny as what the model learned from" in warnings(tiny_set / "tiny", None, "test")


def test_the_folder_of_a_run_is_a_model_with_its_curves(
    outcome: TrainingOutcome, tiny_set: Path, tmp_path: Path
) -> None:
    asked = ["evaluate", "--model", str(outcome.folder.parent), "--data", str(tiny_set / "tiny.csv"), "--rounds", "20"]
    result = CliRunner().invoke(app, [*asked, "--images", str(tiny_set / "tiny"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "How training went" in page
    assert "16 validation pictures" in page
