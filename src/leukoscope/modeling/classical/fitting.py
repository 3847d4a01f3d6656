"""How is one decision learned?  Settings by folds of the training part, then all of it, then calibrated elsewhere."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import DataError
from leukoscope.modeling.classical.calibration import Calibration, fit_calibration
from leukoscope.modeling.classical.estimators import CLASSIFIER, SELECTION, build_pipeline, grid_of, in_words_of_recipe
from leukoscope.modeling.classical.recipe import StagePart
from leukoscope.modeling.classical.table import CellTable, Floats, Places, telling_columns

_FLOORS = {"random-forest": 1e-3, "k-nn": 1e-2}
"""Least probability that a vote of trees or neighbors is taken for; other kinds never say an exact 0."""
_FLOOR = 1e-30


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried, with the macro-F1 on held-out folds of the training part."""

    settings: dict[str, float | int]
    macro_f1: float
    spread: float


@dataclass(frozen=True, slots=True, eq=False)
class FittedStage:
    """A decision that was learned.

    Attributes:
        places: Which columns of the table it takes.
        pipeline: What scikit-learn fitted, from these columns to a decision.
        floor: What is added to probabilities before their logarithm; None where it gives scores, as an SVM.
        calibration: From scores to probabilities.
        chosen: The settings that were best.
        trials: All that were tried; empty without a search.
    """

    places: Places
    pipeline: Any
    floor: float | None
    calibration: Calibration
    chosen: dict[str, float | int]
    trials: tuple[Trial, ...] = ()

    def probabilities(self, columns: Floats) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (cells, classes), of rows of the whole table."""
        return self.calibration.apply(_scores(self.pipeline, columns[:, self.places], self.floor))

    def used_places(self) -> Places:
        """Columns that were kept."""
        selection = self.pipeline.named_steps.get(SELECTION)
        return self.places if selection is None else self.places[np.asarray(selection.get_support())]


def fit_stage(stage: StagePart, places: Places, learned: CellTable, watched: CellTable, seed: int) -> FittedStage:
    """Learn a decision.

    Args:
        stage: What the recipe says.
        places: Columns of the tables it may take; those that tell nothing are left out.
        learned: Training cells; class numbers from 0 on, each there.
        watched: Validation cells, on which probabilities are calibrated.
        seed: For folds and for what draws at random.

    Raises:
        DataError: A class is missing in a part, or has too few groups for the folds.
    """
    _demand_classes(learned, watched)
    places = places[telling_columns(learned.columns[:, places])]
    if not len(places):
        raise DataError("No column differs among the training cells.", hint="Ask for other measurements.")
    columns = learned.columns[:, places]
    pipeline, trials = _searched(stage, columns, learned, seed)
    floor = None if stage.classifier.kind.startswith("svm") else _FLOORS.get(stage.classifier.kind, _FLOOR)
    scores = _scores(pipeline, watched.columns[:, places], floor)
    calibration = fit_calibration(scores, watched.targets, learned.targets.max() + 1, margins=floor is None)
    chosen = max(trials, key=lambda one: one.macro_f1).settings if trials else {}
    return FittedStage(places, pipeline, floor, calibration, chosen, trials)


def group_folds(
    targets: NDArray[np.int64], groups: Sequence[str], folds: int, seed: int
) -> list[tuple[Places, Places]]:
    """Folds in which no group stands on both sides, classes spread as evenly as groups allow.

    Args:
        targets: Class numbers, shape (cells,).
        groups: What each cell must not be separated from.
        folds: How many, at least 2.
        seed: Of the draw.

    Returns:
        For each fold the places of the cells to learn from and of those held out.

    Raises:
        DataError: A class has fewer groups than there are folds, so that one would lack it.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    demand_groups([f"number {target}" for target in targets], groups, folds)
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(targets, targets, list(groups))
    return [(learned.astype(np.int64), held.astype(np.int64)) for learned, held in divided]


def demand_groups(classes: Sequence[str], groups: Sequence[str], folds: int, *, key: str = "search.folds") -> None:
    """Make sure that every class comes from as many groups as there are folds; may be asked before measuring.

    Args:
        classes: The class of each cell, by name.
        groups: What each cell must not be separated from.
        folds: How many, at least 2.
        key: The key of the recipe that says so.

    Raises:
        DataError: A class comes from fewer; the message names it.
    """
    counts = Counter(name for name, _ in set(zip(classes, groups, strict=True)))
    name, rarest = min(counts.items(), key=lambda one: (one[1], one[0]))
    if rarest < folds:
        hint = f"Search with --set {key}={rarest}." if rarest > 1 else f"Leave out the search with --set {key}=0."
        raise DataError(
            f"The class {name} comes from {rarest} group{'s' if rarest > 1 else ''}; {folds} folds need as many.",
            hint=hint,
        )


def _searched(stage: StagePart, columns: Floats, learned: CellTable, seed: int) -> tuple[Any, tuple[Trial, ...]]:
    pipeline = build_pipeline(stage, columns.shape[1], seed)
    weights = _weights(stage, learned.targets)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a fold in which a column does not differ
        if not (grid := grid_of(stage, columns.shape[1])):
            return pipeline.fit(columns, learned.targets, **weights), ()
        from sklearn.model_selection import GridSearchCV

        folds = group_folds(learned.targets, learned.groups, stage.search.folds, seed)
        search = GridSearchCV(pipeline, grid, scoring="f1_macro", cv=folds, error_score="raise")
        search.fit(columns, learned.targets, **weights)
    told = search.cv_results_
    trials = tuple(
        Trial(in_words_of_recipe(settings), float(mean), float(spread))
        for settings, mean, spread in zip(told["params"], told["mean_test_score"], told["std_test_score"], strict=True)
    )
    return search.best_estimator_, trials


def _weights(stage: StagePart, targets: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Weights of cells, for the kinds that take none by class; naive Bayes gets equal priors by them."""
    if not stage.classifier.weighs or stage.classifier.kind not in ("gradient-boosting", "naive-bayes"):
        return {}
    from sklearn.utils.class_weight import compute_sample_weight

    return {f"{CLASSIFIER}__sample_weight": compute_sample_weight("balanced", targets)}


def _scores(pipeline: Any, columns: Floats, floor: float | None) -> NDArray[np.float64]:
    """Margins of an SVM, one per pair of classes, or logarithms of probabilities; shape (cells, scores)."""
    if floor is None:
        margins = np.asarray(pipeline.decision_function(columns), dtype=np.float64)
        return margins[:, None] if margins.ndim == 1 else margins
    return np.asarray(np.log(np.asarray(pipeline.predict_proba(columns), dtype=np.float64) + floor))


def _demand_classes(learned: CellTable, watched: CellTable) -> None:
    wanted = set(range(int(learned.targets.max()) + 1))
    for name, table in (("training", learned), ("validation", watched)):
        missing = sorted(wanted - set(table.targets.tolist()))
        if missing:
            raise DataError(f"The {name} part holds no measured cell of class number {missing[0]}.")
