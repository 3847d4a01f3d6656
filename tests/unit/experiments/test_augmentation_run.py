from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.manifest_files import read_manifest, sha256_of
from leukoscope.domain.regions import Box
from leukoscope.errors import DataError, InvalidValueError, ManifestError
from leukoscope.experiments.augmentation_plan import plan_augmentation
from leukoscope.experiments.augmentation_run import AugmentationOutcome, carry_out
from leukoscope.modeling.augmentation.presets import PRESETS, Preset, find_preset
from leukoscope.modeling.augmentation.sheet import write_sheet
from leukoscope.modeling.augmentation.steps import Affine, Flip, Resize

TURN = Preset("turn", "test", (Flip(), Affine(rotation_degrees=20)))
SIZED = Preset("sized", "test", (Resize(24), Flip()), versions=2, keeps_parents=False)


def augment(
    source: Manifest, preset: Preset | str, out: Path, *, workers: int = 1, **how: int | bool
) -> AugmentationOutcome:
    return carry_out(plan_augmentation(source, preset, out, **how), workers=workers)  # type: ignore[arg-type]


@pytest.fixture
def source(tmp_path: Path) -> Manifest:
    """Five pictures of class a and two of b for training, one each for validation and test; a red square is marked."""
    folder = tmp_path / "set"
    (folder / "masks").mkdir(parents=True)
    rows = []
    parts = [("a", "train")] * 5 + [("b", "train")] * 2 + [("a", "validation"), ("b", "test")]
    for number, (label, part) in enumerate(parts):
        picture = np.full((32, 48, 3), 60 + 10 * number, np.uint8)
        picture[10:22, 16:30] = (0, 0, 255)
        mask = np.zeros((32, 48), np.uint8)
        mask[10:22, 16:30] = 200
        cv2.imwrite(str(folder / f"{number}.png"), picture)
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), mask)
        rows.append(
            Row(
                f"{number}.png",
                sha256=sha256_of(folder / f"{number}.png"),
                label=label,
                boxes=(Annotation(Box(16, 10, 30, 22), "square"),),
                mask=f"masks/{number}.png",
                patient=f"p{number}" if number < 3 else None,
                pixel_size_um=0.2,
                split=part,  # type: ignore[arg-type]
            )
        )
    return Manifest.from_rows(rows, folder, "set").with_columns(split_method='{"seed": 4}')


def _bytes(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in sorted(folder.rglob("*.png"))}


def test_only_the_training_part_is_changed_and_copies_keep_what_is_known(source: Manifest, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment(source, TURN, out, versions=2, workers=1)
    rows = list(read_manifest(out / "manifest.parquet").rows())
    manifest = read_manifest(out / "manifest.parquet")
    copies = [row for row in rows if row.copy_of]
    assert len(rows) == 9 + 14
    assert len(copies) == 14
    assert {row.split for row in copies} == {"train"}
    parents = {row.path: row for row in rows if not row.copy_of}
    for row in copies:
        parent = parents[str(row.copy_of)]
        assert (row.label, row.patient, row.group, row.split) == (
            parent.label,
            parent.patient,
            parent.group,
            parent.split,
        )
        assert row.group or row.patient
        assert row.sha256 == sha256_of(manifest.locate(row.path))
        picture = cv2.imread(str(manifest.locate(row.path)))
        mask = cv2.imread(str(manifest.locate(str(row.mask))), cv2.IMREAD_GRAYSCALE)
        assert row.boxes
        x, y = (int(side) for side in row.boxes[0].box.center)
        assert picture[y, x].tolist() == [0, 0, 255]
        assert mask[y, x] == 200
    assert manifest.split_method == '{"seed": 4}'
    assert not manifest.leaky


def test_a_preset_that_sizes_sizes_every_part_and_replaces_parents_where_it_says_so(
    source: Manifest, tmp_path: Path
) -> None:
    manifest = augment(source, SIZED, tmp_path / "out", workers=1).manifest
    counts = manifest.table["split"].value_counts()
    assert (counts["train"], counts["validation"], counts["test"]) == (14, 1, 1)
    for row in manifest.rows():
        assert (row.width, row.height) == (24, 24)
        assert row.pixel_size_um is None  # stretched: width and height differ
        assert (row.copy_of is None) == (row.split != "train")
        assert (row.original_sha256 is None) == (row.split == "train")


def test_classes_are_filled_up_to_the_number_asked_for(source: Manifest, tmp_path: Path) -> None:
    manifest = augment(source, TURN, tmp_path / "out", balance=9, workers=1).manifest
    train = manifest.table[manifest.table["split"] == "train"]
    assert train["label"].value_counts().to_dict() == {"a": 9, "b": 9}
    assert len(set(train["sha256"])) > 12


def test_the_result_does_not_depend_on_workers_or_on_a_stop_in_between(source: Manifest, tmp_path: Path) -> None:
    preset = find_preset("subtypes")
    augment(source, preset, tmp_path / "one", versions=1, workers=1)
    augment(source, preset, tmp_path / "two", versions=1, workers=2)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")

    class Stopped(Exception):  # noqa: N818  # stands for a kill
        pass

    seen = 0

    def stop_at_three() -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise Stopped

    out = tmp_path / "three"
    plan = plan_augmentation(source, preset, out, versions=1)
    with pytest.raises(Stopped):
        carry_out(plan, workers=1, after_each=stop_at_three)
    assert not (out / "manifest.parquet").exists()
    with (out / "finished.jsonl").open("a") as journal:
        journal.write('["half a li')
    outcome = carry_out(plan, workers=1)
    assert (outcome.resumed, outcome.written) == (3, 4)
    assert _bytes(out) == _bytes(tmp_path / "one")
    assert read_manifest(out / "manifest.parquet").sha256 == read_manifest(tmp_path / "one" / "manifest.parquet").sha256


def test_another_seed_gives_other_pictures_and_needs_another_folder(source: Manifest, tmp_path: Path) -> None:
    augment(source, TURN, tmp_path / "one", workers=1)
    with pytest.raises(DataError, match="other settings"):
        augment(source, TURN, tmp_path / "one", seed=1, workers=1)
    augment(source, TURN, tmp_path / "two", seed=1, workers=1)
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "two")


