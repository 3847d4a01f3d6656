"""What named cells add up to: the differential with exact limits, and what to look at first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from leukoscope.domain.labels import UNCERTAIN, Label
from leukoscope.domain.summary import Share, Summary
from leukoscope.errors import InvalidValueError
from leukoscope.evaluation.intervals import clopper_pearson

ENOUGH_LEUKOCYTES = 100
"""Leukocytes of a usual manual differential; below it the limits are wide and the summary says so."""

MANY_UNCERTAIN = 0.15
"""Share of uncertain cells from which the summary says that the percentages lean on few of the cells."""

NO_CELL = "No nucleated cell was found; this says nothing about the specimen."
NO_BLAST_CLASS = (
    "Leukemic cells (blasts) are not among the classes this model can name; they were not looked for, "
    "and this is not a count of zero."
)
NO_CELL_MODEL = "No model that names cells was asked, so blasts were not looked for; this is not a count of zero."
ONLY_RESEMBLES = (
    "This model says which cells resemble blasts of the set it learned from; how often that is right for cells of a "
    "field was never measured, so blasts are not counted, and this is not a count of zero."
)
BLASTS_AS_NAMED = "Cells the model named blast; those it did not recognize are among the other rows."


def summarize(
    cells: Iterable[tuple[str | None, bool]], labels: Sequence[Label], *, novel: int = 0, contradicted: int = 0
) -> Summary:
    """Add up cells.

    Leukocytes, the denominator of every percentage, are all nucleated cells but those named erythroblast without
    doubt. Cells the model would not name are a row of their own, `uncertain`, whatever class came out best.

    Args:
        cells: Label (None: not named) and whether it is uncertain, one a cell.
        labels: Classes of the cell model; none when no cell model was asked.
        novel: How many of the cells lie outside what the model was trained on.
        contradicted: How many measure unlike what they are called.

    Returns:
        The summary; percentages have exact (Clopper-Pearson) 95 % limits of sampling. The differential is empty when
        there is no leukocyte or no cell model.

    Raises:
        InvalidValueError: A cell carries a label that is not among `labels`.

    Example:
        >>> lymphocyte = Label("lymphocyte", "Lymphocyte", "A white cell.", "leukocyte")
        >>> summary = summarize([("lymphocyte", False)] * 3 + [("lymphocyte", True)], [lymphocyte])
        >>> share = summary.differential["lymphocyte"]
        >>> share.count, share.percent, [round(limit, 1) for limit in share.ci95]
        (3, 75.0, [19.4, 99.4])
    """
    counts = Counter(cells)
    total = counts.total()
    if not labels:
        return Summary(total, {}, None, NO_CELL_MODEL, None, None, 0, ())
    named = _named(counts, labels)
    uncertain = total - sum(named.values())
    erythroid = [label.name for label in labels if label.group == "erythroblast"]
    erythroblasts = sum(named[name] for name in erythroid)
    leukocytes = total - erythroblasts
    rows = {label.name: named[label.name] for label in labels if label.group != "erythroblast"} | {UNCERTAIN: uncertain}
    differential = {name: _share(count, leukocytes) for name, count in rows.items()} if leukocytes else {}
    blasts, note = _blasts(named, labels, leukocytes)
    return Summary(
        cells=total,
        differential=differential,
        blasts=blasts,
        blasts_note=note,
        erythroblasts=erythroblasts if erythroid else None,
        erythroblasts_per_100_leukocytes=100 * erythroblasts / leukocytes if erythroid and leukocytes else None,
        uncertain=uncertain,
        flags=tuple(_flags(named, labels, total, leukocytes, uncertain, novel, contradicted)),
    )


def _named(counts: Counter[tuple[str | None, bool]], labels: Sequence[Label]) -> Counter[str]:
    known = {label.name for label in labels}
    named: Counter[str] = Counter()
    for (label, uncertain), count in counts.items():
        if label is not None and label not in known:
            raise InvalidValueError(f"A cell is labeled {label!r}, which is not among {sorted(known)}.")
        if label is not None and not uncertain:
            named[label] += count
    return named


def _share(count: int, n: int) -> Share:
    low, high = clopper_pearson(count, n)
    return Share(count, 100 * count / n, (100 * low, 100 * high))


def _blasts(named: Counter[str], labels: Sequence[Label], leukocytes: int) -> tuple[Share | None, str]:
    blasts = [label for label in labels if label.group == "blast"]
    if not blasts:
        return None, NO_BLAST_CLASS
    if any(label.only_resembles for label in blasts):
        return None, ONLY_RESEMBLES
    if not leukocytes:
        return None, "No leukocyte was found, so there is no share of blasts."
    return _share(sum(named[label.name] for label in blasts), leukocytes), BLASTS_AS_NAMED


def _flags(
    named: Counter[str],
    labels: Sequence[Label],
    total: int,
    leukocytes: int,
    uncertain: int,
    novel: int,
    contradicted: int,
) -> Iterator[str]:
    yield from _flags_of_classes(named, labels, leukocytes)
    if novel:
        yield f"{_cells(novel)} unlike the cells the model was trained on. Look at {_them(novel)} first."
    if contradicted:
        told = "1 cell measures" if contradicted == 1 else f"{contradicted} cells measure"
        yield f"{told} unlike what the model calls {_them(contradicted)}. Look at {_them(contradicted)} early."
    if total and uncertain / total >= MANY_UNCERTAIN:
        yield f"Uncertain: {uncertain} of {_all(total)} not named, so the named classes are counted too low."
    if not total:
        yield NO_CELL
    elif leukocytes < ENOUGH_LEUKOCYTES:
        yield f"Only {_leukocytes(leukocytes)} counted (fewer than {ENOUGH_LEUKOCYTES}): the limits are wide."


def _flags_of_classes(named: Counter[str], labels: Sequence[Label], leukocytes: int) -> Iterator[str]:
    for label in labels:
        count = named[label.name]
        if count and label.only_resembles and label.group in ("blast", "immature"):
            yield f"Cells that resemble {label.title}: {count}. Look at each of them."
        elif count and label.group == "blast":
            yield f"Cells named {label.title.lower()}: {count}. Look at each of them."
        elif count and label.group == "immature":
            yield f"Immature cells present: {count} named {label.title.lower()}."
        elif count and label.group == "erythroblast":
            yield f"Erythroblasts present: {count} ({_per_100(count, leukocytes)})."


def _per_100(count: int, leukocytes: int) -> str:
    return f"{100 * count / leukocytes:.1f} per 100 leukocytes" if leukocytes else "no leukocyte beside them"


def _cells(count: int) -> str:
    return "1 cell is" if count == 1 else f"{count} cells are"


def _all(count: int) -> str:
    return "1 cell was" if count == 1 else f"{count} cells were"


def _leukocytes(count: int) -> str:
    return "1 leukocyte" if count == 1 else f"{count} leukocytes"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
