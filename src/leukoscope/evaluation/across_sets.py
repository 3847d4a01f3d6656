"""What is a model worth on the set it was trained on, and on others?  Several models on several sets."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.evaluation.alignment import LeftOut
from leukoscope.evaluation.comparison import Comparison
from leukoscope.evaluation.estimates import Estimate


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model beside its figures.

    Attributes:
        name: As the comparison calls it.
        version: Of the bundle; empty for predictions of another system.
        trained_on: Data sets its card names; empty where nobody said.
        size_mb: Of the network's file, in millions of bytes; None for predictions.
        side_px: Side of its input; None for predictions.
        pictures_per_s: Pictures of that size that one core classifies in a second of its own time, reading and
            resizing left out; None where it was not measured.
    """

    name: str
    version: str = ""
    trained_on: tuple[str, ...] = ()
    size_mb: float | None = None
    side_px: int | None = None
    pictures_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A model on a set.

    Attributes:
        model: Name of the model.
        data: Name of the set.
        own: Whether its card says that it was trained on this set.
        n: Pictures it was asked about; 0 where it could not be asked.
        classes: How many classes it chooses from.
        accuracy: Its accuracy with limits over patients or groups; None where it could not be asked.
        balanced_accuracy: Mean recall of the classes.
        why: Why it could not be asked; empty where it was.
    """

    model: str
    data: str
    own: bool
    n: int = 0
    classes: int = 0
    accuracy: Estimate | None = None
    balanced_accuracy: Estimate | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ComparedOn:
    """The comparison on one set.

    Attributes:
        data: Name of the set, with the part.
        verdict: What the check of the data says; empty where it was not made.
        comparison: The comparison; None where fewer than two models fit.
        why: Why there is none; empty where there is one.
        hint: What to do about that; may be empty.
        not_read: Pictures of the set that could not be read, of the model with the most.
    """

    data: str
    verdict: str
    comparison: Comparison | None
    why: str = ""
    hint: str = ""
    not_read: int = 0


@dataclass(frozen=True, slots=True)
class AcrossSets:
    """Several models on one set or on several.

    Attributes:
        models: What is known of each.
        sets: The comparison on each set, the first is the main one.
        matrix: Each model on each set, by model.
        not_asked: What was named but could not be opened, and why.
    """

    models: tuple[ModelFacts, ...]
    sets: tuple[ComparedOn, ...]
    matrix: tuple[Cell, ...]
    not_asked: tuple[LeftOut, ...]
