"""What is each file, told without looking for others: its hashes, its size, and what its bytes really are."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from stat import S_ISREG

from leukoscope.data.copies.perceptual import HASHED_SIDE, hash_of_gray, perceptual_hash
from leukoscope.errors import InputError
from leukoscope.imaging.formats.common import open_with_pillow
from leukoscope.imaging.formats.header import check_size
from leukoscope.imaging.formats.headers import read_jpeg_header
from leukoscope.imaging.formats.recognition import HEAD_BYTES, Format, recognize, suffix_warning
from leukoscope.imaging.reading import MAX_BYTES, open_without_waiting, read_image

_PER_TASK = 64
_WORTH_PROCESSES = 1000
"""Starting a process costs about as long as reading this many small pictures."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is known of one readable picture.

    Attributes:
        path: The file.
        sha256: Hash of the file.
        phash: 64-bit perceptual hash of the upright picture, 16 hexadecimal digits.
        width: Width of the upright picture in pixels.
        height: Height of it.
        bytes: Size of the file.
        format: What its bytes are, whatever its name says.
        mode: How its pixels are stored: RGB, RGBA, L, P, CMYK..., with "16-bit" after it for deep ones.
        warnings: What the reader warns of, such as an extension that lies; one sentence each.
    """

    path: Path
    sha256: str
    phash: str
    width: int
    height: int
    bytes: int
    format: Format
    mode: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no picture that can be read, and why."""

    path: Path
    message: str


def fingerprint_files(
    paths: Sequence[Path], *, after_each: Callable[[], None] = lambda: None, workers: int | None = None
) -> tuple[Fingerprint | Unreadable, ...]:
    """Fingerprints of many files, on all cores.

    Args:
        paths: The files.
        after_each: Called after each file.
        workers: Processes; all cores where none are given.

    Returns:
        One per file in the order given; `Unreadable` for a file that cannot be read, so that the rest goes on.
    """
    told: list[Fingerprint | Unreadable] = []
    for one in each_fingerprint(paths, workers=workers):
        told.append(one)
        after_each()
    return tuple(told)


def each_fingerprint(paths: Sequence[Path], *, workers: int | None = None) -> Iterator[Fingerprint | Unreadable]:
    """The same one by one, so that whoever is stopped in between can keep what is done."""
    workers = workers or _cores()
    if workers == 1 or len(paths) < _WORTH_PROCESSES:
        yield from map(fingerprint, paths)
        return
    tasks = [tuple(paths[start : start + _PER_TASK]) for start in range(0, len(paths), _PER_TASK)]
    # Spawned, not forked: a fork of a process with threads may hang, and macOS and Windows have none. Ctrl-C goes to
    # every process of a terminal and is left to this one.
    ignoring = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, ignoring) as processes:
        try:
            for done in processes.map(_fingerprints, tasks):
                yield from done
        finally:
            processes.shutdown(cancel_futures=True)


def fingerprint(path: Path) -> Fingerprint | Unreadable:
    """The fingerprint of one file, or why it has none."""
    try:
        return _fingerprint_jpeg(path) or _fingerprint_whole(path)
    except (InputError, OSError) as error:
        return Unreadable(path, str(error))


def _fingerprint_jpeg(path: Path) -> Fingerprint | None:
    """The fingerprint of a sound JPEG; None for everything else, on which the reader has its say.

    A hash needs few pixels, and libjpeg makes a JPEG smaller while it decodes, in half the time. All of the file is
    still read, so one that was cut short is noticed.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        content = _jpeg_bytes(path)
        if content is None:
            return None
        stream = BytesIO(content)
        header = read_jpeg_header(stream)
        check_size(header)
        stream.seek(0)
        image = JpegImageFile(stream)
        mode = image.mode
        image.draft("L", (_enough(min(image.size)),) * 2)
        gray = image if image.mode == "L" else image.convert("L")
        phash = hash_of_gray(gray, header.orientation)
    except Exception:  # the reader tells what is wrong, if anything is
        return None
    size = (header.width, header.height) if header.orientation < 5 else (header.height, header.width)
    named = suffix_warning(path.suffix, "JPEG")
    warnings = (named,) if named else ()
    return Fingerprint(path, sha256(content).hexdigest(), phash, *size, len(content), "JPEG", mode, warnings)


def _jpeg_bytes(path: Path) -> bytes | None:
    """All of a file that begins as a JPEG; None for another, a device, a pipe or a file above the limit."""
    with open(path, "rb", buffering=0, opener=open_without_waiting) as stream:
        found = os.fstat(stream.fileno())
        if not S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return None
        head = stream.read(HEAD_BYTES)
        return head + stream.read() if recognize(head) == "JPEG" else None


def _enough(side: int) -> int:
    """The shorter side to decode at least; with less, a picture saved as JPEG and as PNG would differ in more bits."""
    return (4 if side >= 8 * HASHED_SIDE else 3) * HASHED_SIDE


def _fingerprint_whole(path: Path) -> Fingerprint:
    image = read_image(path)
    kind, mode = _make(path)
    height, width = image.pixels.shape[:2]
    return Fingerprint(
        path=path,
        sha256=image.sha256,
        phash=perceptual_hash(image.pixels),
        width=width,
        height=height,
        bytes=path.stat().st_size,
        format=kind,
        mode=mode,
        warnings=image.warnings,
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fingerprints(paths: tuple[Path, ...]) -> list[Fingerprint | Unreadable]:
    return [fingerprint(path) for path in paths]


def _make(path: Path) -> tuple[Format, str]:
    """What a file's bytes are, and the mode its pixels are stored in (from the header alone)."""
    with path.open("rb") as stream:
        kind = recognize(stream.read(HEAD_BYTES))
        with open_with_pillow(stream, kind) as image:
            raw = str(image.tile[0][3]) if image.tile else ""
            deep = "16" in raw or image.mode.startswith("I;16")
            return kind, f"{image.mode.partition(';')[0]} 16-bit" if deep else image.mode
