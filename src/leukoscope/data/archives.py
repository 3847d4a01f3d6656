"""How is a fetched archive unpacked without trusting it?  Names, links and sizes are checked first."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from leukoscope.errors import DataError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """What an archive may hold.

    Attributes:
        max_bytes: Largest sum of its files.
        max_files: Most files.
        max_ratio: Most bytes that a byte of the archive may become; pictures on black reach about 100.
        spare_bytes: What must stay free on the disk.
    """

    max_bytes: int = 64 << 30
    max_files: int = 1_000_000
    max_ratio: float = 500.0
    spare_bytes: int = 1 << 30


def unpack_zip(
    archive: Path, folder: Path, limits: UnpackLimits | None = None, *, after_each: Callable[[], None] = lambda: None
) -> None:
    """Unpack an archive into a folder that appears whole or not at all; one that is there is left alone.

    Args:
        archive: A ZIP file.
        folder: The folder to make.
        limits: What the archive may hold.
        after_each: Called after each file.

    Raises:
        DataError: It is no ZIP file, is damaged, or holds a name, link or size that is refused; nothing is left.
    """
    if folder.exists():
        return
    unfinished = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _checked(opened, archive, limits or UnpackLimits(), folder.parent)
            for member in members:
                _unpack_one(opened, member, unfinished)
                after_each()
        unfinished.mkdir(parents=True, exist_ok=True)
        unfinished.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as fault:
        raise DataError(f"{archive} cannot be unpacked: {fault}", hint="Remove it and fetch it again.") from fault
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def count_files(archive: Path) -> int:
    """How many files an archive holds; 0 where it is no ZIP file."""
    if not zipfile.is_zipfile(archive):
        return 0
    with zipfile.ZipFile(archive) as opened:
        return sum(not member.is_dir() for member in opened.infolist())


def _checked(opened: zipfile.ZipFile, archive: Path, limits: UnpackLimits, place: Path) -> list[zipfile.ZipInfo]:
    members = [member for member in opened.infolist() if not member.is_dir()]
    for member in members:
        _check_member(member, archive)
    total = sum(member.file_size for member in members)
    if len(members) > limits.max_files or total > limits.max_bytes:
        raise _refused(archive, f"it holds {len(members)} files of {total / 1e9:.1f} GB")
    if total > limits.max_ratio * max(archive.stat().st_size, 1):
        raise _refused(archive, f"it would swell to {total / archive.stat().st_size:.0f} times its size")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise _refused(archive, "it holds a name twice")
    free = shutil.disk_usage(place).free
    if free < total + limits.spare_bytes:
        raise DataError(f"{archive} needs {total / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free.", hint="Make room.")
    return members


def _check_member(member: zipfile.ZipInfo, archive: Path) -> None:
    name = member.filename
    # orig_filename: zipfile cuts a name at a NUL byte, and what is cut could hide another name.
    if "\0" in member.orig_filename or "\\" in name or not name:
        raise _refused(archive, f"it holds the name {member.orig_filename!r}")
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor or ".." in PurePosixPath(name).parts:
        raise _refused(archive, f"{name!r} points out of the folder")
    mode = member.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
        raise _refused(archive, f"{name!r} is a link or no plain file")
    if member.flag_bits & 0x1:
        raise _refused(archive, f"{name!r} is encrypted")


def _refused(archive: Path, why: str) -> DataError:
    return DataError(f"{archive} is not unpacked: {why}.", hint="Look at it by hand before you use it.")


def _unpack_one(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / member.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as packed, target.open("wb") as file:
        _copy(packed, file, member)


def _copy(packed: IO[bytes], file: IO[bytes], member: zipfile.ZipInfo) -> None:
    """Copy a member and hold it to the size it declares; zipfile checks its CRC at the end."""
    left = member.file_size
    while piece := packed.read(_CHUNK):
        left -= len(piece)
        if left < 0:
            raise zipfile.BadZipFile(f"{member.filename} is larger than it says")
        file.write(piece)
