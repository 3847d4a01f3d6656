import io
import zipfile

import numpy as np
import pytest

from leukoscope.bundles import golden
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.errors import InvalidBundleError


@pytest.fixture
def content(tiny_bundle):
    return tiny_bundle().golden_bytes


def test_samples_damaged_at_any_place_are_read_or_refused(content):
    refused = 0
    for offset in range(0, len(content), max(1, len(content) // 400)):
        for flip in (0x01, 0xFF):
            damaged = bytearray(content)
            damaged[offset] ^= flip
            try:
                GoldenSamples.from_bytes(bytes(damaged))
            except InvalidBundleError:
                refused += 1
    assert refused > 100


def test_samples_cut_short_are_refused(content):
    for length in range(0, len(content), max(1, len(content) // 50)):
        with pytest.raises(InvalidBundleError):
            GoldenSamples.from_bytes(content[:length])


def test_samples_that_unpack_to_more_than_the_limit_are_refused(content, monkeypatch):
    monkeypatch.setattr(golden, "MAX_UNPACKED_BYTES", 100)

    with pytest.raises(InvalidBundleError, match="at most 100 are read"):
        GoldenSamples.from_bytes(content)


def npz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, member in members.items():
            out.writestr(f"{name}.npy", member)
    return buffer.getvalue()


def test_a_header_that_claims_more_than_its_member_holds_is_refused():
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 1 << 10, 1 << 10, 3)}
    )

    with pytest.raises(InvalidBundleError, match=r"images of golden\.npz claims"):
        GoldenSamples.from_bytes(npz(images=header.getvalue()))


def test_a_header_that_is_no_literal_is_refused():
    header = b"{'descr': ((((".ljust(54) + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header

    with pytest.raises(InvalidBundleError, match="cannot be read"):
        GoldenSamples.from_bytes(npz(images=member))


def test_pickled_arrays_are_refused_and_never_loaded():
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidBundleError, match="cannot be read"):
        GoldenSamples.from_bytes(npz(images=buffer.getvalue(), probabilities=buffer.getvalue()))


def test_samples_of_a_graph_with_probabilities_only_come_back_as_they_were():
    images, probabilities = np.zeros((2, 4, 4, 3), np.uint8), np.full((2, 2), 0.5, np.float32)
    back = GoldenSamples.from_bytes(GoldenSamples(images, probabilities).to_bytes())
    assert (back.embedding, back.activation_map) == (None, None)
    assert np.array_equal(back.probabilities, probabilities)
