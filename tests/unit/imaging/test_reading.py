import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from leukoscope.domain.images import SmearImage
from leukoscope.errors import InputError, InputNotFoundError, UnreadableImageError, UnsupportedImageError
from leukoscope.imaging.formats import header
from leukoscope.imaging.reading import read_image, read_image_bytes, upright


def drawing() -> np.ndarray:
    """Smooth colors from black to white, odd sides, no symmetry."""
    rng = np.random.default_rng(5)
    smooth = cv2.GaussianBlur(rng.integers(0, 255, (61, 47, 3), np.uint8), (0, 0), 3)
    return np.asarray(cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


PIXELS = drawing()
GRAY = np.asarray(Image.fromarray(PIXELS).convert("L"))


def by_pillow(mode: str, kind: str, **options: Any) -> bytes:
    image = Image.fromarray(PIXELS).convert(mode)
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def by_tifffile(values: np.ndarray, **options: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **options)
    return stream.getvalue()


def by_opencv(values: np.ndarray, suffix: str, *flags: int) -> bytes:
    return cv2.imencode(suffix, values[..., ::-1] if values.ndim == 3 else values, list(flags))[1].tobytes()


def expected(mode: str) -> np.ndarray:
    return np.asarray(Image.fromarray(PIXELS).convert(mode).convert("RGB"))


def greatest_difference(image: SmearImage, wanted: np.ndarray) -> int:
    assert image.pixels.shape == wanted.shape
    return int(np.abs(image.pixels.astype(int) - wanted.astype(int)).max())


EXACT = [
    *[("PNG", mode, {}) for mode in ("RGB", "L", "1", "P", "RGBA", "LA")],
    *[("BMP", mode, {}) for mode in ("RGB", "L", "1", "P")],
    *[("TIFF", mode, {}) for mode in ("RGB", "L", "1", "P", "RGBA", "LA", "CMYK")],
    *[
        ("TIFF", mode, {"compression": compression})
        for mode in ("RGB", "L", "P", "RGBA", "CMYK")
        for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits")
    ],
    ("TIFF", "1", {"compression": "group4"}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True}),
]


@pytest.mark.parametrize(("kind", "mode", "options"), EXACT)
def test_every_lossless_kind_and_mode_is_read_exactly(kind: str, mode: str, options: dict[str, Any]) -> None:
    image = read_image_bytes(by_pillow(mode, kind, **options))
    assert greatest_difference(image, expected(mode)) == 0
    assert image.warnings == ()
    assert image.pixels.dtype == np.uint8


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_is_read_in_every_mode(mode: str, progressive: bool) -> None:
    content = by_pillow(
        mode, "JPEG", quality=100, progressive=progressive, **({} if mode == "L" else {"subsampling": 0})
    )
    assert greatest_difference(read_image_bytes(content), expected(mode)) <= 5


def test_jpeg_inside_tiff_is_read() -> None:
    assert greatest_difference(read_image_bytes(by_pillow("RGB", "TIFF", compression="jpeg", quality=100)), PIXELS) <= 5


def test_an_interlaced_png_is_read_exactly() -> None:
    assert greatest_difference(read_image_bytes(interlaced_png(PIXELS)), PIXELS) == 0


