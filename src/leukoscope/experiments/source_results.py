"""What did the source systems report, and what do our repetitions reach?  Values read from two committed files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter

from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.suspicions import contradicted_supports, find_suspicions

_HARDLY, _LEAST_TOLD = 0.05, 10
"""Recall below which a class counts as not recognized, and the pictures it takes to say so."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class PublishedSystem(_Read):
    """One source system in its own figures.

    Attributes:
        number: As in the documentation.
        title: Its name.
        task: What it tells apart.
        split: How it divided its pictures.
        learned: How long and on what it learned.
        figures: Its figures, as published.
        recipes: Our repetitions of it.
        supports: Held-out pictures of each class, under the names as published.
        of_set: Pictures of each class in the whole set.
        recalls: Published recall of single classes.
        remark: What else a reader must know.
    """

    number: int
    title: str
    task: str
    split: str
    learned: str
    figures: dict[str, float]
    recipes: tuple[str, ...]
    supports: dict[str, int] = {}
    of_set: dict[str, int] = {}
    recalls: dict[str, float] = {}
    remark: str = ""

    def suspicions(self) -> tuple[str, ...]:
        """What its own figures give away."""
        absent = tuple(
            f"Recall {recall:.2f} for {name}: none of its {self.supports[name]} held-out pictures was recognized, so "
            f"the model always gives the other answer, and its accuracy is the share of that class "
            f"({1 - self.supports[name] / sum(self.supports.values()):.3f})."
            for name, recall in self.recalls.items()
            if recall == 0 and name in self.supports
        )
        return absent + (contradicted_supports(self.supports, self.of_set) if self.supports else ())


class ClassFigures(_Read):
    """Held-out figures of one class; None for what does not exist."""

    recall: float | None
    precision: float | None
    support: int


class HeldOut(_Read):
    """The part of a run's `metrics.json` that the page tells."""

    n: int
    classes: tuple[str, ...]
    accuracy: float
    accuracy_ci95: tuple[float, float]
    macro_f1: float
    macro_f1_ci95: tuple[float, float] | None
    balanced_accuracy: float
    per_class: dict[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    auroc: float | None = None

    @property
    def largest_share(self) -> float:
        """Accuracy of always giving the most frequent class."""
        return max(sum(row) for row in self.confusion) / self.n

    def suspicions(self) -> tuple[str, ...]:
        """One answer for all, swapped names, classes never named: whatever the confusion matrix gives away."""
        counts = np.array(self.confusion)
        truth, said = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
        # Counts are exact; of the probabilities only the largest is known here, so all are a little different.
        rows = np.eye(len(counts))[said] * np.linspace(1, 2, self.n)[:, None] + 0.1
        names = tuple(str(place) for place in range(self.n))
        found = find_suspicions(Predictions(self.classes, truth, rows / rows.sum(1, keepdims=True), names))
        return found + tuple(self._hardly_recognized(counts))

    def _hardly_recognized(self, counts: NDArray[np.int64]) -> Iterator[str]:
        for place, name in enumerate(self.classes):
            one, ever_said = self.per_class[name], counts[:, place].any()
            if ever_said and one.support >= _LEAST_TOLD and one.recall is not None and one.recall < _HARDLY:
                yield f"Recall {one.recall:.2f} for {name}: hardly any of its {one.support} pictures is recognized."


class ThroughCommand(_Read):
    """A command that took the bundle."""

    exit_code: int
    cpu_s: float
    same_figures_as_the_run: bool | None = None


class SourceRun(_Read):
    """One source recipe, trained here.

    Attributes:
        changes: Settings that shorten it.
        most: Most pictures of each class in each part, where not all were taken.
        train_cpu_s: Processor seconds of the whole `train` command, start and export included.
        pictures: Pictures to learn from and to choose on.
        epochs: Epochs that were run.
        published_epochs: Epochs the recipe asks for.
        published_side: Side of the pictures in the recipe, in pixels.
        side: Side of the pictures in this run, in pixels.
        by_color: Held-out accuracy of twelve color statistics on the same pictures.
        said_while_training: What the run itself complained about.
    """

    recipe: str
    network: str
    data: str
    seed: int
    changes: tuple[str, ...]
    most: dict[str, int] | None
    train_cpu_s: float
    evaluate: ThroughCommand
    analyze: ThroughCommand
    parameters: int
    onnx_mb: float
    cells_per_cpu_s: float
    side: int
    epochs: int
    published_epochs: int
    published_side: int
    pictures: dict[str, int]
    validation_balanced_accuracy: tuple[float, ...]
    said_while_training: tuple[str, ...]
    by_color: float
    git_revision: str
    framework: str
    metrics: HeldOut

    @property
    def learned_per_cpu_s(self) -> float:
        """Pictures learned from per processor second, everything else of the command included."""
        return self.pictures["train"] * self.epochs / self.train_cpu_s


def read_published(path: Path) -> tuple[PublishedSystem, ...]:
    """The source systems in their order."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[PublishedSystem, ...]).validate_python(content["systems"])


def read_runs(path: Path) -> Mapping[str, SourceRun]:
    """Our runs by the name of their recipe."""
    return TypeAdapter(dict[str, SourceRun]).validate_json(path.read_bytes())
