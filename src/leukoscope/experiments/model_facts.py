"""What is known of a model beside its figures: where it comes from, how large it is, how fast one core runs it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle
from leukoscope.evaluation.across_sets import ModelFacts
from leukoscope.experiments.contenders import Candidate
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import measure_picture, open_measured

_PICTURES = 32
_LONGEST_S = 2.0


def find_facts(one: Candidate, keep: Path | None) -> ModelFacts:
    """What the card, the file and a short run tell.

    Args:
        one: The model.
        keep: Folder that keeps the measured speed, so that it is measured once; None keeps nothing.
    """
    if one.bundle is None:
        return ModelFacts(one.name)
    card = one.bundle.card
    return ModelFacts(
        one.name,
        card.version,
        trained_on(one),
        len(one.bundle.model) / 1e6,
        None if card.measurements else card.input.width,
        _speed(one.bundle, keep),
    )


def trained_on(one: Candidate) -> tuple[str, ...]:
    """Data sets that the card names."""
    return () if one.bundle is None else tuple(source.name for source in one.bundle.card.data_sources)


def _speed(bundle: Bundle, keep: Path | None) -> float:
    """Pictures that one core classifies in a second of its own time."""
    kept = None if keep is None else keep / f"speed-{bundle.card.onnx_sha256[:16]}.json"
    if kept is not None and kept.is_file():
        return float(json.loads(kept.read_text(encoding="utf-8"))["pictures_per_s"])
    ask, many = _measuring(bundle) if bundle.card.measurements else _looking(bundle)
    ask()
    done, start = 0, time.process_time()
    while not done or (time.process_time() - start < _LONGEST_S and done < 20 * many):
        ask()
        done += many
    found = done / max(time.process_time() - start, 1e-9)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"model": bundle.card.name, "pictures_per_s": found}) + "\n", encoding="utf-8")
    return found


def _looking(bundle: Bundle) -> tuple[Callable[[], object], int]:
    """Asks about a batch of noise of the input's size."""
    classifier, side = Classifier(bundle, threads=1), (bundle.card.input.height, bundle.card.input.width, 3)
    images = np.random.default_rng(0).integers(0, 256, (_PICTURES, *side), dtype=np.uint8)
    return lambda: classifier.predict(images), _PICTURES


def _measuring(bundle: Bundle) -> tuple[Callable[[], object], int]:
    """Finds, outlines and measures drawn cells, and asks about them: measuring is what takes the time."""
    model, drawn = open_measured(bundle, threads=1), bundle.golden_columns().images
    return lambda: [model.predict(measure_picture(model, one)) for one in drawn], len(drawn)
