from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.manifest import PARTS
from leukoscope.data.splits.blocks import Picture, Shares, assign_parts, divide, number_blocks
from leukoscope.errors import InvalidValueError


@st.composite
def sets(draw: st.DrawFn) -> tuple[list[Picture], list[tuple[int, int]]]:
    pictures = []
    for label in "abc"[: draw(st.integers(1, 3))]:
        numbers = draw(st.lists(st.integers(0, 999), min_size=30, max_size=80, unique=True))
        pictures += [Picture(f"{label}/{n}.jpg", label, label, n) for n in numbers]
    place = st.integers(0, len(pictures) - 1)
    pairs = draw(st.lists(st.tuples(place, place).filter(lambda pair: pair[0] != pair[1]), max_size=12))
    return pictures, pairs


@settings(deadline=None, max_examples=50)
@given(sets(), st.integers(2, 12))
def test_no_group_and_no_pair_is_ever_separated(drawn: tuple[list[Picture], list[tuple[int, int]]], size: int) -> None:
    pictures, pairs = drawn
    division = divide(pictures, pairs, block_size=size, shares=Shares(), seeds=range(3))
    parts: dict[str, set[str]] = {}
    for block, part in zip(division.blocks, division.parts, strict=True):
        if part is not None:
            parts.setdefault(block, set()).add(part)
    assert all(len(found) == 1 for found in parts.values())
    for first, second in pairs:
        both = {division.parts[first], division.parts[second]} - {None}
        assert len(both) <= 1
    assert division.parts.count(None) <= len(pairs)


@given(sets(), st.integers(1, 15))
def test_blocks_are_runs_of_neighboring_numbers(drawn: tuple[list[Picture], list[tuple[int, int]]], size: int) -> None:
    pictures = drawn[0]
    blocks = number_blocks(pictures, size)
    for series in {picture.series for picture in pictures}:
        ordered = [
            block
            for _, block in sorted(
                (picture.number, block)
                for picture, block in zip(pictures, blocks, strict=True)
                if picture.series == series
            )
        ]
        assert ordered == sorted(ordered)
        counts = Counter(ordered)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_a_held_out_picture_stays_and_its_twin_in_training_goes() -> None:
    pictures = [Picture(f"{n}.jpg", "a", "a", n) for n in range(100)]
    plain = divide(pictures, [], block_size=10, shares=Shares(), seeds=range(1))
    train, test = plain.parts.index("train"), plain.parts.index("test")
    paired = divide(pictures, [(test, train)], block_size=10, shares=Shares(), seeds=range(1))
    assert paired.parts[test] == "test"
    assert paired.parts[train] is None


def test_another_seed_is_taken_where_it_loses_fewer_pictures() -> None:
    pictures = [Picture(f"{n}.jpg", "a", "a", n) for n in range(100)]
    plain = divide(pictures, [], block_size=10, shares=Shares(), seeds=range(1))
    pair = (plain.parts.index("train"), plain.parts.index("test"))
    assert divide(pictures, [pair], block_size=10, shares=Shares(), seeds=range(40)).parts.count(None) == 0


@pytest.mark.parametrize("seed", range(5))
def test_every_class_comes_close_to_its_shares(seed: int) -> None:
    labels = ["a"] * 400 + ["b"] * 200
    groups = [f"{label}-{n // 10}" for n, label in enumerate(labels)]
    parts = assign_parts(labels, groups, Shares(), seed)
    for label in "ab":
        found = Counter(part for one, part in zip(labels, parts, strict=True) if one == label)
        n = labels.count(label)
        assert {part: found[part] / n for part in PARTS} == pytest.approx(
            {"train": 0.64, "validation": 0.16, "test": 0.20}, abs=0.06
        )


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        Shares(0.5, 0.5)
    with pytest.raises(InvalidValueError):
        number_blocks([], 0)
