"""Is something wrong with these predictions?  One answer for all, swapped names, supports that contradict the set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.predictions import Predictions

ALMOST_ALL = 0.99
"""Share of pictures called one class from which a model is said to give one answer."""
CLEARLY = 0.2
"""How much better other names must fit before a model is said to have swapped them."""
_LEAST_FOR_ABSENCE = 10


def find_suspicions(predictions: Predictions) -> tuple[str, ...]:
    """What looks wrong, as sentences; the gravest first.

    Example:
        >>> rows = np.array([[0.9, 0.1]] * 4)
        >>> asked = Predictions(("ALL", "normal"), np.array([0, 0, 1, 1]), rows, ("1", "2", "3", "4"))
        >>> find_suspicions(asked)[0]
        'The model is degenerate: it calls all 4 pictures ALL, so its accuracy is only the share of that class.'
    """
    counts = predictions.counts
    return (
        *_silent(predictions),
        *_one_answer(predictions, counts),
        *_same_probabilities(predictions),
        *_swapped(predictions.classes, counts),
        *_no_better(predictions, counts),
        *_never_said(predictions.classes, counts),
    )


def contradicted_supports(supports: Mapping[str, int], expected: Mapping[str, int]) -> tuple[str, ...]:
    """Whether the pictures of each class are as many as the set says, or as many as another class should have.

    Args:
        supports: Pictures of each class, as told with the predictions.
        expected: The same, as the manifest tells it, whole or of the part; only the shares are compared where the
            numbers differ in total.

    Example:
        >>> contradicted_supports({"ALL": 678, "normal": 1455}, {"ALL": 7272, "normal": 3389})[0][:60]
        'The supports contradict the manifest: ALL 678 and normal 145'
    """
    names = sorted(set(supports) | set(expected))
    told = np.array([supports.get(name, 0) for name in names], dtype=np.float64)
    known = np.array([expected.get(name, 0) for name in names], dtype=np.float64)
    if not told.sum() or not known.sum():
        return ()
    wanted = known / known.sum() * told.sum()
    if np.abs(told - wanted).max() <= max(2.0, 0.02 * told.sum()):
        return ()
    listed = " and ".join(f"{name} {int(count)}" for name, count in zip(names, told, strict=True))
    should = ", ".join(f"{name} {share:.0f}" for name, share in zip(names, wanted, strict=True))
    sentence = f"The supports contradict the manifest: {listed} are told where its shares give {should}."
    order = _best_naming(-np.abs(told[:, None] - wanted[None, :]))
    if _misfit(told, wanted[order]) < 0.1 * _misfit(told, wanted):
        pairs = [(names[place], names[other]) for place, other in enumerate(order.tolist()) if place != other]
        moved = ", ".join(f"{name} has the number of {other}" for name, other in pairs)
        sentence += f" {moved}: the class names are probably swapped."
    return (sentence,)


def _silent(predictions: Predictions) -> Iterator[str]:
    silent, n = ~predictions.answered, len(predictions)
    if silent.any():
        by_class = np.bincount(predictions.targets[silent], minlength=len(predictions.classes))
        told = ", ".join(f"{name} {count}" for name, count in zip(predictions.classes, by_class, strict=True) if count)
        yield (
            f"Nothing was said of {int(silent.sum())} of {n} pictures ({told}): they count as left open and as not "
            "right. What needs probabilities leaves them out: AUROC, AUPRC, log loss, Brier score, calibration error."
        )


def _one_answer(predictions: Predictions, counts: NDArray[np.int64]) -> Iterator[str]:
    said, occurring = counts[:, :-1].sum(0), int((counts.sum(1) > 0).sum())
    most, n = int(said.argmax()), len(predictions)
    if occurring > 1 and said[most] >= ALMOST_ALL * n:
        told = f"all {n}" if said[most] == n else f"{int(said[most])} of {n}"
        yield (
            f"The model is degenerate: it calls {told} pictures {predictions.classes[most]}, so its accuracy is only "
            "the share of that class."
        )


def _same_probabilities(predictions: Predictions) -> Iterator[str]:
    rows = predictions.probabilities[predictions.answered]
    if len(rows) > 1 and np.abs(rows - rows[0]).max() < 1e-9:
        yield "The model gives the same probabilities for every picture: it does not look at the pictures."


def _swapped(classes: tuple[str, ...], counts: NDArray[np.int64]) -> Iterator[str]:
    support = counts.sum(1)
    if (support == 0).any():
        return
    recall = counts[:, :-1] / support[:, None]
    order = _best_naming(recall)
    given, other = float(np.diag(recall).mean()), float(recall[np.arange(len(order)), order].mean())
    if other > given + CLEARLY and (order != np.arange(len(order))).any():
        moved = "; ".join(
            f"pictures of {classes[place]} are mostly called {classes[one]}"
            for place, one in enumerate(order.tolist())
            if place != one
        )
        yield (
            f"The class names are probably swapped: balanced accuracy is {given:.3f} under the names as given and "
            f"would be {other:.3f} under others ({moved}). Check the order of the classes."
        )


def _no_better(predictions: Predictions, counts: NDArray[np.int64]) -> Iterator[str]:
    support = counts.sum(1)
    right, most = int(np.trace(counts)), int(support.argmax())
    if (support > 0).sum() > 1 and right <= support[most]:
        yield (
            f"The model is right on {right} of {len(predictions)} pictures; always saying {predictions.classes[most]} "
            f"would be right on {int(support[most])}."
        )


def _never_said(classes: tuple[str, ...], counts: NDArray[np.int64]) -> Iterator[str]:
    for place, name in enumerate(classes):
        support = int(counts[place].sum())
        if support >= _LEAST_FOR_ABSENCE and not counts[:, place].any():
            yield f"The model never says {name}, though {support} pictures have that class."


def _best_naming(fit: NDArray[np.float64]) -> NDArray[np.int64]:
    from scipy.optimize import linear_sum_assignment

    _, order = linear_sum_assignment(fit, maximize=True)
    return np.asarray(order, dtype=np.int64)


def _misfit(told: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    return float(((told - wanted) ** 2 / np.maximum(wanted, 1)).sum())
