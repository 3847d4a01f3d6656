import stat
from pathlib import Path

import pytest

from leukoscope.storage.folders import DiskFolders


@pytest.fixture
def folders(tmp_path: Path) -> DiskFolders:
    return DiskFolders(tmp_path / "data")


def test_only_the_user_of_the_server_may_look_in(folders: DiskFolders, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "jobs").stat().st_mode) == 0o700


def test_an_adopted_draft_is_found_as_uploads(folders: DiskFolders) -> None:
    draft = folders.new_draft()
    (draft / "0001").write_bytes(b"picture")
    folders.adopt(draft, "job")
    assert folders.upload("job", 1).read_bytes() == b"picture"
    assert not draft.exists()


def test_drafts_do_not_meet(folders: DiskFolders) -> None:
    assert folders.new_draft() != folders.new_draft()


def test_what_is_not_there_can_be_removed(folders: DiskFolders, tmp_path: Path) -> None:
    folders.remove("nothing")
    folders.discard(tmp_path / "nothing")


def test_a_sweep_keeps_only_known_jobs(folders: DiskFolders) -> None:
    for name in ("known", "unknown"):
        folders.adopt(folders.new_draft(), name)
    left = folders.new_draft()
    folders.sweep(frozenset({"known"}))
    assert folders.upload("known", 1).parent.is_dir()
    assert not folders.upload("unknown", 1).parent.exists()
    assert not left.exists()


@pytest.mark.parametrize("job_id", ["", "..", "a/b", "a\\b", "."])
def test_an_id_that_would_lead_out_is_refused(folders: DiskFolders, job_id: str) -> None:
    with pytest.raises(ValueError, match="not a job id"):
        folders.remove(job_id)
