from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukoscope.cli.data import fetching
from leukoscope.cli.exit_codes import ExitCode, exit_code_of
from leukoscope.data import download as downloading
from leukoscope.data.copies import each_fingerprint, fingerprint_files
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.sources import bccd, medmnist
from leukoscope.data.sources.source import Download
from leukoscope.errors import LeukoscopeError
from leukoscope.experiments import data_import
from leukoscope.experiments.data_import_journal import Measured, open_journal

RNG = np.random.default_rng(0)


def picture(path: Path, width: int = 40, height: int = 30) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture
def taleqani(tmp_path) -> Path:
    root = tmp_path / "set with spaces ü"
    for number in range(3):
        picture(root / "Early" / f"WBC-Malignant-Early-{number:03d}.jpg")
        picture(root / "Benign" / f"WBC-Benign-{number:03d}.jpg")
    return root


def test_a_set_becomes_a_manifest_that_finds_its_pictures(leukoscope, taleqani, tmp_path):
    done = leukoscope("data", "import", taleqani, "--out", "deep/m.parquet")
    assert done.exit_code == 0
    assert "looks like taleqani-all" in done.stderr
    assert "6 pictures of taleqani-all" in done.stdout
    manifest = read_manifest(tmp_path / "deep" / "m.parquet")
    for row in manifest.rows():
        content = manifest.locate(row.path).read_bytes()
        assert row.sha256 == hashlib.sha256(content).hexdigest()
        assert (row.width, row.height) == (40, 30)
        assert row.phash is not None
        assert (row.label, row.series, row.number) == (row.label, row.label, int(row.path[-7:-4]))


