"""Which pictures show the same thing?  Files, pixels, near-copies, fields taken again and crops.

Keypoints and hashes propose where one picture lies on another, pixels decide. Turned, mirrored, shifted, scaled,
brightened, blurred and newly saved pictures are found in one way, and a burnt-in scale bar needs no mask: it is one
small field of many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, TypeVar

from leukoscope.data.copies.exact import equal_values
from leukoscope.data.copies.gallery import Gallery, Source, Traits
from leukoscope.data.copies.glance import alike_at_a_glance
from leukoscope.data.copies.judgment import Demands, compared
from leukoscope.data.copies.matching import Matching, match_keypoints
from leukoscope.data.copies.placement import Placement, center_shift, vote
from leukoscope.data.copies.verification import Agreement

CopyKind = Literal["same-file", "same-pixels", "near-duplicate", "retake", "crop"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class CopySearch:
    """How copies are searched.

    Attributes:
        side: Longer side of the small gray working copies, in pixels.
        keypoints: How many keypoints of a picture are kept.
        matching: How keypoints are matched.
        max_hash_bits: Largest difference of perceptual hashes that proposes a copy.
        few_keypoints: Only pictures with fewer keypoints are looked up by their hashes: cells on black all look alike.
        demands: How alike proposed copies must be.
        same_framing: Overlap from which two pictures show the same, not a neighboring part.
        inside: Share of the smaller picture that must lie in the larger for a crop.
        crop_area: How many times larger a picture must be for the other to be a crop of it.
        kept: How many working copies are held in memory.
        workers: Threads; one per core where nothing is said.
    """

    side: int = 320
    keypoints: int = 60
    matching: Matching = field(default_factory=Matching)
    max_hash_bits: int = 6
    few_keypoints: int = 30
    demands: Demands = field(default_factory=Demands)
    same_framing: float = 0.95
    inside: float = 0.9
    crop_area: float = 1.25
    kept: int = 4000
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, order=True)
class CopyPair:
    """Two pictures that show the same thing.

    Attributes:
        first: Position of the one in the list searched.
        second: Position of the other, always larger.
        kind: What they share.
        similarity: How alike they are where they overlap, up to 1.
        turn: How the second must be turned to lie on the first: "upright", "turned 90 degrees", "mirrored"...
        shift: How far the middle of the second lies below and right of that of the first, in pixels of the first.
        overlap: Share of the smaller picture that both show.
    """

    first: int
    second: int
    kind: CopyKind
    similarity: float
    turn: str = "upright"
    shift: tuple[int, int] = (0, 0)
    overlap: float = 1.0


def find_copies(
    files: Sequence[Source],
    search: CopySearch | None = None,
    *,
    after_each: Callable[[float], None] = lambda share: None,
) -> tuple[CopyPair, ...]:
    """All pairs of pictures that show the same thing.

    Files that cannot be read are passed over: `fingerprint_files` names them. Of equal files only the first is compared
    with others; the rest is paired with it as "same-file" or "same-pixels".

    Args:
        files: The pictures, of any sizes and sets.
        search: How to search.
        after_each: Called with the share of the work that is done, from 0 to 1, as it goes on.

    Returns:
        Pairs in order, each once.
    """
    search = search or CopySearch()
    gallery = Gallery(files, side=search.side, kept=search.kept)
    with ThreadPoolExecutor(search.workers) as threads:
        look = _in_turn(threads, lambda number: gallery.look(number, search.keypoints), range(len(files)))
        traits = list(_told(look, len(files), after_each, 0.0, 0.5))
        exact = list(_exact(traits))
        others = _without_copies(traits, exact)
        proposed = list(_proposed(others, search, lambda share: after_each(0.5 + 0.2 * share)))
        verify = _in_turn(threads, lambda one: _verified(gallery, traits, one, search), proposed)
        found = [pair for pair in _told(verify, len(proposed), after_each, 0.7, 0.3) if pair is not None]
    after_each(1.0)
    return tuple(sorted((*exact, *_best_of_each(found))))


@dataclass(frozen=True, slots=True)
class _Proposal:
    first: int
    second: int
    placement: Placement


def _in_turn(threads: ThreadPoolExecutor, work: Callable[[_In], _Out], items: Iterable[_In]) -> Iterator[_Out]:
    """Results in order, with a bounded number of them waiting."""
    source = iter(items)
    waiting = [threads.submit(work, item) for item in islice(source, 64)]
    while waiting:
        yield waiting.pop(0).result()
        waiting.extend(threads.submit(work, item) for item in islice(source, 1))


def _told(
    results: Iterator[_Out], count: int, tell: Callable[[float], None], start: float, share: float
) -> Iterator[_Out]:
    for done, result in enumerate(results, 1):
        tell(start + share * done / count)
        yield result


def _exact(traits: Sequence[Traits | None]) -> Iterator[CopyPair]:
    """Pairs of equal files and of equal pixels: every further copy with the first of its kind."""
    kinds: tuple[tuple[CopyKind, list[str]], ...] = (
        ("same-file", [one.file_digest if one else "" for one in traits]),
        ("same-pixels", [one.pixel_digest if one else "" for one in traits]),
    )
    told: set[tuple[int, int]] = set()
    for kind, digests in kinds:
        for group in equal_values(digests):
            for other in group[1:]:
                pair = (group[0], other)
                if pair not in told and not (kind == "same-pixels" and _same_file_in(group, other, told)):
                    told.add(pair)
                    yield CopyPair(*pair, kind, 1.0)


def _same_file_in(group: Sequence[int], other: int, told: set[tuple[int, int]]) -> bool:
    return any((one, other) in told for one in group)


def _without_copies(traits: Sequence[Traits | None], exact: Sequence[CopyPair]) -> list[Traits | None]:
    copies = {pair.second for pair in exact}
    return [None if number in copies else one for number, one in enumerate(traits)]


def _proposed(
    traits: Sequence[Traits | None], search: CopySearch, tell: Callable[[float], None]
) -> Iterator[_Proposal]:
    numbers = [number for number, one in enumerate(traits) if one is not None]
    seen = [one for one in traits if one is not None]
    keypoints = [one.keypoints for one in seen]
    matches = match_keypoints(keypoints, search.matching, after_cell=tell)
    for first, second, placement in vote(matches, keypoints, [one.width for one in seen]):
        if search.demands.worth_a_look(placement):
            yield _Proposal(numbers[first], numbers[second], placement)
    for first, second, placement in alike_at_a_glance(seen, search.max_hash_bits, search.few_keypoints):
        yield _Proposal(numbers[first], numbers[second], placement)


def _verified(
    gallery: Gallery, traits: Sequence[Traits | None], proposal: _Proposal, search: CopySearch
) -> CopyPair | None:
    first, second = traits[proposal.first], traits[proposal.second]
    if first is None or second is None:
        return None
    found = compared(gallery.gray(proposal.first), gallery.gray(proposal.second), proposal.placement, search.demands)
    if found is None:
        return None
    area = second.width * second.height * proposal.placement.scale**2 / (first.width * first.height)
    return CopyPair(
        proposal.first,
        proposal.second,
        _kind(found, max(area, 1 / area), search),
        round(min(1.0, found.typical), 4),
        proposal.placement.turn,
        center_shift(proposal.placement, (first.width, first.height), (second.width, second.height), first.scale),
        round(found.overlap, 3),
    )


def _kind(found: Agreement, area: float, search: CopySearch) -> CopyKind:
    if found.overlap >= search.inside and area > search.crop_area:
        return "crop"
    return "near-duplicate" if found.overlap >= search.same_framing else "retake"


def _best_of_each(pairs: Iterable[CopyPair]) -> list[CopyPair]:
    best: dict[tuple[int, int], CopyPair] = {}
    for pair in pairs:
        held = best.get((pair.first, pair.second))
        if held is None or pair.similarity > held.similarity:
            best[pair.first, pair.second] = pair
    return list(best.values())
