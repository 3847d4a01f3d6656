from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from leukoscope.data.archives import UnpackLimits, count_files, unpack_zip
from leukoscope.errors import DataError

LIMITS = UnpackLimits(spare_bytes=0)


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = {"set/a b.txt": b"one", "set/ü/c.bin": bytes(1000)}
    archive, done = packed(tmp_path / "set.zip", files), []
    unpack_zip(archive, tmp_path / "out", LIMITS, after_each=lambda: done.append(1))
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files
    assert len(done) == count_files(archive) == 2


@pytest.mark.parametrize(
    "name", ["../evil.txt", "set/../../evil.txt", "/etc/evil.txt", "C:/evil.txt", "//host/evil.txt", "..\\evil.txt"]
)
def test_a_name_that_points_out_of_the_folder_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    archive = packed(tmp_path / "set.zip", {"good.txt": b"1", name: b"2"})
    (tmp_path / "deep").mkdir()
    with pytest.raises(DataError, match="not unpacked"):
        unpack_zip(archive, tmp_path / "deep" / "out", LIMITS)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["deep", "set.zip"]


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(link, "/etc/hosts")
    with pytest.raises(DataError, match="a link"):
        unpack_zip(tmp_path / "set.zip", tmp_path / "out", LIMITS)


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (UnpackLimits(max_ratio=20, spare_bytes=0), "swell"),
        (UnpackLimits(max_bytes=1000, max_ratio=1e9, spare_bytes=0), "files of"),
        (UnpackLimits(max_files=1, max_ratio=1e9, spare_bytes=0), "files of"),
        (UnpackLimits(max_ratio=1e9, spare_bytes=1 << 60), "are free"),
    ],
)
def test_an_archive_that_swells_is_refused(tmp_path: Path, limits: UnpackLimits, why: str) -> None:
    archive = packed(tmp_path / "set.zip", {"zeros": bytes(1 << 20), "more": b"1"})
    with pytest.raises(DataError, match=why):
        unpack_zip(archive, tmp_path / "out", limits)
    assert not (tmp_path / "out").exists()


def test_a_member_that_is_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as packing:  # stored, so that the size can be changed in place
        packing.writestr("file", b"x" * 1000)
    content = bytearray(archive.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    archive.write_bytes(bytes(content))
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack_zip(archive, tmp_path / "out", LIMITS)


@pytest.mark.parametrize("damage", ["truncated", "no archive", "changed"])
def test_a_damaged_archive_leaves_nothing_behind(tmp_path: Path, damage: str) -> None:
    archive = packed(tmp_path / "set.zip", {"file": b"some text that is long enough " * 50})
    content = bytearray(archive.read_bytes())
    content[50] ^= 0xFF
    archive.write_bytes({"truncated": bytes(content[:100]), "no archive": b"hello", "changed": bytes(content)}[damage])
    with pytest.raises(DataError):
        unpack_zip(archive, tmp_path / "out", LIMITS)
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    unpack_zip(packed(tmp_path / "set.zip", {"file": b"1"}), tmp_path / "out", LIMITS)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_what_is_no_archive_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    assert count_files(tmp_path / "text") == 0
