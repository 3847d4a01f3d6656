"""Nucleus and cytoplasm by clusters of color: k-means in CIE L*a*b*, as the ALL/HEM system did."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.imaging.outlining.regions import Regions
from leukoscope.imaging.outlining.window import CellWindow

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class KMeansSettings:
    """How colors are clustered.

    Attributes:
        clusters: Number of clusters: nucleus, cytoplasm, red cells, glass.
        rounds: Rounds of k-means.
        least_spread: Standard deviation of lightness (0 to 100) below which a window is empty.
        own: A cluster belongs to the cell where its share in the middle of the box is this many times that outside.
        close: Lightness within which a cluster counts as nucleus with the darkest one.
    """

    clusters: int = 4
    rounds: int = 20
    least_spread: float = 2.0
    own: float = 1.5
    close: float = 12.0


def cluster_colors(window: CellWindow, settings: KMeansSettings = KMeansSettings()) -> Regions | None:
    """Name pixels by clusters: the darkest one in the box is nucleus; what is rare outside the box is cytoplasm.

    Begins at quantiles of lightness instead of random places, so that the same pixels always give the same clusters.

    References:
        Zhang et al. 2014, "White blood cell segmentation by color-space-based k-means clustering", Sensors 14.
    """
    soft = cv2.GaussianBlur(window.pixels, (0, 0), 1.0)
    lab = np.asarray(cv2.cvtColor(soft.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)
    lightness = lab[..., 0][window.inside]
    if lightness.std() < settings.least_spread or lab[..., 0].size < settings.clusters:
        return None
    labels, centers = _clusters(lab.reshape(-1, 3), settings)
    labels = labels.reshape(lab.shape[:2])
    middle = np.bincount(labels[window.ellipse(0.85)], minlength=settings.clusters)
    outside = np.bincount(labels[~window.ellipse()], minlength=settings.clusters)
    odds = (middle + 1) / middle.sum() / ((outside + 1) / max(1, outside.sum()))
    own = odds >= settings.own
    if not own.any():
        own[int(np.argmax(odds))] = True
    darkest = float(centers[own, 0].min())
    nuclear = own & (centers[:, 0] <= darkest + settings.close)
    if nuclear.sum() == own.sum() > 1:
        nuclear = own & (centers[:, 0] <= darkest)
    return Regions(nuclear[labels], own[labels])


def _clusters(colors: Floats, settings: KMeansSettings) -> tuple[NDArray[np.int32], Floats]:
    levels = np.quantile(colors[:, 0], np.linspace(0, 1, settings.clusters + 1)[1:-1])
    start = np.searchsorted(levels, colors[:, 0]).astype(np.int32)[:, None]
    stop = (cv2.TERM_CRITERIA_MAX_ITER + cv2.TERM_CRITERIA_EPS, settings.rounds, 0.5)
    _, labels, centers = cv2.kmeans(colors, settings.clusters, start, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    return np.asarray(labels, np.int32).ravel(), np.asarray(centers, np.float32)
