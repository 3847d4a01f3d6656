"""Does a split keep apart what must be kept apart, by what the manifest says of itself?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leukoscope.data.checks.findings import Finding
from leukoscope.data.checks.pairs import SHOWN
from leukoscope.data.manifest import Manifest
from leukoscope.data.splits.crossing import Crossing, Key, find_crossings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    one: str
    many: str
    advice: str


_RULES: dict[Key, _Rule] = {
    "patient": _Rule(
        "patients-across-parts",
        "patient lies",
        "patients lie",
        "Divide anew with `leukoscope data split ... --by patient`.",
    ),
    "group": _Rule(
        "groups-across-parts", "group lies", "groups lie", "Divide anew with `leukoscope data split ... --by group`."
    ),
    "copy_of": _Rule(
        "augmented-copies-across-parts",
        "picture lies with copies made from it",
        "pictures lie with copies made from them",
        "Augment after splitting, and only the training part: `leukoscope data split ...` on the originals, then "
        "`leukoscope data augment ...`.",
    ),
}


def check_parts(manifest: Manifest, prefix: str = "") -> Iterator[Finding]:
    """Findings for patients, groups and augmented copies in two parts, and for a split that is leaky on purpose.

    Args:
        manifest: One set.
        prefix: Put before file names, such as `set:`.
    """
    if manifest.leaky:
        yield Finding(
            "leaky-on-purpose",
            "severe",
            f"{manifest.name} was divided the wrong way on purpose; every figure on it is too good.",
            "Use it for teaching only; make a clean one with `leukoscope data split ...`.",
            count=len(manifest),
        )
    for key, rule in _RULES.items():
        found = find_crossings(manifest, (key,))
        if found:
            yield _finding(manifest, found, rule, prefix)
        if key != "copy_of":
            yield from _across_folds(manifest, key, prefix)


def _finding(manifest: Manifest, found: tuple[Crossing, ...], rule: _Rule, prefix: str) -> Finding:
    first, table = found[0], manifest.table
    values = [crossing.value for crossing in found[:SHOWN]]
    column = table["copy_of"].fillna(table["path"]) if first.key == "copy_of" else table[first.key].astype("string")
    chosen = column.isin(values) & table["split"].notna()
    pictures = sum(crossing.pictures for crossing in found)
    named = ", ".join(repr(value) for value in values[:3]) + (", ..." if len(found) > 3 else "")
    what = rule.one if len(found) == 1 else rule.many
    return Finding(
        rule.code,
        "severe",
        f"{len(found)} {what} in more than one part, {pictures} pictures in all ({named}).",
        rule.advice,
        count=len(found),
        files=_files(table, column, chosen, prefix),
    )


def _across_folds(manifest: Manifest, key: Key, prefix: str) -> Iterator[Finding]:
    table = manifest.table
    source = table["source"].astype("string").fillna("")
    facts = table[[key]].assign(source=source, fold=table["fold"], value=table[key].astype("string")).dropna()
    folds = facts.drop_duplicates(["source", "value", "fold"])
    spread = folds[folds.duplicated(["source", "value"], keep="first")].drop_duplicates(["source", "value"])
    if len(spread):
        values = spread["value"]
        chosen = table[key].astype("string").isin(values) & table["fold"].notna()
        what = f"{len(spread)} {key}{' lies' if len(spread) == 1 else 's lie'} in more than one fold"
        named = ", ".join(repr(value) for value in sorted(values)[:3]) + (", ..." if len(values) > 3 else "")
        yield Finding(
            f"{key}s-across-folds",
            "severe",
            f"{what} ({named}).",
            f"Divide anew with `leukoscope data split ... --folds K --by {key}`.",
            count=len(spread),
            files=_files(table, table[key].astype("string"), chosen, prefix),
        )


def _files(table: pd.DataFrame, column: pd.Series, chosen: pd.Series, prefix: str) -> tuple[str, ...]:
    """Pictures of the same value beside each other."""
    beside = table.loc[chosen, ["path"]].assign(value=column[chosen]).sort_values(["value", "path"]).head(SHOWN)
    return tuple(f"{prefix}{path}" for path in beside["path"])