def test_unreadable_pictures_keep_their_row_and_cost_exit_code_1(leukoscope, taleqani, tmp_path):
    (taleqani / "Early" / "WBC-Malignant-Early-001.jpg").write_bytes(b"no picture")
    picture(taleqani / "Early" / "holiday.jpg")
    done = leukoscope("data", "import", "taleqani-all", taleqani, "--out", "m.csv", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert said["schema"] == "leukoscope.import/1"
    assert said["pictures"] == 6
    assert said["classes"] == {"benign": 3, "early": 3}
    assert sorted(one["file"] for one in said["problems"]) == [
        "Early/WBC-Malignant-Early-001.jpg",
        "Early/holiday.jpg",
    ]
    rows = {row.path.rpartition("/")[2]: row for row in read_manifest(tmp_path / "m.csv").rows()}
    assert rows["WBC-Malignant-Early-001.jpg"].sha256 is None
    assert rows["WBC-Malignant-Early-000.jpg"].sha256 is not None


def test_problems_are_named_to_people_by_file_and_line(leukoscope, tmp_path):
    picture(tmp_path / "images" / "001.bmp")
    (tmp_path / "class_labels.csv").write_text("image ID,class label\n1,2\n7,nonsense\n")
    done = leukoscope("data", "import", "jtsc-wbc", tmp_path, "--out", "m.csv")
    assert done.exit_code == 1
    assert "class_labels.csv, line 3" in done.stderr
    assert "mask of images/001.bmp is missing" in done.stderr


def test_a_list_without_pixels_is_kept_and_said(leukoscope, tmp_path):
    (tmp_path / "list.tsv").write_text(
        f"fold_0/all/UID_1_1_1_all.bmp\t{'a' * 64}\nfold_1/all/UID_2_1_1_all.bmp\t{'a' * 64}\n"
    )
    done = leukoscope("data", "import", tmp_path / "list.tsv", "--out", "m.parquet")
    assert done.exit_code == 0
    assert "2 of them are only listed" in done.stdout
    assert [row.sha256 for row in read_manifest(tmp_path / "m.parquet").rows()] == ["a" * 64] * 2


def test_a_file_that_differs_from_its_list_is_told(leukoscope, tmp_path):
    picture(tmp_path / "fold_0" / "all" / "UID_1_1_1_all.bmp")
    (tmp_path / "list.tsv").write_text(f"fold_0/all/UID_1_1_1_all.bmp\t{'a' * 64}\n")
    done = leukoscope("data", "import", tmp_path / "list.tsv", "--out", "m.parquet")
    assert done.exit_code == 1
    assert "differs from the SHA-256" in done.stderr


def test_a_packed_set_is_written_out_beside_the_manifest(leukoscope, tmp_path):
    packed = {
        f"{part}_{what}": RNG.integers(0, 256, (4, 28, 28, 3), dtype=np.uint8)
        if what == "images"
        else np.arange(4, dtype=np.uint8)[:, None]
        for part in ("train", "val", "test")
        for what in ("images", "labels")
    }
    np.savez(tmp_path / "bloodmnist.npz", **packed)
    done = leukoscope("data", "import", "bloodmnist.npz", "--out", "made/m.parquet")
    assert done.exit_code == 0
    manifest = read_manifest(tmp_path / "made" / "m.parquet")
    assert {row.split for row in manifest.rows()} == {"train", "validation", "test"}
    assert all(
        manifest.locate(row.path).is_relative_to(tmp_path / "made" / "bloodmnist-pictures") for row in manifest.rows()
    )


def test_webp_and_seldom_used_endings_are_imported_and_empty_folders_named(leukoscope, tmp_path):
    for number, suffix in enumerate(("webp", "jfif", "dib", "png")):
        content = Image.fromarray(RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8))
        path = tmp_path / "set" / "ab"[number % 2] / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        content.save(path, format={"jfif": "JPEG", "dib": "BMP"}.get(suffix))
    (tmp_path / "set" / "lymphocyte").mkdir()
    done = leukoscope("data", "import", "set", "--out", "m.csv", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert (said["pictures"], said["classes"], said["empty_folders"]) == (4, {"a": 2, "b": 2}, ["lymphocyte"])
    assert all(row.phash for row in read_manifest(tmp_path / "m.csv").rows())
    assert "hold no picture: lymphocyte" in leukoscope("data", "import", "set", "--out", "m.csv").stdout


def test_a_stopped_import_goes_on_where_it_was_and_gives_the_same_manifest(leukoscope, taleqani, tmp_path, monkeypatch):
    leukoscope("data", "import", taleqani, "--out", "whole.csv")
    read = []

    def stop_after_two(paths, **how):
        for path in paths:
            if len(read) == 2:
                raise KeyboardInterrupt
            read.append(path)
            yield from fingerprint_files([path])

    monkeypatch.setattr(data_import, "each_fingerprint", stop_after_two)
    stopped = leukoscope("data", "import", taleqani, "--out", "m.csv")
    assert stopped.exit_code == ExitCode.INTERRUPTED
    assert "goes on" in stopped.stderr
    assert not (tmp_path / "m.csv").exists()
    changed = read[0]
    picture(changed, 50)  # measured before, but another file now
    monkeypatch.setattr(data_import, "each_fingerprint", each_fingerprint)
    done = leukoscope("data", "import", taleqani, "--out", "m.csv")
    assert "1 of them had been measured before" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    rows = {row.path: row for row in read_manifest(tmp_path / "m.csv").rows()}
    whole = {row.path: row for row in read_manifest(tmp_path / "whole.csv").rows()}
    other = next(path for path in rows if path.endswith(changed.name))
    assert rows.pop(other).width == 50
    whole.pop(other)
    assert rows == whole


def test_notes_of_another_folder_are_not_believed(tmp_path):
    for folder in ("one", "other"):
        picture(tmp_path / folder / "a.png")
    with suppress(KeyboardInterrupt), open_journal(tmp_path / "m.csv", tmp_path / "one") as journal:
        journal.note("a.png", Measured("0" * 64))
        raise KeyboardInterrupt
    with open_journal(tmp_path / "m.csv", tmp_path / "other") as journal:
        assert journal.known("a.png") is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nowhere", "--out", "m.csv"), 3, "There is no nowhere"),
        (("cnmc2019", ".", "--out", "m.csv"), 2, "Did you mean cnmc-2019"),
        ((".", "--out", "m.csv"), 3, "holds no picture"),
        ((".", "--out", "m.txt"), 2, ".parquet"),
        ((".",), 2, "--out"),
        (("--out", "m.csv"), 2, "PATH"),
        (("cnmc-2019", ".", "--out", "m.csv"), 3, "UID_11_10_1_all.bmp"),
        (("cnmc-2019", "x", "--download", "--out", "m.csv"), 3, "How to get it"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(leukoscope, tmp_path, arguments, code, said):
    done = leukoscope("data", "import", *arguments)
    fault = done.exception if isinstance(done.exception, LeukoscopeError) else None
    assert code == (exit_code_of(fault) if fault else done.exit_code)
    assert said in (str(fault) if fault else done.stderr)
    assert not list(tmp_path.iterdir())


def test_all_sets_are_listed_with_their_licences(leukoscope):
    listed = json.loads(leukoscope("data", "import", "--list", "--json").stdout)
    assert {"cnmc-2019", "taleqani-all", "bccd", "bloodmnist"} <= {one["name"] for one in listed}
    assert all(one["licence"] for one in listed)
    assert "taleqani-all" in leukoscope("data", "import", "--list").stdout


def test_a_card_is_shown_in_full(leukoscope):
    shown = leukoscope("data", "import", "--card", "cnmc-2019").stdout
    for said in ("Licence of the images: CC BY 3.0", "Known traps:", "51=75=78", "Official parts:", "hem (there: hem)"):
        assert said in shown


# --- download: the answers of a server are files here; the transfer itself is tested in test_download.py ----


@pytest.fixture
def published(tmp_path, monkeypatch) -> Path:
    """BCCD as one archive at its owners' address."""
    picture(tmp_path / "there" / "BCCD" / "JPEGImages" / "BloodImage_00001.jpg")
    annotation = (
        "<annotation><filename>BloodImage_00001.jpg</filename><size><width>40</width><height>30</height></size>"
        "<object><name>WBC</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object>"
        "</annotation>"
    )
    with zipfile.ZipFile(tmp_path / "published.zip", "w") as archive:
        archive.write(
            tmp_path / "there" / "BCCD" / "JPEGImages" / "BloodImage_00001.jpg",
            "x/BCCD/JPEGImages/BloodImage_00001.jpg",
        )
        archive.writestr("x/BCCD/Annotations/BloodImage_00001.xml", annotation)

    def fetched(download: Download, folder: Path, limits: object = None, *, after_each: object = None) -> object:
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / download.filename
        target.write_bytes((tmp_path / "published.zip").read_bytes())
        return downloading.Fetched(target, "0" * 64, "first")

    monkeypatch.setattr(downloading, "fetch", fetched)
    return tmp_path / "published.zip"


def test_nothing_is_fetched_before_the_licence_is_accepted(leukoscope, published, tmp_path):
    done = leukoscope("data", "import", "bccd", "got", "--download", "--out", "m.csv")
    assert done.exit_code == 2
    assert "Licence: MIT" in done.stderr
    assert bccd.card.downloads[0].url in done.stderr
    assert "--accept-licence" in done.stderr
    assert not (tmp_path / "got").exists()


def test_an_accepted_set_is_fetched_unpacked_and_imported(leukoscope, published, tmp_path):
    done = leukoscope("data", "import", "bccd", "got", "--download", "--accept-licence", "--out", "m.csv")
    assert done.exit_code == 0, done.stderr
    assert "no checksum: this one is recorded" in done.stderr
    (row,) = read_manifest(tmp_path / "m.csv").rows()
    assert row.path == "got/BCCD_Dataset/x/BCCD/JPEGImages/BloodImage_00001.jpg"
    assert row.boxes is not None
    assert row.boxes[0].box.as_list() == [1, 2, 9, 8]


def test_a_download_needs_a_name(leukoscope):
    done = leukoscope("data", "import", "somewhere", "--download", "--out", "m.csv")
    assert done.exit_code == 2
    assert "name the set" in done.stderr


def test_every_proof_is_worded() -> None:
    assert set(fetching._PROOFS) == {"published", "recorded", "first"}
    assert medmnist.card.downloads[0].md5
