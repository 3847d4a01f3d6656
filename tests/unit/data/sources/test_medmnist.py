from __future__ import annotations

import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.sources import medmnist
from leukoscope.data.sources.registry import recognize
from leukoscope.data.sources.source import PackedSource
from leukoscope.errors import ManifestError

COUNTS = {"train": 9, "val": 3, "test": 2}


def arrays(side: int = 28) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    packed: dict[str, np.ndarray] = {}
    for part, count in COUNTS.items():
        packed[f"{part}_images"] = rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
        packed[f"{part}_labels"] = (np.arange(count, dtype=np.uint8) % 8)[:, None]
    return packed


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    np.savez(tmp_path / "bloodmnist.npz", **arrays())
    return tmp_path / "bloodmnist.npz"


def test_pictures_are_written_out_unchanged_with_part_and_class(archive: Path, tmp_path: Path) -> None:
    assert recognize(archive) is medmnist
    assert isinstance(medmnist, PackedSource)
    assert medmnist.count_packed(archive) == 14
    done: list[int] = []
    medmnist.unpack(archive, tmp_path / "out", after_each=lambda: done.append(1))
    rows = medmnist.read(tmp_path / "out").rows
    assert len(done) == len(rows) == 14
    assert recognize(tmp_path / "out") is medmnist
    assert {part: sum(row.split == part for row in rows) for part in ("train", "validation", "test")} == {
        "train": 9,
        "validation": 3,
        "test": 2,
    }
    row = next(row for row in rows if row.path.startswith("train/3_"))
    assert (row.label, row.path) == ("immature-granulocyte", "train/3_immature-granulocyte/00003.png")
    written = cv2.cvtColor(cv2.imread(str(tmp_path / "out" / row.path)), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(written, arrays()["train_images"][3])


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("train_labels", np.full((9, 1), 8, dtype=np.uint8), "labels other than 0 to 7"),
        ("train_labels", np.zeros((4, 1), dtype=np.uint8), "for 4 labels"),
        ("train_images", np.zeros((9, 28, 28), dtype=np.uint8), "(9, 28, 28)"),
        ("train_images", np.zeros((9, 28, 28, 3), dtype=np.float64), "float64"),
    ],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, name: str, value: np.ndarray, what: str) -> None:
    np.savez(tmp_path / "set.npz", **(arrays() | {name: value}))
    with pytest.raises(ManifestError) as fault:
        medmnist.unpack(tmp_path / "set.npz", tmp_path / "out")
    assert what in str(fault.value)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    packed = arrays()
    packed["train_labels"] = np.array([{"an": "object"}] * 9, dtype=object)
    np.savez(tmp_path / "set.npz", **packed)
    with pytest.raises(ManifestError, match="cannot be read"):
        medmnist.unpack(tmp_path / "set.npz", tmp_path / "out")


def test_an_archive_that_would_swell_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medmnist, "_MAX_BYTES", 1000)
    with pytest.raises(ManifestError, match="unpack to"):
        medmnist.count_packed(archive)


def test_a_damaged_archive_is_told(archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[3000] ^= 0xFF
    archive.write_bytes(bytes(content))
    with pytest.raises(ManifestError, match="cannot be read"):
        medmnist.unpack(archive, tmp_path / "out")


def test_another_archive_is_not_taken_for_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", inputs=np.zeros(3))
    assert not medmnist.recognizes(tmp_path / "golden.npz")
    (tmp_path / "text.npz").write_text("hello")
    assert not medmnist.recognizes(tmp_path / "text.npz")
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    (tmp_path / "empty.npz").write_bytes(buffer.getvalue())
    assert not medmnist.recognizes(tmp_path / "empty.npz")
