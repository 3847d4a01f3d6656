import json
import zipfile

import numpy as np
import pytest

from leukoscope.bundles.archive import read_bundle, write_bundle, zip_bundle
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.cli.exit_codes import ExitCode
from leukoscope.cli.model_quantize import _print_json
from leukoscope.errors import InvalidBundleError, NotFoundError
from leukoscope.experiments.bundle_answers import NotRead
from leukoscope.experiments.model_import import Imported
from leukoscope.experiments.quantization_run import Quantized


def test_models_are_listed_with_what_they_name_and_their_licence(leukoscope, tiny_models):
    (tiny_models / "broken").mkdir()
    (tiny_models / "broken" / "card.toml").write_text("=")

    listed = {row["name"]: row for row in json.loads(leukoscope("model", "list", "--json").stdout)}
    assert set(listed) == {"wbc-differential", "all-stage", "broken"}
    assert listed["wbc-differential"]["card"]["weights_licence"] == "Apache-2.0"
    assert "not TOML" in listed["broken"]["fault"]
    assert "damaged" in leukoscope("model", "list").output


def test_names_of_models_stay_whole_on_a_narrow_terminal(leukoscope, tiny_models, tiny_bundle, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    bundle = tiny_bundle()
    name = "cell-segmenter-of-a-long-name"
    card = bundle.card.model_copy(update={"name": name, "weights_licence": "CC-BY-4.0 of the data and more"})
    write_bundle(tiny_models / name, card, bundle.model, bundle.golden())
    assert name in leukoscope("model", "list").output


def test_what_is_installed_or_imported_is_told_to_programs(leukoscope, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    zip_bundle(tiny_bundle(), tmp_path / "own.zip")
    told = json.loads(leukoscope("model", "install", "own.zip", "--json").stdout)
    assert (told["schema"], told["name"]) == ("leukoscope.installed-model/1", "tiny-cell")
    assert told["golden_samples"]["samples"] == 2
    assert told["card"]["name"] == "tiny-cell"

    made = Imported(tmp_path / "tiny", tiny_bundle().card, ("Look at its colors.",))
    monkeypatch.setattr("leukoscope.experiments.model_import.import_model", lambda *_, **__: made)
    stated = ("--name", "tiny", "--labels", "a,b", "--size", "32")
    told = json.loads(leukoscope("model", "import", "tiny.onnx", *stated, "--json").stdout)
    assert told["schema"] == "leukoscope.imported-model/1"
    assert told["warnings"] == ["Look at its colors."]


def test_what_was_quantized_is_told_to_programs(tiny_bundle, tmp_path, capsys):
    _print_json(Quantized(tiny_bundle().card, (NotRead("a.png", "It is damaged."),)), tmp_path)
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "leukoscope.quantized-model/1"
    assert told["not_read"] == [{"path": "a.png", "error": "It is damaged."}]


@pytest.mark.usefixtures("tiny_models")
def test_a_card_is_shown_with_its_limits(leukoscope):
    text = leukoscope("model", "show", "wbc-differential").output

    assert "Knows only colors." in text
    assert "not measured" in text
    assert json.loads(leukoscope("model", "show", "wbc-differential", "--json").stdout)["version"] == "1.2.3"


def test_verify_agrees_with_a_sound_model_and_fails_one_that_answers_otherwise(leukoscope, tiny_models):
    sound = leukoscope("model", "verify", "wbc-differential")
    assert sound.exit_code == ExitCode.DONE
    assert "agrees" in sound.output

    folder = tiny_models / "wbc-differential"
    bundle = read_bundle(folder)
    golden = bundle.golden()
    other = GoldenSamples(
        golden.images, np.roll(golden.probabilities, 1, axis=1), golden.embedding, golden.activation_map
    )
    write_bundle(folder, bundle.card, bundle.model, other)
    changed = leukoscope("model", "verify", "wbc-differential", "--json")
    assert changed.exit_code == ExitCode.SOME_FAILED
    assert json.loads(changed.stdout)["agrees"] is False


@pytest.mark.usefixtures("tiny_models")
def test_an_unknown_model_is_an_error_that_lists_the_known_ones(leukoscope):
    fault = leukoscope("model", "show", "none").exception

    assert isinstance(fault, NotFoundError)
    assert "all-stage" in str(fault)


def test_a_model_is_exported_installed_and_removed(leukoscope, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    bundle = tiny_bundle()
    write_bundle(tmp_path / "own", bundle.card, bundle.model, bundle.golden())
    assert "Apache-2.0" in leukoscope("model", "export", "own", "own.zip").output

    assert "agrees with its trainer on 2" in leukoscope("model", "install", "own.zip").output
    assert "tiny-cell" in leukoscope("model", "list").output
    assert "--replace" in str(leukoscope("model", "install", "own.zip").exception)
    assert "Removed" in leukoscope("model", "uninstall", "tiny-cell").output
    assert isinstance(leukoscope("model", "show", "tiny-cell").exception, NotFoundError)
    assert ".zip" in str(leukoscope("model", "export", "own", "own.tar").exception)


def test_a_model_that_answers_otherwise_than_its_trainer_saw_is_not_installed(leukoscope, tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    golden = bundle.golden()
    write_bundle(
        tmp_path / "own", bundle.card, bundle.model, GoldenSamples(golden.images, np.roll(golden.probabilities, 1, 1))
    )
    refused = leukoscope("model", "install", "own", "--folder", tmp_path / "models").exception
    assert "does not answer as its trainer saw it" in str(refused)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "stuffing.bin"])
def test_a_zip_that_holds_anything_else_is_neither_verified_nor_installed(leukoscope, tiny_bundle, tmp_path, name):
    path = tmp_path / "strange.zip"
    zip_bundle(tiny_bundle(), path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "x")
    for command in ("verify", "install", "show"):
        fault = leukoscope("model", command, path).exception
        assert isinstance(fault, InvalidBundleError), command
        assert repr(name) in str(fault), command
