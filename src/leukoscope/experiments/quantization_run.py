"""`model quantize`: a bundle and a divided data set in, its variant in 8 bits out, with held-out figures of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import Card
from leukoscope.data.manifest import PARTS, Manifest, Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.data.splits.crossing import refuse_crossings
from leukoscope.errors import BundleMismatchError, ManifestError
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings, evaluate_predictions
from leukoscope.experiments.bundle_answers import LabeledPictures, NotRead, ask_bundle, in_classes_of, looked_for
from leukoscope.experiments.left_out import of_other_classes, say_not_read, say_other_classes
from leukoscope.experiments.quantization import MOST_LOST, quantize_bundle
from leukoscope.experiments.scores import card_figures
from leukoscope.experiments.split_use import SplitInUse


@dataclass(frozen=True, slots=True)
class Divided:
    """A manifest for quantizing: training pictures tell ranges, validation pictures the loss, test pictures the rest.

    Attributes:
        manifest: The pictures.
        same: Whether they are those the bundle was trained on, divided in the same way.
    """

    manifest: Manifest
    same: bool

    def __len__(self) -> int:
        """Pictures of all parts."""
        return sum(len(self.manifest.part(part)) for part in PARTS)


@dataclass(frozen=True, slots=True)
class Quantized:
    """A bundle in 8 bits.

    Attributes:
        card: Its card.
        not_read: Test pictures that could not be read; its held-out figures say so.
        evaluation: Its held-out figures, with limits over patients or groups too; None where there is no test part.
    """

    card: Card
    not_read: tuple[NotRead, ...] = ()
    evaluation: Evaluation | None = None


def open_divided(bundle: Bundle, data: Path, images: Path | None) -> Divided:
    """Read the manifest that a bundle is quantized with.

    Raises:
        ManifestError: It has no training or no validation part, or a group lies in two parts.
    """
    manifest = read_manifest(data, images)
    refuse_crossings(manifest)
    missing = [part for part in ("train", "validation") if not manifest.part(part)]
    if missing:
        raise ManifestError(
            f"{data} holds no labeled picture of the part {' or '.join(missing)}.",
            hint="Give the manifest the model was trained on, divided as then.",
        )
    training = bundle.card.training
    return Divided(manifest, training is not None and training.manifest_sha256 == manifest.sha256)


def quantize_and_write(
    bundle: Bundle,
    divided: Divided,
    out: Path,
    *,
    most_lost: float = MOST_LOST,
    after_each: Callable[[], None] = lambda: None,
) -> Quantized:
    """Quantize a bundle, hold it against the test part if there is one, and write it.

    Args:
        bundle: A classification bundle in 32 bits.
        divided: What `open_divided` read.
        out: Folder of the new bundle.
        most_lost: Largest loss of accuracy on validation that is put up with, in [0, 1].
        after_each: Called after each picture that was read.

    Returns:
        The card of the new bundle, its held-out figures, and the test pictures that could not be read.

    Raises:
        BundleMismatchError: The bundle is not one to quantize, or loses too much.
        DataError: A class is not among the bundle's labels.
        InputError: A picture of the training or validation part cannot be read.
    """
    parts: tuple[Part, ...] = ("train", "validation")
    learned, watched = (_load(bundle.card, divided.manifest, part, after_each) for part in parts)
    made = quantize_bundle(bundle, learned.images, watched, most_lost=most_lost)
    found = _held_out(made, divided, after_each)
    write_bundle(out, found.card, made.model, made.golden())
    return found


def _load(card: Card, manifest: Manifest, part: Part, after_each: Callable[[], None]) -> PictureSet:
    if card.input.width != card.input.height:
        raise BundleMismatchError(f"{card.name} takes pictures that are not square.", hint="Use another bundle.")
    entries = in_classes_of(card, manifest.part(part))
    return load_pictures(
        entries,
        manifest.base,
        card.input.width,
        [label.name for label in card.labels],
        margin_on_black=card.input.margin_on_black,
        after_each=after_each,
    )


def _held_out(made: Bundle, divided: Divided, after_each: Callable[[], None]) -> Quantized:
    entries = divided.manifest.part("test")
    if not entries:
        return Quantized(made.card)
    card = made.card
    pictures = LabeledPictures(entries, divided.manifest.base, divided.manifest)
    answers = ask_bundle(made, pictures, after_each=after_each)
    settings = EvaluationSettings(uncertain_below=card.decision.uncertain_below, positive=looked_for(card))
    unread = say_not_read([one.path for one in answers.not_read], len(entries))
    foreign = say_other_classes(of_other_classes(card, entries), len(entries))
    how = " ".join(told for told in (_how(divided), unread, foreign) if told)
    evaluation = evaluate_predictions(answers.predictions, settings)
    metrics = card_figures(evaluation, how)
    return Quantized(card.model_copy(update={"metrics": metrics}), answers.not_read, evaluation)


def _how(divided: Divided) -> str:
    own = "The test part of the manifest it was trained on." if divided.same else _FOREIGN
    return SplitInUse(divided.manifest, own=True).how_held_out(own)


_FOREIGN = (
    "The test part of another manifest than it was trained on: whether it learned from these pictures is not known."
)
