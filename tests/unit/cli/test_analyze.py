import json

import pytest

from leukoscope.cli.exit_codes import ExitCode
from leukoscope.errors import InvalidValueError, NotFoundError


@pytest.mark.usefixtures("tiny_models")
def test_a_picture_gives_a_table_and_the_place_of_the_report(leukoscope, smear, tmp_path):
    done = leukoscope("analyze", smear, "--out", "out")

    assert done.exit_code == ExitCode.DONE, done.output
    assert "Blasts:" in done.output
    assert "out/report.html" in done.output
    assert (tmp_path / "out" / "result.json").is_file()


@pytest.mark.usefixtures("tiny_models")
def test_json_is_the_result_file_and_nothing_else(leukoscope, smear, tmp_path):
    done = leukoscope("analyze", smear, "--json", "--out", "out")

    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "result.json").read_text())


@pytest.mark.usefixtures("tiny_models")
def test_a_failing_input_is_listed_and_the_rest_is_done(leukoscope, smear, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    done = leukoscope("analyze", smear, "text.jpg", "missing.png")

    assert done.exit_code == ExitCode.SOME_FAILED
    assert "text.jpg" in done.output
    assert "missing.png" in done.output
    assert leukoscope("analyze", "text.jpg").exit_code == ExitCode.NOTHING_DONE


@pytest.mark.usefixtures("tiny_models")
def test_the_same_picture_named_twice_is_one_entry(leukoscope, smear):
    done = leukoscope("analyze", smear, smear, "--json")

    assert len(json.loads(done.stdout)["images"]) == 1


@pytest.mark.usefixtures("tiny_models")
def test_automatic_asks_both_models_and_a_chosen_one_only_itself(leukoscope, smear):
    def models(*options):
        result = json.loads(leukoscope("analyze", smear, "--json", *options).stdout)
        return [model["name"] for model in result["models"]]

    assert models() == ["wbc-differential", "all-stage"]
    assert models("--model", "wbc-differential") == ["wbc-differential"]
    assert models("--model", "all-stage") == ["all-stage"]


@pytest.mark.usefixtures("tiny_models")
def test_a_given_pixel_size_is_told_as_given_and_turns_pixels_into_micrometers(leukoscope, smear):
    image = json.loads(leukoscope("analyze", smear, "--json", "--pixel-size", 0.2).stdout)["images"][0]

    assert (image["pixel_size_um"], image["pixel_size_source"]) == (0.2, "given")
    assert all("diameter_um" in cell["features"] for cell in image["cells"])


@pytest.mark.usefixtures("tiny_models")
def test_wrong_usage_is_an_error_with_a_sentence(leukoscope, smear):
    assert isinstance(leukoscope("analyze", smear, "--model", "none").exception, NotFoundError)
    assert isinstance(leukoscope("analyze", smear, "--pixel-size", "0").exception, InvalidValueError)
    assert leukoscope("analyze").exit_code == ExitCode.WRONG_USAGE


@pytest.mark.usefixtures("tiny_models")
def test_the_demo_draws_the_smear_it_analyzes(leukoscope, tmp_path):
    done = leukoscope("demo", "--seed", 3)

    assert done.exit_code == ExitCode.DONE, done.output
    assert (tmp_path / "demo" / "synthetic-smear.png").is_file()
    assert (tmp_path / "demo" / "report.html").is_file()
    assert "neutrophil" in done.output


@pytest.mark.usefixtures("tiny_models")
@pytest.mark.parametrize(("kind", "suffix"), [("geojson", ".geojson"), ("coco", "coco.json"), ("png", "-cells.png")])
def test_outlines_are_written_where_they_are_asked_for(leukoscope, smear, tmp_path, kind, suffix):
    done = leukoscope("analyze", smear, "--out", "out", "--outlines", kind)

    assert done.exit_code == ExitCode.DONE, done.output
    assert any(path.name.endswith(suffix) for path in (tmp_path / "out" / "outlines").iterdir())


@pytest.mark.usefixtures("tiny_models")
def test_a_format_of_outlines_that_is_not_there_is_told_with_those_that_are(leukoscope, smear):
    done = leukoscope("analyze", smear, "--outlines", "svg")

    assert isinstance(done.exception, InvalidValueError)
    assert "geojson, coco, png" in str(done.exception)