def test_a_manifest_without_parts_is_refused_unless_the_wrong_way_is_asked_for(
    source: Manifest, tmp_path: Path
) -> None:
    whole = source.with_columns(split=None, split_method=None)
    with pytest.raises(ManifestError, match="data split"):
        augment(whole, TURN, tmp_path / "out", workers=1)
    leaky = augment(whole, TURN, tmp_path / "out", leaky=True, workers=1).manifest
    assert leaky.leaky
    assert len(leaky) == 18
    assert json.loads(read_manifest(tmp_path / "out" / "manifest.parquet").split_method)["leaky"] is True


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(source: Manifest, tmp_path: Path) -> None:
    source.locate("3.png").write_bytes(b"no picture")
    cv2.imwrite(str(source.locate("masks/4.png")), np.zeros((5, 5), np.uint8))
    done = augment(source, TURN, tmp_path / "out")
    assert [one.file for one in done.problems] == ["3.png", "4.png"]
    assert "mask" in done.problems[1].message
    assert len(done.manifest) == 9 + 5
    for number in range(9):
        source.locate(f"{number}.png").unlink()
    with pytest.raises(DataError, match="None of"):
        augment(source, TURN, tmp_path / "other", workers=1)


def test_a_normalization_treats_every_part_alike(source: Manifest, tmp_path: Path) -> None:
    manifest = augment(source, "reinhard", tmp_path / "out", workers=1).manifest
    assert len(manifest) == 9
    assert manifest.table["copy_of"].isna().all()
    assert list(manifest.table["original_sha256"]) == list(source.table["sha256"])
    with pytest.raises(InvalidValueError, match="does not normalize"):
        plan_augmentation(source, TURN, tmp_path / "x", reference=source.locate("0.png"))


@pytest.mark.parametrize("asked", [{"versions": 0}, {"balance": 0}, {"versions": 2, "balance": 5}])
def test_impossible_numbers_are_refused(source: Manifest, tmp_path: Path, asked: dict[str, int]) -> None:
    with pytest.raises(InvalidValueError):
        plan_augmentation(source, TURN, tmp_path / "out", **asked)


def test_balancing_needs_labels(source: Manifest, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no label"):
        plan_augmentation(source.with_columns(label=None), TURN, tmp_path / "out", balance=5)


def test_a_sheet_of_drawn_pictures_and_of_a_set(source: Manifest, tmp_path: Path) -> None:
    write_sheet(tmp_path / "drawn.png", None, PRESETS[5:7])
    write_sheet(tmp_path / "own.png", source, [TURN])
    for name in ("drawn.png", "own.png"):
        assert cv2.imread(str(tmp_path / name)).std() > 10
