"""How many pictures per second does `lenet-lld` learn from, in Keras with TensorFlow and here, on the same machine?

    python benchmarks/keras_speed.py [--rounds 5] [--pictures 320] [--threads 0] [--environment FOLDER] [--json FILE]

Both train the published network (256 x 256, batch 32, Adam, binary cross-entropy, 32-bit numbers) on the same number
of random pictures held in memory, without augmentation: Keras by `model.fit`, leukoscope by what `leukoscope train`
runs. They take turns, one epoch each, in processes of their own that wait while the other works; the first epoch of
each warms up. The last rounds train here with the augmentation of the recipe, to show the share of time spent waiting
for data.

TensorFlow goes into a throw-away environment (about 2 GB, by uv from the package index), or into FOLDER, which is then
kept. It never comes near leukoscope's own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "keras_speed"


class Worker:
    """A process that trains one epoch whenever it is told to, and says how fast it went."""

    def __init__(self, python: Path, script: str, arguments: argparse.Namespace, *more: str) -> None:
        threads = str(arguments.threads)
        limits = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        self._process = subprocess.Popen(
            [str(python), str(HERE / script), str(arguments.pictures), threads, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | limits | quiet,
        )
        self.about = self._read()

    def epoch(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return self._read()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=120)

    def _read(self) -> dict[str, float]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit("A process ended before it was done; its reason stands above.")


def environment(folder: Path) -> Path:
    """An environment with TensorFlow; made if it is not there."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        print(f"Installing TensorFlow into {folder} ...", flush=True)
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), "tensorflow>=2.16"], check=True)
    return python


def measure(python: Path, arguments: argparse.Namespace) -> dict[str, object]:
    keras = Worker(python, "keras_side.py", arguments)
    ours = Worker(Path(sys.executable), "our_side.py", arguments, "plain")
    print(f"{keras.about['name']}\n{ours.about['name']}\n{arguments.threads} threads each, {platform.machine()}")
    keras.epoch()  # warm up
    ours.epoch()
    rounds = []
    for number in range(arguments.rounds):
        there, here = (keras.epoch(), ours.epoch()) if number % 2 else (ours.epoch(), keras.epoch())[::-1]
        rounds.append((there, here))
        print(
            f"round {number + 1}: Keras {there['images_per_s']:.1f}, leukoscope {here['images_per_s']:.1f} images/s "
            f"(processor time per image: {there['cpu_ms']:.1f} and {here['cpu_ms']:.1f} ms)",
            flush=True,
        )
    keras.end()
    ours.end()
    augmented = Worker(Path(sys.executable), "our_side.py", arguments, "recipe")
    augmented.epoch()
    changed = [augmented.epoch() for _ in range(2)]
    augmented.end()
    return {
        "keras": keras.about["name"],
        "leukoscope": ours.about["name"],
        "threads": arguments.threads,
        "keras_images_per_s": [one["images_per_s"] for one, _ in rounds],
        "images_per_s": [one["images_per_s"] for _, one in rounds],
        "keras_cpu_ms": [one["cpu_ms"] for one, _ in rounds],
        "cpu_ms": [one["cpu_ms"] for _, one in rounds],
        "waiting_share": [one["waiting_share"] for _, one in rounds],
        "augmented_images_per_s": [one["images_per_s"] for one in changed],
        "augmented_waiting_share": [one["waiting_share"] for one in changed],
    }


def tell(found: dict[str, object]) -> None:
    def middle(key: str) -> float:
        values = found[key]
        assert isinstance(values, list)
        return statistics.median(values)

    def spread(key: str) -> str:
        values = found[key]
        assert isinstance(values, list)
        return f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"

    print(f"Keras:      {spread('keras_images_per_s')} images/s, median and range of rounds")
    print(f"leukoscope: {spread('images_per_s')} images/s, waiting for data {middle('waiting_share'):.1%} of the time")
    print(f"ratio {middle('images_per_s') / middle('keras_images_per_s'):.2f} (1 or more is the aim); "
          f"by processor time {middle('keras_cpu_ms') / middle('cpu_ms'):.2f}")  # fmt: skip
    print(f"with the recipe's augmentation: {spread('augmented_images_per_s')} images/s, waiting for data "
          f"{middle('augmented_waiting_share'):.1%} of the time")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=320, help="pictures per epoch, a multiple of 32")
    parser.add_argument("--threads", type=int, default=0, help="threads of each; 0 for one per core")
    parser.add_argument("--environment", type=Path, help="keep TensorFlow here")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    arguments.threads = arguments.threads or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="keras-speed-") as name:
        found = measure(environment(arguments.environment or Path(name) / "env"), arguments)
    tell(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
