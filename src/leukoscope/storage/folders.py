"""The files of jobs, in folders under one data directory."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path

from leukoscope.errors import InvalidValueError


class DiskFolders:
    """A `JobFolders` on the local disk; only the user who runs the server may read it.

    Args:
        root: The data directory; made when missing.
    """

    def __init__(self, root: Path) -> None:
        self._drafts, self._jobs = root / "drafts", root / "jobs"
        self._root = root
        for folder in (root, self._drafts, self._jobs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def lock(self) -> None:
        """Keep other servers out of the data directory until this process ends, however it ends.

        Raises:
            InvalidValueError: Another server uses it.
        """
        if sys.platform == "win32":  # it has no flock; there the folder is the user's own responsibility
            return
        import fcntl

        self._lock = (self._root / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise InvalidValueError(
                f"Another leukoscope server works in {self._root}.", hint="Stop it, or give another --data-dir."
            ) from fault

    def new_draft(self) -> Path:
        """A new empty folder for an upload that is not yet a job."""
        folder = self._drafts / secrets.token_hex(16)
        folder.mkdir()
        return folder

    def adopt(self, draft: Path, job_id: str) -> None:
        """Make a draft the uploads of a job, at once or not at all."""
        for file in draft.iterdir():
            _flush(file)
        home = self._job(job_id)
        home.mkdir()
        draft.replace(home / "uploads")

    def upload(self, job_id: str, number: int) -> Path:
        """Where the picture lies as it was sent."""
        return self._job(job_id) / "uploads" / f"{number:04d}"

    def report(self, job_id: str) -> Path:
        """Folder of report.html, result.json and cells.csv."""
        return self._job(job_id) / "report"

    def view(self, job_id: str, number: int) -> Path:
        """Folder of what the page of one picture shows."""
        return self._job(job_id) / "view" / f"{number:04d}"

    def remove(self, job_id: str) -> None:
        """Remove all files of a job; one that is not there is passed over."""
        shutil.rmtree(self._job(job_id), ignore_errors=True)

    def discard(self, draft: Path) -> None:
        """Remove a draft that does not become a job; one that is not there is passed over."""
        shutil.rmtree(draft, ignore_errors=True)

    def sweep(self, keep: frozenset[str]) -> None:
        """Remove left-over drafts and the folders of jobs not in `keep`; only before uploads are taken."""
        for draft in self._drafts.iterdir():
            shutil.rmtree(draft, ignore_errors=True)
        for folder in self._jobs.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)

    def _job(self, job_id: str) -> Path:
        # Ids come from the store, which knows only those it was given; this guards against a mistake of ours.
        if not job_id or set(job_id) & {"/", "\\", "."}:
            raise ValueError(f"not a job id: {job_id!r}")
        return self._jobs / job_id


def _flush(file: Path) -> None:
    """Wait until the bytes are on the disk, so that a job that was answered for outlives a power cut."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
