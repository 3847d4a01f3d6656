"""How measured features are told: the name without its unit, the value, the unit."""

from __future__ import annotations

from collections.abc import Mapping

_UNITS = {"_px2": "px²", "_um2": "µm²", "_px": "px", "_um": "µm", "_percent": "%", "_deg": "°"}


def measurement_rows(features: Mapping[str, float | None]) -> list[tuple[str, str]]:
    """(name, value with unit) of each feature; where a length is known in micrometers, its pixels are left out.

    Example:
        >>> measurement_rows({"diameter_px": 80.0, "diameter_um": 12.345, "lobes": 3.0})
        [('diameter', '12.3 µm'), ('lobes', '3')]
    """
    in_um = {_stem(name)[0] for name in features if _stem(name)[1].startswith("µm")}
    rows = []
    for name, value in features.items():
        stem, unit = _stem(name)
        if value is None or (unit.startswith("px") and stem in in_um):
            continue
        rows.append((stem.replace("_", " "), f"{_figure(value)} {_squared(stem, unit)}".strip()))
    return rows


def _stem(name: str) -> tuple[str, str]:
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix), unit
    return name, ""


def _squared(stem: str, unit: str) -> str:
    return f"{unit}²" if unit in ("px", "µm") and stem.endswith("area") else unit


def _figure(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
