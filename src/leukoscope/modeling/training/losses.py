"""What is a wrong answer worth?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.recipes import TrainingPart


def weights_of_classes(counts: Tensor) -> Tensor:
    """Weights under which all classes count alike.

    Args:
        counts: Pictures of each class, shape (classes,), at least one of each.

    Returns:
        Shape (classes,); their mean over the pictures is 1.

    Example:
        >>> import torch
        >>> weights_of_classes(torch.tensor([30, 10])).tolist()
        [0.6666666865348816, 2.0]
    """
    return counts.sum() / (len(counts) * counts.float())


def loss_of(logits: Tensor, targets: Tensor, part: TrainingPart, weights: Tensor | None = None) -> Tensor:
    """Mean loss of a batch.

    Args:
        logits: Shape (n, classes).
        targets: Class numbers (n,), or shares (n, classes) where pictures were mixed.
        part: Which loss.
        weights: Weight of each class, shape (classes,).
    """
    if part.loss == "cross-entropy":
        return nn.functional.cross_entropy(logits, targets, weight=weights, label_smoothing=part.label_smoothing)
    shares = targets if targets.ndim == 2 else nn.functional.one_hot(targets, logits.shape[1]).to(logits.dtype)
    return focal_loss(logits, shares, part.focal_gamma, weights)


def focal_loss(logits: Tensor, shares: Tensor, gamma: float, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy in which answers that are right already count less.

    Args:
        logits: Shape (n, classes).
        shares: The truth as shares of the classes, shape (n, classes).
        gamma: 0 is cross-entropy; the more, the less right answers count.
        weights: Weight of each class, shape (classes,).

    References:
        Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 4 (with alpha as `weights`).
    """
    logarithms = nn.functional.log_softmax(logits, dim=1)
    losses = -shares * (1 - logarithms.exp()) ** gamma * logarithms
    if weights is not None:
        losses = losses * weights
    return losses.sum(1).mean()


def demand_finite(loss: Tensor, epoch: int, batch: int) -> None:
    """Make sure that the loss of a batch is a number.

    Args:
        loss: One number.
        epoch: From 0.
        batch: From 0.

    Raises:
        RecipeError: It is none.
    """
    if not torch.isfinite(loss):
        raise RecipeError(
            f"The loss became {float(loss)} in epoch {epoch + 1}, batch {batch + 1}: the weights have run away. The "
            "last whole epoch is kept.",
            hint="Lower training.learning_rate, set training.clip, or use precision 32-true; then give another --out.",
        )
