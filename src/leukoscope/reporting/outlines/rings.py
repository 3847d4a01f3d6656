"""Which way does a ring of points run, and in which of the areas around it does a hole lie?"""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.domain.regions import Outline

Points = Sequence[tuple[float, float]]


def signed_area(points: Points) -> float:
    """Area by Gauss's formula, above zero where the points run counterclockwise while y goes up.

    Example:
        >>> signed_area([(0, 0), (2, 0), (2, 1), (0, 1)])
        2.0
    """
    after = (*points[1:], points[0])
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, after, strict=True)) / 2


def holes_by_lobe(lobes: Sequence[Outline], holes: Sequence[Outline]) -> list[list[Outline]]:
    """The holes of each lobe: a hole belongs to the smallest lobe around it, so that an island may have holes, too.

    Args:
        lobes: Borders of areas that do not overlap, but may lie within a hole of another one.
        holes: Borders of their holes, which cross no other border.

    Returns:
        As many as lobes, in their order.
    """
    found: list[list[Outline]] = [[] for _ in lobes]
    from_small = sorted(range(len(lobes)), key=lambda place: abs(signed_area(lobes[place].points)))
    for hole in holes:
        around = (place for place in from_small if _holds(lobes[place].points, hole.points[0]))
        place = next(around, None)
        if place is not None:
            found[place].append(hole)
    return found


def _holds(points: Points, point: tuple[float, float]) -> bool:
    """Whether a ray to the right crosses the ring an odd number of times."""
    x, y = point
    after = (*points[1:], points[0])
    crossed = (
        (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        for (x0, y0), (x1, y1) in zip(points, after, strict=True)
    )
    return sum(crossed) % 2 == 1
