"""Writes what the labs found into the document: `python -m ...leakage_document recipes/leakage docs/.../leakage.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from leukoscope.errors import DataError
from leukoscope.evaluation.leakage import ARMS, ColorLab, Figure, Lab, spread_of
from leukoscope.reporting.comparison_report.leakage_page import lab_of_json
from leukoscope.reporting.comparison_report.leakage_words import (
    ARM_TITLES,
    BY_SHORT,
    FIGURE_TITLES,
    gap_table,
    limits_of,
    say_leakage,
    say_limits,
    say_limits_of,
    say_shares,
    say_what_there_is,
    warn_of_lab,
)

BEGIN, END = "<!-- labs: from recipes/leakage/*.json -->", "<!-- end of labs -->"
BEGIN_SHORT, END_SHORT = "<!-- what there is: from recipes/leakage/*.json -->", "<!-- end of what there is -->"
_COLORS = "-colors.json"
_TOLD: tuple[Figure, ...] = ("accuracy", "balanced_accuracy", "auroc")


def read_labs(folder: Path) -> tuple[Lab, ...]:
    """The labs of a folder of `leakage.json` files, by file name; those of colors are others."""
    files = [path for path in sorted(folder.glob("*.json")) if not path.name.endswith(_COLORS)]
    return tuple(lab_of_json(path.read_text(encoding="utf-8")) for path in files)


def read_color_labs(folder: Path) -> tuple[ColorLab, ...]:
    """The labs without a network, by file name."""
    return tuple(color_lab_of_json(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"*{_COLORS}")))


def color_lab_to_json(lab: ColorLab) -> str:
    """The text of a file `*-colors.json`."""
    return json.dumps(asdict(lab), indent=2) + "\n"


def color_lab_of_json(text: str) -> ColorLab:
    """What `color_lab_to_json` wrote."""
    told = json.loads(text)
    spreads = {name: spread_of(told[name]["values"]) for name in ("clean", "image", "unseen", "too_good")}
    return ColorLab(**{**told, **spreads, "classes": tuple(told["classes"])})


def document_of(labs: Sequence[Lab], colors: Sequence[ColorLab] = ()) -> str:
    """The chapters of the document: without a network, then one a lab."""
    return "\n".join([*([_color_chapter(colors)] if colors else []), *(_chapter(lab) for lab in labs)])


def insert_labs(text: str, labs: Sequence[Lab], colors: Sequence[ColorLab] = ()) -> str:
    """The document with its chapters replaced, and what it says before them of what there is.

    Raises:
        DataError: The document has no place for them.
    """
    text = _between(text, BEGIN, END, document_of(labs, colors))
    return _between(text, BEGIN_SHORT, END_SHORT, f"{say_what_there_is(labs, colors)}\n")


def _between(text: str, begin: str, end: str, told: str) -> str:
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise DataError("The document does not say where the labs stand.", hint=f"Write {begin} and {end}.")
    return f"{before}{begin}\n\n{told}\n{end}{after}"


def _color_chapter(labs: Sequence[ColorLab]) -> str:
    seeds = len(labs[0].image.values)
    heads = ["set", "classes", "kept together", "by image", "the same, unseen groups", "too good by", "by group"]
    heads += ["above split by group"]
    rows = [
        [
            f"{lab.data} ({lab.pictures})",
            ", ".join(lab.classes),
            f"{lab.groups} {BY_SHORT.get(lab.by, lab.by)}",
            limits_of(lab.image),
            limits_of(lab.unseen),
            limits_of(lab.same_model, signed=True),
            limits_of(lab.clean),
            limits_of(lab.too_good, signed=True),
        ]
        for lab in labs
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])
    return (
        "## Without any network\n\n"
        f"Accuracy of five nearest neighbors on twelve color numbers: mean of {seeds} divisions with limits. "
        "A neighbor is as near as leakage comes: what lies beside the test picture names it.\n\n"
        f"{table}\n\n{' '.join(say_shares(lab) for lab in labs)}\n\n{say_limits('patients or blocks', seeds)}\n"
    )


def _chapter(lab: Lab) -> str:
    tables = [f"**{FIGURE_TITLES[figure]}**\n\n{gap_table(lab, figure)}" for figure in _TOLD]
    warnings = "".join(f"- {one}\n" for one in warn_of_lab(lab))
    return "\n".join(
        [
            f"## {lab.recipe} on {lab.data}, {lab.side_px} x {lab.side_px} pixels, {lab.epochs} epochs\n",
            f"{say_leakage(lab)}\n",
            *tables,
            f"{say_limits_of(lab)}\n",
            f"{_conditions(lab)}\n",
            *([warnings] if warnings else []),
            f"```\n{lab.command}\n```\n",
        ]
    )


def _conditions(lab: Lab) -> str:
    clean = [run for run in lab.runs if run.arm == "group"]
    colors = [
        f"{ARM_TITLES[arm].lower()} {_mean([run.color_reported for run in lab.runs if run.arm == arm]):.3f}"
        for arm in ARMS
    ]
    learned = _range([run.learned for run in clean])
    tested, groups = _range([run.reported.n for run in clean]), _range([run.reported.groups for run in clean])
    return (
        f"{lab.pictures} pictures of {lab.groups} groups ({lab.by}); {learned} to learn from, {tested} of {groups} "
        f"groups to test on. Colors alone reach, without a network: {', '.join(colors)}."
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"


if __name__ == "__main__":
    document = Path(sys.argv[2])
    kept = Path(sys.argv[1])
    told = insert_labs(document.read_text(encoding="utf-8"), read_labs(kept), read_color_labs(kept))
    document.write_text(told, encoding="utf-8")
