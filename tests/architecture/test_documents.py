"""The documents say what the code does, lead somewhere, and keep the promises made about words."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from leukoscope.bundles.registry import list_bundles

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
PACKAGE = REPOSITORY / "src" / "leukoscope"
PAGES = sorted([*DOCS.rglob("*.md"), *REPOSITORY.glob("*.md")])


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def generated() -> dict[Path, str]:
    pages: dict[Path, str] = generator().pages()
    return pages


def short(file: Path) -> str:
    return file.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("file", list(generated()), ids=short)
def test_a_generated_page_is_up_to_date(file: Path) -> None:
    assert file.read_text(encoding="utf-8") == generated()[file], "run: make docs"


def links(page: Path) -> Iterator[tuple[str, str]]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_no_link_is_dead(page: Path) -> None:
    dead = []
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{path}#{anchor}")
    assert dead == []


def test_every_page_can_be_reached_from_the_index() -> None:
    reached = {DOCS / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        for path, _ in links(page):
            target = (page.parent / path).resolve()
            if target.is_file() and target.suffix == ".md" and target.is_relative_to(DOCS) and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert [short(page) for page in sorted(set(DOCS.rglob("*.md")) - reached)] == []


def test_the_glossary_explains_each_term_once() -> None:
    rows = re.findall(
        r"^\| \*\*(.+?)\*\*.* \| (.+) \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    terms = [term for term, _ in rows]
    assert len(terms) >= 40
    assert len(terms) == len(set(terms))


def test_each_class_of_a_shipped_model_is_in_the_glossary() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8").lower()
    cards = [one.card for one in list_bundles() if one.shipped and one.card is not None]
    cell_classes = [label.title.lower() for card in cards if card.level == "cell" for label in card.labels]
    assert cell_classes, "there is no shipped cell model"
    assert [title for title in cell_classes if title not in glossary] == []


def test_the_notice_names_each_shipped_model_and_the_licence_of_its_data() -> None:
    notice = " ".join((REPOSITORY / "NOTICE").read_text(encoding="utf-8").split())
    cards = [one.card for one in list_bundles() if one.shipped and one.card is not None]
    assert cards, "there is no shipped model"
    for card in cards:
        assert card.name in notice
        for source in card.data_sources:
            known = next((one for one in ("CC BY 4.0", "MIT", "GPL-3.0") if source.licence.startswith(one)), None)
            wanted = known or "not established"
            assert wanted in notice, f"{card.name} learned from {source.name} ({source.licence})"


def test_each_dependency_has_its_reason_and_licence() -> None:
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    names = {re.split(r"[<>=!~\[]", line)[0].strip() for line in lines} - {"leukoscope"}
    page = (DOCS / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([^`]+)` \| \S.* \| \S.* \|$", page, re.MULTILINE))
    assert names == explained


def told_to_people() -> list[Path]:
    """Texts that leave the program: sources, templates, scripts, cards, recipes."""
    kinds = {".py", ".html", ".js", ".css", ".toml", ".jinja", ".j2"}
    return [one for one in [*PACKAGE.rglob("*"), *(REPOSITORY / "recipes").rglob("*")] if one.suffix in kinds]


DENIED = re.compile(
    r"\b(no|not|never|nor|without|isn't)\b[^.]{0,80}diagnos|diagnos\w*[^.]{0,20}\b(never|not)\b", re.IGNORECASE
)


@pytest.mark.parametrize("file", told_to_people(), ids=short)
def test_no_output_is_called_a_diagnosis(file: Path) -> None:
    sentences = re.split(r"(?<=[.!?])\s|\n\s*\n", file.read_text(encoding="utf-8"))
    assert [
        one.strip() for one in sentences if re.search("diagnos", one, re.IGNORECASE) and not DENIED.search(one)
    ] == []


def test_the_readme_says_research_use_before_anything_can_be_installed() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert readme.index("research use only") < readme.index("```bash")


def test_the_changelog_collects_what_is_unreleased() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## [")[0]
    assert re.findall(r"^- \S", unreleased, re.MULTILINE)
