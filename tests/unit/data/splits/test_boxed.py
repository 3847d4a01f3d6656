from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.manifest import PARTS, Part
from leukoscope.data.splits.boxed import keep_apart

RANK = {"test": 0, "validation": 1, "train": 2}
PICTURES = 12


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS), min_size=PICTURES, max_size=PICTURES),
    st.lists(st.tuples(st.integers(0, PICTURES - 1), st.integers(0, PICTURES - 1)), max_size=12),
)
def test_nothing_that_is_tied_lies_in_two_parts_and_no_test_picture_is_lost(
    parts: list[Part], pairs: list[tuple[int, int]]
) -> None:
    groups, stays = keep_apart(parts, pairs)
    assert all(groups[a] == groups[b] for a, b in pairs)
    for group in set(groups):
        members = [place for place in range(PICTURES) if groups[place] == group]
        assert len({parts[place] for place in members if stays[place]}) == 1
        first = min(RANK[parts[place]] for place in members)
        assert all(stays[place] == (RANK[parts[place]] == first) for place in members)
    assert all(stay for part, stay in zip(parts, stays, strict=True) if part == "test")


def test_ties_reach_over_several_pictures() -> None:
    groups, stays = keep_apart(["train", "train", "validation", "test"], [(0, 1), (1, 2), (2, 3)])
    assert groups == (0, 0, 0, 0)
    assert stays == (False, False, False, True)
