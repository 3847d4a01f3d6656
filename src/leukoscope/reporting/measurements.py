"""How measurements are told: the main ones by a short title, with value and unit; the others by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_UNITS = {"_px2": "px²", "_um2": "µm²", "_px": "px", "_um": "µm", "_percent": "%", "_deg": "°"}
_MAIN = {
    "nucleus_area": "nucleus area",
    "cell_area": "cell area",
    "diameter": "cell diameter",
    "nucleus_to_cell_ratio": "N:C (nucleus over cell)",
    "nucleus_lobes": "lobes of the nucleus",
    "roundness": "roundness of the cell",
    "chromatin_fineness": "fineness of chromatin",
    "nucleoli_count": "possible nucleoli",
    "granularity_total": "granularity of cytoplasm",
    "vacuoles_count": "possible vacuoles",
}
"""What a card shows, in this order; all else is in result.json and cells.csv."""


def main_measurements(features: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """(name, title, unit) of the measurements a card shows; micrometers where they are known.

    Where none of them was measured, all that was.

    Example:
        >>> list(main_measurements({"diameter_px": 80.0, "diameter_um": 12.345, "nucleus_lobes": 3.0}))
        [('diameter_um', 'cell diameter', 'µm'), ('nucleus_lobes', 'lobes of the nucleus', '')]
        >>> list(main_measurements({"weight_um": 2.0}))
        [('weight_um', 'weight', 'µm')]
    """
    by_stem: dict[str, tuple[str, str]] = {}
    for name in features:
        stem, unit = _stem(name)
        if stem not in by_stem or unit.startswith("µm"):
            by_stem[stem] = (name, _squared(stem, unit))
    known = [stem for stem in _MAIN if stem in by_stem]
    for stem in known or by_stem:
        name, unit = by_stem[stem]
        yield name, _MAIN.get(stem, stem.replace("_", " ")), unit


def _stem(name: str) -> tuple[str, str]:
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix), unit
    return name, ""


def _squared(stem: str, unit: str) -> str:
    return f"{unit}²" if unit in ("px", "µm") and stem.endswith("area") else unit


def figure(value: float) -> str:
    """A measured value, to three figures.

    Example:
        >>> figure(12.345), figure(3.0), figure(1234.5)
        ('12.3', '3', '1234')
    """
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
