"""How is a detector made?  The recipe of `task = "detection"`: every key with its meaning and its default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leukoscope.bundles.card import DataSourceCard, LabelCard
from leukoscope.imaging.tiles import DetectorView
from leukoscope.modeling.augmentation.recipe import OWN_WAY, Augmentation

TASK = "detection"
Share = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]
Micrometers = Annotated[float, Field(gt=0, le=50)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoxedSet(_Strict):
    """A set of pictures with boxes.

    Attributes:
        name: Its folder; the first set is the one given with --data, the others lie beside it.
        split: Its split file, relative to the recipe.
        classes: For each class of the model the classes of the set that it joins; empty where they are the same.
        pixel_size_um: Size of its pixels, or those of each source in it; needed for tiles.
        repeat: How often each of its training pictures is shown per epoch.
        learn: Whether its training part is learned from.
        choose: Whether epochs and thresholds are chosen on its validation part.
    """

    name: str
    split: str
    classes: dict[str, tuple[str, ...]] = {}
    pixel_size_um: Micrometers | dict[str, Micrometers] | None = None
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    learn: bool = True
    choose: bool = True


class ViewPart(_Strict):
    """What the network is shown, and how its answers are read; see `imaging.tiles.DetectorView`.

    Tiles of `width` and `height` are those of the golden samples; where `multiple_px` is given, a picture is cut into
    as few as possible.
    """

    width: Annotated[int, Field(ge=32, le=2048)]
    height: Annotated[int, Field(ge=32, le=2048)]
    way: Literal["whole", "tiles"]
    pixel_size_um: Micrometers | None = None
    overlap_px: Annotated[int, Field(ge=0, le=1024)] = 0
    nms_iou: Share = 0.6
    max_objects: Annotated[int, Field(ge=1, le=5000)] = 1000
    multiple_px: Annotated[int, Field(ge=32, le=512, multiple_of=32)] | None = None
    known_pixel_sizes_um: Range | None = None

    @model_validator(mode="after")
    def _consistent(self) -> ViewPart:
        if (self.way == "tiles") != (self.pixel_size_um is not None):
            raise ValueError("tiles need pixel_size_um; whole pictures take none")
        if self.way == "tiles" and self.overlap_px >= min(self.width, self.height):
            raise ValueError("overlap_px must be smaller than a tile")
        if self.multiple_px is not None and (self.way != "tiles" or self.width % self.multiple_px):
            raise ValueError("multiple_px goes with tiles that are such a multiple themselves")
        return self

    def detector_view(self, score_floor: float) -> DetectorView:
        """As the geometry of tiles takes it."""
        return DetectorView(
            self.width,
            self.height,
            self.way,
            self.pixel_size_um,
            self.overlap_px,
            score_floor,
            self.nms_iou,
            self.max_objects,
            self.multiple_px,
        )


class DetectorNetwork(_Strict):
    """Which network.

    `roboflow-boxes` is the trunk of `roboflow-cnn` with a class and a box output for each of `slots` objects; `centers`
    is our own: a residual network whose answer lies on a grid of every fourth pixel.

    Attributes:
        name: Which of both.
        slots: Most objects a picture of `roboflow-boxes` can have.
        box_weight: How much its box loss counts beside its class loss.
        dropout: Share of hidden units dropped in it.
        widths: Channels of `centers` at strides 2, 4, 8, 16 and 32.
        blocks: Residual blocks of `centers` at strides 4, 8, 16 and 32.
        neck: Channels of `centers` where strides are joined.
    """

    name: Literal["roboflow-boxes", "centers"]
    slots: Annotated[int, Field(ge=1, le=200)] = 30
    box_weight: Annotated[float, Field(gt=0)] = 1.0
    dropout: Share = 0.5
    widths: tuple[int, int, int, int, int] = (24, 32, 64, 128, 192)
    blocks: tuple[int, int, int, int] = (2, 2, 2, 1)
    neck: Annotated[int, Field(ge=8, le=512)] = 64

    @model_validator(mode="after")
    def _own_keys(self) -> DetectorNetwork:
        foreign = {"widths", "blocks", "neck"} if self.name == "roboflow-boxes" else {"slots", "box_weight", "dropout"}
        strange = sorted(self.model_fields_set & foreign)
        if strange:
            raise ValueError(f"{', '.join(strange)} do not belong to the network {self.name!r}")
        return self


class CropPart(_Strict):
    """The pieces that are cut from training pictures for a network that sees tiles.

    Attributes:
        side: Height and width of a piece, in pixels.
        scale: Smallest and largest magnification.
        stretch: Largest factor between width and height.
        shift: How far the middle of a piece may lie from that of the picture, as a share of what the picture is larger.
    """

    side: Annotated[int, Field(ge=64, le=1024, multiple_of=32)] = 192
    scale: Range = (0.65, 1.5)
    stretch: Annotated[float, Field(ge=1, le=2)] = 1.1
    shift: Annotated[float, Field(ge=0)] = 1.2


class DetectorTraining(_Strict):
    """How long and how fast; the keys mean what they mean in `modeling.recipes.TrainingPart`.

    Attributes:
        look_every: Epochs between two looks at the validation part; the last epoch is always looked at.
    """

    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 16
    optimizer: Literal["adamw", "adam"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    warmup: Share = 0.1
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.998
    clip: Annotated[float, Field(ge=0)] = 10.0
    keep: Literal["best", "last"] = "last"
    look_every: Annotated[int, Field(ge=1)] = 1
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"


class DetectorDecision(_Strict):
    """How the score threshold of each class is chosen on the validation part.

    Attributes:
        counted: Classes of which as many are to be found as are marked; for the others F1 at IoU 0.5 is to be largest.
    """

    counted: tuple[str, ...] = ()


class DetectorCard(_Strict):
    """What the card says that no program can know."""

    title: str
    version: str
    intended_use: str
    limits: tuple[str, ...]
    weights_licence: str
    how_held_out: str
    data_sources: tuple[DataSourceCard, ...]


class DetectionRecipe(_Strict):
    """A whole recipe."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    task: Literal["detection"]
    seed: int = 0
    data: Annotated[tuple[BoxedSet, ...], Field(min_length=1)]
    view: ViewPart
    labels: Annotated[tuple[LabelCard, ...], Field(min_length=1)]
    network: DetectorNetwork
    augmentation: Augmentation = Augmentation()
    crops: CropPart = CropPart()
    training: DetectorTraining
    decision: DetectorDecision = DetectorDecision()
    card: DetectorCard

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their numbers."""
        return tuple(label.name for label in self.labels)

    @model_validator(mode="after")
    def _consistent(self) -> DetectionRecipe:
        for one in self.data:
            if one.classes and not set(one.classes) <= set(self.classes):
                raise ValueError(
                    f"classes of {one.name} name {', '.join(sorted(set(one.classes) - set(self.classes)))}"
                )
            if self.view.way == "tiles" and one.pixel_size_um is None:
                raise ValueError(f"{one.name} needs its pixel_size_um, since the network sees tiles")
        if not any(one.learn for one in self.data) or not any(one.choose for one in self.data):
            raise ValueError("one set must be learned from, and one chosen on")
        if self.network.name == "roboflow-boxes" and (self.view.way != "whole" or self.view.width != self.view.height):
            raise ValueError("roboflow-boxes sees whole pictures, squeezed to a square")
        if self.network.name == "centers" and (self.view.width % 32 or self.view.height % 32):
            raise ValueError("the view of centers must be a multiple of 32 pixels wide and high")
        if self.view.way == "tiles" and self.augmentation.preset != OWN_WAY:
            raise ValueError(f"tiles go with the augmentation preset {OWN_WAY!r}; its geometry is that of [crops]")
        if not set(self.decision.counted) <= set(self.classes):
            raise ValueError(f"decision.counted names {', '.join(self.decision.counted)}, not all of which are labels")
        return self

    @model_validator(mode="before")
    @classmethod
    def _one_set(cls, content: Any) -> Any:
        """A recipe with one set may write [data] instead of [[data]]."""
        if isinstance(content, dict) and isinstance(content.get("data"), dict):
            return content | {"data": [content["data"]]}
        return content


def split_of(recipe_file: Path, one: BoxedSet) -> Path:
    """Where the split file of a set lies."""
    return recipe_file.parent / one.split
