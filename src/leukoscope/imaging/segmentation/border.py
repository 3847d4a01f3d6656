"""The best closed border in polar coordinates, by dynamic programming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.color import Floats

ANGLES = 48
RINGS = 40

_MOVES = (-2, -1, 0, 1, 2)
_PRICES = (1.2, 0.24, 0.0, 0.24, 1.2)
"""What it costs to move by so many rings from one angle to the next."""


def best_border(gain: Floats) -> NDArray[np.int64]:
    """Ring of the border at every angle, for many cells at once.

    The path that gains most, less the price of its moves; it runs twice around and its middle is taken, so that it
    closes (a shortest path in polar coordinates, as in the "polar dynamic programming" of contour finding).

    Args:
        gain: What a border at this angle and ring gains, shape (cells, ANGLES, RINGS).

    Returns:
        Shape (cells, ANGLES), in [0, RINGS).

    Example:
        >>> gain = np.zeros((1, ANGLES, RINGS), np.float32)
        >>> gain[0, :, 7] = 1
        >>> set(best_border(gain)[0].tolist())
        {7}
    """
    cells = len(gain)
    best = gain[:, 0].copy()
    back = np.zeros((2 * ANGLES, cells, RINGS), np.int8)
    moves = np.array(_MOVES, np.int8)
    options = np.full((len(_MOVES), cells, RINGS), -1e9, np.float32)
    for step in range(1, 2 * ANGLES):
        for option, move, price in zip(options, _MOVES, _PRICES, strict=True):
            _shifted(best, move, option)
            option -= price
        chosen = options.argmax(axis=0)
        back[step] = moves[chosen]
        best = options.max(axis=0) + gain[:, step % ANGLES]
    return _walked_back(best.argmax(axis=1), back)


def _shifted(best: Floats, move: int, into: Floats) -> None:
    """Best value so far of the ring that lies `move` rings away."""
    into[:] = -1e9
    if move < 0:
        into[:, -move:] = best[:, :move]
    elif move > 0:
        into[:, :-move] = best[:, move:]
    else:
        into[:] = best


def _walked_back(ring: NDArray[np.int64], back: NDArray[np.int8]) -> NDArray[np.int64]:
    steps, cells, _ = back.shape
    path = np.zeros((cells, steps), np.int64)
    for step in range(steps - 1, -1, -1):
        path[:, step] = ring
        ring = ring + back[step, np.arange(cells), ring]
    half = ANGLES // 2
    return np.roll(path[:, half : half + ANGLES], half, axis=1)
