"""How fast are files fingerprinted, beside merely decoding them, and how fast are a million hashes searched?

    python benchmarks/hashing.py FOLDER WITH PICTURES [--pictures 2000] [--hashes 1000000]

"Decoding" is Pillow opening and decoding every file to RGB, "reading" is leukoscope's own reader, which also checks the
header and hashes the file, "SHA-256" is reading the bytes and hashing them, below which no fingerprint can fall. First
the time of one core per picture, which other programs disturb little: each in turn, best of seven rounds. Then pictures
per second of the clock on all cores, best of three.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image

from leukoscope.data.copies import equal_values, fingerprint, near_hashes
from leukoscope.imaging.reading import read_image


def decode(paths: Sequence[Path]) -> int:
    return sum(np.asarray(Image.open(path).convert("RGB")).nbytes for path in paths)


def read(paths: Sequence[Path]) -> int:
    return sum(read_image(path).pixels.nbytes for path in paths)


def hash_all(paths: Sequence[Path]) -> int:
    return len([fingerprint(path) for path in paths])


def digest(paths: Sequence[Path]) -> int:
    return len([sha256(path.read_bytes()).hexdigest() for path in paths])


def core_times(works: Sequence[Callable[[Sequence[Path]], int]], paths: Sequence[Path]) -> list[float]:
    """Microseconds of one core a picture."""
    best = [float("inf")] * len(works)
    for _ in range(7):
        for place, work in enumerate(works):
            start = time.process_time()
            work(paths)
            best[place] = min(best[place], (time.process_time() - start) / len(paths) * 1e6)
    return best


def rate(processes: ProcessPoolExecutor, work: Callable[[Sequence[Path]], int], paths: Sequence[Path]) -> float:
    tasks = [paths[start : start + 64] for start in range(0, len(paths), 64)]
    list(processes.map(work, tasks[:4]))  # imports
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        list(processes.map(work, tasks))
        best = max(best, len(paths) / (time.perf_counter() - start))
    return best


def search_hashes(count: int) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2**63, count, dtype=np.uint64)
    values[1::1000] = values[::1000] ^ np.uint64(1 << 17)
    column = [f"{value:064x}" for value in values]
    column[3::1000] = column[2::1000]
    start = time.perf_counter()
    equal = len(equal_values(column))
    middle = time.perf_counter()
    near = len(near_hashes(values, 3))
    print(f"{count} hashes: {equal} groups of equal ones in {middle - start:.1f} s, "
          f"{near} near pairs in {time.perf_counter() - middle:.1f} s, "
          f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    given = parser.parse_args()
    paths = sorted(path for path in given.folder.rglob("*") if path.suffix in {".jpg", ".png", ".bmp", ".tif"})
    # Of every part of the folder, not the first class alone.
    paths = [paths[place] for place in np.linspace(0, len(paths) - 1, min(given.pictures, len(paths))).astype(int)]
    floor, limit, own, hashed = core_times((digest, decode, read, hash_all), paths)
    print(f"{len(paths)} pictures, microseconds of one core each: SHA-256 {floor:.0f}, decoding {limit:.0f}, reading "
          f"{own:.0f}, fingerprint {hashed:.0f}: {limit / hashed:.0%} of decoding")  # fmt: skip
    with ProcessPoolExecutor() as processes:
        limit, own, hashed = (rate(processes, work, paths) for work in (decode, read, hash_all))
    print(f"a second on all cores: decoding {limit:.0f}/s, reading {own:.0f}/s, fingerprints {hashed:.0f}/s: "
          f"{hashed / limit:.0%} of decoding, {hashed / own:.0%} of reading")  # fmt: skip
    search_hashes(given.hashes)


if __name__ == "__main__":
    main()
