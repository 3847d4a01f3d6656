"""A timm backbone, the mean over places, one linear layer: the networks whose map is exact at every size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.network import Coloring, Network
from leukoscope.modeling.networks.timm_networks import create, depths_of_timm
from leukoscope.modeling.recipes import NetworkPart

DROPOUT = 0.2


class MeanHead(Network):
    """Pictures in [0, 1] to logits.

    Because the head is linear and comes after the mean over places, the class's logit is the mean of its activation
    map (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", section 2): the map explains the
    decision exactly, there is nothing to approximate.

    Args:
        part: What the recipe says.
        classes: Number of classes.
        coloring: How pictures are scaled.
        pretrained: Whether to fetch the backbone's weights from timm's hub.

    Raises:
        RecipeError: timm cannot make the backbone, or its weights cannot be fetched.
    """

    def __init__(
        self, part: NetworkPart, classes: int, coloring: Coloring | None = None, *, pretrained: bool = False
    ) -> None:
        super().__init__(coloring or Coloring())
        self.stages = part.embedding_stages
        self.backbone = _backbone(part, pretrained=pretrained)
        self.dropout = nn.Dropout(DROPOUT if part.dropout is None else part.dropout)
        self.head = nn.Linear(self.backbone.num_features, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures (n, 3, height, width) in [0, 1]."""
        features = self.backbone(self.scaled(pictures))
        logits: Tensor = self.head(self.dropout(features.mean((2, 3))))
        return logits

    def explain(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, classes), pooled features (n, d) and activation maps (n, classes, rows, columns)."""
        stages = self.backbone.forward_intermediates(self.scaled(pictures), intermediates_only=True)
        # The first of the five maps is the stem's, so stage k is number k.
        maps = nn.functional.conv2d(stages[4], self.head.weight[:, :, None, None], self.head.bias)
        pooled = torch.cat([stages[stage].mean((2, 3)) for stage in self.stages], dim=1)
        return maps.mean((2, 3)), pooled, maps

    def depths(self) -> dict[str, int]:
        """How deep each parameter lies, by name."""
        inner = depths_of_timm(self.backbone, "backbone.")
        head = max(inner.values()) + 1
        return inner | {"head.weight": head, "head.bias": head}

    @property
    def embedding(self) -> str:
        """What the features are, for the card."""
        return f"pooled features of stage{'s' if len(self.stages) > 1 else ''} {', '.join(map(str, self.stages))}"


def _backbone(part: NetworkPart, *, pretrained: bool) -> Any:
    asked = {"channels": part.channels, "output_stride": part.output_stride}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    backbone = create(part.backbone, pretrained=pretrained, num_classes=0, global_pool="", **given)
    if len(backbone.feature_info) != 5:
        raise RecipeError(
            f"The backbone {part.backbone!r} has {len(backbone.feature_info)} feature maps; 5 are expected.",
            hint="Use a network of the ResNet, RegNet or EfficientNet families, or give its name as network.name.",
        )
    return backbone
