"""The wheel a stranger installs: everything the product needs, with the shipped models or without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "src" / "leukoscope"
SHIPPED = "leukoscope/bundled/"


def contents(folder: Path, *, without_bundles: bool) -> set[str]:
    environment = {**os.environ, "LEUKOSCOPE_WITHOUT_BUNDLES": "1" if without_bundles else "0"}
    # A copy, so that what other tests write meanwhile is no part of it.
    tree = folder / "tree"
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(REPOSITORY / "src", tree / "src", ignore=ignored)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(REPOSITORY / name, tree / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return contents(tmp_path_factory.mktemp("whole"), without_bundles=False)


def test_every_module_template_and_migration_is_in_the_wheel(whole: set[str]) -> None:
    here = [one for one in PACKAGE.rglob("*") if one.is_file() and "__pycache__" not in one.parts]
    expected = {f"leukoscope/{one.relative_to(PACKAGE).as_posix()}" for one in here if one.name[0] != "."}
    assert expected - whole == set()


def test_license_and_notice_travel_with_it(whole: set[str]) -> None:
    assert {name.rpartition("/")[2] for name in whole if "/licenses/" in name} >= {"LICENSE", "NOTICE"}


def test_nothing_but_the_package_is_in_it(whole: set[str]) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in whole} == {"leukoscope"}
    assert not [name for name in whole if name.endswith((".pyc", ".pt", ".ckpt", ".pkl"))]


def test_without_the_shipped_models_only_they_are_missing(whole: set[str], tmp_path: Path) -> None:
    bare = contents(tmp_path, without_bundles=True)
    models = {name for name in whole if name.startswith(SHIPPED)}
    assert models, "the shipped models are not in the wheel"
    assert whole - bare == models
