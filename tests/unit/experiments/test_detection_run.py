from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from leukoscope.bundles.archive import Bundle, read_bundle, write_bundle
from leukoscope.bundles.card import DataSourceCard
from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest, Part, Row
from leukoscope.data.manifest_files import read_manifest, sha256_of, short_text, write_manifest
from leukoscope.data.sources import yolo
from leukoscope.errors import DataError, InvalidValueError, ManifestError, RecipeError
from leukoscope.experiments.detection_evaluation import evaluate_detector
from leukoscope.experiments.detection_material import open_material
from leukoscope.experiments.detection_run import DetectionOutcome, train_detection_bundle
from leukoscope.experiments.split_use import LEAKY
from leukoscope.inference.detector import Detector
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.detection.recipe_file import read_detection_recipe
from leukoscope.synthetic import draw_field

CLASSES = ("WBC", "RBC", "Platelet")
PARTS = ("train", "train", "train", "train", "validation", "test")
WIDTH, HEIGHT = 160, 128
RECIPE = """
name = "tiny-detector"
task = "detection"
seed = 5
[data]
name = "tiny"
split = "tiny.csv"
classes = { wbc = ["WBC"], rbc = ["RBC"] }
pixel_size_um = 0.25
[view]
width = 160
height = 160
way = "tiles"
pixel_size_um = 0.25
overlap_px = 64
multiple_px = 32
known_pixel_sizes_um = [0.1, 0.5]
[[labels]]
name = "wbc"
title = "Leukocyte"
meaning = "White cell."
group = "leukocyte"
[[labels]]
name = "rbc"
title = "Red cell"
meaning = "Red cell."
group = "red-cell"
[network]
name = "centers"
widths = [4, 8, 8, 8, 8]
blocks = [1, 1, 1, 1]
neck = 8
[crops]
side = 96
[training]
epochs = 2
batch_size = 4
average_decay = 0.5
[card]
title = "Tiny"
version = "0.0.1"
intended_use = "Tests."
limits = ["Drawn fields only."]
weights_licence = "Apache-2.0"
how_held_out = "Drawn apart."
data_sources = []
"""


