"""The finder on the annotated fields it was tuned on; the test part is left alone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation import find_cells

pytestmark = pytest.mark.real_data


def annotated(path: Path) -> list[Box]:
    boxes = []
    for thing in ElementTree.parse(path).iter("object"):  # noqa: S314 - files of a known set, not of strangers
        if thing.findtext("name") == "WBC":
            corners = [float(thing.findtext(f"bndbox/{name}")) for name in ("xmin", "ymin", "xmax", "ymax")]
            try:
                boxes.append(Box(*corners))
            except InvalidValueError:  # two boxes of the set have no area
                continue
    return boxes


def test_leukocytes_of_bccd_are_found_and_little_else(real_data):
    names = (real_data / "bccd" / "ImageSets" / "Main" / "trainval.txt").read_text().split()[::2]
    found = boxes = matched = 0
    for name in names:
        truth = annotated(real_data / "bccd" / "annotations_voc" / f"{name}.xml")
        cells = [
            cell.box for cell in find_cells(read_image(real_data / "bccd" / "images" / f"{name}.jpg").pixels).cells
        ]
        found, boxes = found + len(cells), boxes + len(truth)
        matched += sum(any(cell.iou(box) >= 0.5 for cell in cells) for box in truth)

    assert boxes > 100
    assert matched / boxes >= 0.95
    assert matched / found >= 0.93
