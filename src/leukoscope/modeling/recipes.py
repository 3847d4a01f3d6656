"""How is a model made?  The recipe: every key with its meaning, its default and what goes with what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from leukoscope.bundles.card import DataSourceCard, InputCard, LabelCard
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.search_space import SearchPart

Share = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]
FeatureStage = Literal[1, 2, 3, 4]
Monitor = Literal["accuracy", "balanced-accuracy", "macro-f1", "loss"]
MEAN_HEAD = "mean-head"
"""The network of the shipped bundles."""
MEAN_HEAD_KEYS = frozenset({"backbone", "channels", "output_stride", "embedding_stages"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataPart(_Strict):
    """Which pictures: the set's name, and its split file, relative to the recipe.

    Attributes:
        classes: For each class of the model the classes of the set that it joins; empty where they are the same.
        others: What becomes of pictures of a class that is in no list: the run is refused, or they are left out.
    """

    name: str
    split: str
    classes: dict[str, tuple[str, ...]] = {}
    others: Literal["refuse", "leave-out"] = "refuse"

    @model_validator(mode="after")
    def _once(self) -> DataPart:
        joined = [one for names in self.classes.values() for one in names]
        twice = sorted({one for one in joined if joined.count(one) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} would join two classes")
        if self.others == "leave-out" and not self.classes:
            raise ValueError("without data.classes there are no others to leave out")
        return self


class NetworkPart(_Strict):
    """Which network.

    `mean-head` is a timm `backbone` without its own head; the head is one linear layer, so that the activation map is
    exact. `channels` and `output_stride` are handed to timm where given. `embedding_stages` are the backbone's stages
    whose pooled features make up the embedding: low stages see stain, focus and scale, the last one what the cell is.
    These four keys belong to `mean-head` alone.

    Attributes:
        name: `mean-head`, a network of a source system, or a name of timm; `leukoscope train --list` names them.
        scaling: Pictures are scaled by mean and spread of the training set, stay in [0, 1], or as the pretrained
            weights expect it.
        color_normalization: Bring the colors of each picture to the mean of the training pictures (`reinhard`), inside
            the network, so that every picture it ever meets is treated alike.
        dropout: Share dropped before the last layer (plain networks: after each hidden dense layer); by default the
            network's own.
        pretrained: Fetch timm's weights from its hub; needs a network connection once.
        weights: File of weights to start from, .safetensors or .pth, relative to the recipe.
    """

    name: str = MEAN_HEAD
    backbone: str = "resnet18"
    channels: tuple[int, ...] | None = None
    output_stride: Literal[8, 16, 32] | None = None
    embedding_stages: Annotated[tuple[FeatureStage, ...], Field(min_length=1)] = (4,)
    scaling: Literal["set", "unit", "pretrained"] = "set"
    color_normalization: Literal["none", "reinhard", "macenko"] = "none"
    dropout: Share | None = None
    pretrained: bool = False
    weights: str = ""

    @model_validator(mode="after")
    def _own_keys(self) -> NetworkPart:
        strange = self.model_fields_set & MEAN_HEAD_KEYS
        if self.name != MEAN_HEAD and strange:
            belong = "belongs" if len(strange) == 1 else "belong"
            raise ValueError(
                f"{', '.join(sorted(strange))} {belong} to the network {MEAN_HEAD!r}, not to {self.name!r}"
            )
        if self.color_normalization == "macenko":
            raise ValueError(
                "macenko finds the dyes of each picture by eigenvectors and percentiles, which an ONNX graph cannot "
                "hold; use reinhard, or train on a set written with `leukoscope data augment --preset macenko`"
            )
        if self.pretrained and self.weights:
            raise ValueError("give either pretrained or weights")
        return self


class TrainingPart(_Strict):
    """How long, how fast and on what.

    Attributes:
        epochs: Most epochs.
        batch_size: Pictures per batch, over all devices together.
        accumulate: Batches whose gradients are added up before a step.
        optimizer: AdamW, Adam or SGD with Nesterov momentum 0.9.
        learning_rate: Highest rate, that of the head where `layer_decay` is below 1.
        layer_decay: Factor of the rate from each layer to the one before it (discriminative rates); 1 for one rate.
        schedule: One cycle up and down; cosine down after `warmup`; a tenth of the rate whenever the validation loss
            has not fallen for `plateau_patience` epochs; or constant.
        warmup: Share of all steps over which the rate rises (one-cycle, cosine).
        plateau_patience: See `schedule`.
        monitor: Figure of the validation part by which epochs are compared; at a tie the lower loss decides. Accuracy
            is deaf to a rare class, balanced accuracy and macro-F1 are not.
        patience: Epochs without a better `monitor` after which the run stops; None for never.
        frozen_epochs: Epochs at the start in which only the last layer learns.
        loss: Cross-entropy, or focal loss with `focal_gamma`.
        focal_gamma: How much less right answers count (Lin et al. 2017, equation 4).
        class_weights: Whether the loss of rare classes counts more, so that all classes count alike.
        balance_classes: Whether rare classes are shown as often as the others; not with class_weights.
        label_smoothing: Share of the truth spread over all classes.
        mixup: Alpha of mixup (Zhang et al. 2018); 0 for none.
        cutmix: Alpha of CutMix (Yun et al. 2019); 0 for none. With both, one of them is drawn per batch.
        average_decay: Decay per step of the averaged weights that are kept; 0 for the last step's.
        average_warmup: Whether the decay rises from 2/11 to `average_decay` as (1 + n) / (10 + n) over the first n
            steps, so that a short run does not keep its first weights in the average.
        clip: Largest norm of the gradient; 0 for any.
        start_from: Checkpoint of another run to start from, relative to the recipe; empty for random weights.
        keep: Epoch to keep: the one with the best `monitor`, or the last. Where training changes pictures far
            more than the validation part differs from the training part, the best one would be the least robust one.
        stored_side: Side at which pictures are kept in memory, by default the input's; more keeps zoomed ones sharp.
        precision: Number format; mixed ones keep weights in 32 bits.
        accelerator: Graphics card where there is one, or which of both.
        devices: Processes per machine, each with a device.
        nodes: Machines; start the command on each with torchrun or SLURM.
    """

    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch_size: Annotated[int, Field(ge=2, le=4096)] = 64
    accumulate: Annotated[int, Field(ge=1, le=1024)] = 1
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    schedule: Literal["one-cycle", "cosine", "plateau", "constant"] = "one-cycle"
    warmup: Share = 0.1
    plateau_patience: Annotated[int, Field(ge=1)] = 3
    monitor: Monitor = "accuracy"
    patience: Annotated[int, Field(ge=1)] | None = None
    frozen_epochs: Annotated[int, Field(ge=0)] = 0
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    focal_gamma: Annotated[float, Field(ge=0)] = 2.0
    class_weights: bool = False
    balance_classes: bool = True
    label_smoothing: Share = 0.05
    mixup: Annotated[float, Field(ge=0)] = 0.0
    cutmix: Annotated[float, Field(ge=0)] = 0.0
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    average_warmup: bool = False
    clip: Annotated[float, Field(ge=0)] = 2.0
    start_from: str = ""
    keep: Literal["best", "last"] = "best"
    stored_side: Annotated[int, Field(ge=16, le=2048)]
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: Annotated[int, Field(ge=1)] = 1
    nodes: Annotated[int, Field(ge=1)] = 1

    @model_serializer(mode="wrap")
    def _as_before_the_warmup(self, usual: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without the warm-up where there is none: runs that began before it was known go on."""
        told: dict[str, object] = usual(self)
        if not self.average_warmup:
            told.pop("average_warmup", None)
        return told

    @model_validator(mode="after")
    def _consistent(self) -> TrainingPart:
        if self.class_weights and self.balance_classes:
            raise ValueError("class_weights and balance_classes would count rare classes twice; set one of them false")
        if self.batch_size % self.devices:
            raise ValueError(f"batch_size {self.batch_size} cannot be divided among {self.devices} devices")
        if self.loss == "focal" and self.label_smoothing:
            raise ValueError("focal loss goes with label_smoothing = 0")
        return self


