"""What all figures share: a canvas without a screen, one look, and the way out as SVG or PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.errors import InvalidValueError, require_extra
from leukoscope.reporting.palette import COLORS
from leukoscope.reporting.wording import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, GRID, OTHER_COLOR = "#1b1f24", "#4c5661", "#d3d9df", "#9aa4ae"
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
_HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "|||", "+++", "ooo", "**")
_DASHES = ("-", "--", ":", "-.")
MOST_LOOKS = len(COLORS)
OTHERS = "others"
_LONGEST_NAME = 28
SIZE = 9.0
"""Of the letters, in points; figures are shown at their own size."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a class is drawn: color for those who see it, mark, hatch and dash for print in black and white."""

    color: str
    mark: str
    hatch: str
    dash: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure, ready for a page.

    Attributes:
        uri: The figure as a data URI.
        alt: What it shows, for those who do not see it.
        width: In CSS pixels.
        height: In CSS pixels.
    """

    uri: str
    alt: str
    width: int
    height: int


def looks_of(names: Sequence[str]) -> dict[str, Look]:
    """A look for each name; beyond ten they share one gray, under the name of `others`.

    Example:
        >>> looks_of(["ALL", "normal"])["normal"].mark
        's'
    """
    kept = list(dict.fromkeys(names))[:MOST_LOOKS]
    looks = {
        name: Look(COLORS[place], _MARKS[place], _HATCHES[place], _DASHES[place % len(_DASHES)])
        for place, name in enumerate(kept)
    }
    gray = Look(OTHER_COLOR, ".", "", "-")
    return looks | {name: gray for name in names if name not in looks} | {OTHERS: gray}


def new_figure(
    width_in: float, height_in: float, *, rows: int = 1, columns: int = 1
) -> tuple[Figure, tuple[tuple[Axes, ...], ...]]:
    """An empty figure and its axes by row and column; no window and no global state comes with it.

    Args:
        width_in: Width in inches; a page shows 96 pixels an inch.
        height_in: Height in inches.
        rows: Rows of axes.
        columns: Columns of axes.

    Raises:
        InvalidValueError: A size is not positive.
        MissingExtraError: The extra `data` is not installed.
    """
    require_extra("data", "matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if min(width_in, height_in, rows, columns) <= 0:
        raise InvalidValueError(f"A figure needs room, got {width_in} x {height_in} inches.")
    figure = Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        _plain(axes)
    return figure, tuple(tuple(row) for row in grid)


def name_axes(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Label both axes, and the panel where it needs a name."""
    axes.set_xlabel(x, fontsize=SIZE, color=INK)
    axes.set_ylabel(y, fontsize=SIZE, color=INK)
    if title:
        axes.set_title(title, fontsize=SIZE + 1, color=INK, loc="left", fontweight="bold")


def short(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name that fits beside an axis; control characters are shown, a dollar sign starts no formula.

    Example:
        >>> short("a" * 40, 10)
        'aaaa\N{HORIZONTAL ELLIPSIS}aaaaa'
    """
    text = visible(name)
    if len(text) > longest:
        front = (longest - 1) // 2
        text = f"{text[:front]}\N{HORIZONTAL ELLIPSIS}{text[-(longest - 1 - front) :]}"
    return text.replace("$", r"\$")


def figure_to_svg(figure: Figure) -> str:
    """A figure as SVG text, the same for the same figure; letters are drawn, so that no font is needed."""
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "leukoscope", "svg.fonttype": "path"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def figure_to_png(figure: Figure, dots_per_inch: int = 192) -> bytes:
    """A figure as PNG; by default twice as fine as a page shows it."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dots_per_inch, metadata={"Software": None})
    return stream.getvalue()


def picture_of(figure: Figure, alt: str) -> Picture:
    """A figure as a picture for a page: SVG, or PNG where that is smaller, as with thousands of points."""
    svg = figure_to_svg(figure).encode("utf-8")
    kind, content = "svg+xml", svg
    if len(svg) > _LARGE_SVG:
        png = figure_to_png(figure)
        kind, content = ("png", png) if len(png) < len(svg) else (kind, svg)
    width, height = figure.get_size_inches() * 96
    uri = f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
    return Picture(uri, alt, round(width), round(height))


_LARGE_SVG = 150_000
"""Bytes above which a PNG may serve better."""


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.tick_params(labelsize=SIZE - 0.5, colors=INK, length=3)
    axes.set_axisbelow(True)
