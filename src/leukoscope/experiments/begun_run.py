"""Has a run begun?  Until it has learned or measured anything, its folder may be taken by another one."""

from __future__ import annotations

from pathlib import Path

_PAPERS = frozenset(
    """recipe.toml recipe.json run.json data_check.json split.csv split.json split.parquet asked.parquet""".split()  # noqa: SIM905
)
_COPIES = ("start", "weights")


def has_begun(out: Path) -> bool:
    """Whether a run folder holds more than what is written down before the work begins.

    A recipe that is refused when the network is made, or a set without a class, must not stand in the way of the
    corrected command.

    Args:
        out: Run folder; may be empty, or not there yet.
    """
    return any(one.is_file() and not _is_paper(one, out) for one in out.rglob("*"))


def _is_paper(file: Path, out: Path) -> bool:
    return file.parent == out and (file.name in _PAPERS or file.stem in _COPIES)
