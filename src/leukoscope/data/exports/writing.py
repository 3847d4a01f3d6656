"""How does an export reach the disk?  Each file in one step, and what is there already is left alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from leukoscope.errors import ManifestError

How = Literal["copy", "link"]


def write_text(path: Path, text: str) -> None:
    """Write a text file as UTF-8 in one step; a file that holds the text already is not touched."""
    content = text.encode()
    if path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def place_file(source: Path, target: Path, how: How) -> None:
    """Copy or hard-link a picture in one step; one that is there already, with size and time, is kept.

    Raises:
        ManifestError: The picture cannot be read, or the disk is full.
    """
    try:
        if _is_there(source, target):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(target)
        try:
            _transfer(source, temporary, how)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        raise ManifestError(
            f"{source.name} could not be exported ({fault.strerror or fault}).",
            hint="Check that it is there and the disk has room, then run the command again.",
        ) from fault


def _is_there(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    ours, theirs = source.stat(), target.stat()
    return source.samefile(target) or (ours.st_size, ours.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _transfer(source: Path, temporary: Path, how: How) -> None:
    if how == "link":
        temporary.unlink()
        try:
            os.link(source.resolve(), temporary)
        except OSError:
            # Another disk, or a file system without hard links: a copy does the same.
            shutil.copy2(source, temporary)
    else:
        shutil.copy2(source, temporary)


def _temporary(target: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".export-")
    os.close(handle)
    return Path(name)
