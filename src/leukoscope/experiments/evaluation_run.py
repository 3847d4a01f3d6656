"""How good is a bundle on labeled pictures?  Through ONNX Runtime, as users run it; no training framework."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle
from leukoscope.data.manifest import Entry, Part, check_files, read_manifest
from leukoscope.data.pictures import entries_of_folder, load_pictures
from leukoscope.errors import BundleMismatchError, ManifestError
from leukoscope.experiments.held_out import judge
from leukoscope.experiments.scores import Scores, score
from leukoscope.inference.classifier import Classifier


@dataclass(frozen=True, slots=True)
class LabeledPictures:
    """What to evaluate on: entries and the folder their names start from."""

    entries: tuple[Entry, ...]
    root: Path


def find_labeled(data: Path, images: Path | None, part: Part) -> LabeledPictures:
    """Labeled pictures of a split file, or of a folder with one folder per class.

    Args:
        data: The split file or the folder.
        images: Folder the names of a split file start from.
        part: Part of a split file; a folder is taken whole.

    Raises:
        ManifestError: A split file comes without `images`, or its pictures are not there.
        InputNotFoundError: The folder holds no picture.
    """
    if data.is_dir():
        return LabeledPictures(entries_of_folder(data), data)
    if images is None:
        raise ManifestError(
            f"{data} names pictures; it does not say where they are.", hint="Add --images FOLDER of the data set."
        )
    entries = read_manifest(data).part(part)
    check_files(entries, images)
    return LabeledPictures(entries, images)


def evaluate_bundle(
    bundle: Bundle, pictures: LabeledPictures, *, seed: int = 0, after_each: Callable[[], None] = lambda: None
) -> Scores:
    """Score a bundle.

    Args:
        bundle: A classification bundle.
        pictures: What to evaluate on.
        seed: Seed of the bootstrap.
        after_each: Called after each picture that was read.

    Raises:
        BundleMismatchError: The bundle takes pictures that are not square.
        DataError: A class is not among the bundle's labels.
    """
    card = bundle.card
    if card.input.width != card.input.height:
        raise BundleMismatchError(f"{card.name} takes pictures that are not square.", hint="Use another bundle.")
    names = [label.name for label in card.labels]
    loaded = load_pictures(pictures.entries, pictures.root, card.input.width, names, after_each=after_each)
    judged = judge(Classifier(bundle), loaded)
    return score(judged, names, uncertain_below=card.decision.uncertain_below, rng=np.random.default_rng(seed))
