"""Which pictures do the given files and folders stand for?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from leukoscope.errors import InputError, InputNotFoundError
from leukoscope.imaging.formats.recognition import HEAD_BYTES, recognize

_NO_PICTURES = re.compile(
    r"\.(csv|tsv|txt|md|rst|rtf|xml|json|jsonl|yaml|yml|toml|ini|cfg|log|htm|html|css|js|py|ipynb|sh|bat|r|m"
    r"|pdf|doc|docx|odt|xls|xlsx|ods|ppt|pptx|zip|gz|tgz|bz2|xz|tar|7z|rar|npy|npz|h5|hdf5|mat|parquet|feather"
    r"|pkl|pt|pth|onnx|db|sqlite|sqlite3|lnk|exe|dll|so|mp3|wav|mp4|avi|mov|mkv|md5|sha256|part|tmp|bak|lock)",
    re.IGNORECASE,
)


def find_images(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Every picture the given paths stand for, in natural order, each file once.

    A folder is searched with all folders below it (symbolic links followed, loops passed over); inside it hidden files
    and files that are plainly no pictures by their name are passed over. A file that is named itself is always taken.

    Args:
        paths: Files and folders, in the order in which they are to be told.

    Returns:
        The path as given (joined with the part below a given folder), and the file.

    Raises:
        InputNotFoundError: A path does not exist, or a folder holds no picture.
    """
    found: list[tuple[str, Path]] = []
    taken: set[str] = set()
    for path in paths:
        for file in _files(path):
            real = os.path.realpath(file)
            if real not in taken:
                taken.add(real)
                found.append((str(file), file))
    return found


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which "cell 2" comes before "cell 10".

    Example:
        >>> sorted(["cell 10", "cell 2"], key=natural_key)
        ['cell 2', 'cell 10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part.casefold()) for part in parts)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not os.path.lexists(path):
            raise InputNotFoundError(f"There is no file or folder {str(path)!r}.", hint="Check the path for a typo.")
        return [path]
    files = sorted(_below(path), key=lambda file: [(natural_key(part), part) for part in file.parts])
    if not files:
        raise InputNotFoundError(
            f"The folder {str(path)!r} holds no picture.", hint="Give a folder with JPEG, PNG, BMP, TIFF or WebP files."
        )
    return files


def _below(folder: Path) -> Iterator[Path]:
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_refuse):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=natural_key)
        for name in names:
            file = Path(parent, name)
            if not name.startswith(".") and _may_be_picture(file):
                yield file


def _refuse(error: OSError) -> None:
    raise InputNotFoundError(
        f"The folder {str(error.filename)!r} may not be read.", hint="Ask its owner for permission, or copy it."
    ) from error


def _may_be_picture(file: Path) -> bool:
    if not file.is_file():
        return False
    if file.suffix:
        return _NO_PICTURES.fullmatch(file.suffix) is None
    try:
        with file.open("rb") as stream:
            recognize(stream.read(HEAD_BYTES))
    except (InputError, OSError):  # LICENSE, README and the like
        return False
    return True
