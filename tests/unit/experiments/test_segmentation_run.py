"""A segmenter is trained from a recipe, becomes a bundle, agrees with its trainer, and outlines as any other way."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import Bundle, read_bundle
from leukoscope.cli.main import app
from leukoscope.data.manifest import Annotation, Manifest, Part, Row
from leukoscope.data.manifest_files import read_manifest, sha256_of, write_manifest
from leukoscope.domain.regions import Box
from leukoscope.errors import BundleMismatchError, InvalidBundleError, InvalidValueError, ManifestError, RecipeError
from leukoscope.experiments.segmentation_material import draw_masked, open_masked_material
from leukoscope.experiments.segmentation_run import SegmentationOutcome, train_segmentation_bundle
from leukoscope.experiments.segmentation_scores import score_outlines, summarize
from leukoscope.experiments.split_use import LEAKY
from leukoscope.imaging.outlining import outliner
from leukoscope.inference.detector import Detector
from leukoscope.inference.segmenter import Segmenter
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.segmentation.recipe_file import read_segmentation_recipe
from leukoscope.synthetic import draw_cell, draw_field

PARTS: tuple[Part, ...] = ("train", "train", "train", "train", "validation", "test")
RECIPE = """
name = "tiny-segmenter"
task = "segmentation"
seed = 5
[data]
name = "tiny"
split = "tiny.csv"
[window]
side = 32
[[labels]]
name = "nucleus"
title = "Nucleus"
meaning = "Nucleus."
group = "leukocyte"
[[labels]]
name = "cell"
title = "Cell"
meaning = "Cell."
group = "leukocyte"
[network]
widths = [8, 8, 16, 16]
fine = 4
[augmentation]
scale = [0.9, 1.1]
shift = 0.02
stain_strength = 0.05
[training]
epochs = 12
batch_size = 4
learning_rate = 1e-2
average_decay = 0.5
look_every = 4
[card]
title = "Tiny"
version = "0.0.1"
intended_use = "Tests."
limits = ["Drawn fields only."]
weights_licence = "Apache-2.0"
how_held_out = "Drawn apart."
data_sources = []
"""


def draw_set(root: Path) -> Path:
    """Drawn fields with boxes and masks as a manifest has them."""
    rng = np.random.default_rng(3)
    rows = []
    for number, part in enumerate(PARTS):
        cells = {"lymphocyte": 2, "neutrophil": 2}
        field = draw_field(rng, width=320, height=240, pixel_size_um=0.2, cells=cells)
        levels = np.where(field.cell_labels > 0, 128, 0) + np.where(field.nucleus_labels > 0, 127, 0)
        cv2.imwrite(str(root / f"{number}.png"), field.pixels[..., ::-1])
        cv2.imwrite(str(root / f"{number}-mask.png"), levels.astype(np.uint8))
        boxes = tuple(Annotation(cell.box, "WBC") for cell in field.cells)
        digest = sha256_of(root / f"{number}.png")
        rows.append(Row(f"{number}.png", digest, boxes=boxes, mask=f"{number}-mask.png", split=part, group=str(number)))
    path = root / "tiny.csv"
    write_manifest(Manifest.from_rows(rows, root, "tiny"), path)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SegmentationOutcome]:
    root = tmp_path_factory.mktemp("segmentation")
    (root / "tiny-segmenter.toml").write_text(RECIPE, encoding="utf-8")
    manifest = draw_set(root)
    outcome = train_segmentation_bundle(root / "tiny-segmenter.toml", manifest, root / "run", despite_findings=True)
    return root, outcome


@pytest.fixture(scope="module")
def bundle(trained: tuple[Path, SegmentationOutcome]) -> Bundle:
    return read_bundle(trained[1].folder)


def test_the_card_tells_what_was_held_out_and_what_was_learned(trained, bundle):
    outcome = trained[1]
    part = bundle.card.segmentation
    assert part is not None
    assert part.metrics is not None
    assert part.metrics.cells == 4
    assert part.metrics.how_held_out == "Parts of tiny: not said how."
    assert bundle.card.training is not None
    assert (bundle.card.training.images_train, bundle.card.training.images_validation) == (4, 1)
    assert outcome.scores["tiny"].cell.dice.value == pytest.approx(part.metrics.cell.dice, abs=1e-4)
    metrics = json.loads((trained[0] / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["task"] == "segmentation"


def test_it_learns(trained):
    rows = (trained[0] / "run" / "curves" / "metrics.csv").read_text(encoding="utf-8").splitlines()
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert len(losses) == 12
    assert losses[-1] < 0.8 * losses[0]


def test_the_graph_agrees_with_its_trainer_and_a_changed_one_does_not(bundle):
    assert verify_bundle(bundle).agrees
    golden = bundle.golden_masks()
    changed = type(golden)(golden.images, golden.masks + np.float32(0.01))
    assert not verify_bundle(Bundle(bundle.card, bundle.model, changed.to_bytes())).agrees
    with pytest.raises(InvalidBundleError):
        type(golden)(golden.images, golden.masks[:, :1])


def test_a_run_that_is_finished_is_not_repeated_and_another_recipe_needs_another_folder(trained):
    root, outcome = trained
    manifest = root / "tiny.csv"
    again = train_segmentation_bundle(root / "tiny-segmenter.toml", manifest, root / "run", despite_findings=True)
    assert again.card.onnx_sha256 == outcome.card.onnx_sha256
    with pytest.raises(RecipeError, match="another recipe"):
        train_segmentation_bundle(
            root / "tiny-segmenter.toml", manifest, root / "run", ["seed=6"], despite_findings=True
        )


def test_a_segmenter_answers_as_every_way_does(bundle):
    segmenter = Segmenter(bundle, threads=1)
    crop = draw_cell(np.random.default_rng(1), "lymphocyte", side=120, pixel_size_um=0.2)
    box = crop.cell.box
    beside, tiny = Box(-40, -40, -5, -5), Box(0, 0, 1, 1)
    found = segmenter.outline(crop.pixels, [box, beside, tiny, Box(0, 0, 120, 120)])
    assert len(found) == 4
    assert found[1] is None
    for masks in found:
        if masks is not None:
            assert masks.window.x1 <= 120
            assert masks.window.y1 <= 120
    assert list(segmenter.outline(crop.pixels, [])) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (40, 500)])
@pytest.mark.parametrize("color", [(235, 235, 235), (90, 40, 140), (0, 0, 0)])
def test_pictures_of_one_color_are_no_error(bundle, shape, color):
    pixels = np.full((*shape, 3), color, np.uint8)
    assert len(Segmenter(bundle, threads=1).outline(pixels, [Box(0, 0, shape[1], shape[0])])) == 1


def test_a_hundred_overlapping_boxes_are_a_hundred_answers(bundle):
    pixels = draw_cell(np.random.default_rng(1), "lymphocyte", side=160).pixels
    boxes = [Box(40 + dx, 40 + dy, 120 + dx, 120 + dy) for dx in range(10) for dy in range(10)]
    assert len(Segmenter(bundle, threads=1).outline(pixels, boxes)) == 100


def test_another_task_and_another_shape_are_refused(bundle):
    with pytest.raises(BundleMismatchError, match="segmentation"):
        Detector(bundle)
    with pytest.raises(InvalidValueError, match="uint8"):
        Segmenter(bundle, threads=1).maps(np.zeros((1, 16, 16, 3), np.uint8))


def test_a_recipe_with_other_labels_or_a_preset_is_refused(trained, tmp_path):
    recipe = tmp_path / "tiny-segmenter.toml"
    recipe.write_text(RECIPE.replace('name = "cell"', 'name = "body"'), encoding="utf-8")
    with pytest.raises(RecipeError, match="nucleus and cell"):
        read_segmentation_recipe(recipe)
    with pytest.raises(RecipeError, match="preset"):
        read_segmentation_recipe(trained[0] / "tiny-segmenter.toml", ['augmentation={preset="subtypes"}'])


@pytest.mark.parametrize(("typed", "meant"), [("training.epoch=3", "training.epochs"), ("data.splits=x", "data.split")])
def test_a_misspelled_key_is_answered_with_the_nearest(trained, typed, meant):
    with pytest.raises(RecipeError, match=f"A segmentation recipe has no key .* Did you mean '{meant}'"):
        read_segmentation_recipe(trained[0] / "tiny-segmenter.toml", [typed])


def test_a_leaky_manifest_is_told_on_the_card(trained):
    root = trained[0]
    recipe = read_segmentation_recipe(root / "tiny-segmenter.toml")
    write_manifest(read_manifest(root / "tiny.csv").with_columns(split_method='{"leaky": true}'), root / "leaky.csv")
    material = open_masked_material(
        root / "tiny-segmenter.toml", recipe, root / "leaky.csv", None, despite_findings=True
    )

    assert material.split.how_held_out(recipe.card.how_held_out).startswith(LEAKY)


def test_a_part_that_is_missing_is_told(trained, tmp_path):
    text = (trained[0] / "tiny.csv").read_text(encoding="utf-8").replace("validation", "train")
    (trained[0] / "no-validation.csv").write_text(text, encoding="utf-8")
    recipe = trained[0] / "tiny-segmenter.toml"
    with pytest.raises(ManifestError, match="validation"):
        train_segmentation_bundle(recipe, trained[0] / "no-validation.csv", tmp_path / "run")


def test_scores_of_a_perfect_and_of_a_blind_way():
    class Blind:
        def outline(self, pixels, boxes):
            return [None] * len(boxes)

    pictures = draw_masked(2, 1)
    blind = summarize(score_outlines(Blind(), pictures), np.random.default_rng(0), rounds=20)
    assert (blind.found, blind.cell.dice.value) == (0, 0)
    assert blind.to_card("Drawn.").cell.hausdorff_95_px == 1e6
    good = summarize(score_outlines(outliner("tracer"), pictures), np.random.default_rng(0), rounds=20)
    assert good.cell.dice.value > 0.8
    assert good.cell.dice.ci95[0] <= good.cell.dice.value <= good.cell.dice.ci95[1]


def test_the_command_shows_and_verifies_it(trained, monkeypatch):
    monkeypatch.chdir(trained[0])
    shown = CliRunner().invoke(app, ["model", "show", str(trained[1].folder)])
    assert shown.exit_code == 0, shown.output
    assert "Held out, 4 cells" in shown.output
    assert CliRunner().invoke(app, ["model", "verify", str(trained[1].folder)]).exit_code == 0


def test_the_command_trains_it(trained, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = ["--data", str(trained[0] / "tiny.csv"), "--despite-findings", "--set", "training.epochs=1"]
    done = CliRunner().invoke(app, ["train", str(trained[0] / "tiny-segmenter.toml"), *options])
    assert done.exit_code == 0, done.output
    assert "Held-out part of tiny" in done.output
    assert (tmp_path / "runs" / "tiny-segmenter" / "bundle" / "model.onnx").is_file()
