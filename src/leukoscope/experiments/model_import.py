"""A model of somebody else becomes a bundle: converted, wrapped, asked drawn pictures, described by what was stated.

Nothing is known of such a model but its file: no figure stands on its card, no embedding and no map are in its graph.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import SCHEMA, Card, ImportCard
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.bundles.installing import install_bundle, refuse_taken
from leukoscope.domain.images import Pixels
from leukoscope.domain.labels import CellGroup
from leukoscope.errors import BundleError, InvalidBundleError, InvalidValueError
from leukoscope.experiments.golden_images import golden_images
from leukoscope.imaging.preprocessing import resize
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.verification import TOLERANCE
from leukoscope.modeling.importing.conversion import ForeignGraph, read_foreign
from leukoscope.modeling.importing.onnx_graph import wrap_graph
from leukoscope.modeling.importing.statement import Statement
from leukoscope.modeling.importing.tensors import finished, prepared

_log = logging.getLogger(__name__)
Level = Literal["cell", "image"]
NOT_STATED = "not stated; ask whoever made the model before you pass it on"
_LIMITS = (
    "Imported: what it was trained on is not known here, and nobody measured it on held-out pictures.",
    "Its labels, size, scaling and order of colors were stated by whoever imported it; a wrong one makes it answer "
    "nonsense without a complaint.",
    "Its scores are not known to be calibrated: a score of 0.9 need not mean that nine of ten are right.",
    "Its graph has no embedding and no activation map: it cannot tell that a picture is foreign to it, and shows no "
    "heat map.",
)
_SAME_ANSWER = "It gave the same answer to all drawn pictures when it was imported: its scaling may be stated wrongly."


@dataclass(frozen=True, slots=True)
class About:
    """What the card is to say besides what the graph needs.

    Attributes:
        name: Name of the bundle.
        level: Whether it reads one cell or a whole picture.
        uncertain_below: Score below which it says nothing.
        title: What people read; by default the name.
        licence: Of the weights.
        groups: How cells of a label are counted; leukocytes by default, fields for whole pictures.
    """

    name: str
    level: Level
    uncertain_below: float
    title: str = ""
    licence: str = NOT_STATED
    groups: Mapping[str, CellGroup] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """An imported model: where it is, its card, and what its owner should look at."""

    folder: Path
    card: Card
    warnings: tuple[str, ...]


def import_model(file: Path, statement: Statement, about: About, folder: Path, *, replace: bool = False) -> Imported:
    """Make a bundle of a foreign classifier and put it into a folder of models.

    Args:
        file: `.onnx`, `.pt2` (`torch.export`), `.keras` or `.h5`.
        statement: What the network takes and gives.
        about: What the card says besides.
        folder: Folder of models.
        replace: Take the place of a model of the same name there.

    Raises:
        InputNotFoundError: There is no such file.
        InvalidValueError: A name does not fit, or is taken.
        InvalidBundleError: The file is unsafe or no classifier, or does not answer as was stated; the message says how.
        MissingExtraError: The packages for its format are not installed.
    """
    _check_names(statement, about)
    refuse_taken(about.name, folder, replace=replace)
    images = _drawn(about.level, statement)
    foreign = read_foreign(file, prepared(images, statement))
    graph = wrap_graph(foreign.graph, file.name, statement)
    card = _card(file, foreign, graph, statement, about)
    probabilities = _asked(Bundle(card, graph, None), images, file.name)
    _check_probabilities(probabilities, statement, file.name)
    card = _with_difference(card, foreign, probabilities, statement)
    warnings = (_SAME_ANSWER,) if np.ptp(probabilities, axis=0).max() < 1e-6 else ()
    card = card.model_copy(update={"limits": (*card.limits, *warnings)})
    golden = GoldenSamples(images, probabilities)
    return Imported(install_bundle(Bundle(card, graph, golden.to_bytes()), folder, replace=replace), card, warnings)


def label_key(told: str) -> str:
    """The stable key of a label, from how people write it.

    Example:
        >>> label_key("Early Pre-B")
        'early-pre-b'
    """
    return re.sub(r"[^a-z0-9_\-]+", "-", told.strip().lower()).strip("-")


def _check_names(statement: Statement, about: About) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9\-]{1,63}", about.name):
        raise InvalidValueError(
            f"{about.name!r} is no name for a model.", hint="Use lower-case letters, digits and hyphens, 2 to 64."
        )
    keys = [label_key(one) for one in statement.labels]
    if not all(re.fullmatch(r"[a-z0-9][a-z0-9_\-]*", one) for one in keys) or len(set(keys)) < len(keys):
        raise InvalidValueError(
            f"The labels {', '.join(statement.labels)} are not different names.", hint="Use letters and digits."
        )
    if "uncertain" in keys:
        raise InvalidValueError(
            "No label may be called 'uncertain': that is what is said of a low score.", hint="Give it another name."
        )
    strange = sorted(set(about.groups) - set(statement.labels))
    if strange:
        raise InvalidValueError(f"{strange[0]!r} is not among the labels.", hint="Mend --group.")
    if not 0 <= about.uncertain_below <= 1:
        raise InvalidValueError(f"{about.uncertain_below} is no score.", hint="Give a number between 0 and 1.")


def _drawn(level: Level, statement: Statement) -> Pixels:
    pictures = golden_images(level, max(statement.width, statement.height))
    return np.stack([resize(one, statement.width, statement.height) for one in pictures])


def _asked(bundle: Bundle, images: Pixels, name: str) -> NDArray[np.float32]:
    """Answers to all pictures at once and to each alone; they must be the same."""
    try:
        classifier = Classifier(bundle)
        together = classifier.predict(images).probabilities
        alone = np.concatenate([classifier.predict(one[None]).probabilities for one in images])
    except BundleError as fault:
        _tell_cause(fault, name)
        raise InvalidBundleError(
            f"{name} does not answer several pictures at a time with finite numbers: {fault.message}",
            hint="Export it with a free number of pictures (dynamic batch axis); check --size, --layout and --labels.",
        ) from fault
    if np.abs(together - alone).max() > TOLERANCE:
        raise InvalidBundleError(
            f"{name} answers a picture differently when others are beside it.",
            hint="Export it for use, not for training (batch norm and dropout off).",
        )
    return together


def _tell_cause(fault: BundleError, name: str) -> None:
    """Raise with what ONNX Runtime says, where that is plain: another export would not help with either."""
    cause = str(fault.__cause__ or "").lower()
    if "opset" in cause:
        raise InvalidBundleError(
            f"{name} uses a newer ONNX opset than ONNX Runtime knows here.", hint="Export it with opset 17."
        ) from fault
    if "alloc" in cause:
        raise InvalidBundleError(
            f"{name} asks for more memory than there is: it is no classifier of pictures of that size, or a trap.",
            hint="Do not use it, unless you know why it needs so much.",
        ) from fault


def _check_probabilities(probabilities: NDArray[np.float32], statement: Statement, name: str) -> None:
    sums, low, high = probabilities.sum(axis=1), float(probabilities.min()), float(probabilities.max())
    if low < -TOLERANCE or high > 1 + TOLERANCE or np.abs(sums - 1).max() > 1e-3:
        raise InvalidBundleError(
            f"The outputs of {name} are no probabilities: they lie between {low:.3g} and {high:.3g} and sum to "
            f"{float(sums[np.abs(sums - 1).argmax()]):.3g}, not to 1.",
            hint=f"Say --gives {'one-logit' if statement.single else 'logits'} if its last layer only multiplies.",
        )


def _with_difference(
    card: Card, foreign: ForeignGraph, probabilities: NDArray[np.float32], statement: Statement
) -> Card:
    if foreign.answers is None or card.imported is None:
        return card
    difference = float(np.abs(finished(foreign.answers, statement) - probabilities).max())
    if not difference <= TOLERANCE:
        raise InvalidBundleError(
            f"The converted graph is off by {difference:.1e} from the model itself.",
            hint="Export it to ONNX yourself and import that.",
        )
    return card.model_copy(update={"imported": card.imported.model_copy(update={"converter_difference": difference})})


def _card(file: Path, foreign: ForeignGraph, graph: bytes, statement: Statement, about: About) -> Card:
    usual: CellGroup = "leukocyte" if about.level == "cell" else "field"
    labels = [
        {
            "name": label_key(one),
            "title": one.strip(),
            "meaning": "As the imported model names it; what it means was not stated.",
            "group": about.groups.get(one, usual),
        }
        for one in statement.labels
    ]
    content = {
        "schema": SCHEMA,
        "name": about.name,
        "version": "1.0.0",
        "title": about.title or about.name,
        "task": "classification",
        "level": about.level,
        "resembles": "resembles what the imported model calls {title}",
        "intended_use": "Research only, by whoever imported it; never a clinical decision.",
        "limits": _LIMITS,
        "weights_licence": about.licence,
        "onnx_sha256": hashlib.sha256(graph).hexdigest(),
        "temperature": 1.0,
        "input": {"width": statement.width, "height": statement.height},
        "labels": labels,
        "decision": {
            "uncertain_below": about.uncertain_below,
            "chosen_for": "stated on import, measured on nothing",
        },
        "imported": ImportCard(
            format=foreign.format,
            file=file.name,
            sha256=foreign.sha256,
            scaling=statement.scaling.told,
            layout=statement.layout,
            colors=statement.colors,
            gives=statement.gives,
            positive=statement.positive,
        ),
    }
    return Card.model_validate(content)
