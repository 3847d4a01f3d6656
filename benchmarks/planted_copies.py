"""How many planted copies are found among real pictures, and how many pairs are reported that are no copies?

Only one half of every set is used: the demands on copies are set on the pictures whose SHA-256 begins with 0 to 7
(`--half tuning`) and proved on the others (`--half proving`, the default). Copies of some pictures are planted among
all of the half in every way a copy may come about, and all are searched together. Told are

- of each kind of planted copy, how many were paired with their original, with exact 95 % limits;
- pairs of two originals: copies that the set held already, or false alarms. They are drawn on SET-originals.png, to
  be judged by eye;
- other pairs: one of the two is planted, and what it shows is not linked to the other, neither as its original (or as
  the picture a shifted copy was filled up with) nor by pairs of originals. They are drawn on SET-others.png.

    python benchmarks/planted_copies.py ../shared/data FOLDER FOR THE SHEETS [SET ...] [--each 100] [--half proving]
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.copies import CopyPair, CopySearch, find_copies
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.imaging.reading import read_image

Pixels = NDArray[np.uint8]
SETS = ("taleqani-all", "pbc-crops", "bccd", "cnmc-2019", "jtsc-wbc")
Plant = Callable[[Pixels, Pixels, np.random.Generator], Pixels]
Source = Callable[[], Pixels] | Path


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
    """What a search found in half a set.

    Attributes:
        originals: How many of the pictures searched are from the set; they come first.
        pictures: How many were searched.
        recall: Found and planted copies of each kind.
        known: Pairs of originals.
        others: Pairs with a planted copy that nothing explains.
        seconds: How long the search took.
        cpu_seconds: How much all cores together worked on it.
    """

    originals: int
    pictures: int
    recall: dict[str, tuple[int, int]]
    known: tuple[CopyPair, ...]
    others: tuple[CopyPair, ...]
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Planting:
    """A copy: how it was made, and of which originals it shows parts, the one it should be paired with first."""

    kind: str
    shows: tuple[int, ...]


def search(paths: Sequence[Path], each: int, seed: int = 0, workers: int | None = None) -> tuple[Outcome, list[Source]]:
    rng = np.random.default_rng(seed)
    sources: list[Source] = list(paths)
    plantings: list[Planting] = []
    for plant in PLANTS:
        for chosen in rng.choice(len(paths), min(each, len(paths)), replace=False):
            number = int(chosen)
            other = (number + 1 + int(rng.integers(0, len(paths) - 1))) % len(paths)
            sources.append(_planted(plant, paths[number], paths[other], len(sources)))
            shows = (number, other) if plant in (shifted, taken_again) else (number,)
            plantings.append(Planting(plant.__name__, shows))
    start, cpu = time.perf_counter(), time.process_time()
    pairs = find_copies(sources, CopySearch(workers=workers))
    took = time.perf_counter() - start, time.process_time() - cpu
    return _told(len(paths), plantings, pairs, took), sources


def _told(
    originals: int, plantings: Sequence[Planting], pairs: Sequence[CopyPair], took: tuple[float, float]
) -> Outcome:
    found = {(one.first, one.second) for one in pairs}
    # Of equal files only the first is compared with others, and stands for all.
    first = {one.second: one.first for one in pairs if one.kind in ("same-file", "same-pixels")}
    recall = {plant.__name__: (0, 0) for plant in PLANTS}
    for number, planting in enumerate(plantings, originals):
        hits, count = recall[planting.kind]
        recall[planting.kind] = (hits + ((first.get(planting.shows[0], planting.shows[0]), number) in found), count + 1)
    known = tuple(one for one in pairs if one.second < originals)
    group = _linked(originals, known)
    shown = [{group[n]} for n in range(originals)] + [{group[n] for n in one.shows} for one in plantings]
    others = tuple(one for one in pairs if one.second >= originals and not shown[one.first] & shown[one.second])
    return Outcome(originals, len(shown), recall, known, others, *took)


def _linked(count: int, pairs: Sequence[CopyPair]) -> list[int]:
    """The smallest number each picture is linked with."""
    group = list(range(count))
    for one in pairs:
        low, high = sorted((group[one.first], group[one.second]))
        group = [low if number == high else number for number in group]
    return group


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


def sheet(pairs: Sequence[CopyPair], sources: Sequence[Source], path: Path, side: int = 180) -> None:
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


def _pixels(source: Source) -> Pixels:
    return _read(source) if isinstance(source, Path) else source()


def _fitted(pixels: Pixels, side: int) -> Pixels:
    scale = side / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    made = np.full((side, side, 3), 255, np.uint8)
    made[: min(side, small.shape[0]), : min(side, small.shape[1])] = small[:side, :side]
    return made


def _half(folder: Path, half: str) -> list[Path]:
    digits = "01234567" if half == "tuning" else "89abcdef"
    return sorted(path for path in _files(folder) if hashlib.sha256(path.read_bytes()).hexdigest()[0] in digits)


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in {".jpg", ".bmp", ".png"})
    return (path for path in found if "mask" not in path.parent.name)


def _share(hits: int, count: int) -> str:
    low, high = clopper_pearson(hits, count)
    return f"{hits}/{count} = {hits / count:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sheets", type=Path)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--half", choices=("tuning", "proving"), default="proving")
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    given.sheets.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(given.workers if given.workers is not None else -1)
    for name in given.sets:
        outcome, sources = search(_half(given.data / name, given.half), given.each, workers=given.workers)
        for pairs, what in ((outcome.known, "originals"), (outcome.others, "others")):
            if pairs:
                sheet(pairs, sources, given.sheets / f"{name}-{what}.png")
        print(f"{name}, {given.half} half: {outcome.originals} originals, {outcome.pictures} pictures, "
              f"{len(outcome.known)} pairs of originals, {len(outcome.others)} other pairs, "
              f"{outcome.seconds:.0f} s ({outcome.cpu_seconds:.0f} s of the cores)")  # fmt: skip
        for kind, (hits, count) in outcome.recall.items():
            print(f"    {kind:20}{_share(hits, count)}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
