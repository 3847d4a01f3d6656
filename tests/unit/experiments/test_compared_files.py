"""Files of predictions side by side: what the data say of their labels and patients, without a single picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.errors import ManifestError
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.experiments.training_run import TrainingOutcome

N = 32


def truth(number: int) -> str:
    return "ALL" if number % 2 else "HEM"


def manifest_of(folder: Path, *, patients: bool = True, joined: bool = False) -> Path:
    """Pictures that are nowhere, with hashes that no file could have."""
    rows = [
        Row(
            f"{number}.png",
            f"{number:064x}",
            label={"ALL": "blast", "HEM": "HEM"}[truth(number)] if joined else truth(number),
            patient=f"p{number % 8}" if patients else None,
            split="test",
        )
        for number in range(N)
    ]
    write_manifest(Manifest.from_rows(rows, folder, "cells"), folder / "cells.csv")
    return folder / "cells.csv"


def predictions(folder: Path, name: str, *, wrong: int = 4, swapped: int = 0, always: str = "") -> Path:
    """A file that is wrong on the first pictures; the labels of the first `swapped` are the other class."""
    other = {"ALL": "HEM", "HEM": "ALL"}
    lines = ["path,label,ALL,HEM"]
    for number in range(N):
        said = always or (other[truth(number)] if number < wrong else truth(number))
        score = 0.7 + number / 200
        label = other[truth(number)] if number < swapped else truth(number)
        of_all = score if said == "ALL" else 1 - score
        lines.append(f"{number}.png,{label},{of_all:.4f},{1 - of_all:.4f}")
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / f"{name}.csv"


def compare(*given: object) -> Result:
    return CliRunner().invoke(app, ["compare", *(str(one) for one in given), "--rounds", "50"])


@pytest.mark.parametrize("how", [[], ["--concordance"]])
def test_labels_that_contradict_the_data_are_told_of_each_file(tmp_path: Path, how: list[str]) -> None:
    files = [predictions(tmp_path, name, swapped=16) for name in ("old", "new")]
    found = compare(*files, "--data", manifest_of(tmp_path), "--out", tmp_path / "out", *how)
    assert found.exit_code == 0, (found.output, found.exception)
    for name in ("old", "new"):
        assert f"{name}: 16 of 32 labels of the file contradict the data: 0.png is ALL in the file" in found.stderr
    page = (tmp_path / "out" / ("concordance.html" if how else "comparison.html")).read_text(encoding="utf-8")
    assert "16 of 32 labels of the file contradict the data" in page
    assert "contradict" not in compare(*[predictions(tmp_path, name) for name in ("old", "new")], "--data",
                                       tmp_path / "cells.csv", *how).stderr  # fmt: skip


def test_a_label_that_the_user_joins_to_a_class_is_no_contradiction(tmp_path: Path) -> None:
    files = [predictions(tmp_path, name) for name in ("old", "new")]
    data = manifest_of(tmp_path, joined=True)
    assert "contradict the data" in compare(*files, "--data", data).stderr
    assert "contradict" not in compare(*files, "--data", data, "--class", "blast=ALL").stderr


def test_a_label_spelled_otherwise_is_no_contradiction(tmp_path: Path) -> None:
    files, data = [predictions(tmp_path, name) for name in ("old", "new")], manifest_of(tmp_path)
    table = read_manifest(data)
    write_manifest(table.with_columns(label=[str(one).lower() for one in table.table["label"]]), data)
    found = compare(*files, "--data", data)
    assert found.exit_code == 0
    assert "contradict" not in found.stderr


def test_files_take_their_patients_from_the_data_and_need_no_pictures(tmp_path: Path) -> None:
    files = [predictions(tmp_path, name) for name in ("old", "new")]
    found = compare(*files, "--data", manifest_of(tmp_path), "--json")
    assert found.exit_code == 0, (found.output, found.exception)
    told = json.loads(found.stdout)["sets"][0]
    assert (told["unit"], told["units"]) == ("patient", 8)


def test_a_bundle_needs_the_pictures_and_the_message_says_so(tmp_path: Path, outcome: TrainingOutcome) -> None:
    refused = compare(outcome.folder, predictions(tmp_path, "old"), "--data", manifest_of(tmp_path)).exception
    assert isinstance(refused, ManifestError)
    assert "32 of 32 pictures of the manifest are missing" in refused.message
    assert "tiny-test is asked about the pictures themselves" in refused.message
    assert "--images" in refused.hint
    nowhere = compare(outcome.folder, tmp_path / "old.csv", "--data", tmp_path / "nowhere.csv").exception
    assert "There is no manifest" in str(nowhere)
    assert "pictures themselves" not in str(nowhere)


def test_without_patients_the_limits_of_accuracy_are_exact_everywhere(tmp_path: Path) -> None:
    files = [predictions(tmp_path, "good"), predictions(tmp_path, "const", always="HEM")]
    data = manifest_of(tmp_path, patients=False)
    found = compare(*files, "--data", data, "--out", tmp_path / "out")
    low, high = clopper_pearson(28, 32)
    limits = f"0.875 [{low:.3f}, {high:.3f}]"
    assert f"accuracy {limits} on 32 pictures (exact limits over pictures)" in found.stdout
    assert found.stdout.count(limits) == 2
    assert "cells: 32 pictures, classes" in found.stdout
    assert "those of accuracy exact over pictures, the others bootstrapped over pictures" in found.stdout
    constant = "0.500 [{:.3f}, {:.3f}]".format(*clopper_pearson(16, 32))
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    for text in (found.stdout, page):
        assert constant in text
    assert limits in page
    told = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    assert {one["accuracy_by_unit"]["method"] for one in told["sets"][0]["models"]} == {"exact"}
    assert {one["accuracy"]["method"] for one in told["matrix"]} == {"exact"}


def test_with_patients_the_sentence_says_that_limits_are_over_these(tmp_path: Path) -> None:
    files = [predictions(tmp_path, "good"), predictions(tmp_path, "worse", wrong=9)]
    found = compare(*files, "--data", manifest_of(tmp_path))
    assert "on 32 pictures (limits over 8 patients)" in found.stdout
    assert "cells: 32 pictures of 8 patients, classes" in found.stdout
    assert "95 % limits, bootstrapped over 8 patients." in found.stdout


def test_a_model_of_one_answer_is_never_said_to_be_as_good(tmp_path: Path) -> None:
    """Half of the pictures are of the one class, so that a constant answer is right as often as a weak model."""
    data = manifest_of(tmp_path, patients=False)
    weak, also = (predictions(tmp_path, name, wrong=14) for name in ("weak", "also"))
    constant = predictions(tmp_path, "const", always="HEM")
    found = compare(weak, constant, "--data", data, "--out", tmp_path / "out").stdout
    assert "weak has the highest accuracy" in found
    assert "const (always HEM) cannot be told apart from it by this figure, but tells no classes apart." in found
    assert "may be as good" not in found
    assert "no; always HEM" in found
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert "<strong>weak</strong>" in page
    assert "<strong>const</strong>" not in page
    told = compare(weak, also, constant, "--data", data).stdout
    assert "and weak may be as good; const (always HEM) cannot be told apart" in told
    poor = predictions(tmp_path, "poor", wrong=18)
    assert "const (always HEM) has the highest accuracy" in (best := compare(poor, constant, "--data", data).stdout)
    assert "but it tells no classes apart, and poor cannot be told apart from it." in best


def test_a_concordance_tells_the_verdict_the_warnings_and_limits_of_both_accuracies(tmp_path: Path) -> None:
    files = [predictions(tmp_path, "old"), predictions(tmp_path, "const", always="HEM")]
    out = tmp_path / "out"
    found = compare(*files, "--concordance", "--data", manifest_of(tmp_path, patients=False), "--out", out)
    exact = "0.875 [{:.3f}, {:.3f}] (exact limits over pictures)".format(*clopper_pearson(28, 32))
    page = (out / "concordance.html").read_text(encoding="utf-8")
    for text in (found.stdout, page):
        assert exact in text
        assert "Check of the data: " in text
    for text in (found.stderr, page):
        assert "const: The model is degenerate" in text
        assert "old: a file of predictions does not say what the model learned from." in text
    told = json.loads((out / "concordance.json").read_text(encoding="utf-8"))
    assert told["accuracy"] == [0.875, 0.5]
    assert [one["method"] for one in told["accuracy_by_unit"]] == ["exact", "exact"]
    assert told["verdict"]
    by_patient = compare(*files, "--concordance", "--data", manifest_of(tmp_path), "--out", out)
    assert "Accuracy of old: 0.875 [" in by_patient.stdout
    assert "] (limits over 8 patients)" in by_patient.stdout
    for text in (by_patient.stderr, (out / "concordance.html").read_text(encoding="utf-8")):
        assert "Only 8 patients stand behind these figures" in text


@pytest.mark.parametrize("how", [[], ["--concordance"]])
def test_a_leaky_split_is_told_on_the_page(tmp_path: Path, how: list[str]) -> None:
    files, data = [predictions(tmp_path, name) for name in ("old", "new")], manifest_of(tmp_path)
    manifest = read_manifest(data).with_columns(split_method=json.dumps({"leaky": True}))
    write_manifest(manifest, data)
    found = compare(*files, "--data", data, "--out", tmp_path / "out", *how)
    page = (tmp_path / "out" / ("concordance.html" if how else "comparison.html")).read_text(encoding="utf-8")
    for text in (found.stderr, page):
        assert "This split is leaky on purpose" in text
