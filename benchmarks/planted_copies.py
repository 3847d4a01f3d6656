"""How many planted copies are found among real pictures, and how many other pairs are reported?

Takes pictures of a set, plants copies of them in every way a copy may come about, and searches. A planted copy that is
not paired with its original is missed; every other pair is written on a contact sheet, to be judged by eye: it is a
false alarm, or a copy that the set held already.

    python benchmarks/planted_copies.py ../shared/data FOLDER FOR THE SHEETS [SET ...] [--pictures 300] [--each 60]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies import CopyPair, find_copies
from leukoscope.imaging.reading import read_image

Pixels = NDArray[np.uint8]
SETS = ("taleqani-all", "pbc-crops", "bccd", "cnmc-2019", "jtsc-wbc")
Plant = Callable[[Pixels, Pixels, np.random.Generator], Pixels]


def saved_again(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    return _jpeg(one, 70)


def brighter_or_darker(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    return _brightened(one, rng.choice((0.85, 1.15)))


def blurred(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    return cv2.GaussianBlur(one, (0, 0), 1.0)


def turned_or_flipped(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    turn = int(rng.integers(1, 8))
    return np.ascontiguousarray(np.rot90(one[:, ::-1] if turn >= 4 else one, turn % 4))


def shifted(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    """Moved by up to a quarter of the side both ways; what comes into view is of another picture of the set."""
    height, width = one.shape[:2]
    dy, dx = (
        round(float(share) * side) for share, side in zip(rng.uniform(-0.25, 0.25, 2), (height, width), strict=True)
    )
    made = cv2.resize(other, (width, height))
    made[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)] = one[
        max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)
    ]
    return made


def taken_again(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    """Shifted, refocused, brighter or darker, with a scale bar burnt in, and saved again."""
    made = _brightened(cv2.GaussianBlur(shifted(one, other, rng), (0, 0), 0.8), rng.uniform(0.9, 1.1))
    height, width = made.shape[:2]
    made[int(height * 0.88) : int(height * 0.97), int(width * 0.78) : int(width * 0.98)] = 255
    made[int(height * 0.93) : int(height * 0.95), int(width * 0.8) : int(width * 0.96)] = 0
    return _jpeg(made, 80)


def cut_out(one: Pixels, other: Pixels, rng: np.random.Generator) -> Pixels:
    """A window of half to four fifths of the side, made smaller in half of the cases, and saved again."""
    height, width = one.shape[:2]
    share = rng.uniform(0.5, 0.8)
    down, right = (int(rng.integers(0, int(side * (1 - share)) + 1)) for side in (height, width))
    made = one[down : down + int(height * share), right : right + int(width * share)]
    shrink = rng.uniform(0.65, 1.0) if rng.random() < 0.5 else 1.0
    return _jpeg(cv2.resize(made, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), 92)


PLANTS: tuple[Plant, ...] = (
    saved_again,
    shifted,
    turned_or_flipped,
    brighter_or_darker,
    blurred,
    taken_again,
    cut_out,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search found in one set."""

    pictures: int
    recall: dict[str, float]
    others: tuple[CopyPair, ...]
    seconds: float


def search(paths: Sequence[Path], each: int, seed: int = 0) -> tuple[Outcome, list[Callable[[], Pixels] | Path]]:
    rng = np.random.default_rng(seed)
    shows = [{number} for number in range(len(paths))]
    origin = list(range(len(paths)))
    made_by = [""] * len(paths)
    sources: list[Callable[[], Pixels] | Path] = list(paths)
    for plant in PLANTS:
        for chosen in rng.choice(len(paths), min(each, len(paths)), replace=False):
            number = int(chosen)
            other = (number + 1 + int(rng.integers(0, len(paths) - 1))) % len(paths)
            sources.append(_planted(plant, paths[number], paths[other], len(sources)))
            shows.append({number, other} if plant in (shifted, taken_again) else {number})
            origin.append(number)
            made_by.append(plant.__name__)
    start = time.perf_counter()
    pairs = find_copies(sources)
    seconds = time.perf_counter() - start
    found = {(one.first, one.second) for one in pairs}
    planted = {
        plant.__name__: [(origin[n], n) for n, made in enumerate(made_by) if made == plant.__name__] for plant in PLANTS
    }
    recall = {name: float(np.mean([pair in found for pair in expected])) for name, expected in planted.items()}
    others = tuple(one for one in pairs if not shows[one.first] & shows[one.second])
    return Outcome(len(sources), recall, others, seconds), sources


def _planted(plant: Plant, one: Path, other: Path, seed: int) -> Callable[[], Pixels]:
    return lambda: plant(_read(one), _read(other), np.random.default_rng(seed))


@lru_cache(maxsize=256)
def _read(path: Path) -> Pixels:
    return read_image(path).pixels


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _brightened(pixels: Pixels, factor: float) -> Pixels:
    return np.clip(pixels.astype(np.float32) * factor + 0.5, 0, 255).astype(np.uint8)


def sheet(
    pairs: Sequence[CopyPair], sources: Sequence[Callable[[], Pixels] | Path], path: Path, side: int = 180
) -> None:
    """Both pictures of every pair side by side, the most alike first."""
    tiles = []
    for pair in sorted(pairs, key=lambda one: -one.similarity)[:60]:
        both = [_fitted(_pixels(sources[number]), side) for number in (pair.first, pair.second)]
        tile = np.hstack(both)
        text = f"{pair.first} {pair.second} {pair.kind} {pair.similarity:.2f} {pair.turn} {pair.overlap:.2f}"
        strip = np.full((14, tile.shape[1], 3), 255, np.uint8)
        cv2.putText(strip, text, (2, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 0), 1)
        tiles.append(np.vstack([strip, tile]))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 4)
    rows = [np.hstack(tiles[start : start + 4]) for start in range(0, len(tiles), 4)]
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def _pixels(source: Callable[[], Pixels] | Path) -> Pixels:
    return _read(source) if isinstance(source, Path) else source()


def _fitted(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    made = np.full((side, side, 3), 255, np.uint8)
    made[: min(side, small.shape[0]), : min(side, small.shape[1])] = small[:side, :side]
    return made


def _pictures(folder: Path, most: int) -> list[Path]:
    found = sorted(path for path in _files(folder) if "mask" not in path.parent.name)
    chosen = np.random.default_rng(0).permutation(len(found))[:most]
    return [found[number] for number in sorted(chosen)]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in {".jpg", ".bmp", ".png"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sheets", type=Path)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--each", type=int, default=60)
    given = parser.parse_args()
    given.sheets.mkdir(parents=True, exist_ok=True)
    print(f"{'set':14}{'pictures':>9}" + "".join(f"{plant.__name__:>20}" for plant in PLANTS) + "  other pairs     s")
    for name in given.sets:
        outcome, sources = search(_pictures(given.data / name, given.pictures), given.each)
        if outcome.others:
            sheet(outcome.others, sources, given.sheets / f"{name}.png")
        recall = "".join(f"{outcome.recall[plant.__name__]:20.3f}" for plant in PLANTS)
        print(f"{name:14}{outcome.pictures:9}{recall}{len(outcome.others):13}{outcome.seconds:6.0f}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
