"""Divides a manifest: groups, then parts and folds, then the recipe into every row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import PARTS, Manifest
from leukoscope.data.splits.dealing import Table, deal_folds, deal_parts
from leukoscope.data.splits.groups import Groups, Pairs, find_groups, input_sha256, picture_keys, with_file_numbers
from leukoscope.data.splits.leaving_out import divide_blocks
from leukoscope.data.splits.recipe import SplitFacts, SplitRecipe, write_method
from leukoscope.errors import ManifestError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class SplitResult:
    """A divided set and the paths of the pictures that were left out of it."""

    manifest: Manifest
    left_out: tuple[str, ...] = ()


def split_manifest(manifest: Manifest, recipe: SplitRecipe, pairs: Pairs = (), *, augmented: str = "") -> SplitResult:
    """Divide a set.

    By blocks, a set without file numbers gets those that its files' names end in, if all do.

    The same pictures and the same recipe give the same split on any machine and in any order of the rows.

    Args:
        manifest: The pictures.
        recipe: How to divide them.
        pairs: Pictures, by row, that show the same thing.
        augmented: Preset that made copies of the pictures before this split; empty where none did.

    Raises:
        ManifestError: The manifest is leaky already, is empty, or cannot be divided so; the message says why.
    """
    if manifest.leaky and not recipe.leaky:
        raise ManifestError(
            f"{manifest.name or 'The manifest'} was divided the wrong way on purpose, and that stays with it.",
            hint="Divide the manifest it was made from.",
        )
    if not len(manifest):
        raise ManifestError(f"{manifest.name or 'The manifest'} names no picture.")
    if recipe.by == "blocks":
        manifest = with_file_numbers(manifest)
    groups = find_groups(manifest, recipe, pairs)
    if recipe.by == "official":
        return SplitResult(_keep_official(manifest, recipe, groups))
    if recipe.leave_out:
        return _leave_out(manifest, recipe, groups, pairs)
    if recipe.by == "image":
        return SplitResult(_split_by_image(manifest, recipe, groups, augmented))
    stratum, labels = strata(manifest)
    _refuse_impossible(stratum, labels, groups)
    table = Table(stratum, groups.number, groups.names)
    names = np.asarray(groups.names, dtype=object)[groups.number]
    facts = SplitFacts(input_sha256=input_sha256(manifest, groups), groups_from=groups.made_from)
    divided = manifest.with_columns(group=names.tolist(), **_deal(table, recipe))
    return SplitResult(divided.with_columns(split_method=write_method(recipe, facts)))


def strata(manifest: Manifest) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Class of each picture by number, and the names of the classes, sorted.

    A picture without a class that has marked objects counts as the rarest kind among them.
    """
    labels = manifest.table["label"].astype(object).where(manifest.table["label"].notna(), "")
    boxes = manifest.table["boxes"].where(labels == "").dropna()
    if len(boxes):
        labels = labels.where(~labels.index.isin(boxes.index), _rarest(boxes).reindex(labels.index))
    names = sorted(str(label) for label in labels.unique())
    numbers = labels.map({name: place for place, name in enumerate(names)})
    return np.asarray(numbers, dtype=np.int64), tuple(names)


def _rarest(boxes: pd.Series) -> pd.Series:
    import pandas as pd

    kinds = [sorted({str(one[4]) for one in json.loads(text)}) for text in boxes]
    common = Counter(kind for held in kinds for kind in held)
    rarest = [min(held, key=lambda kind: (common[kind], kind)) if held else "" for held in kinds]
    return pd.Series(rarest, index=boxes.index, dtype="object")


def _deal(table: Table, recipe: SplitRecipe) -> dict[str, Sequence[object]]:
    columns: dict[str, Sequence[object]] = {"split": [None] * len(table.group), "fold": [None] * len(table.group)}
    tested = np.zeros(len(table.names), dtype=bool)
    if recipe.shares is not None:
        names = list(recipe.shares.by_part)
        parts = deal_parts(table, list(recipe.shares.by_part.values()), recipe.seed)
        columns["split"] = [names[part] for part in parts[table.group]]
        tested = np.array([names[part] == "test" for part in parts])
    if recipe.folds:
        columns["fold"] = _fold(table, tested, recipe)
    return columns


