"""A stranger's first commands: what `make` would do on a fresh clone, without a network.

The installer and the interpreter are replaced by scripts that write down how they were called.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MAKE = shutil.which("make") or ""
pytestmark = pytest.mark.skipif(not MAKE, reason="make is not installed")

RECORDING_UV = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/../calls"
echo "index=$UV_DEFAULT_INDEX" >> "$(dirname "$0")/../calls"
"""
SILENT_PYTHON = """#!/bin/sh
case "$*" in *"config get"*) exit 1;; *) echo "python $*" >> "$(dirname "$0")/../calls";; esac
"""


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout whose environment answers without installing anything."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    shutil.copytree(REPOSITORY / ".ci", tmp_path / ".ci")
    script(tmp_path / ".venv/bin/python", SILENT_PYTHON)
    script(tmp_path / ".venv/bin/uv", RECORDING_UV)
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder / "home")} | environment
    return subprocess.run([MAKE, *arguments], cwd=folder, env=bare, capture_output=True, text=True, check=False)


def calls(clone: Path) -> str:
    record = clone / ".venv/calls"
    return record.read_text(encoding="utf-8") if record.exists() else ""


def test_the_demo_installs_the_base_package_pinned_and_nothing_else(clone: Path) -> None:
    done = make(clone, "install")
    assert done.returncode == 0, done.stderr
    installs = [line for line in calls(clone).splitlines() if line.startswith("pip install")]
    assert len(installs) == 1
    assert installs[0].endswith("--editable .")
    assert "--constraints constraints.txt" in installs[0]
    assert "--group" not in installs[0]
    assert "[" not in installs[0]


def test_the_tests_install_the_extra_and_the_tools(clone: Path) -> None:
    make(clone, "install-full")
    assert re.search(r"pip install .*--editable \.\[train,keras\] --group dev$", calls(clone), re.MULTILINE)


def test_nothing_is_installed_twice_until_the_pins_change(clone: Path) -> None:
    make(clone, "install")
    before = calls(clone)
    make(clone, "install")
    assert calls(clone) == before
    later = (clone / ".venv/.installed-base").stat().st_mtime + 10
    os.utime(clone / "constraints.txt", (later, later))
    make(clone, "install")
    assert calls(clone).count("pip install --quiet --constraints") == 2


def test_the_installer_follows_the_mirror_that_pip_uses(clone: Path) -> None:
    make(clone, "install", PIP_INDEX_URL="https://mirror.example/simple")
    assert "index=https://mirror.example/simple" in calls(clone)


def test_without_a_mirror_no_index_is_named(clone: Path) -> None:
    make(clone, "install")
    assert re.search(r"^index=$", calls(clone), re.MULTILINE)


def test_without_a_new_enough_python_one_sentence_says_what_to_install(clone: Path) -> None:
    shutil.rmtree(clone / ".venv")
    done = make(clone, "install", "PYTHON=")
    assert done.returncode != 0
    assert "leukoscope needs Python 3.11 or newer" in done.stderr


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/how_to/install_offline.md"])
def test_every_make_target_that_a_page_names_is_there(page: str) -> None:
    listed = make(REPOSITORY, "help").stdout
    named = set(re.findall(r"(?:^|`)(?:\w+=\d )?make ([a-z-]+)", (REPOSITORY / page).read_text(), re.MULTILINE))
    assert named
    assert [target for target in named if not re.search(rf"^{target} ", listed, re.MULTILINE)] == []


def test_continuous_integration_runs_the_same_gates(clone: Path) -> None:
    script(clone / "bin/make", '#!/bin/sh\necho "make $* in $PWD"\n')
    done = subprocess.run(
        [clone / ".ci/run"],
        cwd="/",
        env={"PATH": f"{clone / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"make test in {clone}\n"


def ensure_chromium(programs: Path) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("bash") or "bash"
    return subprocess.run(
        [shell, REPOSITORY / ".ci/ensure_chromium"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_browser_that_is_there_is_used(tmp_path: Path) -> None:
    script(tmp_path / "chromium", "#!/bin/sh\n")
    assert ensure_chromium(tmp_path).returncode == 0


def test_without_a_browser_and_without_the_right_to_install_one_sentence_says_so(tmp_path: Path) -> None:
    script(tmp_path / "apt-get", "#!/bin/sh\n")
    script(tmp_path / "id", "#!/bin/sh\necho 1000\n")
    done = ensure_chromium(tmp_path)
    assert done.returncode == 1
    assert "this user may not install packages" in done.stderr
    assert "apt-get install chromium" in done.stderr


def test_without_a_browser_root_installs_it(tmp_path: Path) -> None:
    script(tmp_path / "apt-get", f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n')
    script(tmp_path / "id", "#!/bin/sh\necho 0\n")
    assert ensure_chromium(tmp_path).returncode == 0
    asked = (tmp_path / "asked").read_text().splitlines()
    assert "update" in asked[0]
    assert asked[1].endswith("chromium")
