"""What `leukoscope data import --list` and `--card` show."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.data.sources.source import DataCard


def print_list(*, as_json: bool) -> None:
    """All sets and formats, a line each."""
    from leukoscope.data.sources.registry import FORMATS, SETS

    if as_json:
        print(json.dumps([dataclasses.asdict(source.card) for source in (*SETS, *FORMATS)], indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    sets = Table("set", "what", "classes", "licence", "fetched by --download")
    for source in SETS:
        card = source.card
        sets.add_row(card.name, card.title, str(len(card.classes)), card.licence, "yes" if card.downloads else "no")
    formats = Table("format", "what", "layout")
    for source in FORMATS:
        formats.add_row(source.card.name, source.card.title, escape(source.card.layout))
    console = Console()
    console.print(sets, formats)
    console.print("Read a card before using a set: leukoscope data import --card NAME")


def print_card(name: str, *, as_json: bool) -> None:
    """One card in full."""
    from leukoscope.data.sources.registry import find_source

    card = find_source(name).card
    print(json.dumps(dataclasses.asdict(card), indent=2) if as_json else _card_text(card))


def _card_text(card: DataCard) -> str:
    lines = [f"{card.name}: {card.title}", f"A picture shows one {card.level}."]
    lines += [f"Layout: {card.layout}"] if card.layout else []
    lines += ["Classes:", *(f"  {one.name} (there: {one.original}): {one.meaning}" for one in card.classes)]
    lines += [f"Licence of the images: {card.licence}"]
    lines += [f"Cite: {card.citation}"] if card.citation else []
    lines += [f"Described at: {card.url}"] if card.url else []
    lines += [f"Official parts: {card.official_splits}"] if card.official_splits else []
    lines += [f"Fetched with --download: {', '.join(one.url for one in card.downloads)}"] if card.downloads else []
    lines += [f"How to get it: {card.how_to_get}"] if card.how_to_get else []
    lines += ["Known traps:", *(f"  - {trap}" for trap in card.traps)] if card.traps else []
    return "\n".join(lines)
