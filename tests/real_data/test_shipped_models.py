"""The shipped models on the pictures they were held against, and on pictures they must keep silent about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest_files import read_manifest
from leukoscope.experiments.evaluation_run import evaluate_bundle, find_labeled
from leukoscope.imaging.reading import find_images, read_image
from leukoscope.wiring import make_analyzer

SPLITS = Path(__file__).parents[2] / "recipes" / "splits"
pytestmark = pytest.mark.real_data


@pytest.mark.parametrize(("model", "data"), [("wbc-differential", "pbc-crops"), ("all-stage", "taleqani-all")])
def test_a_card_tells_what_the_held_out_pictures_give(real_data, model, data):
    bundle = find_bundle(model)
    scores = evaluate_bundle(bundle, find_labeled(SPLITS / f"{data}.csv", real_data / data, "test")).evaluation

    assert scores.n == bundle.card.metrics.n == len(read_manifest(SPLITS / f"{data}.csv").part("test"))
    # Another processor may round a borderline picture to the other side; more than two are a change of the model.
    assert scores.value("accuracy") == pytest.approx(bundle.card.metrics.accuracy, abs=2 / scores.n)


@pytest.mark.parametrize("name", ["bccd/images", "pbc-frames/images", "txl-pbc/images"])
def test_automatic_gives_no_stage_to_smears_of_other_laboratories(real_data, name):
    analyzer = make_analyzer()
    paths = [path for _, path in find_images([real_data / name])][::15]
    staged = [path for path in paths if analyzer.analyze(read_image(path)).classification is not None]

    assert len(paths) >= 20
    assert len(staged) <= 0.05 * len(paths)


def test_automatic_stages_fields_of_its_own_set(real_data):
    analyzer = make_analyzer()
    held_out = read_manifest(SPLITS / "taleqani-all.csv").part("test")[::10]
    findings = [analyzer.analyze(read_image(real_data / "taleqani-all" / one.name)) for one in held_out]
    staged = [(one.label, finding.classification) for one, finding in zip(held_out, findings, strict=True)]

    assert sum(said is not None for _, said in staged) >= 0.9 * len(held_out)
    assert sum(said is not None and said.label == label for label, said in staged) >= 0.9 * len(held_out)


@pytest.mark.parametrize(
    "name", ["bccd/images", "taleqani-all/Pro", "pbc-frames/images", "cnmc-2019/hem", "cnmc-2019-sample",
             "aml-lmu-sample", "jtsc-wbc/images"]
)  # fmt: skip
def test_every_readable_picture_of_a_set_gets_a_finding_and_blasts_stay_unsaid(real_data, tmp_path, name):
    from leukoscope.cli.main import app

    paths = [str(path) for _, path in find_images([real_data / name])]
    chosen = paths[:: max(1, len(paths) // 20)]
    done = CliRunner().invoke(app, ["analyze", *chosen, "--out", str(tmp_path), "--json"])

    result = json.loads(done.stdout)
    assert done.exit_code == 0
    assert len(result["images"]) == len(chosen)
    assert [image["error"] for image in result["images"]] == [None] * len(chosen)
    assert result["summary"]["blasts"] is None
    assert result["summary"]["cells"] >= 0.9 * len(chosen)
