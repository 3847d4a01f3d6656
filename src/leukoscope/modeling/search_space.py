"""What may a search try?  The part `[search]` of a recipe: keys with their ranges or choices."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Value = bool | int | float | str
_SEARCHED = ("network", "augmentation", "training")
_FIXED = ("training.monitor", "training.keep", "training.accelerator", "training.devices", "training.nodes")


class Among(BaseModel):
    """One key's values: some choices, or a range.

    Attributes:
        choices: Values to choose from; tables and lists are not among them.
        low: Smallest value; a whole number if both ends are.
        high: Largest value, included.
        log: Whether factors count rather than differences, as for learning rates.
        step: Distance of values from each other; not with log.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    choices: tuple[Value, ...] = ()
    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    step: Annotated[int | float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Among:
        ends = (self.low, self.high)
        if self.choices:
            if ends != (None, None) or self.log or self.step:
                raise ValueError("give either choices, or low and high")
            return self
        if self.low is None or self.high is None or self.low >= self.high:
            raise ValueError("give choices, or low and a larger high")
        if self.log and (self.low <= 0 or self.step):
            raise ValueError("log goes with a low above 0 and without step")
        return self

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that show whether all of them fit: each choice, or both ends."""
        return self.choices or tuple(one for one in (self.low, self.high) if one is not None)


class SearchPart(BaseModel):
    """What `leukoscope train --search` tries: `[search.keys]` with a table for each key.

    Only how a network learns may be searched. What it learns from, what it names, and the figure that trials are
    compared by stay as they are, or their scores would say nothing.

    Attributes:
        keys: Range or choices by dotted key, such as `"training.learning_rate" = { low = 1e-4, high = 1e-2,
            log = true }`.
        prune: Whether a trial ends early when it is worse than half of the others were at the same epoch.
        prune_after: Epochs that every trial gets before it may be ended.
        start_pruning: Finished trials before any may be ended.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: dict[str, Among] = {}
    prune: bool = True
    prune_after: Annotated[int, Field(ge=1)] = 2
    start_pruning: Annotated[int, Field(ge=1)] = 5

    @model_validator(mode="after")
    def _allowed(self) -> SearchPart:
        for key in self.keys:
            if key.split(".")[0] not in _SEARCHED or "." not in key or key in _FIXED:
                raise ValueError(
                    f"{key!r} cannot be searched: only keys of {', '.join(_SEARCHED)} can, and not {', '.join(_FIXED)}"
                )
        return self