def draw_set(root: Path) -> None:
    """Drawn fields as a YOLO folder, and beside it the recipe with its split."""
    rng = np.random.default_rng(1)
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    (root / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    rows = []
    for number, part in enumerate(PARTS):
        field = draw_field(rng, width=WIDTH, height=HEIGHT, pixel_size_um=0.25, cells={"lymphocyte": 1}, red_cells=6)
        path = root / "images" / f"field{number}.png"
        cv2.imwrite(str(path), field.pixels[..., ::-1])
        marked = [(0, cell.box) for cell in field.cells] + [(1, box) for box in field.red_cells]
        lines = [
            f"{kind} {box.center[0] / WIDTH} {box.center[1] / HEIGHT} {box.width / WIDTH} {box.height / HEIGHT}"
            for kind, box in marked
        ]
        (root / "labels" / f"field{number}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        rows.append(Row(f"images/field{number}.png", sha256_of(path), group=str(number), split=part))
    manifest = Manifest.from_rows(rows, root, "tiny")
    (root.parent / "tiny.csv").write_text(short_text(manifest), encoding="utf-8")
    (root.parent / "tiny-detector.toml").write_text(RECIPE, encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detection")
    draw_set(folder / "tiny")
    return folder


@pytest.fixture(scope="module")
def outcome(place: Path) -> DetectionOutcome:
    return train_detection_bundle(place / "tiny-detector.toml", place / "tiny", place / "run")


def test_a_run_leaves_a_bundle_that_agrees_with_its_trainer_and_finds_boxes(outcome: DetectionOutcome) -> None:
    bundle = read_bundle(outcome.folder)
    assert verify_bundle(bundle).agrees
    found = Detector(bundle).find(np.full((200, 300, 3), 230, np.uint8), 0.25, score_floor=0.0)
    assert len(found) > 0
    assert (found.boxes[:, 2] <= 300).all()


def test_the_card_tells_what_was_measured_on_what(outcome: DetectionOutcome, place: Path) -> None:
    card = read_bundle(outcome.folder).card
    assert card.detection is not None
    assert card.detection.metrics is not None
    assert card.detection.metrics.pictures == 1
    assert set(card.detection.metrics.per_class) == {"wbc", "rbc"}
    assert card.detection.metrics.per_class["wbc"].support == 1
    assert card.training is not None
    assert (card.training.images_train, card.training.images_validation) == (4, 1)
    metrics = json.loads((place / "run" / "metrics.json").read_text())
    assert metrics["task"] == "detection"
    assert {"map50", "map50_ci95", "mean_iou_of_marked_ci95", "per_class", "score_threshold"} <= set(metrics)
    for name in ("recipe.json", "split.json", "data_check.json", "curves/metrics.csv", "checkpoints/last.ckpt"):
        assert (place / "run" / name).is_file()


def test_list_show_and_verify_know_a_detector(
    outcome: DetectionOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    run = CliRunner()
    assert run.invoke(app, ["model", "install", str(outcome.folder)]).exit_code == 0
    listed = run.invoke(app, ["model", "list"])
    assert "tiny-detector" in listed.output
    assert "AP50" in listed.output
    shown = run.invoke(app, ["model", "show", "tiny-detector"]).output
    for said in ("tiles of any size at 0.25 um", "wbc (1 marked)", "Drawn apart.", "are not told"):
        assert said in shown
    verified = run.invoke(app, ["model", "verify", "tiny-detector"])
    assert verified.exit_code == 0
    assert "boxes: largest relative difference" in verified.output


def test_a_manifest_with_boxes_takes_the_place_of_the_recipes_sets(
    outcome: DetectionOutcome, place: Path, tmp_path: Path
) -> None:
    own = {row.path: row for row in yolo.read(place / "tiny").rows}
    rows = [
        Row(path, group=path, split=part, boxes=own[path].boxes)
        for path, part in zip(sorted(own), PARTS, strict=True)
    ]  # fmt: skip
    write_manifest(Manifest.from_rows(rows, place / "tiny", "mine"), place / "tiny" / "mine.parquet")
    again = train_detection_bundle(
        place / "tiny-detector.toml", place / "tiny" / "mine.parquet", tmp_path, ["training.epochs=1"]
    )
    assert again.scores["mine"].per_class[0].support == outcome.scores["tiny"].per_class[0].support
    assert again.card.training is not None
    assert "MANIFEST (mine)" in again.card.training.command


def test_a_set_without_these_classes_is_told_by_name(place: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="marks no Monocyte"):
        train_detection_bundle(
            place / "tiny-detector.toml", place / "tiny", tmp_path, ['data.classes={wbc=["Monocyte"]}']
        )


def test_a_folder_of_another_run_is_refused(outcome: DetectionOutcome, place: Path) -> None:
    with pytest.raises(RecipeError, match="another recipe"):
        train_detection_bundle(place / "tiny-detector.toml", place / "tiny", place / "run", ["seed=6"])


def test_pictures_that_are_not_there_are_told(place: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    with pytest.raises(ManifestError, match="6 of 6 pictures"):
        train_detection_bundle(place / "tiny-detector.toml", tmp_path / "tiny", tmp_path / "run")


def test_evaluate_repeats_the_held_out_figures_of_the_run(
    outcome: DetectionOutcome, place: Path, tmp_path: Path
) -> None:
    arguments = ["evaluate", "--model", str(outcome.folder), "--data", str(place / "tiny.csv")]
    ran = CliRunner().invoke(
        app, [*arguments, "--images", str(place / "tiny"), "--out", str(tmp_path), "--rounds", "20", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert "Check of the data: " in ran.output
    assert json.loads((tmp_path / "data_check.json").read_text())["verdict"]
    assert metrics["warnings"] == []
    assert "Misses against false alarms" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert metrics["n"] == 1
    assert metrics["per_class"]["rbc"]["support"] == outcome.scores["tiny"].per_class[1].support
    card = read_bundle(outcome.folder).card
    assert card.detection is not None
    assert metrics["score_thresholds"] == card.detection.thresholds
    assert min(card.detection.thresholds.values()) == card.decision.uncertain_below


def test_evaluate_warns_of_pictures_the_detector_knows_and_of_a_leaky_split(
    outcome: DetectionOutcome, place: Path, tmp_path: Path
) -> None:
    plain, own, images = read_bundle(outcome.folder), place / "tiny.csv", place / "tiny"

    def said(bundle: Bundle, data: Path, part: Part | None = "test") -> tuple[str, ...]:
        return evaluate_detector(bundle, data, images=images, part=part, rounds=1).warnings

    assert said(plain, own) == ()
    assert ["part train is no test" in one for one in said(plain, own, "train")] == [True]
    assert ["the whole of it is no test" in one for one in said(plain, own, None)] == [True]
    rows = [replace(row, split="test") for row in read_manifest(own, images).rows() if row.split != "validation"]
    others = Manifest.from_rows(rows, images, "others").with_columns(split_method='{"leaky": true}')
    write_manifest(others, images / "others.parquet")
    source = DataSourceCard(name="tiny", citation="drawn", licence="Apache-2.0")
    named = Bundle(plain.card.model_copy(update={"data_sources": (source,)}), plain.model, plain.golden_bytes)
    leaky, known = said(named, images / "others.parquet")
    assert leaky == LEAKY
    assert known.startswith("The card names tiny as what the model learned from")


@pytest.mark.parametrize(
    ("way", "said"), [("tiles", "Pixel size: given for 0 pictures"), ("whole", "Pixel size: not needed")]
)
def test_evaluate_says_where_pixel_sizes_come_from(
    outcome: DetectionOutcome, place: Path, tmp_path: Path, way: str, said: str
) -> None:
    bundle = read_bundle(outcome.folder)
    assert bundle.card.detection is not None
    size_um = bundle.card.detection.pixel_size_um if way == "tiles" else None
    view = bundle.card.detection.model_copy(update={"way": way, "pixel_size_um": size_um})
    card = bundle.card.model_copy(update={"detection": view})
    write_bundle(tmp_path / "bundle", card, bundle.model, bundle.golden_boxes())
    given = ["--model", str(tmp_path / "bundle"), "--data", str(place / "tiny.csv"), "--images", str(place / "tiny")]
    ran = CliRunner().invoke(app, ["evaluate", *given, "--rounds", "1"])
    assert ran.exit_code == 0, ran.output
    assert said in ran.output


@pytest.mark.parametrize(("typed", "said"), [("WBC=wcb", "Did you mean 'wbc'?"), ("WCB=wbc", "Did you mean 'WBC'?")])
def test_a_mistyped_class_is_told_with_the_nearest(
    outcome: DetectionOutcome, place: Path, typed: str, said: str
) -> None:
    given = ["--model", str(outcome.folder), "--data", str(place / "tiny.csv"), "--images", str(place / "tiny")]
    fault = CliRunner().invoke(app, ["evaluate", *given, "--class", typed]).exception
    assert isinstance(fault, InvalidValueError)
    assert fault.hint is not None
    assert said in fault.hint


def test_a_part_without_boxes_is_said(outcome: DetectionOutcome, place: Path) -> None:
    write_manifest(
        Manifest.from_rows([Row("images/field0.png", boxes=(), split="train")], place / "tiny", "few"),
        place / "tiny" / "few.parquet",
    )
    with pytest.raises(DataError, match="no picture with boxes in the part test"):
        evaluate_detector(read_bundle(outcome.folder), place / "tiny" / "few.parquet")


@pytest.mark.parametrize("table", ["[data]", "[[data]]"])
def test_the_hint_for_an_open_pixel_size_works(place: Path, tmp_path: Path, table: str) -> None:
    recipe_file = tmp_path / "sources.toml"
    text = RECIPE.replace("pixel_size_um = 0.25\n[view]", "pixel_size_um = { a = 0.1, b = 0.2 }\n[view]")
    recipe_file.write_text(text.replace("[data]", table), encoding="utf-8")
    own = yolo.read(place / "tiny").rows
    rows = [Row(row.path, group=row.path, split=part, boxes=row.boxes) for row, part in zip(own, PARTS, strict=True)]
    mine = place / "tiny" / "open.parquet"
    write_manifest(Manifest.from_rows(rows, place / "tiny", "open"), mine)

    def sizes(*changes: str) -> set[float | None]:
        recipe = read_detection_recipe(recipe_file, changes)
        material = open_material(recipe_file, recipe, mine, None, despite_findings=True)
        return {one.pixel_size_um for one in material.watched()}

    with pytest.raises(RecipeError, match="is open") as fault:
        sizes()
    key = fault.value.hint.partition("--set ")[2].partition("=")[0]
    assert sizes(f"{key}=0.3") == {0.3}


def test_further_sets_lie_beside_the_first_and_are_shown_as_often_as_said(place: Path) -> None:
    folder = place / "two"
    draw_set(folder / "tiny")
    draw_set(folder / "more")
    second = (
        '[[data]]\nname = "more"\nsplit = "tiny.csv"\nclasses = { wbc = ["WBC"] }\npixel_size_um = 0.5\nrepeat = 3\n'
        "choose = false\n"
    )
    text = RECIPE.replace("[data]", "[[data]]").replace("[view]", f"{second}[view]")
    (folder / "two.toml").write_text(text, encoding="utf-8")
    recipe = read_detection_recipe(folder / "two.toml")
    material = open_material(folder / "two.toml", recipe, folder / "tiny", None, despite_findings=False)
    pictures, repeats = material.learned()
    assert repeats == (1,) * 4 + (3,) * 4
    assert [one.pixel_size_um for one in pictures] == [0.25] * 4 + [0.5] * 4
    assert {int(label) for one in pictures[4:] for label in one.marked.labels} == {0}
    assert len(material.watched()) == 1
    assert {name: len(some) for name, some in material.held_out().items()} == {"tiny": 1, "more": 1}

    made = train_detection_bundle(folder / "two.toml", folder / "tiny", folder / "run", ["training.epochs=1"])
    assert made.card.training is not None
    assert made.card.training.other_manifests_sha256 == {"more": material.sets[1].manifest.sha256}
    bundle = read_bundle(made.folder)
    for name in ("tiny", "more"):
        told = evaluate_detector(bundle, folder / "tiny.csv", images=folder / name, part="train", rounds=1)
        assert ["part train is no test" in one for one in told.warnings] == [True], "it knows both of its splits"
