"""How do scores become probabilities that can be taken at their word?  Fitted on cells that were not learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.evaluation.calibration import fit_temperature, softmax

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """probabilities = softmax(scores @ matrix + offset).

    Attributes:
        matrix: Shape (scores, classes).
        offset: Shape (classes,).
    """

    matrix: Floats
    offset: Floats

    def apply(self, scores: Floats) -> Floats:
        """Probabilities, shape (cells, classes)."""
        return softmax(scores @ self.matrix + self.offset)


def fit_calibration(scores: Floats, truth: NDArray[np.int64], classes: int, *, margins: bool) -> Calibration:
    """Fit probabilities to scores of the validation part.

    Args:
        scores: Shape (cells, scores).
        truth: Class numbers, shape (cells,); every class is there.
        classes: Number of classes.
        margins: Whether scores are margins of support vectors, which a multinomial logistic regression turns into
            probabilities; otherwise they are logarithms of probabilities, which one temperature sharpens or softens.

    References:
        Platt 1999, "Probabilistic outputs for support vector machines"; Wu, Lin and Weng 2004, "Probability estimates
        for multi-class classification by pairwise coupling" (margins of all pairs at once); Guo et al. 2017, "On
        Calibration of Modern Neural Networks", section 4.2 (temperature).
    """
    if not margins:
        temperature = fit_temperature(scores, truth)
        return Calibration(np.eye(classes) / temperature, np.zeros(classes))
    from sklearn.linear_model import LogisticRegression

    center, spread = scores.mean(0), np.maximum(scores.std(0), 1e-9)
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit((scores - center) / spread, truth)
    weights, offset = fitted.coef_.T / spread[:, None], fitted.intercept_
    if classes == 2:  # one logit: the first class has none
        weights, offset = np.concatenate([np.zeros_like(weights), weights], axis=1), np.append(0.0, offset)
    return Calibration(weights, offset - center @ weights)
