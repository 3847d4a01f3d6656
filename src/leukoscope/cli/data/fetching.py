"""`leukoscope data import NAME PATH --download`: nothing is fetched before its licence was shown and accepted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from leukoscope.data.sources.source import DataCard

_PROOFS = {
    "published": "its checksum is the one its owners publish",
    "recorded": "its checksum is the one of the first download",
    "first": "its owners publish no checksum: this one is recorded, and later downloads are held against it",
}


def fetch_set(name: str | None, folder: Path, *, accepted: bool) -> Path:
    """Fetch the files of a set into a folder and unpack them.

    Returns:
        What to read: the folder that was unpacked, or the file.

    Raises:
        DataError: The set cannot be fetched, or a download failed.
    """
    from leukoscope.data.archives import count_files, unpack_zip
    from leukoscope.data.download import fetch
    from leukoscope.data.sources.registry import find_source
    from leukoscope.errors import DataError

    if name is None:
        raise typer.BadParameter("name the set to fetch before the folder", param_hint="[NAME] PATH")
    card = find_source(name).card
    if not card.downloads:
        raise DataError(f"{card.name} cannot be fetched by a program.", hint=f"How to get it: {card.how_to_get}")
    _agree(card, accepted=accepted)
    path = folder
    for download in card.downloads:
        with _progress_of_bytes(download.filename) as after_each:
            fetched = fetch(download, folder, after_each=after_each)
        typer.secho(f"{fetched.path}: SHA-256 {fetched.sha256}; {_PROOFS[fetched.proof]}.", err=True)
        path = fetched.path
        if path.suffix == ".zip":
            path = fetched.path.with_suffix("")
            from leukoscope.cli.progress import progress_over

            with progress_over(count_files(fetched.path), "Unpacking") as advance:
                unpack_zip(fetched.path, path, after_each=advance)
    return path


def _agree(card: DataCard, *, accepted: bool) -> None:
    """Show what is fetched and under which licence; stop unless that is accepted."""
    lines = [f"{card.name}: {card.title}", *(f"From: {one.url}" for one in card.downloads)]
    lines += [f"Licence: {card.licence}", f"Cite: {card.citation}"]
    typer.secho("\n".join(lines), err=True)
    if accepted:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("accept the licence shown above with --accept-licence", param_hint="--download")
    if not typer.confirm("Do you accept this licence?", err=True):
        from leukoscope.cli.exit_codes import ExitCode

        typer.secho("Nothing was fetched.", err=True)
        raise typer.Exit(ExitCode.NOTHING_DONE)


@contextmanager
def _progress_of_bytes(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on a terminal that knows how many bytes are here, and of how many where the server tells."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
