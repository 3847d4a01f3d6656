"""Warm figures: the models are loaded, the code has run once."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from leukoscope.bundles.registry import find_bundle
from leukoscope.domain.images import SmearImage
from leukoscope.experiments.benchmark.figures import Figure
from leukoscope.imaging.segmentation import find_cells
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.naming import name_cells
from leukoscope.inference.pipeline import Pipeline
from leukoscope.synthetic import draw_field

FIELD_CELLS = 20
BATCH_CELLS = 512


def warm_figures(make_analyzer: Callable[[], Pipeline], *, repetitions: int, cell_model: str) -> list[Figure]:
    """Time classification of one cell, of many, and a whole field.

    Args:
        make_analyzer: Makes the analyzer as the product does.
        repetitions: How often each is timed, after one run that is not counted.
        cell_model: Name of the model of level "cell".
    """
    field = draw_field(np.random.default_rng(20), width=1280, height=960, cells={"neutrophil": FIELD_CELLS})
    image = SmearImage(field.pixels, "0" * 64)
    cells = find_cells(image.pixels).cells
    classifier = Classifier(find_bundle(cell_model))
    many = (cells * (BATCH_CELLS // len(cells) + 1))[:BATCH_CELLS]
    single = _seconds(lambda: name_cells(classifier, image.pixels, cells[:1]), repetitions * 10)
    batch = _seconds(lambda: name_cells(classifier, image.pixels, many), repetitions)
    analyzer = make_analyzer()
    whole = _seconds(lambda: analyzer.analyze(image), repetitions)
    return [
        Figure("one cell: crop, resize, classify (warm)", "ms", [second * 1e3 for second in single], budget=10),
        Figure(
            f"{BATCH_CELLS} cells: crop, resize, classify (warm)",
            "cells/s",
            [BATCH_CELLS / second for second in batch],
            budget=300,
            more_is_better=True,
        ),
        Figure(f"field 1280 x 960 with {FIELD_CELLS} cells (warm)", "s", whole, budget=0.5),
    ]


def _seconds(call: Callable[[], object], repetitions: int) -> list[float]:
    call()
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds
