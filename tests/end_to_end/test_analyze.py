"""The real command, in a process of its own, on pictures drawn for the purpose."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from leukoscope.synthetic import draw_cell, draw_field


def leukoscope(*arguments, cwd):
    command = [sys.executable, "-m", "leukoscope.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def smear(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smear")
    field = draw_field(np.random.default_rng(5), width=960, height=720, cells={"neutrophil": 3, "lymphocyte": 3})
    Image.fromarray(field.pixels).save(folder / "field one.png")
    Image.fromarray(draw_cell(np.random.default_rng(6), "lymphocyte").pixels).save(folder / "cell.jpg", quality=92)
    return folder


def test_a_folder_gives_findings_a_report_and_a_table(smear, tmp_path):
    done = leukoscope("analyze", smear, "--out", tmp_path / "out", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["schema"] == "leukoscope.result/1"
    by_name = {image["path"].rsplit("/", 1)[-1]: image for image in result["images"]}
    assert by_name["field one.png"]["kind"] == "field"
    assert by_name["cell.jpg"]["kind"] == "cell"
    assert 5 <= len(by_name["field one.png"]["cells"]) <= 7
    assert result["summary"]["blasts"] is None
    assert "<svg" in (tmp_path / "out" / "report.html").read_text()
    assert (tmp_path / "out" / "cells.csv").read_text().count("\n") == 1 + result["summary"]["cells"]
    assert "report.html" in done.stdout


def test_bad_inputs_are_listed_and_the_rest_goes_on(smear, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "renamed.jpg").write_text("this is a text")
    (tmp_path / "in" / "empty.png").write_bytes(b"")
    content = (smear / "cell.jpg").read_bytes()
    (tmp_path / "in" / "good.jpg").write_bytes(content)
    (tmp_path / "in" / "cut.jpg").write_bytes(content[: len(content) // 2])

    done = leukoscope("analyze", tmp_path / "in", tmp_path / "missing.png", "--out", "out", "--json", cwd=tmp_path)

    assert done.returncode == 1, done.stderr
    errors = {image["path"].rsplit("/", 1)[-1]: image["error"] for image in json.loads(done.stdout)["images"]}
    assert errors.pop("good.jpg") is None
    assert set(errors) == {"renamed.jpg", "empty.png", "cut.jpg", "missing.png"}
    assert all(errors.values())
    assert done.stderr == ""


def test_nothing_readable_is_exit_code_three(tmp_path):
    (tmp_path / "x.jpg").write_text("text")

    assert leukoscope("analyze", "x.jpg", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [["analyze"], ["analyze", "x.jpg", "--model", "no-such"], ["analyze", "x.jpg", "--pixel-size", "0"], ["fly"]],
)
def test_wrong_usage_is_exit_code_two_with_a_sentence(arguments, tmp_path):
    done = leukoscope(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_the_given_pixel_size_is_used_and_named_as_given(smear, tmp_path):
    done = leukoscope("analyze", smear / "field one.png", "--pixel-size", "0.1", "--json", cwd=tmp_path)

    image = json.loads(done.stdout)["images"][0]
    assert (image["pixel_size_um"], image["pixel_size_source"]) == (0.1, "given")


def test_a_stage_model_chosen_by_name_classifies_the_field_and_names_no_cell(smear, tmp_path):
    done = leukoscope("analyze", smear / "field one.png", "--model", "all-stage", "--json", cwd=tmp_path)

    image = json.loads(done.stdout)["images"][0]
    assert image["classification"]["model"] == "all-stage"
    assert "resembles" in image["classification_note"]
    assert {cell["label"] for cell in image["cells"]} <= {None}


def test_the_demo_draws_analyzes_and_says_where_the_report_is(tmp_path):
    done = leukoscope("demo", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo" / "report.html").is_file()
    assert "synthetic-smear.png" in done.stdout


def test_the_shipped_models_are_listed_and_agree_with_their_trainer(tmp_path):
    listed = json.loads(leukoscope("model", "list", "--json", cwd=tmp_path).stdout)
    names = {row["name"] for row in listed}

    assert names >= {"wbc-differential", "all-stage"}
    for name in names:
        verified = leukoscope("model", "verify", name, cwd=tmp_path)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert "For:" in leukoscope("model", "show", name, cwd=tmp_path).stdout
