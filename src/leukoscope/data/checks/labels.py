"""Are the labels whole, spelled one way, balanced, and those that the files' own names tell?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from leukoscope.data.checks.findings import Finding
from leukoscope.data.checks.pairs import SHOWN
from leukoscope.data.manifest import PARTS, Manifest

if TYPE_CHECKING:
    import pandas as pd

IMBALANCE_WARNING = 10.0
"""The largest class over the smallest, from which a plain accuracy hides the smallest."""
IMBALANCE_NOTE = 3.0
FEW = 10
"""A class with fewer pictures cannot be learned or judged."""
_WORDS = 10_000
"""How many different folders or endings of names, the commonest first, are held against the classes."""
_AGREEING = 0.05
"""Share of pictures whose label may differ from the class told by their name before a swap is suspected."""


def check_labels(manifest: Manifest, known: tuple[str, ...] = (), prefix: str = "") -> Iterator[Finding]:
    """Findings on the labels of one set.

    Args:
        manifest: The set.
        known: The classes its card names; empty where there is no card.
        prefix: Put before file names, such as `set:`.
    """
    table = manifest.table
    counts = table["label"].value_counts()
    counts = counts[counts > 0]
    boxed = bool(table["boxes"].notna().any())
    yield from _empty(table, prefix, boxed=boxed and counts.empty)
    yield from _spelled_twice(table, counts, prefix)
    yield from _unknown(table, counts, known, prefix)
    yield from _imbalance(counts)
    yield from _missing_from_parts(table, counts)
    yield from _against_names(table, counts, prefix)


def _empty(table: pd.DataFrame, prefix: str, *, boxed: bool) -> Iterator[Finding]:
    without = table["label"].isna() | (table["label"].astype("string").str.strip() == "").fillna(False)
    count = int(without.sum())
    if boxed or count == 0:
        return
    everyone = count == len(table)
    yield Finding(
        "empty-labels",
        "note" if everyone else "warning",
        "No picture has a label." if everyone else f"{count} of {len(table)} pictures have no label.",
        "Fill them in, or leave these pictures out; training and evaluation pass over them.",
        count=count,
        files=_files(table, without, prefix),
    )


def _spelled_twice(table: pd.DataFrame, counts: pd.Series, prefix: str) -> Iterator[Finding]:
    spellings: dict[str, list[str]] = {}
    for label in counts.index:
        spellings.setdefault(plain_name(str(label)), []).append(str(label))
    variants = [sorted(several) for several in spellings.values() if len(several) > 1]
    if variants:
        rare = [min(several, key=lambda one: (counts[one], one)) for several in variants]
        said = "; ".join(" = ".join(repr(one) for one in several) for several in sorted(variants))
        yield Finding(
            "label-spellings",
            "severe",
            f"{len(variants)} class{'' if len(variants) == 1 else 'es'} spelled in more than one way: {said}.",
            "`leukoscope data check ... --fix FILE` writes the commoner spelling everywhere.",
            count=len(variants),
            files=_files(table, table["label"].isin(rare), prefix),
        )


def plain_name(label: str) -> str:
    """A label without case, accents, spaces and punctuation: what two spellings of one class share.

    Example:
        >>> plain_name(" Early Pre-B") == plain_name("early_pre_b")
        True
    """
    bare = unicodedata.normalize("NFKD", label.casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in bare if not unicodedata.combining(sign))) or label


def _unknown(table: pd.DataFrame, counts: pd.Series, known: tuple[str, ...], prefix: str) -> Iterator[Finding]:
    strange = [str(label) for label in counts.index if label not in known] if known else []
    if strange:
        chosen = table["label"].isin(strange)
        yield Finding(
            "unknown-labels",
            "warning",
            f"{int(chosen.sum())} pictures have a label that the card does not name: {', '.join(sorted(strange))}.",
            f"The card names {', '.join(known)}; correct the labels.",
            count=int(chosen.sum()),
            files=_files(table, chosen, prefix),
        )


def _imbalance(counts: pd.Series) -> Iterator[Finding]:
    if len(counts) < 2:
        return
    ratio = counts.max() / counts.min()
    if ratio >= IMBALANCE_NOTE:
        said = f"{counts.idxmax()} has {counts.max()}, {counts.idxmin()} has {counts.min()}"
        yield Finding(
            "class-imbalance",
            "warning" if ratio >= IMBALANCE_WARNING else "note",
            f"The largest class is {ratio:.1f} times the smallest: {said}.",
            "Quote balanced accuracy and the recall of every class, never accuracy alone.",
            count=int(counts.min()),
        )
    few = counts[counts < FEW]
    if len(few):
        said = ", ".join(f"{name} {count}" for name, count in few.items())
        yield Finding(
            "rare-classes",
            "warning",
            f"{len(few)} class{'' if len(few) == 1 else 'es'} with fewer than {FEW} pictures: {said}.",
            "Collect more, join them with a class they belong to, or leave them out and say so.",
            count=len(few),
        )


def _missing_from_parts(table: pd.DataFrame, counts: pd.Series) -> Iterator[Finding]:
    used = [part for part in PARTS if (table["split"] == part).any()]
    lacking = {
        part: sorted(set(map(str, counts.index)) - set(table.loc[table["split"] == part, "label"].dropna().astype(str)))
        for part in used
    }
    lacking = {part: classes for part, classes in lacking.items() if classes}
    if lacking:
        said = "; ".join(f"{part} lacks {', '.join(classes)}" for part, classes in lacking.items())
        yield Finding(
            "classes-missing-from-parts",
            "severe" if "train" in lacking else "warning",
            f"Not every class is in every part: {said}.",
            "Divide anew with `leukoscope data split ...`, which gives every class its share.",
            count=sum(map(len, lacking.values())),
        )


def _against_names(table: pd.DataFrame, counts: pd.Series, prefix: str) -> Iterator[Finding]:
    """Labels beside the class that the file's folder or the end of its name tells."""
    if len(counts) < 2:
        return
    classes = {plain_name(str(label)): str(label) for label in counts.index}
    told = _told_by_name(table["path"], classes)
    label = table["label"].astype("string")
    both = told.notna() & label.notna()
    differs = both & (told != label)
    count, share = int(differs.sum()), float(differs.sum() / max(int(both.sum()), 1))
    if count == 0:
        return
    swapped = share > 1 - _AGREEING
    says = "all" if swapped else f"{count} of {int(both.sum())}"
    yield Finding(
        "labels-unlike-names",
        "severe" if share > _AGREEING else "warning",
        f"{says} pictures carry another label than their folder or name tells"
        + ("; the class names look swapped." if swapped or _is_swap(label[differs], told[differs]) else "."),
        "Compare the labels with the set's own list before using either; swapped names turn every figure around.",
        count=count,
        files=_files(table, differs, prefix),
    )


def _told_by_name(paths: pd.Series, classes: dict[str, str]) -> pd.Series:
    folder = paths.str.extract(r"([^/]+)/[^/]+$", expand=False)
    ending = paths.str.extract(r"[_\-]([^_\-/.]+)\.[^./]+$", expand=False)
    return _class_of(folder, classes).fillna(_class_of(ending, classes))


def _class_of(words: pd.Series, classes: dict[str, str]) -> pd.Series:
    """The class a word names; numbers of a million files are no words, and looking at each would take seconds."""
    counts = words.value_counts()
    several = counts.index if len(counts) <= _WORDS else counts.index[:_WORDS]
    known = {word: classes[plain_name(word)] for word in several if plain_name(word) in classes}
    return words.where(words.isin(list(known))).astype("category").map(known).astype("string[pyarrow]")


def _is_swap(label: pd.Series, told: pd.Series) -> bool:
    """Whether those that differ go both ways between two classes."""
    ways = set(zip(label, told, strict=True))
    return any((b, a) in ways for a, b in ways)


def _files(table: pd.DataFrame, chosen: pd.Series, prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{path}" for path in table.loc[chosen, "path"].head(SHOWN))
