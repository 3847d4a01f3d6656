import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError, TooLargeError
from leukoscope.service.uploads import MAX_NAME, UploadDraft, UploadLimits, clean_name
from leukoscope.storage.folders import DiskFolders


@pytest.fixture
def folders(tmp_path: Path) -> DiskFolders:
    return DiskFolders(tmp_path / "data")


def test_bytes_come_to_rest_as_numbered_files(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits())
    for name, pieces in (("a.png", [b"one", b"two"]), ("../../b.png", [b"three"])):
        draft.begin_file(name)
        for piece in pieces:
            draft.write(piece)
    draft.end_file()
    assert sorted(file.name for file in draft.folder.iterdir()) == ["0001", "0002"]
    assert (draft.folder / "0001").read_bytes() == b"onetwo"
    assert draft.names == ("a.png", "b.png")


def test_a_picture_too_large_stops_while_it_streams(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits(file_bytes=5))
    draft.begin_file("big.png")
    draft.write(b"12345")
    with pytest.raises(TooLargeError, match=r"big\.png"):
        draft.write(b"6")
    draft.end_file()
    assert (draft.folder / "0001").stat().st_size == 5


def test_pictures_too_large_together_stop(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits(file_bytes=5, request_bytes=8))
    draft.begin_file("a")
    draft.write(b"12345")
    draft.begin_file("b")
    with pytest.raises(TooLargeError, match="together"):
        draft.write(b"1234")


def test_too_many_pictures_stop(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits(files=1))
    draft.begin_file("a")
    with pytest.raises(TooLargeError, match="At most 1"):
        draft.begin_file("b")


def test_bytes_without_a_file_are_refused(folders: DiskFolders) -> None:
    with pytest.raises(InvalidValueError):
        UploadDraft(folders, UploadLimits()).write(b"x")


def test_a_draft_that_is_closed_leaves_nothing(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits())
    draft.begin_file("a")
    draft.close()
    assert not draft.folder.exists()


def test_equal_names_are_told_apart(folders: DiskFolders) -> None:
    draft = UploadDraft(folders, UploadLimits())
    for _ in range(3):
        draft.begin_file("field.png")
    assert draft.names == ("field.png", "field (2).png", "field (3).png")


@given(st.text(max_size=300))
def test_a_clean_name_has_no_path_no_control_and_some_length(name: str) -> None:
    cleaned = clean_name(name)
    assert 1 <= len(cleaned) <= MAX_NAME
    assert not set(cleaned) & {"/", "\\", "\x00", "\n", "\x1b", "\u202e"}


@given(st.text(string.ascii_letters + string.digits + "-_ <>.", min_size=1, max_size=40).map(str.strip).filter(bool))
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert clean_name(name) == name
