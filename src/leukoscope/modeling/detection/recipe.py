"""How is a detector made?  The recipe of `task = "detection"`: every key with its meaning and its default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from leukoscope.bundles.card import InputCard, LabelCard
from leukoscope.bundles.detection import DetectionCard
from leukoscope.imaging.tiles import DetectorView
from leukoscope.modeling.annotated_recipe import AnnotatedCard, LookedTraining, Sets, Share, Strict
from leukoscope.modeling.augmentation.recipe import OWN_WAY, Augmentation

Range = tuple[float, float]
Micrometers = Annotated[float, Field(gt=0, le=50)]


class BoxedSet(Strict):
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
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    pixel_size_um: Micrometers | dict[str, Micrometers] | None = None
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    learn: bool = True
    choose: bool = True


class ViewPart(Strict):
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
        if self.multiple_px is not None and self.way != "tiles":
            raise ValueError("multiple_px goes with tiles")
        try:
            self.input_card()
            self.detection_card({}, "").check_tiles(self.width, self.height)
        except ValidationError as fault:
            first = fault.errors()[0]
            where = " ".join(str(one) for one in first["loc"] if not isinstance(one, int))
            raise ValueError(f"the card of a bundle takes no such view: {where} {first['msg']}".strip()) from fault
        return self

    def input_card(self) -> InputCard:
        """As the card of the bundle tells it."""
        return InputCard(width=self.width, height=self.height, pixel_size_um=self.known_pixel_sizes_um)

    def detection_card(self, thresholds: Mapping[str, float], decoding: str) -> DetectionCard:
        """As the card of the bundle tells it, before anything was held out.

        Args:
            thresholds: Score from which objects of a class are told.
            decoding: How outputs become boxes.
        """
        return DetectionCard(
            way=self.way,
            pixel_size_um=self.pixel_size_um,
            overlap_px=self.overlap_px,
            nms_iou=self.nms_iou,
            max_objects=self.max_objects,
            multiple_px=self.multiple_px,
            thresholds=dict(thresholds),
            decoding=decoding,
        )

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


class DetectorNetwork(Strict):
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


class CropPart(Strict):
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


class DetectorDecision(Strict):
    """How the score threshold of each class is chosen on the validation part.

    Attributes:
        counted: Classes of which as many are to be found as are marked; for the others F1 at IoU 0.5 is to be largest.
    """

    counted: tuple[str, ...] = ()


class DetectionRecipe(Strict):
    """A whole recipe."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    task: Literal["detection"]
    seed: int = 0
    data: Sets[BoxedSet]
    view: ViewPart
    labels: Annotated[tuple[LabelCard, ...], Field(min_length=1)]
    network: DetectorNetwork
    augmentation: Augmentation = Augmentation()
    crops: CropPart = CropPart()
    training: LookedTraining
    decision: DetectorDecision = DetectorDecision()
    card: AnnotatedCard

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
        if self.network.name == "roboflow-boxes" and (self.view.way != "whole" or self.view.width != self.view.height):
            raise ValueError("roboflow-boxes sees whole pictures, squeezed to a square")
        if self.network.name == "centers" and (self.view.width % 32 or self.view.height % 32):
            raise ValueError("the view of centers must be a multiple of 32 pixels wide and high")
        if self.view.way == "tiles" and self.augmentation.preset != OWN_WAY:
            raise ValueError(f"tiles go with the augmentation preset {OWN_WAY!r}; its geometry is that of [crops]")
        if not set(self.decision.counted) <= set(self.classes):
            raise ValueError(f"decision.counted names {', '.join(self.decision.counted)}, not all of which are labels")
        return self
