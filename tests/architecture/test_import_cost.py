"""Starting the command must not load what the command does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "torchvision",
    "timm",
    "lightning",
    "pandas",
    "pyarrow",
    "sklearn",
    "scipy",
    "matplotlib",
    "nicegui",
    "fastapi",
    "sqlalchemy",
    "alembic",
    "onnxruntime",
    "cv2",
    "PIL",
)


def loaded_after(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_command_line_starts_without_any_heavy_library() -> None:
    assert not loaded_after("import leukoscope.cli.main") & set(HEAVY)


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("leukoscope.errors", set()),
        ("leukoscope.domain.findings", set()),
        ("leukoscope.bundles.registry", set()),
        ("leukoscope.imaging.reading", {"cv2"}),
        ("leukoscope.inference.pipeline", {"cv2", "onnxruntime"}),
    ],
)
def test_a_package_loads_only_its_own_libraries(module: str, allowed: set[str]) -> None:
    assert loaded_after(f"import {module}") & set(HEAVY) <= allowed


def test_importing_sets_nothing_up() -> None:
    # A logger with a handler or a seeded generator at import would change the program that imports us.
    program = (
        "import logging, random; before = random.getstate(); import leukoscope.wiring; "
        "assert not logging.getLogger('leukoscope').handlers and not logging.getLogger().handlers; "
        "assert random.getstate() == before"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
