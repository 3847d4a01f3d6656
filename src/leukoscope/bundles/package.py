"""What may a bundle hold?  Three files of bounded size; every zip is held to that before it is read."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from leukoscope.errors import InvalidBundleError

MODEL, CARD, GOLDEN = "model.onnx", "card.toml", "golden.npz"
MAX_BYTES = {MODEL: 1 << 30, CARD: 4 << 20, GOLDEN: 64 << 20}
_HINT = "Make the zip with `leukoscope model export`, which puts nothing else into it."


def check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Make sure that a zip holds the files of a bundle and nothing else; nothing is unpacked for that.

    Args:
        archive: The zip, open.
        path: Where it lies, for messages.

    Raises:
        InvalidBundleError: There is another file, a name that leads elsewhere, a name twice, or an encrypted or too
            large file.
    """
    members = archive.infolist()
    for member in members:
        if member.flag_bits & 1:
            raise InvalidBundleError(f"{member.filename} in {path} is encrypted.", hint="Zip it without a password.")
        if PurePosixPath(member.filename).is_absolute() or ".." in PurePosixPath(member.filename).parts:
            raise InvalidBundleError(f"{path} holds {member.filename!r}, a name that leads elsewhere.", hint=_HINT)
        refuse_others(member.filename, path)
        if member.file_size > MAX_BYTES[member.filename]:
            raise InvalidBundleError(
                f"{member.filename} in {path} unpacks to {member.file_size} bytes; at most "
                f"{MAX_BYTES[member.filename]} are read.",
                hint="Use a smaller model.",
            )
    if len({member.filename for member in members}) < len(members):
        raise InvalidBundleError(f"{path} holds a file twice.", hint=_HINT)


def refuse_others(name: str, path: Path) -> None:
    """Make sure that a file is one of the three.

    Raises:
        InvalidBundleError: It is another.
    """
    if name not in MAX_BYTES:
        raise InvalidBundleError(
            f"{path} holds {name!r}; a bundle holds {', '.join(MAX_BYTES)} and nothing else.", hint=_HINT
        )
