"""What the page of an evaluation tells: figures, and what was gathered beside them."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.data.checks.findings import CheckReport
from leukoscope.domain.images import ImageQuality
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings
from leukoscope.evaluation.predictions import Predictions
from leukoscope.reporting.figures.curves import TrainingCurves


@dataclass(frozen=True, slots=True)
class ErrorPicture:
    """A picture the model was wrong about.

    Attributes:
        path: Its name.
        truth: Its class.
        said: The class it was given; empty where it was given none.
        confidence: Probability of that class.
        of_truth: Probability of its class; 0 where nothing was said.
        picture: It as a data URI; empty where it cannot be shown.
        heat: The same with what spoke for the class it was given; empty where the model has no map.
        missing: Why it cannot be shown.
        about: What else is known of it, such as its patient.
    """

    path: str
    truth: str
    said: str
    confidence: float
    of_truth: float
    picture: str
    heat: str
    missing: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class TrainingTold:
    """How the training of the model went.

    Attributes:
        curves: Loss and accuracy over the epochs.
        learned: Pictures that were learned from.
        watched: Pictures of its validation part.
        kept: Epoch that was kept; None where it is not known.
        recipe: Name of the recipe.
    """

    curves: TrainingCurves
    learned: int
    watched: int
    kept: int | None
    recipe: str


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationPage:
    """Everything the page tells.

    Attributes:
        title: The model, or the file of predictions.
        data: Name of the data; empty where it is not known.
        part: Part of it; empty for all.
        predictions: What was said of each picture.
        settings: How it was evaluated.
        evaluation: What it is worth.
        warnings: What looks wrong.
        verdict: What the check of the data found; None where it was not checked.
        card: The model's card; None for a file of predictions.
        quality: How fit each picture is to be read; empty where no picture was opened.
        errors: Pictures that were given a wrong class without doubt, the surest first, and how many there are.
        left_open: The same of pictures that the model would have left open.
        training: How training went; None where it is not known.
        not_read: Pictures that could not be read, and why.
        thresholds_from: Where thresholds were chosen; empty where nowhere.
        other_classes: That pictures of classes the model was not made to tell were left out; empty where none was.
    """

    title: str
    data: str
    part: str
    predictions: Predictions
    settings: EvaluationSettings
    evaluation: Evaluation
    warnings: tuple[str, ...]
    verdict: CheckReport | None
    card: Card | None
    quality: tuple[ImageQuality, ...]
    errors: tuple[ErrorPicture, ...]
    left_open: tuple[ErrorPicture, ...]
    training: TrainingTold | None
    not_read: tuple[tuple[str, str], ...]
    thresholds_from: str
    other_classes: str = ""
