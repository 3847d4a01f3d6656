from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from leukoscope.data.copies.exact import equal_values
from leukoscope.data.copies.perceptual import hash_of_gray, hashes_of_turns, near_hashes, perceptual_hash
from leukoscope.errors import InvalidValueError
from leukoscope.synthetic import draw_field


def test_the_hash_is_that_of_imagehash_to_a_few_bits() -> None:
    pixels = draw_field(np.random.default_rng(0), width=250, height=170, pixel_size_um=0.3, cells={}).pixels
    differing = int(perceptual_hash(pixels), 16) ^ int(str(imagehash.phash(Image.fromarray(pixels))), 16)
    assert differing.bit_count() <= 6
    assert hashes_of_turns(pixels)[0] == perceptual_hash(pixels)


def test_a_picture_that_is_small_already_has_the_very_hash_of_imagehash() -> None:
    pixels = draw_field(np.random.default_rng(0), width=32, height=32, pixel_size_um=0.3, cells={}).pixels
    assert perceptual_hash(pixels) == str(imagehash.phash(Image.fromarray(pixels)))


@given(arrays(np.uint8, (32, 32)))
def test_the_bits_are_those_of_imagehash(pixels: np.ndarray) -> None:
    small = Image.fromarray(pixels)
    assert hash_of_gray(small) == str(imagehash.phash(small))


@given(st.integers(0, 3), st.integers(0, 255), st.integers(0, 2**32))
def test_where_frequencies_are_equal_imagehash_decides(kind: int, value: int, seed: int) -> None:
    """Plain, mirrored, striped and nearly plain pictures: half of their frequencies are nothing but rounding."""
    some = np.random.default_rng(seed).integers(0, 256, (16, 16), dtype=np.uint8)
    plain = np.full((32, 32), value, np.uint8)
    mirrored = np.block([[some, some[:, ::-1]], [some[::-1], some[::-1, ::-1]]])
    dotted = plain.copy()
    dotted[seed % 32, seed // 32 % 32] ^= 255
    small = Image.fromarray((plain, mirrored, np.tile(some[:1], (32, 2)), dotted)[kind])
    assert hash_of_gray(small) == str(imagehash.phash(small))


def test_turning_a_picture_turns_its_hashes() -> None:
    pixels = draw_field(np.random.default_rng(0), width=96, height=96, pixel_size_um=0.3, cells={}).pixels
    turned = perceptual_hash(np.rot90(pixels))
    differing = int(turned, 16) ^ int(hashes_of_turns(pixels)[1], 16)
    assert differing.bit_count() <= 4


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.integers(0, 3), st.lists(st.integers(0, 63), max_size=3))
def test_every_near_pair_is_found_and_no_other(values: list[int], most: int, flipped: list[int]) -> None:
    if values:
        near = values[0]
        for bit in flipped:
            near ^= 1 << bit
        values = [*values, near]
    expected = [
        [i, j]
        for i in range(len(values))
        for j in range(i + 1, len(values))
        if (values[i] ^ values[j]).bit_count() <= most
    ]
    assert near_hashes([f"{value:016x}" for value in values], most).tolist() == expected


def test_hashes_far_apart_are_not_searched_by_quarters() -> None:
    with pytest.raises(InvalidValueError, match="3 bits"):
        near_hashes(["0" * 16], 4)


@given(st.lists(st.sampled_from(["", None, "a", "b", "c"])))
def test_equal_values_are_grouped_and_missing_ones_are_not(values: list[str | None]) -> None:
    groups = equal_values(values)
    assert all(len({values[place] for place in group}) == 1 and values[group[0]] for group in groups)
    assert sum(map(len, groups)) == sum(values.count(one) for one in "abc" if values.count(one) > 1)
