"""What did a split give?  Pictures, groups and patients of every class in every part, and what to be wary of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from leukoscope.data.manifest import PARTS, Manifest
from leukoscope.data.splits.division import SplitResult, strata
from leukoscope.data.splits.recipe import SplitRecipe, crossing_of

if TYPE_CHECKING:
    import pandas as pd

MISSED_POINTS = 3.0
"""From how many percentage points on a missed share is told."""
FEW_GROUPS = 3
FEW_PICTURES = 10
_CASES_SHOWN = 6
_KEPT = {
    "group": "given groups",
    "block": "neighbors in file number",
    "pairs": "pictures found to show the same thing",
    "sha256": "identical files",
    "original_sha256": "files made from one original",
    "copy_of": "augmented copies",
}
"""What the keys that tie pictures keep together."""


@dataclass(frozen=True, slots=True)
class PartCount:
    """One class in one part.

    Attributes:
        part: A part, or "fold 0" and so on.
        label: The class; empty for pictures without one.
        pictures: How many pictures.
        groups: From how many groups; a picture without a group is one of its own.
        patients: Of how many patients; 0 where none is named.
        percent: How much of the class that is.
    """

    part: str
    label: str
    pictures: int
    groups: int
    patients: int
    percent: float


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """A split in numbers, and what to be wary of, one sentence each."""

    counts: tuple[PartCount, ...]
    warnings: tuple[str, ...]


def summarize(result: SplitResult, recipe: SplitRecipe) -> SplitSummary:
    """Count a split and say where it is weak.

    Args:
        result: The divided set.
        recipe: How it was divided.
    """
    counts = count_parts(result.manifest)
    warnings = (
        *_grouping_warnings(result.manifest, recipe),
        *_left_out_warning(result),
        *_small_warnings(counts, recipe),
        *_share_warnings(counts, recipe),
    )
    return SplitSummary(counts, warnings)


def count_parts(manifest: Manifest) -> tuple[PartCount, ...]:
    """Every class in every part and fold, in this order; also where a class has no picture."""
    import pandas as pd

    table = manifest.table
    stratum, labels = strata(manifest)
    facts = pd.DataFrame(
        {
            "label": np.asarray(labels, dtype=object)[stratum],
            "split": table["split"].astype("string"),
            "fold": ("fold " + table["fold"].astype("string")),
            "patient": table["patient"].astype("string"),
        }
    )
    facts["group"] = table["group"].fillna(facts["patient"]).fillna(table["path"])
    folds = [f"fold {fold}" for fold in sorted(table["fold"].dropna().unique())]
    parts = [part for part in PARTS if (table["split"] == part).any()]
    return (*_count(facts, "split", parts, labels), *_count(facts, "fold", folds, labels))


def _count(facts: pd.DataFrame, column: str, parts: Sequence[str], labels: Sequence[str]) -> tuple[PartCount, ...]:
    if not parts:
        return ()
    grouped = facts[facts[column].notna()].groupby([column, "label"], observed=True)
    n, groups, patients = grouped.size(), grouped["group"].nunique(), grouped["patient"].nunique()
    total = facts[facts[column].notna()].groupby("label", observed=True).size()
    return tuple(
        PartCount(
            part,
            label,
            int(n.get((part, label), 0)),
            int(groups.get((part, label), 0)),
            int(patients.get((part, label), 0)),
            round(100 * float(n.get((part, label), 0)) / max(1, int(total.get(label, 0))), 1),
        )
        for part in parts
        for label in labels
    )


def _grouping_warnings(manifest: Manifest, recipe: SplitRecipe) -> tuple[str, ...]:
    crossing = crossing_of(manifest)
    if recipe.by == "official":
        return (f"{crossing} known groups lie in more than one official part.",) if crossing else ()
    if recipe.by == "image" or recipe.leaky:
        if crossing:
            return (f"{crossing} known groups lie in more than one part: figures on this split are too good.",)
        return ("Nothing was kept together: who or what lies on both sides is not known.",)
    unnamed = int(manifest.table["patient"].isna().sum())
    if recipe.by == "patient" and unnamed:
        return (f"{unnamed} pictures name no patient; they were kept together by file number or identical files only.",)
    if unnamed == len(manifest) and recipe.by != "group":
        return (_told_without_patients(manifest, recipe),)
    return ()


def _told_without_patients(manifest: Manifest, recipe: SplitRecipe) -> str:
    """What was kept together in place of patients, and what was not."""
    tied = json.loads(manifest.split_method).get("groups_from", ())
    kept = [words for key, words in _KEPT.items() if key in tied]
    together = f"{_and(kept)} were kept together" if kept else "nothing was kept together"
    lacking = "" if "block" in tied else " Without file numbers neighbors may lie on both sides."
    unfound = " No copies were found by their looks." if recipe.by == "copies" and "pairs" not in tied else ""
    return f"No patient is named: {together}, but one patient may still be divided.{lacking}{unfound}"


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _left_out_warning(result: SplitResult) -> tuple[str, ...]:
    n = len(result.left_out)
    return (f"{n} pictures were left out, because a held-out part shows the same.",) if n else ()


def _small_warnings(counts: tuple[PartCount, ...], recipe: SplitRecipe) -> tuple[str, ...]:
    """What is missing anywhere, and what is too small in a held-out part or a fold."""
    told = [one for one in counts if one.label]
    missing = [f"{one.label} in {one.part}" for one in told if not one.pictures]
    held_out = [one for one in told if one.part != "train" and one.pictures]
    few = [f"{one.pictures} of {one.label} in {one.part}" for one in held_out if one.pictures < FEW_PICTURES]
    alone = [
        f"{one.label} in {one.part} from {one.groups}"
        for one in held_out
        if one.groups < FEW_GROUPS and one.pictures >= FEW_PICTURES and recipe.by not in ("image", "official")
    ]
    smaller = "; take smaller ones with --block-size" if recipe.by in ("blocks", "copies") else ""
    return (
        *_listed(f"No picture of a class in a part, for want of groups{smaller}", missing),
        *_listed(f"Fewer than {FEW_PICTURES} pictures, too few to say much", few),
        *_listed(f"Fewer than {FEW_GROUPS} groups, so that figures say little of others", alone),
    )


def _share_warnings(counts: tuple[PartCount, ...], recipe: SplitRecipe) -> tuple[str, ...]:
    if recipe.by == "official":
        return ()
    wanted: dict[str, float] = {f"fold {fold}": 100 / recipe.folds for fold in range(recipe.folds)}
    if recipe.shares is not None:
        wanted |= {str(part): 100 * share for part, share in recipe.shares.by_part.items()}
    missed = [
        f"{one.label} in {one.part} {one.percent:.1f} (wanted {wanted[one.part]:.3g})"
        for one in counts
        if one.label
        and one.pictures
        and abs(one.percent - wanted[one.part]) > MISSED_POINTS
        # What a single picture more or less would change is not worth a word.
        and abs(one.percent - wanted[one.part]) * one.pictures > one.percent
    ]
    return _listed(f"Shares missed by more than {MISSED_POINTS:g} points of percent, as groups are large", missed)


def _listed(what: str, cases: Sequence[str]) -> tuple[str, ...]:
    if not cases:
        return ()
    more = f", and {len(cases) - _CASES_SHOWN} more" if len(cases) > _CASES_SHOWN else ""
    return (f"{what}: {', '.join(cases[:_CASES_SHOWN])}{more}.",)
