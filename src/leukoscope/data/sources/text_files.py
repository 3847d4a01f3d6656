"""What does an annotation file say, and if it cannot be read, why?  Limits and encodings in one place."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection
from pathlib import Path

from leukoscope.errors import ManifestError

MAX_ANNOTATION_BYTES = 20 * 2**20
"""For the annotations of one picture; a real file has some kilobytes."""
MAX_TABLE_BYTES = 2 * 2**30
"""For a file that tells of a whole set."""


def read_text_file(file: Path, *, limit: int = MAX_ANNOTATION_BYTES) -> str:
    """The text of a file, with or without a byte-order mark.

    Raises:
        ManifestError: The file cannot be read, is too large, or is not UTF-8.
    """
    try:
        size = file.stat().st_size
        if size > limit:
            raise ManifestError(
                f"It has {size / 2**20:.0f} MiB; the limit is {limit / 2**20:.0f} MiB.",
                hint="Check that it is an annotation file.",
            )
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ManifestError("It is not UTF-8 text.", hint="Save it as UTF-8.") from fault
    except OSError as fault:
        raise ManifestError(f"It cannot be read ({fault.strerror}).", hint="Check its permissions.") from fault


def separator_of(heading: str, wanted: Collection[str]) -> str:
    r"""What parts the columns of a table: the first of comma, semicolon and tab that sets a wanted column apart.

    Args:
        heading: The first line.
        wanted: Names of columns, one of which the table must have.

    Returns:
        The separator; a comma where none sets such a column apart.

    Example:
        >>> separator_of("path;label;blast", ["label"]), separator_of("path,label,a;b", ["label"])
        (';', ',')
    """
    for separator in ",;\t":
        names = next(csv.reader([heading.removeprefix("\ufeff").rstrip("\r\n")], delimiter=separator), [])
        if {name.strip() for name in names} & set(wanted):
            return separator
    return ","


def finite(text: str | float | int | None) -> float:
    """A finite number.

    Raises:
        ManifestError: It is none.
    """
    try:
        value = math.nan if text is None or isinstance(text, bool) else float(text)
    except (ValueError, TypeError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ManifestError(f"{text!r} is not a finite number.", hint="Mend the number.")
    return value


def advice(fault: ManifestError) -> str:
    """An error as the sentences of a problem."""
    return f"{fault.message} {fault.hint}".strip()
