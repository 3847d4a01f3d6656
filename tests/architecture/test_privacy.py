"""Nothing is sent anywhere, and nothing is left behind that could be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["leukoscope.inference.classifier", "leukoscope.wiring", "leukoscope.cli.main"])
def test_loading_what_analyzes_leaves_no_trace_in_the_home_folder(module: str, tmp_path: Path) -> None:
    # ONNX Runtime's official builds make a device id and a queue of events to upload, unless told not to.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=clean | {"HOME": str(tmp_path)}, check=True)
    assert [str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()] == []
