"""The network: a timm backbone, the mean over places, one linear layer."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.recipes import NetworkPart


class Network(nn.Module):
    """Pictures in [0, 1] to logits.

    Because the head is linear and comes after the mean over places, the class's logit is the mean of its activation
    map (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", section 2): the map explains the
    decision exactly, there is nothing to approximate.

    Args:
        part: What the recipe says.
        classes: Number of classes.
        mean: Channel means of the training pictures, in [0, 1].
        spread: Channel standard deviations of the training pictures.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        part: NetworkPart,
        classes: int,
        mean: tuple[float, ...] = (0.5,) * 3,
        spread: tuple[float, ...] = (0.25,) * 3,
    ) -> None:
        super().__init__()
        self.stages = part.embedding_stages
        self.backbone = _backbone(part)
        self.dropout = nn.Dropout(part.dropout)
        self.head = nn.Linear(self.backbone.num_features, classes)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(spread).view(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures (n, 3, height, width) in [0, 1]."""
        features = self.backbone((pictures - self.mean) / self.spread)
        logits: Tensor = self.head(self.dropout(features.mean((2, 3))))
        return logits

    def explain(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, classes), pooled features (n, d) and activation maps (n, classes, rows, columns)."""
        stages = self.backbone.forward_intermediates((pictures - self.mean) / self.spread, intermediates_only=True)
        # The first of the five maps is the stem's, so stage k is number k.
        maps = nn.functional.conv2d(stages[4], self.head.weight[:, :, None, None], self.head.bias)
        pooled = torch.cat([stages[stage].mean((2, 3)) for stage in self.stages], dim=1)
        return maps.mean((2, 3)), pooled, maps


def _backbone(part: NetworkPart) -> Any:
    options = {"channels": part.channels, "output_stride": part.output_stride}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    try:
        backbone: Any = timm.create_model(part.backbone, pretrained=False, num_classes=0, global_pool="", **given)
    except (RuntimeError, TypeError, AssertionError) as fault:
        raise RecipeError(
            f"timm cannot make the backbone {part.backbone!r} with {given or 'its defaults'}: {fault}",
            hint="`timm.list_models()` names the backbones; leave out channels and output_stride for most of them.",
        ) from fault
    if len(backbone.feature_info) != 5:
        raise RecipeError(
            f"The backbone {part.backbone!r} has {len(backbone.feature_info)} feature maps; 5 are expected.",
            hint="Use a network of the ResNet, RegNet or EfficientNet families.",
        )
    return backbone
