"""How does a model stand beside others: a figure with the limits that hold, and does it say more than one class?"""

from __future__ import annotations

from leukoscope.evaluation.classification import Evaluation
from leukoscope.evaluation.estimates import Estimate
from leukoscope.evaluation.suspicions import ALMOST_ALL


def shown_estimate(evaluation: Evaluation, figure: str) -> Estimate | None:
    """A figure with the one pair of limits that is shown; None where it does not exist.

    Of the accuracy these are the limits over patients or groups, and the exact ones where each picture stands alone.

    Args:
        evaluation: What predictions are worth.
        figure: One of `Evaluation.figures`.

    Example:
        >>> import numpy as np
        >>> from leukoscope.evaluation.classification import evaluate_predictions
        >>> from leukoscope.evaluation.predictions import Predictions
        >>> asked = Predictions(("a", "b"), np.array([0, 1, 0]), np.array([[0.9, 0.1]] * 3), ("1", "2", "3"))
        >>> shown_estimate(evaluate_predictions(asked), "accuracy").method
        'exact'
    """
    if figure == "accuracy" and evaluation.unit != "picture":
        return evaluation.accuracy_by_unit
    return evaluation.figures[figure]


def one_answer_of(evaluation: Evaluation) -> str:
    """What a model says that calls all pictures, or nearly all, one class; empty where it tells classes apart.

    Example:
        >>> import numpy as np
        >>> from leukoscope.evaluation.classification import evaluate_predictions
        >>> from leukoscope.evaluation.predictions import Predictions
        >>> asked = Predictions(("a", "b"), np.array([0, 1, 0]), np.array([[0.9, 0.1]] * 3), ("1", "2", "3"))
        >>> one_answer_of(evaluate_predictions(asked))
        'always a'
    """
    said = [sum(column) for column in zip(*evaluation.confusion, strict=True)]
    most = max(said)
    occurring = sum(one.support > 0 for one in evaluation.per_class)
    if occurring < 2 or most < ALMOST_ALL * evaluation.n:
        return ""
    how = "always" if most == evaluation.n else "nearly always"
    return f"{how} {evaluation.classes[said.index(most)]}"