class NoveltyPart(_Strict):
    """The limit of the novelty distance: this quantile of the validation pictures lies within.

    With `augmented` the training and validation pictures are changed as in training before they are measured: what the
    model has learned to see through (another stain, another zoom) then lies within, and foreign things do not. Without,
    the limit also keeps out other stains and cameras.
    `measure_on` names folders beside the data set; how many of their pictures lie within goes to the card. They choose
    nothing.
    """

    validation_quantile: Annotated[float, Field(gt=0.5, lt=1)] = 0.98
    augmented: bool = False
    measure_on: tuple[str, ...] = ()


class DecisionPart(_Strict):
    """The accuracy that accepted validation pictures must reach."""

    accepted_accuracy: Annotated[float, Field(gt=0.5, le=1)] = 0.99


class RobustnessPart(_Strict):
    """How far the held-out pictures are changed to see what the model is worth elsewhere.

    The defaults are the medians of the differences between the data sets at hand (docs/reference/bundles.md).

    Attributes:
        hue_degrees: Turn of the hue, both ways.
        saturation: Factors of the saturation.
        brightness: Shift of the brightness, both ways, as a share of full scale.
        paint_from: Share of (height, width) from where the lower right corner is painted over; None for not at all.
        measure: Whether to measure it at all; each change asks the network about the whole held-out part once more.
    """

    hue_degrees: float = 23
    saturation: Range = (0.6, 1.5)
    brightness: float = 0.06
    paint_from: tuple[Share, Share] | None = None
    measure: bool = True