def interlaced_png(pixels: np.ndarray) -> bytes:
    """Adam7 written by hand: neither Pillow nor OpenCV writes it."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    lines = [
        b"\0" + row.tobytes()
        for left, top, across, down in passes
        for row in pixels[top::down, left::across]
        if row.size
    ]
    return png(pixels.shape[1], pixels.shape[0], b"".join(lines), interlaced=1)


def png(width: int, height: int, data: bytes, *, interlaced: int = 0, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    )


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


DEEP = {
    "plain": {},
    "deflate": {"compression": "zlib"},
    "predictor": {"compression": "zlib", "predictor": True},
    "big-endian": {"byteorder": ">"},
    "tiles": {"tile": (16, 16)},
    "BigTIFF": {"bigtiff": True},
}


@pytest.mark.parametrize("full", [4095, 65535])
@pytest.mark.parametrize("options", DEEP.values(), ids=DEEP.keys())
@pytest.mark.parametrize("planar", [False, True])
def test_sixteen_bit_tiff_is_scaled_by_its_sensor_depth(full: int, options: dict[str, Any], planar: bool) -> None:
    values = np.rint(PIXELS.astype(np.float64) / 255 * full).astype(np.uint16)
    if planar:
        content = by_tifffile(np.moveaxis(values, 2, 0), photometric="rgb", planarconfig="separate", **options)
    else:
        content = by_tifffile(values, photometric="rgb", **options)
    image = read_image_bytes(content)
    assert greatest_difference(image, PIXELS) == 0
    assert any(str(full) in warning for warning in image.warnings)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bit_gray_and_color_are_read_from_png_and_lzw_tiff(suffix: str) -> None:
    flags = (cv2.IMWRITE_TIFF_COMPRESSION, 5) if suffix == ".tif" else ()
    color = read_image_bytes(by_opencv(PIXELS.astype(np.uint16) * 257, suffix, *flags))
    gray = read_image_bytes(by_opencv(GRAY.astype(np.uint16) * 257, suffix, *flags))
    assert greatest_difference(color, PIXELS) == 0
    assert greatest_difference(gray, np.repeat(GRAY[..., None], 3, axis=2)) <= 2  # GRAY itself never reaches 255


def test_a_twelve_bit_camera_is_not_black() -> None:
    image = read_image_bytes(by_opencv(PIXELS.astype(np.uint16) * 16, ".png"))
    assert image.pixels.max() >= 250


@pytest.mark.parametrize("bits", [8, 16])
def test_white_is_zero_is_turned_round(bits: int) -> None:
    values = PIXELS[..., 0].astype(np.uint16)
    stored = 255 - values.astype(np.uint8) if bits == 8 else 65535 - values * 257
    image = read_image_bytes(by_tifffile(stored, photometric="miniswhite"))
    assert greatest_difference(image, np.repeat(PIXELS[..., :1], 3, axis=2)) == 0


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_planar_tiff_is_read(options: dict[str, Any]) -> None:
    content = by_tifffile(np.moveaxis(PIXELS, 2, 0), photometric="rgb", planarconfig="separate", **options)
    assert greatest_difference(read_image_bytes(content), PIXELS) == 0


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_half_transparent_pictures_are_laid_on_white_with_a_warning(kind: str) -> None:
    picture = Image.fromarray(PIXELS)
    picture.putalpha(128)
    stream = io.BytesIO()
    picture.save(stream, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    image = read_image_bytes(stream.getvalue())
    assert greatest_difference(image, np.rint((PIXELS * 128.0 + 255 * 127) / 255)) <= 1
    assert image.warnings == ("Transparent parts of the picture were laid on white.",)


def test_a_transparent_palette_entry_becomes_white() -> None:
    stream = io.BytesIO()
    picture = Image.new("P", (4, 3), 1)
    picture.putpalette([0, 0, 0, 200, 10, 20])
    picture.putpixel((2, 1), 0)
    picture.save(stream, "PNG", transparency=0)
    image = read_image_bytes(stream.getvalue())
    assert image.pixels[1, 2].tolist() == [255, 255, 255]
    assert image.pixels[0, 0].tolist() == [200, 10, 20]


def test_only_the_first_page_is_read_and_said_so() -> None:
    stream = io.BytesIO()
    other = Image.fromarray(PIXELS[::-1].copy())
    Image.fromarray(PIXELS).save(stream, "TIFF", save_all=True, append_images=[other, other])
    image = read_image_bytes(stream.getvalue())
    assert greatest_difference(image, PIXELS) == 0
    assert image.warnings == ("The file holds several pages; only the first was read.",)


TURNED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: np.swapaxes(a, 0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.swapaxes(np.rot90(a, 2), 0, 1),
    8: np.rot90,
}


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[274] = orientation
    return block


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright_whatever_their_orientation(orientation: int) -> None:
    wanted = TURNED[orientation](PIXELS)
    assert greatest_difference(read_image_bytes(by_pillow("RGB", "PNG", exif=exif(orientation))), wanted) == 0
    webp = by_pillow("RGB", "WEBP", lossless=True, exif=exif(orientation))
    assert greatest_difference(read_image_bytes(webp), wanted) == 0
    jpeg = by_pillow("RGB", "JPEG", quality=100, subsampling=0, exif=exif(orientation))
    assert greatest_difference(read_image_bytes(jpeg), wanted) <= 5
    for options in ({}, {"compression": "tiff_lzw"}):
        tiff = by_pillow("RGB", "TIFF", tiffinfo={274: orientation}, **options)
        assert greatest_difference(read_image_bytes(tiff), wanted) == 0
    for planar in (False, True):
        values = PIXELS.astype(np.uint16) * 257
        deep = by_tifffile(
            np.moveaxis(values, 2, 0) if planar else values,
            photometric="rgb",
            planarconfig="separate" if planar else "contig",
            extratags=[(274, "H", 1, orientation, True)],
        )
        assert greatest_difference(read_image_bytes(deep), wanted) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_copies_nothing(orientation: int) -> None:
    assert np.shares_memory(upright(PIXELS, orientation), PIXELS)


def test_a_damaged_exif_block_does_not_cost_the_picture() -> None:
    content = by_pillow("RGB", "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff")
    assert read_image_bytes(content).width == 47


@pytest.fixture
def small_counts_as_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "MAX_COSTLY_PIXELS", 100)


LARGE = {
    "JPEG": by_pillow("RGB", "JPEG", quality=100, subsampling=0),
    "gray JPEG": by_pillow("L", "JPEG", quality=100),
    "PNG": by_pillow("RGB", "PNG"),
    "gray PNG": by_pillow("L", "PNG"),
    "BMP": by_pillow("RGB", "BMP"),
    "TIFF": by_pillow("RGB", "TIFF"),
    "gray TIFF": by_pillow("L", "TIFF"),
    "LZW TIFF": by_pillow("RGB", "TIFF", compression="tiff_lzw"),
    "gray LZW TIFF": by_pillow("L", "TIFF", compression="tiff_lzw"),
    "deflate TIFF": by_tifffile(PIXELS, photometric="rgb", compression="zlib", rowsperstrip=8),
    "tiled TIFF": by_tifffile(PIXELS, photometric="rgb", tile=(16, 16)),
    "planar TIFF": by_tifffile(np.moveaxis(PIXELS, 2, 0), photometric="rgb", planarconfig="separate"),
    "white-is-zero TIFF": by_tifffile(255 - GRAY, photometric="miniswhite"),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.usefixtures("small_counts_as_large")
def test_the_routes_for_large_pictures_give_the_same_pixels(name: str, tmp_path: Path) -> None:
    wanted = np.repeat(GRAY[..., None], 3, axis=2) if "gray" in name or "zero" in name else PIXELS
    path = tmp_path / "large"
    path.write_bytes(LARGE[name])
    for image in (read_image_bytes(LARGE[name]), read_image(path)):
        assert greatest_difference(image, wanted) <= (5 if "JPEG" in name else 0)
        assert image.warnings == ()


@pytest.mark.parametrize("orientation", [3, 6, 7])
@pytest.mark.usefixtures("small_counts_as_large")
def test_large_pictures_stand_upright(orientation: int) -> None:
    wanted = TURNED[orientation](PIXELS)
    assert greatest_difference(read_image_bytes(by_pillow("RGB", "PNG", exif=exif(orientation))), wanted) == 0
    tiff = by_pillow("RGB", "TIFF", tiffinfo={274: orientation})
    assert greatest_difference(read_image_bytes(tiff), wanted) == 0


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.usefixtures("small_counts_as_large")
def test_a_large_picture_cut_short_is_refused(name: str) -> None:
    with pytest.raises(UnreadableImageError, match="damaged or cut short"):
        read_image_bytes(LARGE[name][: len(LARGE[name]) // 2])


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (png(60_000, 60_000, b""), "100 megapixels"),
        (
            by_pillow("RGB", "BMP")[:18] + struct.pack("<ii", 30_000, 30_000) + by_pillow("RGB", "BMP")[26:],
            "100 megapixels",
        ),
        (
            by_pillow("CMYK", "JPEG").replace(struct.pack(">HH", 61, 47), struct.pack(">HH", 60_000, 60_000), 1),
            "25 megapixels",
        ),
    ],
    ids=["PNG", "BMP", "CMYK JPEG"],
)
def test_a_header_that_claims_too_much_is_refused_before_decoding(content: bytes, limit: str) -> None:
    with pytest.raises(UnsupportedImageError, match=limit):
        read_image_bytes(content)


def test_a_tiff_directory_that_claims_too_much_is_refused_before_decoding() -> None:
    with pytest.raises(UnsupportedImageError, match="100 megapixels"):
        read_image_bytes(huge_tiff())


def huge_tiff() -> bytes:
    """A directory that claims 90,000 x 90,000 pixels of deflated RGB."""
    tags = [
        (256, 4, 90_000),
        (257, 4, 90_000),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 2),
        (277, 3, 3),
        (273, 4, 8),
        (279, 4, 9),
    ]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in sorted(tags))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + body + b"\0" * 8


def test_a_png_whose_data_is_shorter_than_its_header_says_is_refused() -> None:
    lines = b"".join(b"\0" + row.tobytes() for row in PIXELS[:30])
    with pytest.raises(UnreadableImageError, match="fewer lines"):
        read_image_bytes(png(47, 61, lines))


def test_a_png_bomb_is_not_inflated_beyond_its_size() -> None:
    bomb = png(47, 61, b"\0" * 50_000_000)
    image = read_image_bytes(bomb)
    assert image.pixels.shape == (61, 47, 3)


def test_a_file_above_the_byte_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "sparse.jpg"
    with path.open("wb") as stream:
        stream.truncate(600 * 2**20)
    with pytest.raises(UnsupportedImageError, match="limit is 512 MiB"):
        read_image(path)


REFUSED = {
    "GIF": (by_pillow("P", "GIF"), UnsupportedImageError, "a GIF picture"),
    "JPEG 2000": (by_pillow("RGB", "JPEG2000"), UnsupportedImageError, "JPEG 2000"),
    "PDF": (b"%PDF-1.7 and so on", UnsupportedImageError, "PDF"),
    "DICOM": (b"\0" * 128 + b"DICM" + b"\0" * 50, UnsupportedImageError, "DICOM"),
    "float TIFF": (by_tifffile(PIXELS.astype(np.float32), photometric="rgb"), UnsupportedImageError, "floating-point"),
    "signed TIFF": (by_tifffile(GRAY.astype(np.int16)), UnsupportedImageError, "signed"),
    "empty": (b"", UnreadableImageError, "empty"),
    "text": (b"a list of things, not a picture\n" * 9, UnreadableImageError, "text"),
    "noise": (bytes(range(200, 256)) + b"\0\1\2\3" * 40, UnreadableImageError, "no image of a known kind"),
    "BM text": (b"BMW drives past and this is no bitmap", UnreadableImageError, "text"),
    "JPEG head only": (by_pillow("RGB", "JPEG")[:30], UnreadableImageError, "cut short"),
    "PNG head only": (by_pillow("RGB", "PNG")[:20], UnreadableImageError, "cut short"),
    "TIFF head only": (by_pillow("RGB", "TIFF")[:8], UnreadableImageError, "cut short"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_told_in_one_sentence_with_a_hint(name: str) -> None:
    content, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words) as caught:
        read_image_bytes(content)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert "/" not in str(caught.value)


def test_a_picture_under_a_wrong_name_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "cell.png"
    path.write_bytes(by_pillow("RGB", "JPEG"))
    assert read_image(path).warnings == (
        "The file's name ends in '.png', but it holds a JPEG picture and was read as that.",
    )


@pytest.mark.parametrize("name", ["cell.JPG", "cell.jpeg", "cell"])
def test_a_fitting_name_or_none_gives_no_warning(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(by_pillow("RGB", "JPEG"))
    assert read_image(path).warnings == ()


def test_a_text_file_renamed_to_jpg_is_told_as_text(tmp_path: Path) -> None:
    path = tmp_path / "cell.jpg"
    path.write_text("Dear colleague,\nplease find attached\n")
    with pytest.raises(UnreadableImageError, match="The file is text") as caught:
        read_image(path)
    assert "JPEG, PNG, BMP, TIFF and WebP" in caught.value.hint


def test_missing_folder_pipe_and_forbidden_are_each_told(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="no file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(UnreadableImageError, match="folder"):
        read_image(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableImageError, match="pipe"):
        read_image(tmp_path / "pipe.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cell.jpg"
    path.write_bytes(by_pillow("RGB", "JPEG"))
    path.chmod(0)
    with pytest.raises(UnreadableImageError, match="may not be read"):
        read_image(path)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    content = by_pillow("RGB", "PNG")
    path = tmp_path / "cell.png"
    path.write_bytes(content)
    assert read_image(path).sha256 == read_image_bytes(content).sha256 == hashlib.sha256(content).hexdigest()


def centimeters(um: float) -> bytes:
    return by_tifffile(PIXELS, photometric="rgb", resolution=(1e4 / um, 1e4 / um), resolutionunit="CENTIMETER")


OME = {"PhysicalSizeX": 0.12, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.12, "axes": "YXS"}
SIZED = {
    "centimeter": (centimeters(0.1), 0.1),
    "ImageJ": (by_tifffile(PIXELS, imagej=True, resolution=(4, 4), metadata={"unit": "um"}), 0.25),
    "ImageJ micron": (by_tifffile(PIXELS, imagej=True, resolution=(8, 8), metadata={"unit": "micron"}), 0.125),
    "OME": (by_tifffile(PIXELS, ome=True, photometric="rgb", metadata=OME), 0.12),
    "PNG": (by_pillow("RGB", "PNG", dpi=(254_000, 254_000)), 0.1),
    "implausibly coarse": (centimeters(5), None),
    "implausibly fine": (centimeters(0.01), None),
    "not square": (by_tifffile(PIXELS, photometric="rgb", resolution=(1e5, 5e4), resolutionunit="CENTIMETER"), None),
    **{f"{dpi} dpi": (by_pillow("RGB", "TIFF", dpi=(dpi, dpi)), None) for dpi in (72, 96, 300, 600, 1200)},
    "300 dpi PNG": (by_pillow("RGB", "PNG", dpi=(300, 300)), None),
    "300 dpi JPEG": (by_pillow("RGB", "JPEG", dpi=(300, 300)), None),
}


@pytest.mark.parametrize("name", SIZED)
def test_a_pixel_size_is_taken_only_where_a_microscope_can_have_it(name: str) -> None:
    content, um = SIZED[name]
    size = read_image_bytes(content).pixel_size
    if um is None:
        assert size is None
    else:
        assert size is not None
        assert size.um == pytest.approx(um, rel=1e-3)
        assert size.source == "metadata"


def test_a_computer_out_of_memory_is_not_blamed_on_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("leukoscope.imaging.formats.decoding.decode_common", exhausted)
    with pytest.raises(UnreadableImageError, match="ran out of memory"):
        read_image_bytes(by_pillow("RGB", "PNG"))


SEEDS = [
    *[by_pillow(mode, "JPEG") for mode in ("RGB", "CMYK")],
    by_pillow("RGB", "JPEG", progressive=True),
    by_pillow("RGB", "PNG"),
    by_pillow("P", "PNG"),
    by_opencv(PIXELS.astype(np.uint16) * 16, ".png"),
    by_pillow("RGB", "BMP"),
    by_pillow("P", "BMP"),
    by_pillow("RGB", "WEBP"),
    by_pillow("RGBA", "WEBP", lossless=True),
    *[by_pillow("RGB", "TIFF", compression=name) for name in ("raw", "tiff_lzw", "jpeg", "packbits")],
    by_tifffile(PIXELS, photometric="rgb", compression="zlib", rowsperstrip=8),
    by_tifffile(PIXELS.astype(np.uint16) * 16, photometric="rgb"),
]
ANY_DAMAGE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def reads_or_refuses(content: bytes) -> None:
    try:
        image = read_image_bytes(content)
    except InputError as error:
        hint = error.hint
    else:
        hint = "none needed"
        assert image.pixels.ndim == 3
    assert hint


@ANY_DAMAGE
@given(seed=st.sampled_from(SEEDS), share=st.floats(0, 1))
def test_any_prefix_of_a_picture_reads_or_is_refused(seed: bytes, share: float) -> None:
    reads_or_refuses(seed[: int(len(seed) * share)])


@ANY_DAMAGE
@given(
    seed=st.sampled_from(SEEDS),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    near_head=st.booleans(),
)
def test_any_corrupted_picture_reads_or_is_refused(
    seed: bytes, places: list[tuple[float, int]], near_head: bool
) -> None:
    content = bytearray(seed)
    reach = min(200, len(seed)) if near_head else len(seed)
    for place, value in places:
        content[int(place * reach)] = value
    reads_or_refuses(bytes(content))


@ANY_DAMAGE
@given(content=st.binary(max_size=400), head=st.sampled_from([seed[:16] for seed in SEEDS]))
def test_any_bytes_at_all_read_or_are_refused(content: bytes, head: bytes) -> None:
    reads_or_refuses(content)
    reads_or_refuses(head + content)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_cut_in_half_never_reads_and_says_nothing_on_the_terminal(
    seed: bytes, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnreadableImageError):
        read_image_bytes(seed[: len(seed) // 2])
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
