import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles import archive
from leukoscope.bundles.archive import Bundle, read_bundle, read_card, write_bundle
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.errors import InvalidBundleError, NotFoundError


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for file in folder.iterdir():
            out.write(file, file.name)
    return target


def test_a_folder_and_its_zip_read_as_the_same_bundle(bundle_folder, tmp_path):
    from_folder = read_bundle(bundle_folder)
    from_zip = read_bundle(zipped(bundle_folder, tmp_path / "tiny.zip"))

    assert from_folder == from_zip
    assert from_folder.ref.version == "1.2.3"
    assert read_card(bundle_folder) == read_card(tmp_path / "tiny.zip") == from_folder.card


def test_golden_samples_survive_the_round_trip(bundle_folder):
    golden = read_bundle(bundle_folder).golden()

    np.testing.assert_array_equal(golden.images[0, 0, 0], [255, 0, 0])
    np.testing.assert_allclose(golden.probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", ["model.onnx", "card.toml"])
def test_a_bundle_that_lacks_a_file_is_refused_by_name(bundle_folder, name):
    (bundle_folder / name).unlink()

    with pytest.raises(InvalidBundleError, match=name):
        read_bundle(bundle_folder)


def test_an_exchanged_graph_is_noticed(bundle_folder):
    with (bundle_folder / "model.onnx").open("ab") as stream:
        stream.write(b"x")

    with pytest.raises(InvalidBundleError, match="not the one its card names"):
        read_bundle(bundle_folder)


def test_golden_samples_with_pickled_objects_are_refused(bundle_folder):
    buffer = io.BytesIO()
    np.savez(buffer, images=np.array([{"a": 1}], dtype=object))
    (bundle_folder / "golden.npz").write_bytes(buffer.getvalue())

    with pytest.raises(InvalidBundleError, match=r"golden\.npz"):
        read_bundle(bundle_folder).golden()


def test_missing_golden_samples_are_said(bundle_folder):
    (bundle_folder / "golden.npz").unlink()

    with pytest.raises(InvalidBundleError, match=r"has no golden\.npz"):
        read_bundle(bundle_folder).golden()


def test_golden_samples_of_different_lengths_are_refused():
    with pytest.raises(InvalidBundleError):
        GoldenSamples(
            np.zeros((2, 4, 4, 3), np.uint8),
            np.zeros((1, 2), np.float32),
            np.zeros((2, 2), np.float32),
            np.zeros((2, 2, 1, 1), np.float32),
        )


def test_a_zip_bomb_is_stopped_while_unpacking(bundle_folder, tmp_path, monkeypatch):
    monkeypatch.setitem(archive.MAX_BYTES, "card.toml", 100)

    with pytest.raises(InvalidBundleError, match=r"unpacks to .* at most 100"):
        read_bundle(zipped(bundle_folder, tmp_path / "bomb.zip"))
    with pytest.raises(InvalidBundleError, match="at most 100 are read"):
        read_bundle(bundle_folder)


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "x.zip").write_text("not a zip")

    with pytest.raises(InvalidBundleError, match="not a readable zip"):
        read_bundle(tmp_path / "x.zip")


def test_nothing_there_is_said():
    with pytest.raises(NotFoundError, match="no bundle"):
        read_bundle(Path("nowhere"))


def test_a_card_of_another_graph_is_not_written(tiny_bundle, tmp_path):
    bundle = tiny_bundle()

    with pytest.raises(InvalidBundleError, match="another graph"):
        write_bundle(tmp_path / "out", bundle.card, bundle.model + b"x", bundle.golden())
    assert not (tmp_path / "out").exists()


def test_a_card_that_is_not_utf8_is_refused(bundle_folder):
    (bundle_folder / "card.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidBundleError, match="UTF-8"):
        read_bundle(bundle_folder)


def test_bundles_compare_by_value(tiny_bundle):
    bundle = tiny_bundle()

    assert bundle == Bundle(bundle.card, bundle.model, bundle.golden_bytes)


def test_a_zip_damaged_at_any_place_is_read_or_refused(bundle_folder, tmp_path):
    content = zipped(bundle_folder, tmp_path / "tiny.zip").read_bytes()
    refused = 0
    for offset in range(0, len(content), max(1, len(content) // 300)):
        damaged = bytearray(content)
        damaged[offset] ^= 0xFF
        (tmp_path / "damaged.zip").write_bytes(damaged)
        try:
            read_bundle(tmp_path / "damaged.zip")
        except InvalidBundleError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_neither_stored_nor_deflated_is_refused(bundle_folder, tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", compression) as out:
        for file in bundle_folder.iterdir():
            out.write(file, file.name)

    with pytest.raises(InvalidBundleError, match="neither stored nor deflated"):
        read_bundle(tmp_path / "x.zip")
