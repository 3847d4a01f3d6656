"""What does a bundle lose in 8 bits?  An INT8 variant, measured on validation and refused where it loses too much."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card, DecisionCard, NoveltyCard, QuantizationCard
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.data.pictures import PictureSet
from leukoscope.domain.images import Pixels
from leukoscope.errors import BundleMismatchError, InvalidValueError
from leukoscope.evaluation.thresholds import Acceptance, acceptance, smallest_threshold
from leukoscope.inference.classifier import Classifier, ClassifierOutput
from leukoscope.inference.novelty import novelty_distance
from leukoscope.modeling.export_int8 import quantize_graph

_log = logging.getLogger(__name__)
CALIBRATION, MOST_LOST = 200, 0.01
SUFFIX = "-int8"


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What a graph says of the validation pictures."""

    output: ClassifierOutput
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @property
    def confidence(self) -> NDArray[np.float64]:
        return np.asarray(self.output.probabilities.max(axis=1), dtype=np.float64)


def quantize_bundle(bundle: Bundle, learned: Pixels, watched: PictureSet, *, most_lost: float = MOST_LOST) -> Bundle:
    """The same model in 8 bits; its card says what that cost, and claims no held-out figure of the 32-bit one.

    Args:
        bundle: A classification bundle in 32 bits.
        learned: Training pictures that tell the ranges, uint8, shape (n, height, width, 3); up to 200 are used.
        watched: Validation pictures, on which the loss is measured.
        most_lost: Largest loss of accuracy that is put up with, in [0, 1].

    Raises:
        InvalidValueError: `most_lost` lies outside [0, 1].
        BundleMismatchError: The bundle is no classifier, has 8 bits already, or would lose more than `most_lost`.
        InvalidBundleError: The graph cannot be quantized.
    """
    card = bundle.card
    if not 0 <= most_lost <= 1:
        raise InvalidValueError(f"A loss of accuracy lies in [0, 1], got {most_lost}.")
    if card.task != "classification" or card.quantization is not None:
        raise BundleMismatchError(f"{card.name} is no classifier in 32 bits.", hint="Give one that `train` made.")
    chosen = learned[:: max(1, len(learned) // CALIBRATION)][:CALIBRATION]
    model = quantize_graph(bundle.model, chosen)
    before = _ask(bundle, watched)
    after = _ask(_with_model(bundle, model), watched)
    section = _measure(bundle, model, before, after, len(chosen), most_lost)
    _refuse_loss(card, section)
    _log.info("in 8 bits: %s", section.told)
    made = _with_model(bundle, model, _card_of(bundle, section, before, after))
    images = bundle.golden().images
    output = Classifier(made).predict(images)
    golden = GoldenSamples(images, output.probabilities, output.embedding, output.activation_map)
    return Bundle(made.card, model, golden.to_bytes())


def _ask(bundle: Bundle, pictures: PictureSet) -> _Told:
    output = Classifier(bundle).predict(pictures.images)
    return _Told(output, output.probabilities.argmax(axis=1) == pictures.targets)


def _with_model(bundle: Bundle, model: bytes, card: Card | None = None) -> Bundle:
    update = {"onnx_sha256": hashlib.sha256(model).hexdigest()}
    return Bundle((card or bundle.card).model_copy(update=update), model, bundle.golden_bytes)


def _measure(
    bundle: Bundle, model: bytes, before: _Told, after: _Told, calibrated: int, most_lost: float
) -> QuantizationCard:
    accepted = _accepted(bundle.card, before), _chosen(bundle.card, before, after)
    named = [one.output.probabilities.argmax(axis=1) for one in (before, after)]
    return QuantizationCard(
        of_sha256=bundle.card.onnx_sha256,
        calibrated_on=calibrated,
        validation_n=len(before.right),
        accuracy_32_bits=round(before.accuracy, 4),
        accuracy_8_bits=round(after.accuracy, 4),
        accepted_share_32_bits=round(accepted[0].share, 4),
        accepted_share_8_bits=round(accepted[1].share, 4),
        named_differently=int((named[0] != named[1]).sum()),
        most_lost=most_lost,
        bytes_32_bits=len(bundle.model),
        bytes_8_bits=len(model),
    )


def _accepted(card: Card, before: _Told) -> Acceptance:
    return acceptance(before.confidence, before.right, card.decision.uncertain_below)


def _chosen(card: Card, before: _Told, after: _Told) -> Acceptance:
    """The threshold at which what 8 bits accept is right at least as often as what 32 bits did."""
    return smallest_threshold(after.confidence, after.right, accuracy=_accepted(card, before).accuracy)


def _refuse_loss(card: Card, section: QuantizationCard) -> None:
    if section.lost > section.most_lost:
        raise BundleMismatchError(
            f"In 8 bits {card.name} would lose {section.lost:.4f} of its accuracy on {section.validation_n} validation "
            f"pictures; at most {section.most_lost:g} is put up with. {section.told}",
            hint="Keep it in 32 bits, or allow more.",
        )


def _card_of(bundle: Bundle, section: QuantizationCard, before: _Told, after: _Told) -> Card:
    card = bundle.card
    cost = f"Quantized to 8 bits: {section.told} Figures of the 32-bit model are not its figures."
    return card.model_copy(
        update={
            "name": f"{card.name}{SUFFIX}",
            "title": f"{card.title} (INT8)",
            "limits": (*card.limits, cost),
            "decision": _decision_of(card, before, after),
            "novelty": _novelty_of(card.novelty, before, after),
            "metrics": None,
            "robustness": (),
            "cross_validation": None,
            "quantization": section,
        }
    )


def _decision_of(card: Card, before: _Told, after: _Told) -> DecisionCard:
    found = _chosen(card, before, after)
    return DecisionCard(
        uncertain_below=float(np.floor(found.threshold * 1e6) / 1e6),
        chosen_for=f"{card.decision.chosen_for}; chosen anew for 8 bits, to be right as often as 32 bits",
        accepted_share_validation=round(found.share, 4),
        accepted_accuracy_validation=round(found.accuracy, 4),
    )


def _novelty_of(novelty: NoveltyCard | None, before: _Told, after: _Told) -> NoveltyCard | None:
    """The limit moves as far as the distances of the validation pictures do near it."""
    if novelty is None or before.output.embedding is None or after.output.embedding is None:
        return novelty
    distances = [novelty_distance(one, novelty) for one in (before.output.embedding, after.output.embedding)]
    reach = [float(np.quantile(one, novelty.validation_quantile)) for one in distances]
    moved = float(np.median(np.abs(distances[1] - distances[0]) / distances[0]))
    method = (
        f"{novelty.method}; for 8 bits the limit is moved by a factor of {reach[1] / reach[0]:.3f} (distances of "
        f"validation pictures differ from those in 32 bits by a median of {moved:.1%})"
    )
    return novelty.model_copy(update={"limit": novelty.limit * reach[1] / reach[0], "method": method, "measured": ""})
