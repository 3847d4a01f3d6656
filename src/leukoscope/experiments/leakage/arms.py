"""How is a set divided in each arm?  One seed: groups kept apart, by image, and by image after copies were made.

First whole groups are set apart that no arm trains on. From the rest the arm "group" keeps whole groups for watching;
the arms "image" and "augmented" deal single pictures. All parts hold equally many pictures of each class, but not
pictures of equally many groups: the arms "image" and "augmented" also learn from the groups that the arm "group" only
watches. Part of the gap between the arms is owed to that; the gap within one model is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.splits.division import split_manifest
from leukoscope.data.splits.groups import Pairs, find_groups, input_sha256
from leukoscope.data.splits.recipe import By, Shares, SplitFacts, SplitRecipe, write_method
from leukoscope.errors import ManifestError

Counts = Mapping[str, int]
Bools = NDArray[np.bool_]
Places = NDArray[np.int64]
Names = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class GroupSplit:
    """One seed's clean division.

    Attributes:
        manifest: The arm "group": whole groups in every part; `test` is what no arm trains on.
        rest: Every picture that is not of the test groups and shows nothing that lies in them: what the other arms
            divide. It has no parts.
        left_out: Pictures that show what a test picture shows.
        recipe: How groups were dealt.
    """

    manifest: Manifest
    rest: Manifest
    left_out: int
    recipe: SplitRecipe

    def counts(self, part: Part) -> Counts:
        """Pictures of each class in a part of the arm "group"."""
        return _counts(self.manifest, part)


def divide_by_group(manifest: Manifest, by: By, shares: Shares, pairs: Pairs, seed: int) -> GroupSplit:
    """Keep groups whole, and trim training so that the arm "image" can train on as many pictures.

    Args:
        manifest: All labeled pictures.
        by: What is kept together.
        shares: Size of the parts of the arm "group" before trimming.
        pairs: Rows that show the same thing; where one of a pair is held out, its partner is left out of training.
        seed: Of the dealing.

    Raises:
        ManifestError: The set cannot be divided so, or too little is left of a class.
    """
    recipe = SplitRecipe(by=by, shares=shares, seed=seed)
    split = split_manifest(manifest, recipe).manifest
    parts = _column(split, "split")
    tested, watched = parts == "test", parts == "validation"
    partners = _partners(pairs, tested)
    rest = ~tested & ~partners
    learned = rest & ~watched & ~_partners(pairs, watched)
    labels = _column(split, "label")
    order = _shuffled(split, seed)
    test, watch, pool = (_count(labels[chosen]) for chosen in (tested, rest & watched, rest))
    size = {
        label: min(int((labels[learned] == label).sum()), pool[label] - test.get(label, 0) - watch.get(label, 0))
        for label in pool
    }
    lacking = sorted(label for label in pool if size[label] < 1 or not test.get(label) or not watch.get(label))
    if lacking:
        raise ManifestError(
            f"Seed {seed} leaves nothing of {', '.join(lacking)} in a part.",
            hint="Give other --shares, or more groups of each class.",
        )
    kept = _first(order, labels, learned, size)
    chosen = tested | (rest & watched) | kept
    return GroupSplit(
        split.select(chosen.tolist()), split.select(rest.tolist()).with_columns(split=None), int(partners.sum()), recipe
    )


def divide_by_image(split: GroupSplit, seed: int) -> Manifest:
    """Deal the rest out picture by picture, into parts as large as those of the arm "group"."""
    sizes: dict[Part, Counts] = {part: split.counts(part) for part in ("test", "validation", "train")}
    recipe = SplitRecipe(by="image", shares=split.recipe.shares, seed=seed, leaky=True)
    return _deal(split.rest, sizes, recipe, seed, augmented="")


def divide_augmented(split: GroupSplit, copies: Manifest, seed: int, *, learned: int, preset: str) -> Manifest:
    """Deal augmented pictures out one by one; copies of one picture may lie on both sides.

    Args:
        split: The clean division of this seed.
        copies: The whole set, augmented; copies of pictures that are held out from all arms are not used.
        seed: Of the dealing.
        learned: Pictures to train on, in the proportions of the arm "group".
        preset: What made the copies.

    Raises:
        ManifestError: There are not as many copies.
    """
    usable = usable_copies(split, copies)
    train = split.counts("train")
    sizes: dict[Part, Counts] = {
        "test": split.counts("test"),
        "validation": split.counts("validation"),
        "train": _scaled(train, learned),
    }
    recipe = SplitRecipe(by="image", shares=split.recipe.shares, seed=seed, leaky=True)
    return _deal(usable, sizes, recipe, seed, augmented=preset)


def usable_copies(split: GroupSplit, copies: Manifest) -> Manifest:
    """The augmented pictures whose original lies in the rest of a clean division."""
    rest = split.rest.table
    known = {str(one) for column in ("sha256", "original_sha256") for one in rest[column].dropna()}
    known |= {str(split.rest.locate(str(path)).resolve()) for path in rest["path"]}
    return copies.select([one in known for one in _origins(copies)])


def _origins(copies: Manifest) -> Iterator[str]:
    """What each augmented picture was made of: the hash of the original, or its place where it lies unchanged."""
    table = copies.table
    prepared = {
        str(path): str(sha256)
        for path, sha256 in zip(table["path"], table["original_sha256"], strict=True)
        if isinstance(sha256, str)
    }
    for parent in table["copy_of"].fillna(table["path"]).astype(str):
        yield prepared.get(parent) or str(copies.locate(parent).resolve())


def most_to_learn(split: GroupSplit, copies: Manifest) -> int:
    """How many augmented pictures are there to train on, in the proportions of the arm "group"?"""
    have = _count(_column(usable_copies(split, copies), "label"))
    test, watch, train = (split.counts(part) for part in ("test", "validation", "train"))
    share = min((have.get(label, 0) - test[label] - watch[label]) / train[label] for label in train)
    return int(share * sum(train.values()))


def _deal(pool: Manifest, sizes: Mapping[Part, Counts], recipe: SplitRecipe, seed: int, *, augmented: str) -> Manifest:
    labels = _column(pool, "label")
    order, free = _shuffled(pool, seed), np.ones(len(pool), dtype=bool)
    parts = np.full(len(pool), None, dtype=object)
    for part, size in sizes.items():
        dealt = _first(order, labels, free, size)
        parts[dealt] = part
        free &= ~dealt
    short = {part: sum(size.values()) - int((parts == part).sum()) for part, size in sizes.items()}
    if any(short.values()):
        raise ManifestError(
            f"The pictures do not suffice for equal parts: {short} are missing.", hint="Give other --shares."
        )
    groups = find_groups(pool, recipe)
    facts = SplitFacts(
        input_sha256=input_sha256(pool, groups), groups_from=groups.made_from, grouped=False, augmented=augmented
    )
    divided = pool.with_columns(split=parts.tolist(), split_method=write_method(recipe, facts))
    return divided.select((~free).tolist())


def _column(manifest: Manifest, name: str) -> Names:
    return np.array(manifest.table[name].astype(object).tolist(), dtype=object)


def _partners(pairs: Pairs, held: Bools) -> Bools:
    """Rows outside of `held` that show what a row of it shows."""
    found = np.zeros(len(held), dtype=bool)
    for first, second in pairs:
        if held[first] != held[second]:
            found[second if held[first] else first] = True
    return found


def _shuffled(manifest: Manifest, seed: int) -> Places:
    """Rows in an order that depends on seed and path only."""
    paths = manifest.table["path"].astype(str)
    keys = [hashlib.blake2b(f"{seed}/{path}".encode(), digest_size=8).digest() for path in paths]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def _first(order: Places, labels: Names, allowed: Bools, size: Counts) -> Bools:
    """Of each class the first so many allowed rows of an order."""
    chosen = np.zeros(len(labels), dtype=bool)
    ordered = order[allowed[order]]
    for label, count in size.items():
        chosen[ordered[labels[ordered] == label][:count]] = True
    return chosen


def _counts(manifest: Manifest, part: Part) -> Counts:
    inside = manifest.table["split"] == part
    return _count(manifest.table["label"][inside].astype(object).tolist())


def _count(labels: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for label in labels:
        found[str(label)] = found.get(str(label), 0) + 1
    return found


def _scaled(counts: Counts, total: int) -> Counts:
    """Counts in the same proportions that sum to `total`, by largest remainder."""
    whole = sum(counts.values())
    exact = {label: total * count / whole for label, count in counts.items()}
    floor = {label: int(value) for label, value in exact.items()}
    rest = sorted(exact, key=lambda label: (floor[label] - exact[label], label))
    for label in rest[: total - sum(floor.values())]:
        floor[label] += 1
    return floor
