"""`leukoscope data split` from manifest to manifest, as its user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from leukoscope.cli.main import app
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import read_manifest, write_manifest


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """A manifest of 20 patients with 6 pictures each, half of them of either class."""
    rows = [
        Row(f"{n:03d}.png", label="xy"[n // 6 % 2], patient=str(n // 6), series="s", number=n % 60 + 60 * (n // 6 % 2))
        for n in range(120)
    ]
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "set.parquet")
    return tmp_path / "set.parquet"


def split(manifest: Path, out: str, *more: str) -> Result:
    return CliRunner().invoke(app, ["data", "split", str(manifest), "--out", str(manifest.parent / out), *more])


def test_patients_are_kept_together_and_the_figures_are_told(known: Path) -> None:
    told = json.loads(split(known, "split.csv", "--folds", "3", "--shares", "64/16/20", "--json").stdout)
    made = read_manifest(known.parent / "split.csv")
    assert (made.table.groupby("patient", observed=True)["split"].nunique() == 1).all()
    assert sum(one["pictures"] for one in told["counts"] if not one["part"].startswith("fold")) == 120
    assert {one["part"] for one in told["counts"]} == {"train", "validation", "test", "fold 0", "fold 1", "fold 2"}
    assert told["method"] == json.loads(made.split_method)
    assert told["method"]["by"] == "patient"
    assert not told["leaky"]


def test_people_get_a_table_and_warnings(known: Path) -> None:
    result = split(known, "split.csv")
    assert result.exit_code == 0
    assert "pictures / groups / patients" in result.stdout
    assert "Kept together: what shares patient" in result.stdout
    assert "Fewer than 3 groups" in result.stderr


def test_a_folder_of_copies_that_cannot_be_made_is_told_before_the_work(known: Path) -> None:
    (known.parent / "wrong").write_text("notes")
    result = split(known, "wrong.csv", "--leaky")
    assert result.exit_code != 0
    assert "--leaky makes a folder named as the manifest" in str(result.exception)
    assert "--out another name" in str(result.exception)
    assert (known.parent / "wrong").read_text() == "notes"


def test_file_numbers_read_from_names_are_told_and_written(tmp_path: Path) -> None:
    rows = [Row(f"{label}/WBC-{label}-{n:03d}.jpg", label=label) for label in ("Benign", "Pre") for n in range(60)]
    write_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "set.csv")
    result = split(tmp_path / "set.csv", "split.csv", "--by", "blocks", "--block-size", "5")
    assert "they were read from the ends of the files' names" in result.stderr
    assert "neighbors in file number were kept together" in result.stderr
    assert read_manifest(tmp_path / "split.csv").table["number"].notna().all()


def test_parts_that_are_replaced_and_pictures_nobody_could_read_are_told(known: Path) -> None:
    manifest = read_manifest(known)
    hashes = [None if n == 5 else f"{n:064x}" for n in range(120)]
    write_manifest(manifest.with_columns(split="train", sha256=hashes), known.parent / "parted.parquet")
    told = split(known.parent / "parted.parquet", "anew.csv").stderr
    assert "has parts already (train 120); they are replaced. --official keeps them." in told
    assert "1 pictures have no hash" in told
    assert "005.png" in told
    assert "already" not in split(known, "first-time.csv").stderr


def test_a_recipe_is_repeated_from_another_manifest(known: Path) -> None:
    split(known, "first.parquet", "--seed", "3", "--shares", "50/25/25")
    split(known, "again.parquet", "--from", str(known.parent / "first.parquet"))
    first, again = (read_manifest(known.parent / f"{name}.parquet") for name in ("first", "again"))
    assert again.table.equals(first.table)
    write_manifest(read_manifest(known).select([True] * 114 + [False] * 6), known.parent / "fewer.parquet")
    fewer = split(known.parent / "fewer.parquet", "fewer-split.csv", "--from", str(known.parent / "first.parquet"))
    assert "the recipe was repeated on others" in fewer.stderr


def test_dividing_by_image_is_marked_and_cannot_be_undone(known: Path) -> None:
    assert "LEAKY" in split(known, "wrong.csv", "--by", "image").stderr
    assert read_manifest(known.parent / "wrong.csv").leaky
    assert split(known.parent / "wrong.csv", "right.csv").exit_code != 0


def test_known_pairs_are_kept_together_or_left_out(known: Path) -> None:
    (known.parent / "pairs.csv").write_text("first,second\n000.png,119.png\nelse.png,000.png\n", encoding="utf-8")
    with_pairs = ("--pairs", str(known.parent / "pairs.csv"))
    write_manifest(read_manifest(known).with_columns(patient=None), known)
    told = json.loads(split(known, "a.csv", "--by", "copies", "--block-size", "6", *with_pairs, "--json").stdout)
    assert "pairs" in told["method"]["groups_from"]
    parts = {row.path: row.split for row in read_manifest(known.parent / "a.csv").rows()}
    assert parts["000.png"] == parts["119.png"]
    left = json.loads(
        split(known, "b.csv", "--by", "blocks", "--block-size", "6", "--leave-out", *with_pairs, "--json").stdout
    )
    assert len(left["left_out"]) <= 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--by", "luck"), 2),
        (("--by", "official"), 2),
        (("--shares", "all"), 2),
        (("--from", "x.csv", "--folds", "3"), 2),
        (("--official", "--by", "patient"), 2),
        (("--leaky", "--by", "patient"), 2),
        (("--folds", "1"), 2),
        (("--from", "x.csv"), 3),
        (("--pairs", "none.csv"), 3),
        (("--by", "group"), 3),
        (("--official",), 3),
        (("--by", "copies"), 3),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    known: Path, more: tuple[str, ...], code: int
) -> None:
    from leukoscope.cli.exit_codes import exit_code_of
    from leukoscope.errors import LeukoscopeError

    result = split(known, "out.csv", *more)
    fault = result.exception
    assert (exit_code_of(fault) if isinstance(fault, LeukoscopeError) else result.exit_code) == code, result.output
    assert not (known.parent / "out.csv").exists()
