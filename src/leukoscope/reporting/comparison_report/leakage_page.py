"""Writes what the leakage lab found: `leakage.html`, `leakage.json` and `leakage.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from leukoscope import __version__
from leukoscope.evaluation.leakage import FIGURES, ArmRun, Asked, Gap, Lab, find_gaps
from leukoscope.reporting.comparison_report.leakage_words import (
    ARM_TITLES,
    BY_SHORT,
    BY_WORDS,
    FIGURE_TITLES,
    gap_table,
    limits_of,
    say_leakage,
    say_limits_of,
    warn_of_lab,
)
from leukoscope.reporting.figures.leakage import ArmDots, ArmPanel, draw_arms
from leukoscope.reporting.figures.style import Picture, picture_of
from leukoscope.reporting.files import replacing, write_page
from leukoscope.reporting.page import render

SCHEMA = "leukoscope.leakage/1"
PAGE = "leakage.html"


def write_leakage(lab: Lab, folder: Path, *, written_at: datetime | None = None) -> Path:
    """Write the page, `leakage.json`, and the tables as `leakage.md`.

    Args:
        lab: What was found, finished or not.
        folder: Where to.
        written_at: Time told on the page; now, where not given.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "leakage.json") as stream:
        stream.write(lab_to_json(lab))
    with replacing(folder / "leakage.md") as stream:
        stream.write(f"{say_leakage(lab)}\n\n{gap_table(lab)}\n{say_limits_of(lab)}\n")
    return write_page(folder / PAGE, _parts(lab, written_at or datetime.now(UTC)))


def lab_to_json(lab: Lab) -> str:
    """The text of `leakage.json`."""
    told = {
        "schema": SCHEMA,
        "version": __version__,
        "sentence": say_leakage(lab),
        "warnings": list(warn_of_lab(lab)),
        **asdict(lab),
        "gaps": {figure: [_gap(gap) for gap in find_gaps(lab.runs, figure)] for figure in FIGURES},
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def lab_of_json(text: str) -> Lab:
    """What `lab_to_json` wrote."""
    told = json.loads(text)
    runs = (
        ArmRun(**{**run, "reported": Asked(**run["reported"]), "unseen": Asked(**run["unseen"])})
        for run in told["runs"]
    )
    return Lab(**{name: told[name] for name in Lab.__slots__ if name != "runs"}, runs=tuple(runs))


def _gap(gap: Gap) -> dict[str, object]:
    spreads = ("reported", "unseen", "too_good", "same_model")
    return {
        "arm": gap.arm,
        **{name: {**asdict(getattr(gap, name)), "mean": getattr(gap, name).mean} for name in spreads},
    }


def _parts(lab: Lab, written_at: datetime) -> Iterator[str]:
    yield render(
        "data_report/top",
        brand="leukoscope leakage lab",
        title=f"{lab.recipe} on {lab.data}",
        version=__version__,
        written_at=f"{written_at:%Y-%m-%d %H:%M %Z}",
    )
    gaps = {FIGURE_TITLES[figure]: find_gaps(lab.runs, figure) for figure in FIGURES}
    told = {title: one for title, one in gaps.items() if one}
    yield render(
        "comparison_report/leakage",
        lab=lab,
        sentence=say_leakage(lab),
        warnings=list(warn_of_lab(lab)),
        gaps=told,
        seeds=[seed for seed in lab.seeds if sum(run.seed == seed for run in lab.runs) == len(ARM_TITLES)],
        titles=ARM_TITLES,
        by=BY_WORDS.get(lab.by, lab.by),
        short_by=BY_SHORT.get(lab.by, lab.by),
        limits_of=limits_of,
        limits=say_limits_of(lab),
        picture=_figure(lab, told) if told else None,
    )
    yield render("data_report/bottom", version=__version__)


def _figure(lab: Lab, gaps: dict[str, tuple[Gap, ...]]) -> Picture:
    panels = [
        ArmPanel(
            title, tuple(ArmDots(ARM_TITLES[gap.arm], gap.reported.values, gap.unseen.values) for gap in of_figure)
        )
        for title, of_figure in gaps.items()
    ]
    alt = "Dots: figures of each arm and seed as reported, beside those of the same models on unseen groups"
    return picture_of(draw_arms(panels, n=min(run.reported.n for run in lab.runs)), alt)
