"""What is installed: every bound has a reason, every package a pin, and no file names a machine or a package index."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
PYPROJECT = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)


def declared() -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = PROJECT["dependency-groups"].values()
    lines = [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    lines += [one for group in groups for one in group]
    return [Requirement(line) for line in lines if not line.startswith("leukoscope")]


@cache
def pins() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for line in (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def pin_here(name: str) -> Requirement | None:
    return next(
        (pin for pin in pins().get(canonicalize_name(name), []) if not pin.marker or pin.marker.evaluate()), None
    )


def test_constraints_hold_exact_versions_and_no_address() -> None:
    for pin in (one for several in pins().values() for one in several):
        assert pin.url is None
        assert [specifier.operator for specifier in pin.specifier] == ["=="], pin


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_each_dependency_is_pinned_to_a_release_within_its_bound(requirement: Requirement) -> None:
    pin = pin_here(requirement.name)
    assert pin is not None, f"{requirement.name} is not in constraints.txt: run make constraints"
    (exact,) = pin.specifier
    assert requirement.specifier.contains(exact.version)


def needed_here() -> set[str]:
    """Names of all packages that the declared ones bring on this machine, as their own metadata say."""
    waiting = [(canonicalize_name(one.name), frozenset(one.extras)) for one in declared()]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            lines = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for requirement in map(Requirement, lines):
            environments = [{**default_environment(), "extra": extra} for extra in ("", *extras)]
            if requirement.marker is None or any(requirement.marker.evaluate(one) for one in environments):  # type: ignore[arg-type]
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return {name for name, _ in seen}


def test_what_runs_these_tests_is_what_is_pinned() -> None:
    differing = {}
    for name in needed_here():
        try:
            installed = distribution(name).version
        except PackageNotFoundError:
            continue
        pin = pin_here(name)
        if pin is None or not pin.specifier.contains(installed, prereleases=True):
            differing[name] = f"installed {installed}, pinned {pin}"
    assert not differing, "run make install-full, or make constraints"


# A line such as `"numpy>=2.0",  # why`.
BOUND = re.compile(r'^\s*"(?P<name>[A-Za-z0-9_.\-\[\]]+)\s*(?P<bound>[<>=!~]=?[^"]*)"\s*,?(?P<rest>.*)$')


def bound_lines() -> list[tuple[str, bool]]:
    matches = [match for line in PYPROJECT.splitlines() if (match := BOUND.match(line))]
    return [(match["name"], "#" in match["rest"]) for match in matches]


@pytest.mark.parametrize(("name", "explained"), bound_lines())
def test_each_version_bound_says_why(name: str, explained: bool) -> None:
    assert explained, f"the bound of {name} in pyproject.toml has no reason beside it"


def tracked_text_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    files = [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name]
    return [one for one in files if one.is_file() and b"\0" not in one.read_bytes()[:8192]]


# Written in pieces, so that this file does not find itself.
FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.~$}])/" + r"work/",
            r"/opt/" + r"(pypi|wheels)",
            r"(?<!\w)/" + r"(root|home)/\w",
            r"py" + r"pi\.org",
            r"--(extra-)?index" + r"-url\s+\S",
            r"file" + r":///",
        ]
    )
)


def test_no_tracked_file_names_a_machine_or_a_package_index() -> None:
    hits = [
        f"{file.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
        for file in tracked_text_files()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert hits == []


def test_scratch_folders_are_named_only_by_tests() -> None:
    named = re.compile(r"(?<![\w.~$}])/tmp/")
    hits = [
        str(file.relative_to(REPOSITORY))
        for file in tracked_text_files()
        if file.relative_to(REPOSITORY).parts[0] != "tests" and named.search(file.read_text(encoding="utf-8"))
    ]
    assert hits == []
