"""How good is a detector on marked pictures?  Through ONNX Runtime, as users run it; no training framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle
from leukoscope.data.boxed_pictures import BoxedPicture, load_boxed, with_boxes
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import PARTS, Manifest, Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.domain.objects import Detections
from leukoscope.errors import DataError
from leukoscope.experiments.bundle_answers import LabeledPictures
from leukoscope.experiments.data_verdict import quick_verdict
from leukoscope.experiments.detection_scores import DetectionScores, score_detections
from leukoscope.experiments.evaluation_run import doubts_of_data
from leukoscope.experiments.named_classes import refuse_unknown_names
from leukoscope.imaging.scale import estimate_pixel_size
from leukoscope.inference.detector import Detector

SURE_FLOOR = 0.02
"""Score from which boxes are kept for average precision, which needs the unsure ones too."""


@dataclass(frozen=True, slots=True)
class DetectorEvaluation:
    """Figures of a detector.

    Attributes:
        scores: The figures.
        warnings: What the data make doubtful: a leaky split, or pictures the model may have learned from.
        verdict: What the check of the data found.
        sizes_given: Pictures whose pixel size the manifest told.
        sizes_estimated: Pictures whose pixel size was estimated from their red cells.
        sizes_unknown: Pictures that were shown as if they had the detector's own pixel size.
        sizes_unneeded: Pictures that were shown whole, whatever the size of their pixels.
        pictures: The pictures, with what was marked in them.
        found: What was found in each, from `SURE_FLOOR` on.
    """

    scores: DetectionScores
    warnings: tuple[str, ...]
    verdict: CheckReport
    sizes_given: int
    sizes_estimated: int
    sizes_unknown: int
    sizes_unneeded: int
    pictures: tuple[BoxedPicture, ...]
    found: tuple[Detections, ...]


def evaluate_detector(
    bundle: Bundle,
    data: Path,
    *,
    images: Path | None = None,
    part: Part | None = "test",
    joined: Mapping[str, str] | None = None,
    rounds: int = 1000,
    seed: int = 0,
    after_each: Callable[[], None] = lambda: None,
) -> DetectorEvaluation:
    """Hold a detector against a manifest with boxes, or a split file beside whose pictures the owners' boxes lie.

    Args:
        bundle: A detection bundle.
        data: The manifest.
        images: Folder that its paths start from; by default its own.
        part: Which part; None for all pictures with boxes.
        joined: What a class of the set means to the model; the others are told by equal names, whatever the case.
        rounds: How often pictures are drawn again for limits.
        seed: Of that draw.
        after_each: Called after each picture.

    Raises:
        BundleMismatchError: The bundle is no detector.
        DataError: The part holds no picture with boxes, or marks none of the model's classes.
        InvalidValueError: A name in `joined` is unknown; the hint tells the nearest.
    """
    detector = Detector(bundle)
    names = [label.name for label in bundle.card.labels]
    # Without classes of whole fields, as it was when a run wrote down the hash of its split.
    manifest = with_boxes(read_manifest(data, images)).with_columns(label=None)
    pictures = _pictures(manifest, part, _meanings(manifest, names, joined or {}))
    sized = [_sized(detector, one) for one in pictures]
    found = []
    for picture, (size_um, _) in zip(pictures, sized, strict=True):
        found.append(detector.find(picture.pixels, size_um, score_floor=SURE_FLOOR))
        after_each()
    how = [said for _, said in sized]
    return DetectorEvaluation(
        scores=_scored(detector, found, pictures, names, rounds, seed),
        warnings=doubts_of_data(bundle.card, LabeledPictures((), manifest.base, manifest, part or "")),
        verdict=quick_verdict(manifest),
        sizes_given=how.count("given"),
        sizes_estimated=how.count("estimated"),
        sizes_unknown=how.count("unknown"),
        sizes_unneeded=how.count("unneeded"),
        pictures=pictures,
        found=tuple(found),
    )


def _scored(
    detector: Detector,
    found: Sequence[Detections],
    pictures: Sequence[BoxedPicture],
    names: Sequence[str],
    rounds: int,
    seed: int,
) -> DetectionScores:
    rng = np.random.default_rng(seed)
    return score_detections(found, pictures, names, thresholds=detector.thresholds.tolist(), rng=rng, rounds=rounds)


def _pictures(manifest: Manifest, part: Part | None, classes: Mapping[str, Sequence[str]]) -> tuple[BoxedPicture, ...]:
    if part is None and not manifest.table["split"].notna().any():
        manifest = manifest.with_columns(split="test")
    parts = PARTS if part is None else (part,)
    pictures = tuple(picture for one in parts for picture in load_boxed(manifest, one, classes))
    if not pictures:
        raise DataError(
            f"{manifest.name} holds no picture with boxes in the part {part or 'all'}.", hint="Choose another --part."
        )
    return pictures


def _meanings(manifest: Manifest, names: Sequence[str], joined: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    there = sorted({box.label for row in manifest.rows() for box in row.boxes or ()})
    refuse_unknown_names(joined, names, there)
    meant = {label: joined.get(label, _alike(label, names)) for label in there}
    return {name: tuple(label for label in there if meant[label] == name) for name in names}


def _alike(label: str, names: Sequence[str]) -> str:
    """The class of the same name, whatever the case, one or many: `Platelets` is `platelet`."""
    lowered = label.lower()
    return next((name for name in names if lowered in (name, f"{name}s")), "")


def _sized(detector: Detector, picture: BoxedPicture) -> tuple[float | None, str]:
    if detector.view.way == "whole":
        return None, "unneeded"
    if picture.pixel_size_um is not None:
        return picture.pixel_size_um, "given"
    estimated = estimate_pixel_size(picture.pixels)
    return (None, "unknown") if estimated is None else (estimated.um, "estimated")
