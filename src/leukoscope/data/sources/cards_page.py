"""The page about all data sets and formats, written from their cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.data.sources.source import DataCard


def cards_page(sets: Sequence[DataCard], formats: Sequence[DataCard]) -> str:
    """Markdown: a table of the sets, each card in full, a table of the formats."""
    header = ["| set | a picture shows | classes | licence of the images | `--download` |", "|---|---|---:|---|---|"]
    rows = [
        f"| [`{card.name}`](#{card.name}) | one {card.level} | {len(card.classes)} | {_cell(card.licence)} "
        f"| {'yes' if card.downloads else 'no'} |"
        for card in sets
    ]
    parts = ["\n".join([*header, *rows])]
    for card in sets:
        parts += [f"## {card.name}", *_card(card)]
    known = [f"| `{card.name}` | {_cell(card.title)} | {_cell(card.layout)} |" for card in formats]
    if known:
        parts += ["## Formats", "\n".join(["| format | what | layout |", "|---|---|---|", *known])]
    return "\n\n".join(parts)


def _card(card: DataCard) -> Iterator[str]:
    yield f"**{card.title}.** A picture shows one {card.level}."
    yield f"Layout: {card.layout}."
    rows = [f"| `{one.name}` | {_cell(one.original)} | {_cell(one.meaning)} |" for one in card.classes]
    yield "\n".join(["| class | there | meaning |", "|---|---|---|", *rows])
    facts = [
        ("Official parts", card.official_splits),
        ("Licence of the images", f"{card.licence}."),
        ("Cite", card.citation),
        ("Described at", f"<{card.url}>" if card.url else ""),
        ("Fetched with `--download` from", ", ".join(f"<{one.url}>" for one in card.downloads)),
        ("How to get it", card.how_to_get),
    ]
    yield "\n".join(f"- {what}: {said}" for what, said in facts if said)
    yield "\n".join(["Known traps:", "", *(f"- {trap}" for trap in card.traps)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
