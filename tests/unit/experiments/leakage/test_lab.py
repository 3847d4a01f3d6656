from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.data.splits.recipe import Shares
from leukoscope.errors import InvalidValueError, ManifestError, RecipeError
from leukoscope.evaluation.leakage import ARMS, Lab
from leukoscope.experiments.leakage.lab import LabWish, run_lab
from leukoscope.reporting.comparison_report.leakage_page import lab_of_json

CHANGES = ("training.stored_side=32", "novelty.measure_on=[]", "robustness.measure=false")
WISH = LabWish(seeds=1, shares=Shares(validation=0.2, test=0.2))


@contextmanager
def silently(total: int, what: str) -> Iterator[Callable[[], None]]:
    yield lambda: None


@pytest.fixture(scope="module")
def lab(tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lab]:
    out = tmp_path_factory.mktemp("lab")
    return out, run_lab(tiny_set / "tiny.toml", tiny_set / "tiny", out, CHANGES, wish=WISH, watch=silently)


def test_every_arm_is_trained_as_long_and_tested_on_as_many(lab: tuple[Path, Lab]) -> None:
    found = lab[1]
    assert [run.arm for run in found.runs] == list(ARMS)
    assert len({run.batches for run in found.runs}) == 1
    assert len({run.reported.n for run in found.runs}) == 1
    assert len({run.unseen.n for run in found.runs}) == 1


def test_the_leaky_arms_share_groups_with_training_and_the_clean_one_does_not(lab: tuple[Path, Lab]) -> None:
    shared = {run.arm: run.shared for run in lab[1].runs}
    assert shared["group"] == 0
    assert min(shared["image"], shared["augmented"]) > 0.3


def test_the_clean_arm_is_tested_on_what_none_has_seen(lab: tuple[Path, Lab]) -> None:
    out, found = lab
    clean = next(run for run in found.runs if run.arm == "group")
    assert clean.reported == clean.unseen
    unseen = {entry.group for entry in read_manifest(out / "seed-1" / "group" / "split.parquet").part("test")}
    for arm in ARMS:
        divided = read_manifest(out / "seed-1" / arm / "split.parquet")
        assert not unseen & {entry.group for part in ("train", "validation") for entry in divided.part(part)}


def test_what_is_finished_is_not_trained_again(lab: tuple[Path, Lab], tiny_set: Path) -> None:
    out, found = lab
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.ckpt")}
    again = run_lab(tiny_set / "tiny.toml", tiny_set / "tiny", out, CHANGES, wish=WISH, watch=silently)
    assert again == found
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.ckpt")} == before


def test_another_recipe_needs_another_folder(lab: tuple[Path, Lab], tiny_set: Path) -> None:
    changed = (*CHANGES, "training.epochs=3")
    with pytest.raises(RecipeError, match="another recipe, set, groups or division"):
        run_lab(tiny_set / "tiny.toml", tiny_set / "tiny", lab[0], changed, wish=WISH, watch=silently)


@pytest.mark.parametrize("column", ["group", "sha256"])
def test_other_groups_or_pictures_under_the_same_names_need_another_folder(
    lab: tuple[Path, Lab], tiny_set: Path, tmp_path: Path, column: str
) -> None:
    manifest = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny").with_columns(split=None)
    cells = manifest.table[column].astype(str).tolist()
    same, moved = (manifest.with_columns(**{column: told}) for told in (cells, [*cells[1:], cells[0]]))
    wish = replace(WISH, images=tiny_set / "tiny")
    for told, name in ((same, "same"), (moved, "moved")):
        write_manifest(Manifest.from_table(told.table, tmp_path, name), tmp_path / f"{name}.csv")
    found = run_lab(tiny_set / "tiny.toml", tmp_path / "same.csv", lab[0], CHANGES, wish=wish, watch=silently)
    assert found.runs == lab[1].runs
    with pytest.raises(RecipeError, match="another recipe, set, groups or division"):
        run_lab(tiny_set / "tiny.toml", tmp_path / "moved.csv", lab[0], CHANGES, wish=wish, watch=silently)


def test_a_set_without_known_groups_is_refused(tiny_set: Path, tmp_path: Path) -> None:
    single = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny").with_columns(split=None)
    alone = single.with_columns(group=single.table["path"].tolist())
    write_manifest(alone, tmp_path / "alone.csv")
    with pytest.raises(ManifestError, match="No group of alone holds two pictures"):
        run_lab(tiny_set / "tiny.toml", tmp_path / "alone.csv", tmp_path / "out", CHANGES, wish=WISH, watch=silently)


def test_no_seed_is_refused(tiny_set: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="at least one seed"):
        run_lab(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path, wish=LabWish(seeds=0), watch=silently)


def test_the_command_tells_one_sentence_and_writes_the_page(lab: tuple[Path, Lab], tiny_set: Path) -> None:
    out, found = lab
    asked = ["leakage", str(tiny_set / "tiny.toml"), "--data", str(tiny_set / "tiny"), "--out", str(out)]
    asked += ["--seeds", "1", "--shares", "60/20/20", *(part for one in CHANGES for part in ("--set", one))]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    assert "Split by image, tiny-test would have reported" in result.stdout
    assert "Fewer than three seeds" in result.stderr
    assert lab_of_json((out / "leakage.json").read_text(encoding="utf-8")).runs == found.runs
    assert json.loads((out / "leakage.json").read_text(encoding="utf-8"))["schema"] == "leukoscope.leakage/1"
    assert "Each training" in (out / "leakage.html").read_text(encoding="utf-8")


def test_a_class_the_recipe_does_not_know_is_refused(tiny_set: Path, tmp_path: Path) -> None:
    manifest = read_manifest(tiny_set / "tiny.csv", tiny_set / "tiny")
    renamed = Manifest.from_table(manifest.table.assign(label="gray"), manifest.base, "gray")
    write_manifest(renamed, tmp_path / "gray.csv")
    with pytest.raises(ManifestError, match="the classes gray, which tiny-test does not know"):
        run_lab(tiny_set / "tiny.toml", tmp_path / "gray.csv", tmp_path / "out", CHANGES, wish=WISH, watch=silently)
