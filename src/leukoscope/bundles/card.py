"""The card of a bundle: everything a model says about itself, validated.

`card.toml` is data. Unknown keys are refused, so that a card never promises what nobody reads.
"""

from __future__ import annotations

import tomllib
from typing import Annotated, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leukoscope.bundles.detection import DetectionCard
from leukoscope.bundles.measurements import MeasurementsCard
from leukoscope.bundles.segmentation import SegmentationCard
from leukoscope.domain.labels import UNCERTAIN, CellGroup, Label
from leukoscope.domain.views import Background, CellView
from leukoscope.errors import BundleMismatchError, InvalidBundleError

SCHEMA = "leukoscope.card/1"
Share = Annotated[float, Field(ge=0, le=1)]
Interval = tuple[float, float]


class _Strict(BaseModel):
    # Built when first used: with the whole card, not each part by itself besides.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class LabelCard(_Strict):
    """One class: its key, what people read, what it means, how it counts."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")]
    title: str
    meaning: str
    group: CellGroup


class InputCard(_Strict):
    """What the graph takes: `uint8` RGB pictures, shape (n, height, width, 3).

    `crop_margin` is the side of the square window over the longer side of the cell's box (level "cell"), `background`
    what surrounds the cell there.
    Scaling to [0, 1] and normalization are inside the graph.
    """

    width: Annotated[int, Field(ge=16, le=2048)]
    height: Annotated[int, Field(ge=16, le=2048)]
    crop_margin: Annotated[float, Field(ge=1, le=4)] = 1.25
    background: Background = "kept"
    pixel_size_um: tuple[float, float] | None = None

    @property
    def view(self) -> CellView:
        """How a cell is prepared for the graph."""
        return CellView(self.width, self.height, self.crop_margin, self.background)

    @property
    def margin_on_black(self) -> float | None:
        """Margin around a cell that is shown alone on black; None for models that are shown what lies around it."""
        return self.crop_margin if self.background == "black" else None


class DecisionCard(_Strict):
    """When the model keeps silent: below `uncertain_below`, chosen on validation for `chosen_for`.

    The shares are None where nothing was measured, as for imported models, whose limit was stated by somebody.
    """

    uncertain_below: Share
    chosen_for: str
    accepted_share_validation: Share | None = None
    accepted_accuracy_validation: Share | None = None
    accepted_share_held_out: Share | None = None
    accepted_accuracy_held_out: Share | None = None


class NoveltyCard(_Strict):
    """How far from the training classes an input may lie.

    The distance is Euclidean, from the graph's (whitened) embedding to the nearest of `class_means`.
    """

    method: str
    limit: Annotated[float, Field(gt=0)]
    validation_quantile: Share
    class_means: tuple[tuple[float, ...], ...]
    measured: str = ""


class RecallCard(_Strict):
    """Held-out recall and precision of one class."""

    recall: Share
    recall_ci95: Interval
    precision: Share
    support: Annotated[int, Field(ge=0)]


class MetricsCard(_Strict):
    """How good the model was on pictures that chose nothing; no calibration error where it answered none of them."""

    how_held_out: str
    n: Annotated[int, Field(ge=1)]
    accuracy: Share
    accuracy_ci95: Interval
    balanced_accuracy: Share
    balanced_accuracy_ci95: Interval
    macro_f1: Share
    macro_f1_ci95: Interval
    ece: Share | None = None
    per_class: dict[str, RecallCard]


class FigureCard(_Strict):
    """One figure with its limits; none where too few groups allow none."""

    name: str
    value: Share
    ci95: Interval | None = None


class CrossValidationCard(_Strict):
    """What runs of the same recipe said of patients they had not seen; the weights of the bundle are of another run."""

    how: str
    folds: Annotated[int, Field(ge=2)]
    n: Annotated[int, Field(ge=1)]
    groups: Annotated[int, Field(ge=1)]
    figures: tuple[FigureCard, ...]


class RobustnessCard(_Strict):
    """Held-out accuracy after one change of the picture."""

    change: str
    accuracy: Share
    accuracy_ci95: Interval
    accepted_share: Share | None = None
    accepted_accuracy: Share | None = None


class TrainingCard(_Strict):
    """Where the weights come from.

    `classes` names for each label the classes of the training set that it joins, empty where they are the same;
    `others` what became of pictures of any other class. Evaluation joins and leaves out the same.
    `manifest_sha256` is that of the first set; `other_manifests_sha256` those of further sets, by name.
    """

    recipe: str
    command: str
    manifest_sha256: str
    git_revision: str
    seed: int
    framework: str
    images_train: int
    images_validation: int
    classes: dict[str, tuple[str, ...]] = {}
    others: Literal["refuse", "leave-out"] = "refuse"
    other_manifests_sha256: dict[str, str] = {}

    def divided(self, manifest_sha256: str) -> bool:
        """Whether the model was trained on a set divided as this manifest says."""
        return manifest_sha256 in (self.manifest_sha256, *self.other_manifests_sha256.values())


class ImportCard(_Strict):
    """Where the graph of an imported model comes from, and what was stated about it."""

    format: Literal["onnx", "torch.export", "keras"]
    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scaling: str
    layout: Literal["nhwc", "nchw"]
    colors: Literal["rgb", "bgr"]
    gives: str
    positive: str = ""
    converter_difference: Annotated[float, Field(ge=0)] | None = None


class QuantizationCard(_Strict):
    """What 8 bits cost, on validation pictures; `named_differently` counts those that got another name.

    The accepted ones are told at each model's own threshold: that of 8 bits is chosen so that they are right at least
    as often.
    """

    of_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    calibrated_on: Annotated[int, Field(ge=1)]
    validation_n: Annotated[int, Field(ge=1)]
    accuracy_32_bits: Share
    accuracy_8_bits: Share
    accepted_share_32_bits: Share
    accepted_share_8_bits: Share
    named_differently: Annotated[int, Field(ge=0)]
    most_lost: Share
    bytes_32_bits: Annotated[int, Field(gt=0)]
    bytes_8_bits: Annotated[int, Field(gt=0)]

    @property
    def lost(self) -> float:
        """Accuracy lost; below 0 where some was won."""
        return round(self.accuracy_32_bits - self.accuracy_8_bits, 4)

    @property
    def told(self) -> str:
        """The cost as a sentence."""
        return (
            f"Accuracy on {self.validation_n} validation pictures {self.accuracy_32_bits:.4f} in 32 bits, "
            f"{self.accuracy_8_bits:.4f} in 8 bits ({self.named_differently} pictures are named differently); accepted "
            f"are {self.accepted_share_32_bits:.1%} and {self.accepted_share_8_bits:.1%}; size "
            f"{self.bytes_32_bits / 1e6:.1f} MB and {self.bytes_8_bits / 1e6:.1f} MB."
        )


class DataSourceCard(_Strict):
    """A set of pictures the weights learned from."""

    name: str
    citation: str
    licence: str
    url: str = ""


class Card(_Strict):
    """A whole card.

    Example:
        >>> Card.from_toml("schema = 'x'")  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        leukoscope.errors.InvalidBundleError: ...
    """

    schema_: Annotated[Literal["leukoscope.card/1"], Field(alias="schema")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: str
    task: Literal["classification", "detection", "measurements", "segmentation"]
    level: Literal["cell", "image"]
    resembles: str = ""
    intended_use: str
    limits: tuple[str, ...]
    weights_licence: str
    onnx_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    temperature: Annotated[float, Field(gt=0)]
    input_: Annotated[InputCard | None, Field(alias="input")] = None
    labels: tuple[LabelCard, ...]
    decision: DecisionCard
    detection: DetectionCard | None = None
    measurements: MeasurementsCard | None = None
    segmentation: SegmentationCard | None = None
    novelty: NoveltyCard | None = None
    metrics: MetricsCard | None = None
    cross_validation: CrossValidationCard | None = None
    robustness: tuple[RobustnessCard, ...] = ()
    training: TrainingCard | None = None
    imported: ImportCard | None = None
    quantization: QuantizationCard | None = None
    data_sources: tuple[DataSourceCard, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        names = [label.name for label in self.labels]
        parts = {"detection": self.detection, "measurements": self.measurements, "segmentation": self.segmentation}
        for task, part in parts.items():
            if (self.task == task) != (part is not None):
                raise ValueError(f"a card has the part {task} if its task is {task}, and only then")
        if self.segmentation is not None and names != ["nucleus", "cell"]:
            raise ValueError("the labels of a segmenter are nucleus and cell, in this order")
        if (self.task == "measurements") != (self.input_ is None):
            raise ValueError("a card has the part input if the model is shown pictures, and only then")
        if self.measurements is not None and self.level != "cell":
            raise ValueError("measurements are of cells: level must be cell")
        least, told = (1, "one label") if self.detection else (2, "two different names")
        if len(names) < least or len(set(names)) != len(names):
            raise ValueError(f"labels must be at least {told}, got {names}")
        if UNCERTAIN in names:
            raise ValueError(f"no label may be called {UNCERTAIN!r}: it is a row of the differential of its own")
        if self.novelty is not None and len(self.novelty.class_means) != len(names):
            raise ValueError("novelty.class_means must hold one row per label")
        if self.metrics is not None and not set(self.metrics.per_class) <= set(names):
            raise ValueError("metrics.per_class names a class that is not among the labels")
        return self

    @model_validator(mode="after")
    def _tiles_lie(self) -> Card:
        if self.detection is not None and self.input_ is not None:
            self.detection.check_tiles(self.input_.width, self.input_.height)
        return self

    @classmethod
    def from_toml(cls, text: str) -> Card:
        """Read a card.

        Raises:
            InvalidBundleError: The text is no TOML or not a card; the message names the first key at fault.
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as fault:
            raise InvalidBundleError(f"card.toml is not TOML: {fault}.", hint="Export the bundle again.") from fault
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "card"
            raise InvalidBundleError(
                f"card.toml does not fit {SCHEMA}: {where}: {first['msg']}.", hint="Export the bundle again."
            ) from fault

    def to_toml(self) -> str:
        """The card as TOML; `from_toml` gives it back."""
        return tomli_w.dumps(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    @property
    def input(self) -> InputCard:
        """What the graph is shown.

        Raises:
            BundleMismatchError: It takes measurements, no pictures.
        """
        if self.input_ is None:
            raise BundleMismatchError(
                f"{self.name} takes measurements of cells, no pictures.", hint="Choose a model that is shown pictures."
            )
        return self.input_

    @property
    def domain_labels(self) -> tuple[Label, ...]:
        """The classes as domain values, in the order of the graph's outputs."""
        only_resembles = self.level == "cell" and bool(self.resembles)
        return tuple(Label(one.name, one.title, one.meaning, one.group, only_resembles) for one in self.labels)
