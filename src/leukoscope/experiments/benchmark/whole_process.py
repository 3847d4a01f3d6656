"""Figures of the whole command, as its user meets it: cold start, memory, first page.

Each run is a process of its own, so that nothing is warm and its peak memory is its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.errors import LeukoscopeError
from leukoscope.experiments.benchmark.figures import Figure
from leukoscope.imaging.drawing import to_jpeg
from leukoscope.synthetic import draw_cell, draw_field

_COMMAND = [sys.executable, "-m", "leukoscope.cli"]
_START_LIMIT_S = 60

# The peak that the system tells of a child includes that of the process it was forked from; a process's own
# high-water mark does not. Where /proc is missing (macOS) the former is all there is.
_WITH_PEAK = """
import re, resource, sys
from leukoscope.cli.main import run
try:
    run()
finally:
    try:
        with open("/proc/self/status") as status:
            peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("peak_kb", peak, file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    peak_mb: float
    stderr: str


def cold_figures(folder: Path, *, repetitions: int) -> list[Figure]:
    """Time `analyze` from a cold start on one cell and on one field, and the import of our own modules.

    Args:
        folder: An empty folder for pictures and results.
        repetitions: How often each is timed.
    """
    cell = _picture(folder / "cell.jpg", draw_cell(np.random.default_rng(1), "neutrophil").pixels)
    drawn = draw_field(np.random.default_rng(20), width=1280, height=960, cells={"neutrophil": 20})
    field = _picture(folder / "field.jpg", drawn.pixels)
    cells = [_analyze(folder, cell) for _ in range(repetitions)]
    fields = [_analyze(folder, field) for _ in range(repetitions)]
    imports = [_own_import_seconds(_analyze(folder, cell, "-X", "importtime").stderr) for _ in range(repetitions)]
    return [
        Figure("analyze one cell picture (cold)", "s", [run.seconds for run in cells], budget=1.5),
        Figure("import of our own modules in it", "s", imports, budget=0.2),
        Figure("analyze one field of 20 cells (cold)", "s", [run.seconds for run in fields], budget=2.0),
    ]


def memory_figures(folder: Path, *, many: int) -> list[Figure]:
    """Peak memory on a picture of 100 megapixels, and over few and many fields.

    Args:
        folder: An empty folder for pictures and results.
        many: Number of fields in the long batch; the short one has 10.
    """
    tile = draw_field(np.random.default_rng(3), width=1250, height=1000).pixels
    large = _picture(folder / "large.jpg", np.tile(tile, (10, 8, 1)))
    figures = [Figure("peak memory, one picture of 100 MP", "MB", [_analyze(folder, large).peak_mb], budget=600)]
    large.unlink()
    batch = folder / "batch"
    batch.mkdir()
    for number in range(many):
        # Each a little different, as pictures are; drawing 2,500 fields would take longer than reading them.
        _picture(batch / f"{number:05}.jpg", np.roll(tile, number, axis=1))
        if number + 1 in (10, many):
            peak = _analyze(folder, batch).peak_mb
            figures.append(Figure(f"peak memory, batch of {number + 1} fields", "MB", [peak], budget=600))
    return figures


def page_figures(folder: Path, *, repetitions: int, port: int = 18_431) -> list[Figure]:
    """Time the first page of the desk on a running server, and the server's start.

    Raises:
        LeukoscopeError: The server does not come up within a minute.
    """
    command = [*_COMMAND, "serve", "--port", str(port), "--data-dir", str(folder / "desk")]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - our own command
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
            started = time.perf_counter() - start
            pages = [_fetch_seconds(f"http://127.0.0.1:{port}/") for _ in range(repetitions)]
        finally:
            server.terminate()
    return [Figure("start of the server", "s", [started]), Figure("first page of the desk", "s", pages, budget=1.0)]


def _picture(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Path:
    path.write_bytes(to_jpeg(pixels, 90))
    return path


def _analyze(folder: Path, path: Path, *options: str) -> _Run:
    command = [sys.executable, *options, "-c", _WITH_PEAK, "analyze", str(path), "--out", str(folder / "out")]
    errors = folder / "stderr.txt"
    start = time.perf_counter()
    with errors.open("wb") as stream:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=stream, check=False)  # noqa: S603 - our own command
    seconds = time.perf_counter() - start
    text = errors.read_text(encoding="utf-8", errors="replace")
    peak = re.search(r"^peak_kb (\d+)$", text, re.MULTILINE)
    if done.returncode or peak is None:
        raise LeukoscopeError(f"The benchmark's own run failed: {text.strip()[-300:]}", hint="Run it by hand.")
    return _Run(seconds, int(peak[1]) / 1024, text)


def _own_import_seconds(importtime: str) -> float:
    """Sum of the self times of our own modules in the output of `-X importtime`."""
    rows = re.findall(r"import time:\s+(\d+) \|\s+\d+ \| +(leukoscope\S*)", importtime)
    return sum(int(microseconds) for microseconds, _ in rows) / 1e6


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            _fetch_seconds(url)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise LeukoscopeError("The server did not start within a minute.", hint="Start `leukoscope serve` by hand.")


def _fetch_seconds(url: str) -> float:
    start = time.perf_counter()
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - a fixed http://127.0.0.1 address
        response.read()
    return time.perf_counter() - start
