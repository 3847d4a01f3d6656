"""The sentences every report carries, and how figures are written."""

from __future__ import annotations

import unicodedata

RESEARCH_USE = "For research use only. leukoscope reports findings and scores; it does not diagnose."
SAMPLING_ONLY = "sampling only; the model's own errors are not included"
UNNAMED_NOT_COVERED = "Cells left uncertain could be of any class; the limits do not cover that."
NO_BLASTS_HERE = "Leukemic cells (blasts) are not among the classes this model can name."


def pooled(images: int) -> str:
    """How to read a summary over several images.

    Example:
        >>> pooled(12)
        'pooled over 12 images; meaningful only for one smear'
    """
    return f"pooled over {images} images; meaningful only for one smear"


def percent(value: float) -> str:
    """A percentage with one decimal; never rounded to none or all.

    Example:
        >>> percent(12.345), percent(100), percent(99.97), percent(0.01), percent(0)
        ('12.3', '100', '>99.9', '<0.1', '0.0')
    """
    if 0 < value < 0.05:
        return "<0.1"
    if value >= 99.95:
        return "100" if value == 100 else ">99.9"
    return f"{value:.1f}"


def limits(low: float, high: float) -> str:
    """Limits in percent.

    Example:
        >>> limits(1.23, 100)
        '1.2\N{EN DASH}100'
    """
    return f"{percent(low)}\N{EN DASH}{percent(high)}"


def share(value: float) -> str:
    """A share or a score in [0, 1]; never rounded up to a certainty.

    Example:
        >>> share(0.98765), share(0.9999), share(1.0)
        ('0.988', '>0.999', '1.000')
    """
    return ">0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def plural(count: int, one: str) -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "cell"), plural(3, "cell")
        ('1 cell', '3 cells')
    """
    return f"{count} {one if count == 1 else one + 's'}"


def clean(text: str) -> str:
    r"""Text that can be written as UTF-8: bytes of a file name that are no UTF-8 become visible escapes.

    Example:
        >>> clean("caf\udce9.png")
        'caf\\udce9.png'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def visible(text: str) -> str:
    r"""Text whose control and format characters are shown as escapes: they could hide or turn around what is read.

    Example:
        >>> visible("smear\u202egnp.exe")
        'smear\\u202egnp.exe'
    """
    return "".join(
        letter if unicodedata.category(letter)[0] != "C" else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
