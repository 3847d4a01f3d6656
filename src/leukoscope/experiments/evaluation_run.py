"""How good is a bundle on labeled pictures?  Through ONNX Runtime, as users run it; no training framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Entry, Manifest, Part
from leukoscope.data.manifest_files import check_files, read_manifest
from leukoscope.data.pictures import entries_of_folder, load_pictures
from leukoscope.errors import BundleMismatchError, ManifestError, MissingExtraError
from leukoscope.experiments.data_verdict import quick_verdict, verdict_on_folder
from leukoscope.experiments.held_out import judge
from leukoscope.experiments.scores import Scores, score
from leukoscope.inference.classifier import Classifier


@dataclass(frozen=True, slots=True)
class LabeledPictures:
    """What to evaluate on.

    Attributes:
        entries: The pictures.
        root: Folder their names start from.
        manifest: The manifest they come from; None for a folder per class.
    """

    entries: tuple[Entry, ...]
    root: Path
    manifest: Manifest | None = None


def find_labeled(data: Path, images: Path | None, part: Part | None) -> LabeledPictures:
    """Labeled pictures of a manifest, or of a folder with one folder per class.

    Args:
        data: The manifest or the folder; a folder needs no pandas.
        images: Folder the paths of a manifest start from; by default the manifest's own.
        part: Part of a manifest, None for all its pictures; a folder is taken whole.

    Raises:
        ManifestError: The part is empty, or its pictures are not there.
        InputNotFoundError: The folder holds no picture.
        MissingExtraError: A manifest was given and the extra `data` is not installed.
    """
    if data.is_dir():
        return LabeledPictures(entries_of_folder(data), data)
    manifest = read_manifest(data, images)
    entries = manifest.part(part) if part else manifest.with_columns(split="test").part("test")
    if not entries:
        raise ManifestError(
            f"{data} holds no labeled picture of the part {part or 'all'!r}.",
            hint="Divide it with `leukoscope data split`, or add --part all to take every picture.",
        )
    try:
        check_files(entries, manifest.base)
    except ManifestError as fault:
        raise ManifestError(fault.message, hint="Give the folder of the pictures with --images.") from fault
    return LabeledPictures(entries, manifest.base, manifest)


def verdict_on(pictures: LabeledPictures) -> CheckReport | None:
    """The quick verdict on what is evaluated on; None for a folder where the extra `data` is not installed."""
    if pictures.manifest is not None:
        return quick_verdict(pictures.manifest)
    try:
        return verdict_on_folder(pictures.entries, pictures.root)
    except MissingExtraError:
        return None


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
    loaded = load_pictures(
        in_classes_of(card, pictures.entries),
        pictures.root,
        card.input.width,
        names,
        margin_on_black=card.input.margin_on_black,
        after_each=after_each,
    )
    judged = judge(Classifier(bundle), loaded)
    return score(judged, names, uncertain_below=card.decision.uncertain_below, rng=np.random.default_rng(seed))


def in_classes_of(card: Card, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Pictures labeled in the words of a set under the classes of a model, as its training joined them."""
    if card.training is None:
        return tuple(entries)
    return join_classes(entries, card.training.classes, others=card.training.others)