def _fold(table: Table, tested: NDArray[np.bool_], recipe: SplitRecipe) -> list[int | None]:
    """Fold of each picture; pictures of the test part belong to none."""
    place = np.cumsum(~tested) - 1
    here = ~tested[table.group]
    names = [name for name, out in zip(table.names, tested, strict=True) if not out]
    if len(names) < recipe.folds:
        raise ManifestError(f"{len(names)} groups cannot be divided into {recipe.folds} folds.", hint="Ask for fewer.")
    stratum = np.unique(table.stratum[here], return_inverse=True)[1]
    folds = deal_folds(Table(stratum.astype(np.int64), place[table.group[here]], names), recipe.folds, recipe.seed)
    found: list[int | None] = [None] * len(here)
    for row, group in zip(np.flatnonzero(here), place[table.group[here]], strict=True):
        found[row] = int(folds[group])
    return found


def _refuse_impossible(stratum: NDArray[np.int64], labels: Sequence[str], groups: Groups) -> None:
    if len(groups.names) < 2:
        raise ManifestError(
            f"All pictures belong to one group, {groups.names[0]!r}, and cannot be divided.",
            hint=f"{_add(len(stratum), groups)} pictures of others; a figure on the same blood would say nothing.",
        )
    held = np.unique(np.stack([stratum, groups.number]), axis=1)
    n = np.bincount(held[0], minlength=len(labels))
    for place in np.flatnonzero(n == 1).tolist():
        if labels[place]:
            group, size = groups.names[int(held[1][held[0] == place][0])], int((stratum == place).sum())
            raise ManifestError(
                f"One group, {group!r}, has all {size} pictures of {labels[place]!r}: no split can train on this class "
                "and hold it out.",
                hint=f"{_add(size, groups)} pictures of others, or take the class out of the manifest.",
            )


def _add(pictures: int, groups: Groups) -> str:
    """How advice begins where so many pictures are in one group: smaller blocks may do where blocks tie them."""
    smaller = "block" in groups.made_from and pictures > 1
    return f"Take blocks of at most {pictures // 2} pictures with --block-size, or add" if smaller else "Add"


def _split_by_image(manifest: Manifest, recipe: SplitRecipe, groups: Groups, augmented: str) -> Manifest:
    stratum, _ = strata(manifest)
    keys = picture_keys(manifest)
    order = np.argsort(keys.to_numpy(dtype=object), kind="stable")
    alone = np.empty(len(order), dtype=np.int64)
    alone[order] = np.arange(len(order))
    columns = _deal(Table(stratum, alone, keys.iloc[order].tolist()), recipe)
    facts = SplitFacts(
        input_sha256=input_sha256(manifest, groups),
        groups_from=groups.made_from,
        grouped=False,
        crossing=_crossing(groups, columns["split"] if recipe.shares else columns["fold"]),
        augmented=augmented,
    )
    return manifest.with_columns(**columns).with_columns(split_method=write_method(recipe, facts))


def _keep_official(manifest: Manifest, recipe: SplitRecipe, groups: Groups) -> Manifest:
    parts = manifest.table["split"].astype("string")
    if not (parts.notna().any() or manifest.table["fold"].notna().any()):
        raise ManifestError(f"{manifest.name or 'The manifest'} has no official parts.", hint="Leave out --official.")
    held = parts if parts.notna().any() else manifest.table["fold"]
    facts = SplitFacts(
        input_sha256=input_sha256(manifest, groups),
        groups_from=groups.made_from,
        crossing=_crossing(groups, held.astype(object).where(held.notna(), None).tolist()),
    )
    return manifest.with_columns(split_method=write_method(recipe, facts))


def _crossing(groups: Groups, parts: Sequence[object]) -> int:
    """How many groups lie in more than one part."""
    held = {(int(group), part) for group, part in zip(groups.number, parts, strict=True) if part is not None}
    return int((np.bincount([group for group, _ in held]) > 1).sum()) if held else 0


def _leave_out(manifest: Manifest, recipe: SplitRecipe, groups: Groups, pairs: Pairs) -> SplitResult:
    divided, won = divide_blocks(manifest, recipe, pairs)
    kept = divided.table["split"].isin(PARTS)
    facts = SplitFacts(
        input_sha256=input_sha256(manifest, groups), groups_from=groups.made_from, left_out=int((~kept).sum())
    )
    marked = divided.select(kept).with_columns(split_method=write_method(won, facts))
    return SplitResult(marked, tuple(str(path) for path in divided.table["path"][~kept]))
