from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukoscope.data.copies import Fingerprint, Unreadable, fingerprint_files
from leukoscope.data.copies import fingerprints as module
from leukoscope.data.copies.perceptual import perceptual_hash
from leukoscope.imaging.reading import read_image
from leukoscope.synthetic import draw_field


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.fromarray(
        draw_field(np.random.default_rng(0), width=90, height=70, pixel_size_um=0.3, cells={}).pixels
    )


def test_a_file_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path, picture: Image.Image) -> None:
    path = tmp_path / "cell.jpg"
    picture.save(path, format="PNG")
    (told,) = fingerprint_files([path])
    assert isinstance(told, Fingerprint)
    assert (told.format, told.mode, told.width, told.height) == ("PNG", "RGB", 90, 70)
    assert told.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told.bytes == path.stat().st_size
    assert "'.jpg'" in told.warnings[0]


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "png"), ("P", "png"), ("RGBA", "png"), ("CMYK", "jpg"), ("L", "bmp")]
)
def test_the_mode_is_that_of_the_file(tmp_path: Path, picture: Image.Image, mode: str, suffix: str) -> None:
    path = tmp_path / f"cell.{suffix}"
    picture.convert(mode).save(path)
    (told,) = fingerprint_files([path])
    assert isinstance(told, Fingerprint)
    assert told.mode == mode


def test_sixteen_bits_are_told(tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.full((40, 40, 3), 40_000, np.uint16))
    (told,) = fingerprint_files([path])
    assert isinstance(told, Fingerprint)
    assert told.mode == "RGB 16-bit"


def test_a_picture_turned_by_its_camera_is_measured_upright(tmp_path: Path, picture: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    picture.save(path, exif=exif)
    (told,) = fingerprint_files([path])
    assert isinstance(told, Fingerprint)
    assert (told.width, told.height) == (70, 90)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_decoded_in_part_has_nearly_the_hash_of_all_its_pixels(tmp_path: Path, orientation: int) -> None:
    field = draw_field(np.random.default_rng(3), width=420, height=290, pixel_size_um=0.3, cells={}).pixels
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "field.jpg"
    Image.fromarray(field).save(path, exif=exif)
    (told,) = fingerprint_files([path])
    assert isinstance(told, Fingerprint)
    pixels = read_image(path).pixels
    assert (told.height, told.width) == pixels.shape[:2]
    assert (int(told.phash, 16) ^ int(perceptual_hash(pixels), 16)).bit_count() <= 2


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpegs_of_every_mode_are_told_as_the_reader_tells_them(tmp_path: Path, picture: Image.Image, mode: str) -> None:
    path = tmp_path / "cell.png"
    picture.convert(mode).save(path, format="JPEG", progressive=True)
    (told,) = fingerprint_files([path])
    image = read_image(path)
    assert isinstance(told, Fingerprint)
    assert (told.sha256, told.warnings, told.mode) == (image.sha256, image.warnings, mode)


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path, picture: Image.Image) -> None:
    good, cut, missing = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    picture.save(good)
    cut.write_bytes(good.read_bytes()[:400])
    ticks: list[int] = []
    told = fingerprint_files([cut, good, missing], after_each=lambda: ticks.append(1))
    assert [type(one) for one in told] == [Unreadable, Fingerprint, Unreadable]
    assert "no file" in told[2].message  # type: ignore[union-attr]
    assert len(ticks) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no named pipes.")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (told,) = fingerprint_files([tmp_path / "pipe.jpg"])
    assert isinstance(told, Unreadable)
    assert "device or pipe" in told.message


def test_many_files_are_spread_over_processes_in_order(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WORTH_PROCESSES", 3)
    monkeypatch.setattr(module, "_PER_TASK", 2)
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        picture.rotate(number).save(path)
    assert fingerprint_files(paths, workers=2) == fingerprint_files(paths, workers=1)
