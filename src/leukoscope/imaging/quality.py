"""Is a picture fit to be read?  Focus, exposure, emptiness, stain; each warned of in the user's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from leukoscope.domain.images import ImageQuality, Pixels, SmearImage
from leukoscope.imaging.quality_measures import Colors, Edges, is_cut_out, measure_colors, measure_edges


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """From where a picture is warned of; set so that real smears of ten sources are hardly ever warned of.

    Attributes:
        focus: Least focus.
        dark: Least brightness of the background, in gray levels.
        clipped: Largest share of pixels at the end of the range in a picture with little stain.
        white: Largest share of pixels at the end of the range in any picture.
        washed_out: Share with nuclear stain above which a white background is taken as white balance, not as a fault.
        covered: Least share that is not background.
        stained: Least share with nuclear stain.
        color: Least mean difference of absorption between channels; below it the picture is gray.
        green: Largest share of the covered part in green.
        yellow: Largest share of the covered part in yellow or orange.
        blue: Largest share of the covered part in pure blue.
        foreign: Largest share of the covered part in green, yellow and blue together.
        tint: Largest saturation of the background, in [0, 1].
        fine: Largest share of contrast finer than two pixels.
        upright: Largest share of edges along rows and columns.
        slope: Least gray levels per pixel at the strongest edges.
        spread: Least standard deviation in gray levels.
    """

    focus: float = 0.2
    dark: float = 100.0
    clipped: float = 0.5
    white: float = 0.75
    washed_out: float = 0.05
    covered: float = 0.02
    stained: float = 0.0005
    color: float = 0.07
    green: float = 0.15
    yellow: float = 0.5
    blue: float = 0.4
    foreign: float = 0.55
    tint: float = 0.55
    fine: float = 0.5
    upright: float = 0.6
    slope: float = 0.8
    spread: float = 3.0


def judge_quality(image: SmearImage, limits: QualityLimits | None = None) -> ImageQuality:
    """Judge how fit a picture is to be read.

    Args:
        image: A picture of a smear or of one cell.
        limits: From where to warn.

    Returns:
        The figures and one sentence per fault; no sentence means that no fault was seen, not that there is none.
    """
    pixels = _shrunk(_thinned(image.pixels), 640)
    edges = measure_edges(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8))
    small = _shrunk(pixels, 256)
    colors = measure_colors(small)
    limits, cut_out = limits or QualityLimits(), is_cut_out(small)
    reason = _no_smear(edges, colors, limits, cut_out=cut_out)
    faults = (_foreign(reason),) if reason else tuple(_warnings(edges, colors, limits, cut_out=cut_out))
    return ImageQuality(
        focus=edges.focus,
        background=_brightness(colors),
        clipped=colors.clipped,
        stained=colors.stained,
        covered=colors.covered * colors.seen,
        warnings=faults,
        smear=not reason,
    )


def _thinned(pixels: Pixels) -> Pixels:
    """Every n-th row and column of a large picture: it is seen as a whole without being copied as a whole."""
    step = max(1, max(pixels.shape[:2]) // 1600)
    return np.ascontiguousarray(pixels[::step, ::step])


def _shrunk(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _brightness(colors: Colors) -> float:
    red, green, blue = colors.background
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _foreign(reason: str) -> str:
    return f"This does not look like a stained smear: {reason}. Findings in it mean nothing."


def _warnings(edges: Edges, colors: Colors, limits: QualityLimits, *, cut_out: bool) -> Iterator[str]:
    if colors.covered < limits.covered:
        yield "The field is nearly empty: hardly anything lies on the background."
        return
    if edges.focus < limits.focus:
        yield "The picture is blurred: focus again, or take cells from it with care."
    if not cut_out and _brightness(colors) < limits.dark:
        yield "The picture is too dark: its background should be bright. Open the aperture or expose longer."
    little_stain = colors.stained < limits.washed_out
    if colors.clipped > (limits.clipped if little_stain else limits.white):
        yield "The picture is too bright: much of it is pure white, and pale detail is lost."
    if colors.stained < limits.stained:
        yield "No nuclear stain was seen: the field holds no nucleated cell, or the smear is not or too weakly stained."


def _no_smear(edges: Edges, colors: Colors, limits: QualityLimits, *, cut_out: bool) -> str:
    """Why this can hardly be a stained smear; empty when it may be one."""
    red, green, blue = colors.background
    tint = (max(red, green, blue) - min(red, green, blue)) / max(red, green, blue, 1.0)
    reasons = (
        (colors.seen < 0.01, "it is black"),
        (colors.spread < limits.spread, "it is one plain color (or an empty field)"),
        (edges.strongest < limits.slope and colors.covered >= limits.covered, "it has no edges"),
        (edges.fine > limits.fine, "it is made of noise or fine print"),
        (edges.upright > limits.upright, "its edges run along rows and columns, as in print or a screen"),
        (colors.covered >= limits.covered and colors.color < limits.color, "it is gray"),
        (tint > limits.tint and not cut_out, "its background is strongly colored"),
        (colors.green > limits.green * (2 if cut_out else 1), "much of it is green"),
        (colors.yellow > limits.yellow, "most of it is yellow, orange or brown"),
        (colors.blue > limits.blue, "much of it is pure blue"),
        (colors.green + colors.yellow + colors.blue > limits.foreign, "its colors are not those of a blood stain"),
    )
    return next((reason for wrong, reason in reasons if wrong), "")
