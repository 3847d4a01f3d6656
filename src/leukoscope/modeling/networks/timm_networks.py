"""Every network of timm by its name, with its own head taken apart so that its map is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import timm
import torch
from timm.models import group_parameters
from timm.models.vgg import VGG
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from leukoscope.errors import RecipeError
from leukoscope.modeling.networks.attribution import maps_of, take_apart
from leukoscope.modeling.networks.network import Coloring, Network
from leukoscope.modeling.networks.plans import SHORT_NAMES


class TimmNetwork(Network):
    """A network of timm with its own head.

    Transformers answer from the mean over patches, not from a class token, so that places can be told apart; their
    number of weights stays the same.

    Args:
        name: timm's name, or one of `SHORT_NAMES`.
        classes: Number of classes.
        side: Height and width of the pictures, in pixels.
        coloring: How pictures are scaled.
        dropout: Share of features dropped before the last layer.
        pretrained: Whether to fetch weights from timm's hub.

    Raises:
        RecipeError: timm has no such network, cannot make it so, or its weights cannot be fetched.
    """

    def __init__(
        self,
        name: str,
        classes: int,
        side: int,
        coloring: Coloring,
        *,
        dropout: float = 0.0,
        pretrained: bool = False,
    ) -> None:
        super().__init__(coloring)
        full = SHORT_NAMES.get(name, name)
        by_patches = {"img_size": side, "global_pool": "avg"} if _is_transformer(full) else {}
        self.model: Any = create(full, pretrained=pretrained, num_classes=classes, drop_rate=dropout, **by_patches)
        self.prefix_tokens: int = getattr(self.model, "num_prefix_tokens", 0)
        self.flat = isinstance(self.model, VGG)  # reads all places before it pools
        if self.flat and side != 224:
            raise RecipeError(f"{name} reads pictures of 224 pixels, not {side}.", hint="Set input.width = 224.")
        self._demand_same_answer(side)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, shape (n, classes), of pictures (n, 3, height, width) in [0, 1]."""
        logits: Tensor = self.model(self.scaled(pictures))
        return logits

    def explain(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (n, classes), features pooled over places (n, d) and activation maps (n, classes, rows, columns)."""
        features = self._by_place(self.model.forward_features(self.scaled(pictures)))
        pooled = features.mean((2, 3))
        logits, _, matrix = take_apart(self._steps(), features.flatten(1) if self.flat else pooled)
        return logits, pooled, maps_of(matrix, features, logits, flat=self.flat)

    def depths(self) -> dict[str, int]:
        """How deep each parameter lies, by name."""
        return depths_of_timm(self.model, "model.")

    def _by_place(self, features: Tensor) -> Tensor:
        if features.ndim == 4:
            # Swin and its kin keep channels last.
            last = getattr(self.model, "output_fmt", "NCHW") == "NHWC"
            return features.permute(0, 3, 1, 2) if last else features
        rows, columns = self.model.patch_embed.grid_size
        patches = features[:, self.prefix_tokens :]
        return patches.transpose(1, 2).reshape(features.shape[0], -1, rows, columns)

    def _steps(self) -> Sequence[nn.Module]:
        """Layers after the features (VGG) or after their mean over places."""
        model = self.model
        if self.flat:
            before = model.pre_logits
            return [before.fc1, before.act1, before.fc2, before.act2, model.head.fc]
        classifier = model.get_classifier()
        if not isinstance(classifier, nn.Linear):
            return []
        if hasattr(model, "fc_norm"):
            return [model.fc_norm, classifier]
        if hasattr(getattr(model, "head", None), "fc"):
            return _head_steps(model.head)
        if hasattr(model, "norm_head"):  # MobileNetV3 pools before its last convolution
            return [model.conv_head, model.norm_head, model.act2, classifier]
        return [classifier]

    def _demand_same_answer(self, side: int) -> None:
        """A head that was taken apart wrongly would train one network and export another."""
        same = bool(self._steps())
        if same and not self.mean.is_meta:
            picture = torch.linspace(0, 1, 3 * side * side).reshape(1, 3, side, side)
            was = self.training
            self.eval()
            try:
                with torch.inference_mode():
                    same = torch.allclose(self(picture), self.explain(picture)[0], rtol=1e-3, atol=1e-4)
            except (RuntimeError, AttributeError, TypeError):  # features of a shape that no place can be told in
                same = False
            self.train(was)
        if not same:
            raise RecipeError(
                f"The head of {type(self.model).__name__} is of a kind that cannot be taken apart into places.",
                hint="Choose a network whose head pools and is linear, as ResNet, EfficientNet or ConvNeXt.",
            )


def depths_of_timm(model: Any, prefix: str) -> dict[str, int]:
    """How deep each parameter of a timm network lies, as timm itself groups them."""
    groups: dict[str, int] = group_parameters(model, model.group_matcher(coarse=False), reverse=True)
    return {f"{prefix}{name}": int(depth) for name, depth in groups.items()}


def timm_name(name: str) -> str | None:
    """Timm's name of a network, or None where timm has no such."""
    full = SHORT_NAMES.get(name, name)
    return full if timm.is_model(full) else None


def pretrained_coloring(name: str) -> Coloring:
    """How the pretrained weights of a timm network expect pictures to be scaled."""
    given: Any = timm.get_pretrained_cfg(SHORT_NAMES.get(name, name))
    return Coloring(tuple(given.mean), tuple(given.std)) if given is not None else Coloring()


def create(name: str, *, pretrained: bool, **options: Any) -> Any:
    """A model of timm.

    Raises:
        RecipeError: timm has no such model or cannot make it so, or its weights cannot be fetched.
    """
    try:
        return timm.create_model(name, pretrained=pretrained, **options)
    except Exception as fault:  # timm and the hub's client raise a dozen unrelated classes
        if pretrained:
            raise RecipeError(
                f"The pretrained weights of {name} cannot be fetched: {fault}",
                hint="Download them where there is a network, and give the file as network.weights.",
            ) from fault
        raise RecipeError(
            f"timm cannot make {name!r} with {options}: {fault}",
            hint="`timm.list_models()` names them; leave out network.channels and output_stride for most of them.",
        ) from fault


def _is_transformer(name: str) -> bool:
    with torch.device("meta"):
        return isinstance(create(name, pretrained=False), VisionTransformer)


def _head_steps(head: Any) -> Sequence[nn.Module]:
    if not isinstance(getattr(head, "pre_logits", nn.Identity()), nn.Identity):
        return []
    norm = getattr(head, "norm", None)
    return [norm, head.fc] if isinstance(norm, nn.LayerNorm) else [head.fc]
