"""How much memory does reading the largest accepted pictures take?

Draws a picture as large as the limit for every kind of file, reads each in a fresh process and prints the peak
resident memory of that process (VmHWM) and the time. Linux only. Exit code 1 when a kind goes over the budget.

    python benchmarks/reading_memory.py [FOLDER FOR THE PICTURES]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

BUDGET_MB = 600
PLAIN = (10_000, 10_000)
COSTLY = (5_000, 5_000)

READ = """
import json, sys, time
from pathlib import Path
from leukoscope.errors import InputError
from leukoscope.imaging.reading import read_image
start = time.perf_counter()
try:
    shape = read_image(Path(sys.argv[1])).pixels.shape
except InputError as error:
    shape = str(error)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([int(peak.split()[1]) / 1024, time.perf_counter() - start, shape]))
"""


def picture(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Smooth color with camera noise: compresses about as badly as a real field."""
    rng = np.random.default_rng(3)
    tile = cv2.resize(rng.integers(120, 240, (40, 40, 3), np.uint8), (1000, 1000), interpolation=cv2.INTER_CUBIC)
    noisy = np.clip(tile + rng.normal(0, 2.5, tile.shape), 0, 255).astype(np.uint8)
    return np.tile(noisy, (size[0] // 1000, size[1] // 1000, 1))


def by_opencv(name: str, *flags: int) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        cv2.imwrite(str(folder / name), picture(PLAIN), list(flags))
        return folder / name

    return write


def by_pillow(name: str, mode: str, size: tuple[int, int], **options: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None
        image = Image.fromarray(picture(size))
        if mode == "RGBA":
            image.putalpha(200)
        image.convert(mode).save(folder / name, **options)
        return folder / name

    return write


def by_tifffile(name: str, size: tuple[int, int], depth: int = 8, **options: object) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        import tifffile

        pixels = picture(size)
        deep = pixels.astype(np.uint16) << 4 if depth == 16 else pixels
        planes = np.moveaxis(deep, 2, 0) if options.get("planarconfig") == "separate" else deep
        tifffile.imwrite(folder / name, planes, photometric="rgb", **options)
        return folder / name

    return write


def deep_png(folder: Path) -> Path:
    cv2.imwrite(str(folder / "16.png"), picture(COSTLY).astype(np.uint16) << 4)
    return folder / "16.png"


CASES: dict[str, Callable[[Path], Path]] = {
    "JPEG 100 MP": by_opencv("a.jpg", cv2.IMWRITE_JPEG_QUALITY, 95),
    "JPEG 100 MP, turned by EXIF": by_pillow(
        "turned.jpg", "RGB", PLAIN, quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    ),
    "JPEG 100 MP, gray": by_pillow("gray.jpg", "L", PLAIN, quality=95),
    "JPEG 25 MP, progressive 4:4:4": by_pillow("p.jpg", "RGB", COSTLY, quality=95, progressive=True, subsampling=0),
    "JPEG 25 MP, CMYK": by_pillow("cmyk.jpg", "CMYK", COSTLY, quality=95),
    "PNG 100 MP": by_opencv("a.png"),
    "PNG 100 MP, gray": by_pillow("gray.png", "L", PLAIN),
    "PNG 25 MP, alpha": by_pillow("alpha.png", "RGBA", COSTLY),
    "PNG 25 MP, palette": by_pillow("palette.png", "P", COSTLY),
    "PNG 25 MP, 16-bit": deep_png,
    "BMP 100 MP": by_opencv("a.bmp"),
    "BMP 25 MP, palette": by_pillow("palette.bmp", "P", COSTLY),
    "TIFF 100 MP": by_tifffile("a.tif", PLAIN),
    "TIFF 100 MP, one strip": by_tifffile("strip.tif", PLAIN, rowsperstrip=PLAIN[0]),
    "TIFF 100 MP, deflate": by_tifffile("deflate.tif", PLAIN, compression="zlib"),
    "TIFF 100 MP, deflate tiles": by_tifffile("tiles.tif", PLAIN, compression="zlib", tile=(256, 256)),
    "TIFF 100 MP, LZW": by_opencv("lzw.tif", cv2.IMWRITE_TIFF_COMPRESSION, 5),
    "TIFF 100 MP, JPEG": by_pillow("jpeg.tif", "RGB", PLAIN, compression="jpeg"),
    "TIFF 100 MP, gray": by_pillow("gray.tif", "L", PLAIN),
    "TIFF 25 MP, planar": by_tifffile("planar.tif", COSTLY, planarconfig="separate"),
    "TIFF 25 MP, 16-bit": by_tifffile("16.tif", COSTLY, 16),
    "TIFF 25 MP, 16-bit planar": by_tifffile("16p.tif", COSTLY, 16, planarconfig="separate"),
    "TIFF 25 MP, alpha": by_pillow("alpha.tif", "RGBA", COSTLY),
    "WebP 25 MP": by_pillow("a.webp", "RGB", COSTLY),
    "WebP 25 MP, lossless alpha": by_pillow("b.webp", "RGBA", COSTLY, lossless=True, method=0),
}


def measure(folder: Path) -> Iterator[tuple[str, float, float, float, object]]:
    for name, write in CASES.items():
        path = write(folder)
        done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
        peak, seconds, shape = json.loads(done.stdout)
        yield name, path.stat().st_size / 2**20, peak, seconds, done.stderr or shape
        path.unlink()


def main(folder: Path) -> int:
    over = 0
    print(f"{'picture':32}{'file MiB':>9}{'peak MiB':>9}{'s':>7}  read as")
    for name, size, peak, seconds, shape in measure(folder):
        over += peak > BUDGET_MB
        print(
            f"{name:32}{size:9.0f}{peak:9.0f}{seconds:7.2f}  {shape}{'  OVER' if peak > BUDGET_MB else ''}", flush=True
        )
    return 1 if over else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
