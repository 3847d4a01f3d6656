"""The box head of the first source system: the trunk of `roboflow-cnn`, then a class and a box for each of N objects.

Published: "class and box outputs" beside each other after the dense layers. Not published, and our choice: N, a class
"nothing" for slots without an object, boxes as center, width and height in shares of the picture through a sigmoid,
objects in the order of their file, cross-entropy for classes and squared error for the boxes of slots that hold one.
Which slot finds which object is not fixed by anything in the picture: that is why such heads do badly on many objects.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from leukoscope.modeling.detection.network import Detector, Target
from leukoscope.modeling.networks.network import UNIT
from leukoscope.modeling.networks.plain import PlainNetwork
from leukoscope.modeling.networks.plans import PLANS

TRUNK = "roboflow-cnn"


class RoboflowBoxes(Detector):
    """Boxes and classes of up to `slots` objects by dense layers over the whole picture.

    Args:
        classes: Number of classes.
        slots: Most objects per picture.
        side: Height and width of the pictures, in pixels.
        box_weight: How much the box loss counts beside the class loss.
        dropout: Share dropped after each dense layer.
    """

    def __init__(self, classes: int, slots: int, side: int, *, box_weight: float = 1.0, dropout: float = 0.5) -> None:
        super().__init__()
        whole = PlainNetwork(PLANS[TRUNK], classes, side, UNIT, dropout=dropout)
        self.trunk = nn.Sequential(whole.features, *list(whole.head.children())[:-1])
        hidden = PLANS[TRUNK].dense[-1]
        self.class_head = nn.Linear(hidden, slots * (classes + 1))
        self.box_head = nn.Linear(hidden, slots * 4)
        for head in (self.class_head, self.box_head):
            nn.init.xavier_uniform_(head.weight)
            nn.init.zeros_(head.bias)
        self._classes, self._slots, self._side, self._box_weight = classes, slots, side, box_weight

    def answers(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits (n, slots, classes + 1), the last one for "nothing", and boxes (n, slots, 4) as shares."""
        hidden = self.trunk(self.scaled(pictures))
        logits = self.class_head(hidden).view(-1, self._slots, self._classes + 1)
        return logits, torch.sigmoid(self.box_head(hidden)).view(-1, self._slots, 4)

    def loss(self, pictures: Tensor, targets: Sequence[Target]) -> Tensor:
        """Cross-entropy over all slots, and squared error of the boxes of those that hold an object."""
        logits, shares = self.answers(pictures)
        labels, boxes = (one.to(logits.device) for one in self._slotted(targets))
        held = labels < self._classes
        classes = nn.functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten())
        if not held.any():
            return classes
        return classes + self._box_weight * nn.functional.mse_loss(shares.float()[held], boxes[held])

    def decode(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One box, score and class number per slot; the score is the probability of the class."""
        logits, shares = self.answers(pictures)
        scores, labels = torch.softmax(logits.float(), dim=2)[:, :, : self._classes].max(2)
        middle, half = shares[..., :2] * self._side, shares[..., 2:] * (self._side / 2)
        return torch.cat([middle - half, middle + half], dim=2), scores, labels

    @property
    def decoding(self) -> str:
        """How outputs become boxes, for the card."""
        return f"{self._slots} slots, each a class or nothing and a box as shares of the picture."

    def _slotted(self, targets: Sequence[Target]) -> tuple[Tensor, Tensor]:
        """Class numbers (n, slots), "nothing" where a slot is empty, and boxes as shares (n, slots, 4)."""
        labels = torch.full((len(targets), self._slots), self._classes)
        boxes = torch.zeros(len(targets), self._slots, 4)
        for place, target in enumerate(targets):
            count = min(self._slots, len(target.labels))
            corners = target.boxes[:count] / self._side
            labels[place, :count] = target.labels[:count]
            boxes[place, :count, :2] = (corners[:, :2] + corners[:, 2:]) / 2
            boxes[place, :count, 2:] = corners[:, 2:] - corners[:, :2]
        return labels, boxes
