"""How is a set to be divided?  A recipe that is written into every row, so that anybody can repeat the split."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Literal, get_args

from leukoscope.data.manifest import PARTS, Manifest, Part
from leukoscope.errors import InvalidValueError, ManifestError

By = Literal["patient", "group", "copies", "blocks", "image", "official"]
BYS: tuple[By, ...] = get_args(By)
SCHEMA = "leukoscope.split/1"
BLOCK_SIZE = 25
"""Pictures per block: about what one patient of the Taleqani set gave (2,503 of 89)."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How large the parts are to be, in [0, 1); what is left is for training.

    Raises:
        InvalidValueError: Nothing is left to train on, or nothing is held out.

    Example:
        >>> Shares.of_text("64/16/20")
        Shares(validation=0.16, test=0.2)
    """

    validation: float = 0.16
    test: float = 0.20

    def __post_init__(self) -> None:
        held_out = self.validation + self.test
        if min(self.validation, self.test) < 0 or not 0 < held_out < 1:
            raise InvalidValueError(
                f"Shares must leave something to train on and something to hold out, "
                f"got {self.validation:g} for validation and {self.test:g} for test."
            )

    @classmethod
    def of_text(cls, text: str) -> Shares:
        """Shares written as train/validation/test, or as train/test, in percent or in any other unit.

        Raises:
            InvalidValueError: The text is none of these.
        """
        numbers = [float(one) for one in text.split("/")] if re.fullmatch(r"[\d.]+(/[\d.]+){1,2}", text) else []
        if len(numbers) < 2 or sum(numbers) <= 0:
            raise InvalidValueError(f"{text!r} are no shares.", hint="Write train/validation/test, such as 64/16/20.")
        validation, test = (0.0, numbers[1]) if len(numbers) == 2 else numbers[1:]
        return cls(round(validation / sum(numbers), 6), round(test / sum(numbers), 6))

    @property
    def text(self) -> str:
        """The shares as train/validation/test in percent."""
        return "/".join(f"{round(100 * share, 4):g}" for share in (self.train, self.validation, self.test))

    @property
    def train(self) -> float:
        """What is left for training."""
        return round(1 - self.validation - self.test, 6)

    @property
    def by_part(self) -> dict[Part, float]:
        """The share of each part that is to hold anything."""
        wanted = zip(PARTS, (self.train, self.validation, self.test), strict=True)
        return {part: share for part, share in wanted if share > 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRecipe:
    """How a set is divided.

    Attributes:
        by: What is never divided: a patient, a `group` of the manifest, copies of one picture (together with blocks of
            neighboring file numbers), blocks alone, or nothing ("image"); "official" keeps the parts as they are.
        seed: Seed of the order in which groups are dealt out.
        shares: How large the parts are to be; None makes no parts.
        folds: Into how many folds to divide; 0 makes none. Beside parts, the test part belongs to no fold.
        block_size: Pictures per block of neighboring file numbers.
        leave_out: Whether pictures on the training side that show what a held-out one shows are left out, where
            keeping all such groups together would tie too much together.
        tries: How many seeds, from `seed` on, are tried for the one that leaves out least; above 1 only with
            `leave_out`. The split names the seed that won.
        leaky: Whether this is the wrong way on purpose.
    """

    by: By
    seed: int = 0
    shares: Shares | None = field(default_factory=Shares)
    folds: int = 0
    block_size: int = BLOCK_SIZE
    leave_out: bool = False
    tries: int = 1
    leaky: bool = False

    def __post_init__(self) -> None:
        if self.by not in BYS:
            raise InvalidValueError(f"Sets are not divided by {self.by!r}.", hint=f"It is one of {', '.join(BYS)}.")
        if self.folds < 0 or self.folds == 1:
            raise InvalidValueError(f"There must be at least two folds, got {self.folds}.")
        if self.shares is None and not self.folds and self.by != "official":
            raise InvalidValueError("Neither parts nor folds are asked for.", hint="Give shares, folds or both.")
        if self.block_size < 1:
            raise InvalidValueError(f"A block needs at least one picture, got {self.block_size}.")
        if self.seed < 0:
            raise InvalidValueError(f"A seed is not negative, got {self.seed}.")
        if self.tries < 1 or (self.tries > 1 and not self.leave_out):
            raise InvalidValueError(f"One seed is tried, or several where copies are left out, got {self.tries}.")
        if self.leave_out and (self.by not in ("blocks", "copies") or self.folds or self.shares is None):
            raise InvalidValueError("Copies are left out of parts made by blocks or copies, not of folds.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFacts:
    """What a split was made from, beside its recipe.

    Attributes:
        input_sha256: Hash of the pictures, their classes and groups; it depends neither on their order nor on where
            the manifest lies.
        groups_from: The columns, and "pairs", that tied pictures together.
        grouped: Whether groups were kept together.
        crossing: How many known groups lie in more than one part.
        left_out: How many pictures were left out.
        augmented: Preset that made copies before the split; empty where none did.
    """

    input_sha256: str
    groups_from: tuple[str, ...]
    grouped: bool = True
    crossing: int = 0
    left_out: int = 0
    augmented: str = ""


def write_method(recipe: SplitRecipe, facts: SplitFacts) -> str:
    """The content of the column `split_method`: JSON with sorted keys."""
    told = {
        "schema": SCHEMA,
        "made_by": f"leukoscope {version('leukoscope')}",
        "by": recipe.by,
        "seed": recipe.seed,
        "shares": "" if recipe.shares is None or recipe.by == "official" else recipe.shares.text,
        "folds": recipe.folds,
        "block_size": recipe.block_size if recipe.by in ("blocks", "copies") else 0,
        "leave_out": recipe.leave_out,
        "leaky": recipe.leaky or (not facts.grouped and facts.crossing > 0),
        "groups_from": list(facts.groups_from),
        "crossing": facts.crossing,
        "left_out": facts.left_out,
        "augmented": facts.augmented,
        "input_sha256": facts.input_sha256,
    }
    # It stands in every row, so what says nothing is left away; whether groups were kept together is always said.
    kept = {key: value for key, value in told.items() if value or key == "seed"}
    return json.dumps({**kept, "grouped": facts.grouped}, sort_keys=True, separators=(",", ":"))


def read_recipe_of(manifest: Manifest) -> SplitRecipe:
    """The recipe that a manifest was divided by.

    Raises:
        ManifestError: It was not divided by leukoscope.
    """
    told = json.loads(manifest.split_method or "{}")
    if told.get("schema") != SCHEMA:
        raise ManifestError(
            f"{manifest.name} does not say how it was divided.", hint="Give a manifest made by `leukoscope data split`."
        )
    return SplitRecipe(
        by=told["by"],
        seed=told["seed"],
        shares=Shares.of_text(told["shares"]) if "shares" in told else None,
        folds=told.get("folds", 0),
        block_size=told.get("block_size", BLOCK_SIZE),
        leave_out=told.get("leave_out", False),
        leaky="augmented" in told,
    )


def crossing_of(manifest: Manifest) -> int:
    """How many known groups the split of a manifest divided."""
    return int(json.loads(manifest.split_method or "{}").get("crossing", 0))


def input_hash_of(manifest: Manifest) -> str:
    """Hash of the pictures that a manifest was divided from; empty where nobody said."""
    return str(json.loads(manifest.split_method or "{}").get("input_sha256", ""))
