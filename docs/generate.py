"""Writes the parts of the documentation that repeat what the code says: `make docs`.

Whole pages: the commands and the settings. Regions between two comment marks: the module map, and the figures of the
shipped models in the README, which come from their cards so that nobody types a figure by hand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "src" / "leukoscope"
GENERATED = "<!-- Written by `make docs` from the code; change it there. -->"
HELP_WIDTH = 100


def pages() -> dict[Path, str]:
    """Every file that is generated, wholly or in part, with the text it should have."""
    architecture = REPOSITORY / "docs" / "explanation" / "architecture.md"
    index, readme = REPOSITORY / "docs" / "README.md", REPOSITORY / "README.md"
    return {
        REPOSITORY / "docs" / "reference" / "cli.md": cli_page(),
        REPOSITORY / "docs" / "reference" / "settings.md": settings_page(),
        REPOSITORY / "docs" / "reference" / "data_sets.md": data_sets_page(),
        REPOSITORY / "docs" / "reference" / "measurements.md": measurements_page(),
        architecture: with_region(architecture, "modules", module_map()),
        index: with_region(index, "decisions", decisions()),
        readme: with_region(readme, "figures", figures()),
    }


def with_region(file: Path, name: str, text: str) -> str:
    """The file's text with what stands between its marks for `name` replaced."""
    start, end = f"<!-- {name}: written by `make docs` -->", f"<!-- end of {name} -->"
    before, found, rest = file.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"{file} lacks the marks {start} and {end}")
    return f"{before}{start}\n{text.strip()}\n{end}{after}"


# --- commands ---------------------------------------------------------------------------------------------------------


def cli_page() -> str:
    """The help of every command, as the terminal shows it."""
    from typer.main import get_command

    from leukoscope.cli.main import app

    parts = ["# Commands", GENERATED, "Each command prints for people; with `--json`, where it has it, for programs."]
    for path, text in _helps(get_command(app), "leukoscope", None):
        parts += [f"## `{path}`", f"```text\n{text}\n```"]
    return "\n\n".join([*parts, EXIT_CODES]) + "\n"


EXIT_CODES = """## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | some inputs failed; the rest is written and the failures are listed |
| 2 | wrong usage: an option, a value or a name that does not exist |
| 3 | nothing could be done |
| 130 | stopped with Ctrl-C; what was finished is written, and the same command goes on from there |"""


