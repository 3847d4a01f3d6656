"""What the cells of one picture, or of several, add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """A count with its percentage and exact 95 % limits (percent).

    The limits are those of sampling only; the model's own errors are not included.
    """

    count: int
    percent: float
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Summary:
    """The differential and what to notice.

    Attributes:
        cells: Nucleated cells found.
        differential: Class (and `uncertain`) -> share of the leukocytes; erythroblasts are left out.
        blasts: Share of blasts, or None when no model that knows blasts was asked.
        blasts_note: Why `blasts` is None, or how to read it.
        erythroblasts: Cells named erythroblast, or None when the model does not know them.
        erythroblasts_per_100_leukocytes: The usual way to tell them; None without leukocytes.
        uncertain: Cells the model would not name.
        flags: What to look at first, one sentence each.
    """

    cells: int
    differential: Mapping[str, Share]
    blasts: Share | None
    blasts_note: str
    erythroblasts: int | None
    erythroblasts_per_100_leukocytes: float | None
    uncertain: int
    flags: tuple[str, ...]
