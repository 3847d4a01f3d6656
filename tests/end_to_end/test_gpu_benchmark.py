"""Without a graphics card the benchmark says so and measures nothing."""

import os
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "gpu_training.py"


def test_without_a_card_nothing_is_measured_and_nothing_written(tmp_path):
    command = [sys.executable, str(BENCHMARK), "--json", str(tmp_path / "figures.json")]
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=hidden, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("There is no graphics card that PyTorch can use here, so nothing was measured.")
    assert not (tmp_path / "figures.json").exists()
