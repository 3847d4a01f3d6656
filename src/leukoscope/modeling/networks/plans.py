"""What are the networks called, and what are the layers of those that were published as a list?  Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Layers of a plain network.

    Attributes:
        side: Height and width of the pictures it was published for, in pixels.
        filters: Filters of each 3 x 3 convolution; each is followed by ReLU and a 2 x 2 max-pool.
        dense: Units of each hidden dense layer.
        padded: Whether convolutions keep the size ("same"); otherwise they lose the edge ("valid").
        batch_norm: Whether each convolution is followed by batch normalization.
        dense_batch_norm: How many hidden dense layers, from the first, are followed by batch normalization.
        dropout: Share of units dropped after each hidden dense layer.
        flat_dropout: Share of features dropped before the first dense layer.
        one_unit: Whether two classes share one output unit, a sigmoid that is high for the second.
        origin: Where the layers come from, and what of them is our choice.
    """

    side: int
    filters: tuple[int, ...]
    dense: tuple[int, ...]
    padded: bool = False
    batch_norm: bool = False
    dense_batch_norm: int = 0
    dropout: float = 0.0
    flat_dropout: float = 0.0
    one_unit: bool = False
    origin: str = ""

    def rows(self, side: int) -> int:
        """Rows of the last pool for pictures of this side; 0 or less where nothing is left."""
        for _ in self.filters:
            side = (side if self.padded else side - 2) // 2
        return side


PLANS: dict[str, Plan] = {
    "roboflow-cnn": Plan(
        side=224,
        filters=(32, 64, 128),
        dense=(128, 64),
        dropout=0.5,
        origin="published: convolutions 32-64-128 (valid), dense 128-64, dropout; its share is our choice",
    ),
    "lenet-lld": Plan(
        side=256,
        filters=(16, 32, 64, 128),
        dense=(256,),
        one_unit=True,
        origin="published: the code's 25,088 features (valid), not the text's 32,768",
    ),
    "cnmc-cnn": Plan(
        side=224,
        filters=(32, 64, 128),
        dense=(128,),
        dropout=0.5,
        origin="published without its layers: all numbers are our choice",
    ),
    "lightweight-cnn": Plan(
        side=128,
        filters=(16, 32, 64, 128),
        dense=(64,),
        padded=True,
        batch_norm=True,
        dropout=0.5,
        origin="published: batch normalization and dropout; all numbers are our choice",
    ),
    "cml-1": Plan(
        side=224,
        filters=(32, 64, 128, 128, 256),
        dense=(256, 128),
        padded=True,
        batch_norm=True,
        dense_batch_norm=1,
        dropout=0.5,
        flat_dropout=0.25,
        origin="published: 23 layers (5 convolutions, 5 max-pools, 6 batch normalizations, 1 flatten, 3 dense, "
        "dropout); filters, units, order and shares are our choice",
    ),
}

SHORT_NAMES = {
    "mobilenetv1": "mobilenetv1_100",
    "mobilenetv3-large": "mobilenetv3_large_100",
    "mobilenetv3-small": "mobilenetv3_small_100",
    "efficientnet-b0": "efficientnet_b0",
    "efficientnet-b7": "tf_efficientnet_b7",
    "convnext-small": "convnext_small",
    "convnextv2-nano": "convnextv2_nano",
    "convnextv2-tiny": "convnextv2_tiny",
    "vit-small": "vit_small_patch16_224",
    "dinov2-small": "vit_small_patch14_dinov2",
}
"""Names people use, and timm's; any other name of timm is taken as it is."""
