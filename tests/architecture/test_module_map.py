"""The map of the modules in the documentation is the tree, line for line."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "leukoscope"
MAP = REPOSITORY / "docs" / "explanation" / "architecture.md"
LINE = re.compile(r"^\| `(?P<module>[a-z0-9_/.]+\.py)` \| (?P<says>.+) \|$", re.MULTILINE)


def mapped() -> dict[str, str]:
    return {match["module"]: match["says"].strip() for match in LINE.finditer(MAP.read_text(encoding="utf-8"))}


def modules() -> set[str]:
    """All modules but the empty `__init__.py` files and the migrations, which are told by their folder's line."""
    found = {one.relative_to(PACKAGE).as_posix(): one for one in PACKAGE.rglob("*.py")}
    return {
        name
        for name, file in found.items()
        if "/versions/" not in name and (file.name != "__init__.py" or _says_more_than_its_docstring(file))
    }


def _says_more_than_its_docstring(file: Path) -> bool:
    import ast

    return any(not isinstance(node, ast.Expr) for node in ast.parse(file.read_text(encoding="utf-8")).body)


def test_every_module_has_its_line() -> None:
    assert modules() - set(mapped()) == set(), "add them to docs/explanation/architecture.md"


def test_every_line_has_its_module() -> None:
    assert set(mapped()) - modules() == set(), "take them out of docs/explanation/architecture.md"


def test_no_module_stands_twice_and_each_line_says_something() -> None:
    names = [match["module"] for match in LINE.finditer(MAP.read_text(encoding="utf-8"))]
    assert len(names) == len(set(names))
    assert [name for name, says in mapped().items() if len(says) < 10] == []
