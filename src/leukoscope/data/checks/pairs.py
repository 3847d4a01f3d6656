"""What do pictures that show the same thing divide: parts, folds, sets, patients or labels?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.checks.findings import Finding, Pair, PairKind, Severity
from leukoscope.data.checks.gathered import Gathered, SamePairs

if TYPE_CHECKING:
    import pandas as pd

Bools = NDArray[np.bool_]
SHOWN = 500
"""Pairs and files that a finding names; `count` tells all."""

_SLIDE_DEGREES = 10

_WORDS: dict[PairKind, str] = {
    "same-file": "the same file",
    "same-pixels": "the same pixels",
    "near-duplicate": "nearly the same picture",
    "retake": "the same field or cell taken again",
    "crop": "one cut out of the other",
    "augmented-copy": "one made from the other",
}
_ORDER: tuple[PairKind, ...] = ("same-file", "same-pixels", "augmented-copy", "near-duplicate", "crop", "retake")


@dataclass(frozen=True, slots=True, eq=False)
class _Facet:
    code: str
    severity: Severity
    divided: Bools
    what: str
    advice: str


def check_pairs(gathered: Gathered, pairs: SamePairs) -> Iterator[Finding]:
    """Findings for pictures that show the same thing; a pair is told once, where it does the most harm."""
    if not len(pairs):
        return
    table = gathered.table
    across_sets = _differ(table["set"], pairs)
    facets = (
        _Facet(
            "same-picture-other-label",
            "severe",
            other_labels(gathered, pairs),
            "show the same thing under different labels",
            "Look at them and correct the labels; `leukoscope data check ... --fix FILE` leaves both out.",
        ),
        _Facet(
            "augmented-copies-across-parts",
            "severe",
            _differ(table["split"], pairs) & _turned(pairs) & ~across_sets,
            "lie turned, mirrored or otherwise changed in two parts, as when a set is augmented before it is split",
            "Split the originals first, then augment the training part alone: `leukoscope data split ... --by copies`, "
            "then `leukoscope data augment ...`.",
        ),
        _Facet(
            "copies-across-parts",
            "severe",
            _differ(table["split"], pairs) & ~across_sets,
            "show the same thing and lie in different parts",
            "`leukoscope data check ... --fix FILE` keeps the held-out one; or divide anew with "
            "`leukoscope data split ... --by copies`.",
        ),
        _Facet(
            "copies-across-folds",
            "severe",
            _differ(table["fold"], pairs) & ~across_sets,
            "show the same thing and lie in different folds",
            "Divide anew with `leukoscope data split ... --folds K --by copies`.",
        ),
        _Facet(
            "copies-across-sets",
            "severe",
            across_sets,
            "show the same thing and lie in different sets",
            "Do not train on one set and test on the other: `leukoscope data check ... --fix FILE` joins the sets and "
            "keeps the one named first whole.",
        ),
        _Facet(
            "copies-across-patients",
            "warning",
            _differ(table["patient"], pairs) & ~across_sets,
            "show the same thing under different patients",
            "These patients are one, or one of the numbers is wrong: `leukoscope data check ... --fix FILE` merges "
            "their groups.",
        ),
        _Facet(
            "copies",
            "warning",
            np.ones(len(pairs), dtype=bool),
            "show the same thing",
            "Never divide them: `leukoscope data split ... --by copies`; `--fix FILE` drops copies and groups retakes.",
        ),
    )
    told = np.zeros(len(pairs), dtype=bool)
    for facet in facets:
        chosen = np.flatnonzero(facet.divided & ~told)
        told[chosen] = True
        if len(chosen):
            yield _finding(gathered, pairs, chosen, facet)


def crossing(gathered: Gathered, pairs: SamePairs) -> Bools:
    """Whether each pair lies in different parts, folds or sets, shape (pairs,)."""
    part, fold, owner = (_differ(gathered.table[column], pairs) for column in ("split", "fold", "set"))
    return part | fold | owner


def other_labels(gathered: Gathered, pairs: SamePairs) -> Bools:
    """Whether the two of each pair carry different labels, shape (pairs,).

    A field taken again after moving the slide may show another cell in its middle: its label need not be the same.
    """
    moved = np.array([kind == "retake" for kind in pairs.kind], dtype=bool)
    return np.asarray(_differ(gathered.table["label"], pairs) & ~moved)


def _finding(gathered: Gathered, pairs: SamePairs, chosen: NDArray[np.int64], facet: _Facet) -> Finding:
    kinds = Counter(pairs.kind[place] for place in chosen)
    said = ", ".join(f"{kinds[kind]} {_WORDS[kind]}" for kind in _ORDER if kinds[kind])
    order = sorted(chosen, key=lambda place: (_ORDER.index(pairs.kind[place]), -pairs.similarity[place]))
    crosses = crossing(gathered, pairs)
    shown = tuple(_pair(gathered, pairs, int(place), facet, crosses=bool(crosses[place])) for place in order[:SHOWN])
    one = len(chosen) == 1
    what = facet.what if not one else facet.what.replace("show ", "shows ", 1).replace("lie ", "lies ")
    return Finding(
        facet.code,
        facet.severity,
        f"{len(chosen)} pair{'' if one else 's'} of pictures {what} ({said}).",
        facet.advice,
        count=len(chosen),
        pairs=shown,
    )


def _pair(gathered: Gathered, pairs: SamePairs, place: int, facet: _Facet, *, crosses: bool) -> Pair:
    rows = [int(pairs.first[place]), int(pairs.second[place])]
    notes = [pairs.note[place], *_differences(gathered.table.iloc[rows])]
    kind: PairKind = "augmented-copy" if facet.code == "augmented-copies-across-parts" else pairs.kind[place]
    first, second = (str(gathered.names.iat[row]) for row in rows)
    return Pair(first, second, kind, float(pairs.similarity[place]), crosses, "; ".join(note for note in notes if note))


def _differences(two: pd.DataFrame) -> Iterator[str]:
    """In what two rows differ that must not, in words."""
    for column, word in (("split", ""), ("fold", "folds "), ("patient", "patients "), ("label", "labeled ")):
        values = two[column].dropna().astype(str).to_list()
        if len(values) == 2 and values[0] != values[1]:
            yield f"{word}{values[0]} and {values[1]}"


def _turned(pairs: SamePairs) -> Bools:
    noted = zip(pairs.kind, pairs.note, strict=True)
    return np.array([kind == "augmented-copy" or _is_changed(note) for kind, note in noted], dtype=bool)


def _is_changed(note: str) -> bool:
    """Whether a note tells of a mirrored or turned picture; a slide put in again is turned by a few degrees."""
    turned = re.search(r"turned (\d+)", note)
    angle = int(turned[1]) % 360 if turned else 0
    return "mirrored" in note or min(angle, 360 - angle) > _SLIDE_DEGREES


def _differ(column: pd.Series, pairs: SamePairs) -> Bools:
    """Whether both values of each pair are known and differ."""
    import pandas as pd

    codes = pd.factorize(column)[0]
    one, other = codes[pairs.first], codes[pairs.second]
    return np.asarray((one != other) & (one >= 0) & (other >= 0))
