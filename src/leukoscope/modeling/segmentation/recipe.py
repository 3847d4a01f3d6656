"""How is a segmenter made?  The recipe of `task = "segmentation"`: every key with its meaning and its default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from leukoscope.bundles.card import LabelCard
from leukoscope.modeling.annotated_recipe import AnnotatedCard, LookedTraining, Sets, Strict
from leukoscope.modeling.augmentation.recipe import OWN_WAY, Augmentation


class MaskedSet(Strict):
    """A set of pictures with masks.

    Attributes:
        name: Its folder; the first set is the one given with --data, the others lie beside it.
        split: Its split file, relative to the recipe.
        repeat: How often each of its training cells is shown per epoch.
        learn: Whether its training part is learned from.
        choose: Whether the epoch is chosen on its validation part.
    """

    name: str
    split: str
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    learn: bool = True
    choose: bool = True


class SyntheticPart(Strict):
    """Drawn fields that are learned from besides.

    Attributes:
        fields: How many.
        repeat: How often each of their cells is shown per epoch.
    """

    fields: Annotated[int, Field(ge=0, le=2000)] = 0
    repeat: Annotated[int, Field(ge=1, le=100)] = 1


class WindowPart(Strict):
    """What the network is shown: a square window with the cell in the middle.

    Attributes:
        side: Its height and width in pixels.
        margin: Its side over the longer side of the cell's box.
    """

    side: Annotated[int, Field(ge=32, le=512, multiple_of=16)] = 128
    margin: Annotated[float, Field(ge=1, le=3)] = 1.4


class UNetPart(Strict):
    """Which network; see `network.CellUNet`.

    Attributes:
        name: The only one there is.
        widths: Channels at strides 2, 4, 8 and 16.
        fine: Channels at full resolution.
    """

    name: Literal["cell-unet"] = "cell-unet"
    widths: tuple[int, int, int, int] = (24, 48, 80, 112)
    fine: Annotated[int, Field(ge=2, le=64)] = 12


class SegmentationRecipe(Strict):
    """A whole recipe; `scale` and `shift` of the augmentation move the box as a detector or a finder might."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    task: Literal["segmentation"]
    seed: int = 0
    data: Sets[MaskedSet]
    synthetic: SyntheticPart = SyntheticPart()
    window: WindowPart = WindowPart()
    labels: Annotated[tuple[LabelCard, LabelCard], Field()]
    network: UNetPart = UNetPart()
    augmentation: Augmentation = Augmentation()
    training: LookedTraining
    card: AnnotatedCard

    @model_validator(mode="after")
    def _consistent(self) -> SegmentationRecipe:
        if [label.name for label in self.labels] != ["nucleus", "cell"]:
            raise ValueError("the labels of a segmenter are nucleus and cell, in this order")
        if self.augmentation.preset != OWN_WAY:
            raise ValueError(f"masks go with the augmentation preset {OWN_WAY!r}")
        return self