def _helps(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.make_context(name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True)
    context.terminal_width = context.max_content_width = HELP_WIDTH
    yield name, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    for child_name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(child, f"{name} {child_name}", context)


# --- settings ---------------------------------------------------------------------------------------------------------


def settings_page() -> str:
    """One row per deployment setting: its environment variable, its default, what it does."""
    from leukoscope.settings import Settings

    prefix = str(Settings.model_config.get("env_prefix", "")).upper()
    rows = [
        f"| `{prefix}{name.upper()}` | `{_default(field)}` | {field.description or ''} |"
        for name, field in Settings.model_fields.items()
    ]
    introduction = (
        "Deployment settings are read once, from the environment, when the server starts. "
        "A command's option goes before the variable."
    )
    table = "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows])
    return "\n\n".join(["# Settings", GENERATED, introduction, table]) + "\n"


def _default(field: Any) -> str:
    factory = getattr(field, "default_factory", None)
    if factory is not None:
        return "see the text"
    value = getattr(field, "default", None)
    return "none" if value in (None, ()) else str(getattr(value, "get_secret_value", lambda: value)())


# --- data sets --------------------------------------------------------------------------------------------------------


def data_sets_page() -> str:
    """Every data set and format that can be imported, from its card."""
    from leukoscope.data.sources.cards_page import cards_page
    from leukoscope.data.sources.registry import FORMATS, SETS

    introduction = (
        "What `leukoscope data import` reads. Read a set's traps before you use it, and its licence before you pass "
        "anything on. How to import: [Import a data set](../how_to/import_data.md)."
    )
    cards = cards_page([source.card for source in SETS], [source.card for source in FORMATS])
    return "\n\n".join(["# Data sets", GENERATED, introduction, cards]) + "\n"


# --- measurements -----------------------------------------------------------------------------------------------------

TOPICS = {
    "shape": "Size and shape",
    "nucleus": "Lobes of the nucleus",
    "contour": "Contour of the nucleus",
    "chromatin": "Chromatin",
    "spots": "Pale spots: nucleoli and vacuoles",
    "granularity": "Granularity of the cytoplasm",
    "color": "Color",
    "texture": "Texture",
}
MEASURED = """What `leukoscope measure` writes for every nucleated cell, and `result.json` in part (`features`). How to
use it: [Measure cells](../how_to/measure_cells.md); what the figures are worth: [Cells](../explanation/cells.md).

- Lengths and areas stand in pixels of the picture as given and, where the pixel size is known, in micrometers.
- What is not defined for a cell is left out: an empty field, never a made-up number. Without nucleus there is no
  chromatin; without cytoplasm no granularity; a region of one color has no skewness.
- The *core* of nucleus or cytoplasm is the region without a rim of a 50th of the cell's diameter, which is blurred; the
  whole region where fewer than 25 pixels would be left.
- Texture, chromatin, granularity and spots are looked at in a copy in which the circle of the cell's area is 120 pixels
  wide, so that they mean the same at any magnification. A picture with less detail than that has less texture.
- *Optical density* is ln((glass + 8) / (level + 8)), with the color of the glass of the whole picture (white where a
  cell is cut out on black). A cell cut by the edge of the picture is larger than measured: `cut_by_border`."""


def measurements_page() -> str:
    """Every measurement with unit, formula and source."""
    from leukoscope.imaging.measurements import MEASUREMENTS

    parts = ["# Measurements", GENERATED, MEASURED]
    for topic, title in TOPICS.items():
        rows = [
            f"| {', '.join(f'`{name}`' for name, _ in one.columns)} | {', '.join(unit for _, unit in one.columns)} "
            f"| {one.formula.replace('|', chr(92) + '|')} | {one.source} |"
            for one in MEASUREMENTS
            if one.topic == topic
        ]
        parts += [f"## {title}", "\n".join(["| name | unit | formula | source |", "|---|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


# --- module map -------------------------------------------------------------------------------------------------------


def module_map() -> str:
    """One line per module, in the words of its own docstring, top of the layers first."""
    root = _table([PACKAGE / "__init__.py"])
    return "\n\n".join([*(_package(name) for name in _layers()), f"### The package itself\n\n{root}"])


def _layers() -> list[str]:
    """The packages in the order of the import contract."""
    contract = (REPOSITORY / ".importlinter").read_text(encoding="utf-8").partition("layers =\n")[2]
    return [name.strip() for line in contract.partition("\n\n")[0].splitlines() for name in line.split("|")]


def _package(name: str) -> str:
    single = PACKAGE / f"{name}.py"
    if single.is_file():
        return f"### {name}\n\n{_table([single])}"
    modules = [one for one in sorted((PACKAGE / name).rglob("*.py")) if _is_told(one)]
    return f"### {name}/\n\n{_first_sentence(PACKAGE / name / '__init__.py')}\n\n{_table(modules)}"


def _table(modules: list[Path]) -> str:
    rows = [f"| `{one.relative_to(PACKAGE).as_posix()}` | {_first_sentence(one)} |" for one in modules]
    return "\n".join(["| module | what it answers |", "|---|---|", *rows])


def _is_told(module: Path) -> bool:
    """Not the `__init__.py` that only names its package, and not single migrations."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return module.parent.name != "versions" and (
        module.name != "__init__.py" or any(not isinstance(node, ast.Expr) for node in body)
    )


def _first_sentence(module: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")


# --- decisions --------------------------------------------------------------------------------------------------------


def decisions() -> str:
    """One link per decision page, by its own title."""
    folder = REPOSITORY / "docs" / "decisions"
    titles = {one.name: one.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for one in folder.glob("*.md")}
    return "\n".join(f"- [{title}](decisions/{name})" for name, title in sorted(titles.items()))


# --- figures ----------------------------------------------------------------------------------------------------------


def figures() -> str:
    """The shipped models' held-out results, from their cards."""
    from leukoscope.bundles.registry import list_bundles

    cards = [one.card for one in list_bundles() if one.shipped and one.card is not None]
    header = [
        "| model | names | n | accuracy (95 % interval) | balanced accuracy | named | right among these |",
        "|---|---|---:|---|---|---:|---:|",
    ]
    rows = [_figure_row(card) for card in cards if card.metrics is not None]
    remarks = [f"\n**{card.name}.** {' '.join(_remarks(card))}" for card in cards]
    return "\n".join([*header, *rows, *remarks])


def _figure_row(card: Card) -> str:
    metrics, decision = card.metrics, card.decision
    assert metrics is not None
    names = ", ".join(label.title for label in card.labels)
    accuracy = _with_interval(metrics.accuracy, metrics.accuracy_ci95)
    balanced = _with_interval(metrics.balanced_accuracy, metrics.balanced_accuracy_ci95)
    accepted, right = decision.accepted_share_held_out, decision.accepted_accuracy_held_out
    told = "not told | not told" if accepted is None or right is None else f"{accepted:.1%} | {right:.1%}"
    return f"| `{card.name}` {card.version} | {names} | {metrics.n} | {accuracy} | {balanced} | {told} |"


def _with_interval(value: float, limits: tuple[float, float]) -> str:
    return f"{value:.3f} ({limits[0]:.3f} to {limits[1]:.3f})"


def _remarks(card: Card) -> Iterator[str]:
    if card.metrics is not None:
        yield f"Held out: {_sentence(card.metrics.how_held_out)}"
    if card.robustness:
        worst = min(card.robustness, key=lambda row: row.accuracy)
        figure = _with_interval(worst.accuracy, worst.accuracy_ci95)
        yield f"Worst of {len(card.robustness)} changes of stain and picture: {figure}, {worst.change}."
    yield from (_sentence(limit) for limit in card.limits)
    yield f"Licence of the weights: {_sentence(card.weights_licence)}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


if __name__ == "__main__":
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")