class QuantizePart(_Strict):
    """Whether a second bundle in 8 bits is written, and the largest loss of accuracy on validation it may have."""

    int8: bool = False
    most_lost: Share = 0.01


class CardPart(_Strict):
    """What the card says that no program can know; `cross_validation` is the file that `train --folds` wrote."""

    title: str
    version: str
    resembles: str = ""
    intended_use: str
    limits: tuple[str, ...]
    weights_licence: str
    how_held_out: str
    cross_validation: str = ""
    how_cross_validated: str = ""
    data_sources: tuple[DataSourceCard, ...]


class Recipe(_Strict):
    """A whole recipe."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    level: Literal["cell", "image"]
    seed: int = 0
    data: DataPart
    input: InputCard
    labels: tuple[LabelCard, ...]
    network: NetworkPart = NetworkPart()
    augmentation: Augmentation = Augmentation()
    training: TrainingPart
    novelty: NoveltyPart = NoveltyPart()
    decision: DecisionPart = DecisionPart()
    robustness: RobustnessPart = RobustnessPart()
    quantize: QuantizePart = QuantizePart()
    search: SearchPart = Field(default=SearchPart(), exclude=True)  # no part of what a run is
    card: CardPart

    @model_validator(mode="before")
    @classmethod
    def _store_at_input_side(cls, content: Any) -> Any:
        try:
            side = content["input"]["width"]
            return content | {"training": {"stored_side": side} | content["training"]}
        except (KeyError, TypeError):
            return content  # what is missing is told by the fields

    @model_validator(mode="after")
    def _classes(self) -> Recipe:
        names = {label.name for label in self.labels}
        if self.data.classes and set(self.data.classes) != names:
            raise ValueError(f"data.classes must name the labels {', '.join(sorted(names))}, each once")
        return self

    @model_validator(mode="after")
    def _square(self) -> Recipe:
        if self.input.width != self.input.height:
            raise ValueError("input.width and input.height must be equal: pictures are turned by any angle")
        return self
