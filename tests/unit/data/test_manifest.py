from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.manifest import Entry, Manifest, check_files, read_manifest, sha256_of
from leukoscope.errors import ManifestError

ENTRIES = (
    Entry("a/1.jpg", "0" * 64, "a", "a-00", "train"),
    Entry("a/2, copy.jpg", "1" * 64, "a", "a-01", "test"),
    Entry("b/1.jpg", "2" * 64, "b", "b-00", "validation"),
)


def test_a_split_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(Manifest(ENTRIES).to_csv(), encoding="utf-8")
    manifest = read_manifest(tmp_path / "s.csv")
    assert manifest == Manifest(ENTRIES)
    assert manifest.labels == ("a", "b")
    assert manifest.part("test") == ENTRIES[1:2]
    assert manifest.sha256 == sha256_of(tmp_path / "s.csv")


def test_a_group_in_two_parts_is_refused() -> None:
    with pytest.raises(ManifestError, match="'a-00' lies in two parts"):
        Manifest((ENTRIES[0], Entry("a/3.jpg", "3" * 64, "a", "a-00", "test")))


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ManifestError, match="twice"):
        Manifest((ENTRIES[0], ENTRIES[0]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,label\n", "columns"),
        ("name,sha256,label,group,split\na,b,c,d,holdout\n", "Line 2"),
        ("name,sha256,label,group,split\na,b,,d,test\n", "Line 2"),
    ],
)
def test_what_is_no_split_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=said):
        read_manifest(tmp_path / "s.csv")


def test_a_missing_split_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "absent.csv")


def test_missing_and_changed_pictures_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_bytes(b"one")
    good = Entry("a/1.jpg", sha256_of(tmp_path / "a" / "1.jpg"), "a", "a-00", "train")
    check_files([good], tmp_path)
    with pytest.raises(ManifestError, match=r"1 of 2 .* a/2, copy.jpg"):
        check_files([good, ENTRIES[1]], tmp_path)
    (tmp_path / "a" / "1.jpg").write_bytes(b"two")
    with pytest.raises(ManifestError, match="1 of 1"):
        check_files([good], tmp_path)
