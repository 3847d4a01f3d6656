"""A cell in one plain sentence, from what was measured and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leukoscope.imaging.morphology.reference import ReferenceCells

HIGH, LOW = 75.0, 25.0
"""Percentiles of all reference leukocytes from which a word is used; "very" from `EXTREME`."""
EXTREME = 95.0


def describe(values: Mapping[str, float], everyone: ReferenceCells | None) -> str:
    """Size, N:C, chromatin, nucleoli and granules in words; what is not known or unremarkable is left out.

    Args:
        values: Measurements of a whole cell with a nucleus, those that may be compared (`comparable_values`).
        everyone: Leukocytes of all kinds, whose percentiles set the words; None leaves only counts and ratios.

    Returns:
        One sentence; empty where nothing can be said.

    Example:
        >>> describe({"nucleus_to_cell_ratio": 0.86, "nucleus_lobes": 3.0}, None)
        'Nucleus of 3 lobes, N:C 0.86.'
    """
    told = ", ".join(part for part in (_nucleus(values, everyone), _ratio(values), *_texture(values, everyone)) if part)
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _nucleus(values: Mapping[str, float], everyone: ReferenceCells | None) -> str:
    percent = _percent(values, everyone, "nucleus_area_um2")
    size = "" if percent is None else _size(percent)
    lobes = round(values.get("nucleus_lobes", 1))
    shape = f"of {lobes} lobes" if lobes > 1 else ""
    return f"{size} nucleus {shape}".strip() if size or shape else ""


def _size(percent: float) -> str:
    if percent >= HIGH:
        return "very large" if percent >= EXTREME else "large"
    if percent <= LOW:
        return "very small" if percent <= 100 - EXTREME else "small"
    return "medium-sized"


def _ratio(values: Mapping[str, float]) -> str:
    ratio = values.get("nucleus_to_cell_ratio")
    return "" if ratio is None else f"N:C {ratio:.2f}"


def _texture(values: Mapping[str, float], everyone: ReferenceCells | None) -> Iterator[str]:
    chromatin = _percent(values, everyone, "chromatin_fineness")
    if chromatin is not None and not LOW < chromatin < HIGH:
        yield "fine chromatin" if chromatin >= HIGH else "coarse chromatin"
    yield from _spots(values, "nucleoli_count", "possible nucleolus", "possible nucleoli")
    # Only the lower end is told: of the upper one, folds and vacuoles have as much as granules.
    granules = _percent(values, everyone, "granularity_total")
    if granules is not None and granules <= LOW:
        yield "smooth cytoplasm"
    yield from _spots(values, "vacuoles_count", "possible vacuole", "possible vacuoles")


def _spots(values: Mapping[str, float], name: str, one: str, many: str) -> Iterator[str]:
    count = round(values.get(name, 0))
    if count:
        yield f"{count} {one if count == 1 else many}"


def _percent(values: Mapping[str, float], everyone: ReferenceCells | None, name: str) -> float | None:
    if everyone is None or name not in values:
        return None
    return everyone.percent_below(name, values[name])
