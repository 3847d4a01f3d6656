"""What do recipes share that learn from annotated pictures, with boxes or with masks?  Sets, looks, the card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from leukoscope.bundles.card import DataSourceCard

Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Part of a recipe: no key that is not known, no change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AnnotatedSet(Protocol):
    """A set of pictures with boxes or masks.

    Attributes:
        name: Its folder; the first set is the one given with --data, the others lie beside it.
        split: Its split file, relative to the recipe.
        repeat: How often each of its training pictures is shown per epoch.
        learn: Whether its training part is learned from.
        choose: Whether it is chosen on its validation part.
    """

    name: str
    split: str
    repeat: int
    learn: bool
    choose: bool


Kind = TypeVar("Kind", bound=AnnotatedSet)


def _listed(content: Any) -> Any:
    return [content] if isinstance(content, dict) else content


def _learned_and_chosen(sets: Sequence[Kind]) -> Sequence[Kind]:
    if not any(one.learn for one in sets) or not any(one.choose for one in sets):
        raise ValueError("one set must be learned from, and one chosen on")
    return sets


Sets = Annotated[tuple[Kind, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_learned_and_chosen)]
"""One or more sets; a recipe with one may write [data] instead of [[data]]."""


class LookedTraining(Strict):
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


class AnnotatedCard(Strict):
    """What the card says that no program can know."""

    title: str
    version: str
    intended_use: str
    limits: tuple[str, ...]
    weights_licence: str
    how_held_out: str
    data_sources: tuple[DataSourceCard, ...]
