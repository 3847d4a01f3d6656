"""Where does a map run through a level?  Closed lines around all that lies above it, finer than a pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InvalidValueError

Line = NDArray[np.float64]
"""Points row, column, shape (points, 2); the last one joins the first."""
Floats = NDArray[np.float32]
_Places = NDArray[np.int64]

_TOP, _BOTTOM, _LEFT, _RIGHT = range(4)
_UNUSED = (0, 0)
_STEPS = np.array(
    [
        *(_UNUSED, (_TOP, _LEFT), (_RIGHT, _TOP), (_RIGHT, _LEFT), (_LEFT, _BOTTOM), (_TOP, _BOTTOM), (_RIGHT, _TOP)),
        *((_RIGHT, _BOTTOM), (_BOTTOM, _RIGHT), (_TOP, _LEFT), (_BOTTOM, _TOP), (_BOTTOM, _LEFT), (_LEFT, _RIGHT)),
        *((_TOP, _RIGHT), (_LEFT, _TOP), _UNUSED),
    ]
)
"""From which side to which a line crosses a square of four pixels, by which of these lie above the level: 1 above left,
2 above right, 4 below left, 8 below right. The high side lies to the right of the way."""
_SECOND = {6: (_LEFT, _BOTTOM), 9: (_BOTTOM, _RIGHT)}
"""The other line through a square whose high pixels touch at a corner: they are kept apart."""


def level_lines(soft: Floats, level: float = 0.5) -> list[Line]:
    """Lines along which a map, linear between the centers of its pixels, has a level.

    The same lines, points and order as scikit-image's `find_contours` with `positive_orientation="high"`, which follows
    each line in Python point by point and took a third of the time of outlining.

    Args:
        soft: The map, shape (rows, columns), below the level all around its edge and nowhere at it.
        level: The level.

    Returns:
        One line around each connected piece and each hole, ordered by its uppermost point; what is high lies left.

    Raises:
        InvalidValueError: The map reaches the level at its edge, or has exactly the level somewhere.

    References:
        Lorensen and Cline 1987, "Marching cubes: a high resolution 3D surface construction algorithm" (in 2D).

    Example:
        >>> dot = np.zeros((3, 3), np.float32)
        >>> dot[1, 1] = 1
        >>> level_lines(dot)[0].tolist()
        [[1.5, 1.0], [1.0, 1.5], [0.5, 1.0], [1.0, 0.5]]
    """
    values = soft.astype(np.float64)
    high = values > level
    if high[[0, -1]].any() or high[:, [0, -1]].any() or (values == level).any():
        raise InvalidValueError(f"Lines at {level} need a map below it at its edge, and nowhere just at it.")
    begins, ends = _steps(high)
    points = _crossings(values, begins, level)
    return [points[ring] for ring in _rings(begins, ends)]


def _steps(high: NDArray[np.bool_]) -> tuple[_Places, _Places]:
    """Between which pixels each step of a line begins and ends, row by row.

    A pair of pixels has the number of its first pixel, twice, and one more where the second lies below the first.
    """
    one = high.astype(np.uint8)
    kinds = one[:-1, :-1] + 2 * one[:-1, 1:] + 4 * one[1:, :-1] + 8 * one[1:, 1:]
    rows, columns = np.nonzero((kinds > 0) & (kinds < 15))
    found = kinds[rows, columns]
    width = high.shape[1]
    corner = 2 * (rows * width + columns)
    sides = np.stack([corner, corner + 2 * width, corner + 1, corner + 3])  # in the order of _TOP, ...
    every = np.arange(len(found))
    begins, ends = (sides[_STEPS[found, way], every] for way in (0, 1))
    for kind, (begin, end) in _SECOND.items():
        doubled = np.flatnonzero(found == kind)
        begins = np.concatenate([begins, sides[begin, doubled]])
        ends = np.concatenate([ends, sides[end, doubled]])
        every = np.concatenate([every, doubled])
    order = np.argsort(every, kind="stable")
    return begins[order], ends[order]


def _crossings(values: NDArray[np.float64], pairs: _Places, level: float) -> Line:
    """Where the level lies between the two pixels of each pair."""
    down = pairs % 2
    rows, columns = np.divmod(pairs // 2, values.shape[1])
    near, far = values[rows, columns], values[rows + down, columns + 1 - down]
    share = (level - near) / (far - near)
    return np.stack([rows + share * down, columns + share * (1 - down)], axis=1)


def _rings(begins: _Places, ends: _Places) -> list[_Places]:
    """Positions of the steps of each closed line, against their direction, from the one after the lowest on."""
    by_begin = np.argsort(begins)
    after = by_begin[np.searchsorted(begins[by_begin], ends)].tolist()
    left, rings = np.ones(len(after), dtype=bool), []
    while left.any():
        first = int(left.argmax())
        ring, step = [first], after[first]
        while step != first:
            ring.append(step)
            step = after[step]
        one = np.array(ring)
        left[one] = False
        onward = np.roll(one, -1 - int(one.argmax()))
        rings.append(np.concatenate([onward[:1], onward[:0:-1]]))
    return rings
