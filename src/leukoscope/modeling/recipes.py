"""How is a model made?  The recipe: a TOML file, validated; a misspelled key is answered with the nearest known one."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leukoscope.bundles.card import DataSourceCard, InputCard, LabelCard
from leukoscope.errors import RecipeError

Share = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]
FeatureStage = Literal[1, 2, 3, 4]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataPart(_Strict):
    """Which pictures: the set's name, and its split file, relative to the recipe."""

    name: str
    split: str


class NetworkPart(_Strict):
    """A timm backbone without its own head; the head is one linear layer, so that the activation map is exact.

    `channels` and `output_stride` are handed to timm where given. `embedding_stages` are the backbone's stages whose
    pooled features make up the embedding: low stages see stain, focus and scale, the last one what the cell is.
    """

    backbone: str = "resnet18"
    channels: tuple[int, ...] | None = None
    output_stride: Literal[8, 16, 32] | None = None
    dropout: Share = 0.2
    embedding_stages: Annotated[tuple[FeatureStage, ...], Field(min_length=1)] = (4,)


class Augmentation(_Strict):
    """How pictures are changed while training; each is drawn anew for every picture and epoch.

    Attributes:
        flip: Mirror in half of the pictures, each way.
        rotation_degrees: Largest turn either way.
        scale: Smallest and largest magnification.
        shift: Largest shift, as a share of the side.
        stain_strength: Standard deviation of the log of each channel's optical-density factor.
        stain_mixing: Standard deviation of what of one channel's optical density spills into another.
        hue_degrees: Largest turn of the colors around the gray axis.
        saturation: Smallest and largest factor.
        contrast: Smallest and largest factor.
        brightness: Largest shift, as a share of full scale.
        blur: Share of batches' quarters that are blurred, sigma up to `blur_sigma_px`.
        blur_sigma_px: Largest blur.
        noise: Share of pictures with noise, standard deviation up to `noise_strength` of full scale.
        noise_strength: Largest noise.
        jpeg: Share of pictures that are compressed once more.
        jpeg_quality: Smallest and largest JPEG quality.
        paint_corner: Share of pictures whose corners are painted over, or get a false scale bar.
        erase: Share of pictures that lose a rectangle at a random place near the edge.
    """

    flip: bool = True
    rotation_degrees: float = 180
    scale: Range = (0.75, 1.3)
    shift: float = 0.08
    stain_strength: float = 0.2
    stain_mixing: float = 0.06
    hue_degrees: float = 14
    saturation: Range = (0.6, 1.4)
    contrast: Range = (0.75, 1.3)
    brightness: float = 0.12
    blur: Share = 0.25
    blur_sigma_px: float = 1.2
    noise: Share = 0.2
    noise_strength: float = 0.03
    jpeg: Share = 0.1
    jpeg_quality: tuple[int, int] = (40, 90)
    paint_corner: Share = 0.0
    erase: Share = 0.15


class TrainingPart(_Strict):
    """How long and how fast.

    Attributes:
        start_from: Checkpoint of another run to start from, relative to the recipe; empty for random weights.
        keep: Epoch to keep: the one with the best validation accuracy, or the last. Where training changes pictures far
            more than the validation part differs from the training part, the best one would be the least robust one.
        stored_side: Side at which pictures are kept in memory; more than the input's side keeps zoomed ones sharp.
    """

    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch_size: Annotated[int, Field(ge=2, le=4096)] = 64
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    warmup: Share = 0.1
    label_smoothing: Share = 0.05
    average_decay: Share = 0.99
    balance_classes: bool = True
    start_from: str = ""
    keep: Literal["best", "last"] = "best"
    stored_side: Annotated[int, Field(ge=16, le=2048)]
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


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
    """

    hue_degrees: float = 23
    saturation: Range = (0.6, 1.5)
    brightness: float = 0.06
    paint_from: tuple[Share, Share] | None = None


class CardPart(_Strict):
    """What the card says that no program can know."""

    title: str
    version: str
    resembles: str = ""
    intended_use: str
    limits: tuple[str, ...]
    weights_licence: str
    how_held_out: str
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
    card: CardPart

    @model_validator(mode="after")
    def _square(self) -> Recipe:
        if self.input.width != self.input.height:
            raise ValueError("input.width and input.height must be equal: pictures are turned by any angle")
        return self


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit; the message names it and the nearest
            known name.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(f"The recipe {path} cannot be read.", hint="Give a TOML file of recipes/.") from fault
    except tomllib.TOMLDecodeError as fault:
        raise RecipeError(f"{path} is not TOML: {fault}.", hint="Mend the line named.") from fault
    for change in changes:
        _apply(content, change)
    return parse_recipe(content)


def parse_recipe(content: dict[str, Any]) -> Recipe:
    """Validate a recipe that has been read already.

    Raises:
        RecipeError: A key or value does not fit.
    """
    try:
        return Recipe.model_validate(content)
    except ValidationError as fault:
        first = next((one for one in fault.errors() if one["type"] == "extra_forbidden"), fault.errors()[0])
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        if first["type"] == "extra_forbidden":
            raise RecipeError(f"A recipe has no key {where!r}.", hint=_nearest(where)) from fault
        raise RecipeError(
            f"The recipe does not fit: {where}: {first['msg']}.", hint="See docs and recipes/."
        ) from fault


def known_keys() -> tuple[str, ...]:
    """Every key of a recipe, dotted."""
    keys: list[str] = []
    for name, field in Recipe.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys.extend(f"{name}.{inner}" for inner in kind.model_fields)
        keys.append(name)
    return tuple(keys)


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key, known_keys(), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(known_keys())}."


def _apply(content: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"A change must read a.b=value, got {change!r}.", hint="For example training.epochs=5.")
    *folders, last = key.strip().split(".")
    table = content
    for folder in folders:
        table = table.setdefault(folder, {})
        if not isinstance(table, dict):
            raise RecipeError(f"{folder!r} in {change!r} holds a value, no keys.", hint=_nearest(key.strip()))
    table[last] = _value(value.strip())


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is a string
