"""Writes the outlines of each picture beside the report, in the format asked for; files appear whole or not at all.

`outlines/<name>-<hash>.geojson`; or `-cells.png` and `-nuclei.png`, gray pictures in which each cell has its number;
or `outlines/coco.json` for all pictures together.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

from leukoscope.domain.findings import ImageFinding
from leukoscope.imaging.outlining.label_image import label_image, label_png
from leukoscope.reporting.files import replacing
from leukoscope.reporting.outlines.coco import coco_annotations, coco_text
from leukoscope.reporting.outlines.geojson import geojson_text
from leukoscope.reporting.palette import Style

OutlineFormat = Literal["geojson", "coco", "png"]
FORMATS: tuple[OutlineFormat, ...] = get_args(OutlineFormat)
FOLDER = "outlines"
_COCO = "coco.json"
_PART = ".part.json"


class OutlineWriter:
    """Writes outlines while pictures come.

    Args:
        folder: Folder of the report; `outlines/` appears in it.
        kind: What is written.
        styles: Title and color of each class.
    """

    def __init__(self, folder: Path, kind: OutlineFormat, styles: Mapping[str, Style]) -> None:
        self._folder, self._kind, self._styles = folder / FOLDER, kind, styles

    def add(self, path: str, finding: ImageFinding) -> None:
        """Write the outlines of one picture.

        Args:
            path: Its path, as results quote it.
            finding: What was found in it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = _stem(path, finding.sha256)
        if self._kind == "geojson":
            _write(self._folder / f"{stem}.geojson", geojson_text(finding, self._styles))
        elif self._kind == "png":
            self._write_pictures(stem, finding)
        else:
            picture = {"file_name": path, "width": finding.width, "height": finding.height}
            _write(self._folder / f"{stem}{_PART}", json.dumps([picture, coco_annotations(finding)]))

    def finish(self, pictures: Sequence[tuple[str, str]], *, complete: bool) -> None:
        """Put together what is one file for all pictures.

        Args:
            pictures: Path and SHA-256 of each analyzed picture, in the order of the report; those of an interrupted run
                are taken up from its parts.
            complete: Nothing is left to be taken up later.
        """
        if self._kind != "coco":
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        parts = [self._folder / f"{_stem(path, sha256)}{_PART}" for path, sha256 in pictures]
        told = [json.loads(part.read_text(encoding="utf-8")) for part in parts if part.is_file()]
        _write(self._folder / _COCO, coco_text(told, list(self._styles)))
        if complete:
            for part in parts:
                part.unlink(missing_ok=True)

    def _write_pictures(self, stem: str, finding: ImageFinding) -> None:
        cells = {cell.id: (cell.outline,) for cell in finding.cells}
        nuclei = {
            cell.id: (*cell.nucleus_outlines, *cell.nucleus_holes) for cell in finding.cells if cell.nucleus_outlines
        }
        for name, outlines in (("cells", cells), ("nuclei", nuclei)):
            content = label_png(label_image(outlines, finding.width, finding.height))
            unfinished = self._folder / f".{stem}-{name}.png.tmp"
            unfinished.write_bytes(content)
            unfinished.replace(self._folder / f"{stem}-{name}.png")


def _stem(path: str, sha256: str) -> str:
    """A file name that tells the picture and is told apart from pictures of the same name, its own copies too."""
    name = re.sub(r"[^\w.-]+", "_", Path(path).stem).strip("._")[:80] or "picture"
    both = hashlib.sha256(f"{sha256} {path}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"{name}-{both[:8]}"


def _write(path: Path, text: str) -> None:
    with replacing(path) as stream:
        stream.write(text)
