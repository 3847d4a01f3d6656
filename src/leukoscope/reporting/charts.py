"""Where does everything lie in a chart?  Axes, bars and marks in pixels; the template only writes them down."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 420, 270
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 46
_MARK = 3.6
_SHAPES = ("circle", "square", "triangle", "diamond", "cross", "plus", "wedge", "ring", "frame", "bar")


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, in pixels of the chart, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis measures, unit included, and its ticks."""

    label: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram, in pixels of the chart."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks of one class: one path, its color, and whether it is filled; `key` is one mark for the legend."""

    title: str
    color: str
    path: str
    filled: bool
    key: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram (bars) or a scatter plot (marks), ready to be written as SVG.

    `told` says in words what it shows, for those who do not see it.
    """

    title: str
    told: str
    x: Axis
    y: Axis
    bars: tuple[Bar, ...] = ()
    marks: tuple[Marks, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


@dataclass(frozen=True, slots=True)
class Points:
    """The cells of one class in a scatter plot: where they lie, and how they are drawn.

    Attributes:
        title: Name of the class.
        color: Of its marks.
        x: Where the drawn cells lie.
        y: The same upwards.
        cells: How many there are, drawn or not; None where all are drawn.
    """

    title: str
    color: str
    x: Sequence[float]
    y: Sequence[float]
    cells: int | None = None

    @property
    def count(self) -> int:
        """How many cells there are, drawn or not."""
        return len(self.x) if self.cells is None else self.cells


def histogram(values: Sequence[float], title: str, label: str, *, limits: tuple[float, float] | None = None) -> Chart:
    """How often each value comes.

    Args:
        values: At least one.
        title: What is shown.
        label: Of the axis, unit included.
        limits: Ends of the axis; by default those of the values.
    """
    low, high = limits or _ends(values)
    edges = np.linspace(low, high, _bins(len(values)) + 1)
    counts, _ = np.histogram(values, edges)
    x, y = _scale(low, high, LEFT, WIDTH - RIGHT), _scale(0, max(1, int(counts.max())), HEIGHT - BOTTOM, TOP)
    bars = tuple(
        Bar(round(x(first), 1), round(y(count), 1), round(x(last) - x(first), 1), round(y(0) - y(count), 1))
        for first, last, count in zip(edges[:-1], edges[1:], counts.tolist(), strict=True)
        if count
    )
    quarter, half, most = np.quantile(values, (0.25, 0.5, 0.75))
    return Chart(
        title=f"{title}, n = {len(values)}",
        told=f"{title} of {len(values)} cells: median {half:.3g}, half of them between {quarter:.3g} and {most:.3g}",
        x=Axis(label, tuple(_ticks(low, high, x))),
        y=Axis("cells", tuple(_ticks(0, max(1, int(counts.max())), y, whole=True))),
        bars=bars,
    )


def scatter(classes: Sequence[Points], title: str, label_x: str, label_y: str, limits_y: tuple[float, float]) -> Chart:
    """Two values of each cell against each other; each class has a shape of its own, so that no color is needed.

    Args:
        classes: Cells by class; at least one cell in all.
        title: What is shown.
        label_x: Of the horizontal axis, unit included.
        label_y: Of the vertical axis, unit included.
        limits_y: Ends of the vertical axis.
    """
    low, high = _ends([value for one in classes for value in one.x])
    x, y = _scale(low, high, LEFT, WIDTH - RIGHT), _scale(*limits_y, HEIGHT - BOTTOM, TOP)
    marks = tuple(
        Marks(
            title=f"{one.title} ({one.count})",
            color=one.color,
            path="".join(_mark(place, x(across), y(up)) for across, up in zip(one.x, one.y, strict=True)),
            filled=_SHAPES[place % len(_SHAPES)] in ("square", "triangle", "diamond", "wedge"),
            key=_mark(place, 6, 6),
        )
        for place, one in enumerate(classes)
        if len(one.x)
    )
    count = sum(one.count for one in classes)
    return Chart(
        title=f"{title}, n = {count}",
        told=f"{title} of {count} cells: {', '.join(one.title for one in marks)}",
        x=Axis(label_x, tuple(_ticks(low, high, x))),
        y=Axis(label_y, tuple(_ticks(*limits_y, y))),
        marks=marks,
    )


def nice_step(width: float, about: int = 5) -> float:
    """The step of 1, 2 or 5 times a power of ten that divides a width into about so many parts.

    Example:
        >>> nice_step(100), nice_step(0.9), nice_step(37)
        (20.0, 0.2, 5.0)
    """
    rough = width / about
    power = 10.0 ** math.floor(math.log10(rough))
    return float(min((1, 2, 5, 10), key=lambda times: abs(times * power - rough)) * power)


def _ticks(low: float, high: float, place: _Scale, *, whole: bool = False) -> Iterator[Tick]:
    step = max(1.0, nice_step(high - low)) if whole else nice_step(high - low)
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        yield Tick(round(place(number * step), 1), f"{number * step:.10g}")


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 0.5 * abs(high) or 0.5
    return max(0.0, low - room) if low >= 0 else low - room, high + room


def _bins(count: int) -> int:
    """Between 6 and 24, by the rule of Rice: twice the cube root."""
    return min(24, max(6, math.ceil(2 * math.cbrt(count))))


@dataclass(frozen=True, slots=True)
class _Scale:
    """From a value to pixels of the chart."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def _scale(low: float, high: float, start: float, end: float) -> _Scale:
    return _Scale(low, high, start, end)


def _mark(place: int, x: float, y: float) -> str:
    r = _MARK
    paths = {
        "circle": f"M{x - r:.1f},{y:.1f}a{r},{r} 0 1,0 {2 * r},0a{r},{r} 0 1,0 {-2 * r},0",
        "square": f"M{x - r:.1f},{y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z",
        "triangle": f"M{x:.1f},{y - r:.1f}l{r},{2 * r}h{-2 * r}z",
        "diamond": f"M{x:.1f},{y - r:.1f}l{r},{r}l{-r},{r}l{-r},{-r}z",
        "cross": f"M{x - r:.1f},{y - r:.1f}l{2 * r},{2 * r}m0,{-2 * r}l{-2 * r},{2 * r}",
        "plus": f"M{x - r:.1f},{y:.1f}h{2 * r}m{-r},{-r}v{2 * r}",
        "wedge": f"M{x:.1f},{y + r:.1f}l{r},{-2 * r}h{-2 * r}z",
        "ring": f"M{x:.1f},{y - r:.1f}l{r},{2 * r}h{-2 * r}z",
        "frame": f"M{x - r:.1f},{y - r:.1f}h{2 * r}v{2 * r}h{-2 * r}z",
        "bar": f"M{x - r:.1f},{y:.1f}h{2 * r}",
    }
    return paths[_SHAPES[place % len(_SHAPES)]]
