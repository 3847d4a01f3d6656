"""Writes what a new version changed: `concordance.html`, `concordance.json` and `concordance.csv`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.evaluation.classification import PLURALS
from leukoscope.evaluation.concordance import CHANGES, Case, Concordance
from leukoscope.reporting.comparison_report.comparison_words import basis_text, estimate_text, p_text, warn_of_few
from leukoscope.reporting.data_report.thumbnails import Locate, Thumbnail, thumbnail
from leukoscope.reporting.evaluation_report.evaluation_words import units_text
from leukoscope.reporting.files import replacing, write_page
from leukoscope.reporting.page import render
from leukoscope.reporting.wording import plural

SCHEMA = "leukoscope.concordance/1"
MOST_SHOWN = 48
"""Cases with a picture on the page; all are in concordance.csv."""
_SIDE_PX = 160


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A case with its picture."""

    case: Case
    picture: Thumbnail


def write_concordance(
    concordance: Concordance, folder: Path, locate: Locate, *, written_at: datetime | None = None
) -> Path:
    """Write page, JSON and the list of cases.

    Args:
        concordance: What was found.
        folder: Where to.
        locate: Where a picture lies.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "concordance.json") as stream:
        stream.write(concordance_to_json(concordance))
    with replacing(folder / "concordance.csv") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(Case)])
        for case in (*concordance.changed, *concordance.drifted):
            writer.writerow([getattr(case, field.name) for field in fields(Case)])
    return write_page(folder / "concordance.html", _parts(concordance, locate, written_at or datetime.now(UTC)))


def concordance_to_json(concordance: Concordance) -> str:
    """The text of `concordance.json`."""
    told = {"schema": SCHEMA, "version": __version__, "sentence": say_concordance(concordance), **asdict(concordance)}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def say_concordance(found: Concordance) -> str:
    """The one sentence."""
    alike = found.n - len(found.changed)
    agreement = (
        f"{found.first} and {found.second} name {alike} of {plural(found.n, 'picture')} alike: "
        f"{estimate_text(found.agreement)}, kappa {estimate_text(found.kappa)}"
    )
    if not found.changed:
        return f"{agreement}."
    wrong, right, other = (found.count(change) for change in ("now wrong", "now right", "wrong otherwise"))
    by_chance = p_text(found.p)
    return (
        f"{agreement}; of {plural(len(found.changed), 'picture')} named otherwise "
        f"{wrong} {_is(wrong)} wrong now, {right} right now, {other} wrong in another way (McNemar p {by_chance})."
    )


def say_accuracies(found: Concordance) -> list[tuple[str, str]]:
    """Name of each version and its accuracy, with limits and over what these were found."""
    pairs = zip((found.first, found.second), found.accuracy_by_unit, strict=True)
    return [(name, f"{estimate_text(one)}{basis_text(one, found)}") for name, one in pairs]


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _parts(found: Concordance, locate: Locate, written_at: datetime) -> Iterator[str]:
    yield render(
        "data_report/top",
        brand="leukoscope version concordance",
        title=f"{found.first} → {found.second}",
        version=__version__,
        written_at=f"{written_at:%Y-%m-%d %H:%M %Z}",
    )
    yield render(
        "comparison_report/concordance",
        found=found,
        sentence=say_concordance(found),
        agreement=estimate_text(found.agreement),
        units=units_text(found),
        plural_unit=PLURALS[found.unit],
        kappa=estimate_text(found.kappa),
        warnings=[*warn_of_few(found), *found.notes],
        accuracies=say_accuracies(found),
        counts=[(change, found.count(change)) for change in CHANGES],
        most=MOST_SHOWN,
    )
    yield from _gallery("Look at these first: named otherwise, the gravest first", found.changed, locate)
    yield from _gallery("Named alike, but the probabilities moved most", found.drifted, locate)
    yield render("data_report/bottom", version=__version__)


def _gallery(title: str, cases: Sequence[Case], locate: Locate) -> Iterator[str]:
    if cases:
        shown = [ShownCase(case, thumbnail(case.path, locate, _SIDE_PX)) for case in cases[:MOST_SHOWN]]
        yield render("comparison_report/cases", title=title, shown=shown, total=len(cases))
