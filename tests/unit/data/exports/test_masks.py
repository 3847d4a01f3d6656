"""Masks become outlined objects; COCO files are read by pycocotools, the format's own reader."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from leukoscope.data.exports import Exported, ExportWish, MaskClass, export_manifest
from leukoscope.data.exports.export import Format
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.sources import yolo
from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError, ManifestError
from leukoscope.synthetic import draw_cell

CLASSES = (MaskClass("nucleus", 200, 255), MaskClass("cell", 100, 255))
NUCLEUS, CYTOPLASM = 255, 128


@pytest.fixture
def levels() -> np.ndarray:
    """Two drawn lymphocytes as a mask: nuclei white, cytoplasm gray."""
    rng = np.random.default_rng(3)
    drawn = [draw_cell(rng, "lymphocyte", side=140, pixel_size_um=0.12) for _ in range(2)]
    whole = np.hstack([cell.cell_mask for cell in drawn])
    nuclei = np.hstack([cell.nucleus_mask for cell in drawn])
    return np.where(nuclei, NUCLEUS, np.where(whole, CYTOPLASM, 0)).astype(np.uint8)


def export(base: Path, levels: np.ndarray, form: Format, *, boxes: tuple[Annotation, ...] | None = None) -> Exported:
    height, width = levels.shape
    Image.new("RGB", (width, height)).save(base / "a.png")
    Image.fromarray(levels).save(base / "m.png")
    rows = [Row("a.png", boxes=boxes, mask="m.png", split="train")]
    return export_manifest(Manifest.from_rows(rows, base), base / "out", ExportWish(form, mask_classes=CLASSES))


def read_coco(file: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(file))


def test_pycocotools_reads_the_pixels_of_the_mask_from_the_polygons(tmp_path: Path, levels: np.ndarray) -> None:
    exported = export(tmp_path, levels, "coco")
    assert (exported.boxes, exported.lost, exported.problems) == (4, (), ())
    coco = read_coco(tmp_path / "out/annotations/instances_train.json")
    assert [one["name"] for one in coco.loadCats(coco.getCatIds())] == ["cell", "nucleus"]
    for name, low in (("nucleus", NUCLEUS), ("cell", CYTOPLASM)):
        found = coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(catNms=[name])))
        drawn = np.any([coco.annToMask(one) for one in found], axis=0)
        wanted = levels >= low
        assert len(found) == 2
        assert (drawn & wanted).sum() / (drawn | wanted).sum() > 0.96
        for one in found:
            x, y, _, height = one["bbox"]
            inside = coco.annToMask(one).nonzero()
            assert one["area"] == pytest.approx(inside[0].size, rel=0.04)
            assert abs(inside[1].min() - x) <= 1
            assert abs(inside[0].max() + 1 - (y + height)) <= 1
            assert one["image_id"] in coco.getImgIds()


def test_boxes_that_are_there_stay_and_trainers_of_outlines_get_corners_of_all(
    tmp_path: Path, levels: np.ndarray
) -> None:
    exported = export(tmp_path, levels, "yolo-seg", boxes=(Annotation(Box(10, 20, 60, 90), "WBC"),))
    assert exported.classes == ("WBC", "cell", "nucleus")
    assert "written as rectangles" in exported.lost[0]
    (row,) = yolo.read(tmp_path / "out").rows
    assert row.boxes is not None
    assert [box.label for box in row.boxes] == ["WBC", "nucleus", "nucleus", "cell", "cell"]
    assert np.asarray(row.boxes[0].outline) == pytest.approx(np.array([(10, 20), (60, 20), (60, 90), (10, 90)]))
    assert all(len(box.outline) >= 6 for box in row.boxes[1:])


def test_holes_that_outlines_cannot_hold_are_told(tmp_path: Path) -> None:
    levels = np.zeros((60, 60), dtype=np.uint8)
    levels[10:50, 10:50] = CYTOPLASM
    levels[20:30, 20:30] = 0
    assert "1 holes" in export(tmp_path, levels, "coco").lost[0]


def test_a_mask_of_another_size_costs_its_objects_and_nothing_else(tmp_path: Path) -> None:
    for name, side in (("a", 30), ("b", 40)):
        Image.new("RGB", (30, 30)).save(tmp_path / f"{name}.png")
        Image.new("L", (side, side), NUCLEUS).save(tmp_path / f"{name}-mask.png")
    rows = [Row(f"{name}.png", mask=f"{name}-mask.png") for name in "ab"]
    wish = ExportWish("coco", mask_classes=CLASSES)
    exported = export_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "out", wish)
    assert (exported.pictures, exported.boxes) == (2, 2)
    assert ["40 x 40" in one.message for one in exported.problems] == [True]
    with pytest.raises(ManifestError, match="something else"):
        export_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "out", ExportWish("coco"))


@pytest.mark.parametrize("text", ["nucleus", "=255", "a=0", "a=256", "a=9-3", "a=b"])
def test_what_is_no_class_of_a_mask_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        MaskClass.of_text(text)


def test_folders_hold_no_objects_of_masks() -> None:
    with pytest.raises(InvalidValueError, match="Folders"):
        ExportWish("folders", mask_classes=CLASSES)


def test_pycocotools_reads_boxes_classes_and_pictures_of_no_object(tmp_path: Path) -> None:
    rows = [
        Row("ä 1.png", boxes=(Annotation(Box(1.5, 2, 11.25, 12), "WBC"), Annotation(Box(0, 0, 40, 30), "RBC"))),
        Row("b.png", boxes=()),
    ]
    for row in rows:
        Image.new("RGB", (40, 30)).save(tmp_path / row.path)
    export_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "out", ExportWish("coco"))
    coco = read_coco(tmp_path / "out/annotations/instances_all.json")
    assert [one["file_name"] for one in coco.loadImgs(coco.getImgIds())] == ["ä 1.png", "b.png"]
    (first, second) = coco.getImgIds()
    told = {coco.loadCats(one["category_id"])[0]["name"]: one["bbox"] for one in coco.loadAnns(coco.getAnnIds(first))}
    assert told == {"WBC": [1.5, 2, 9.75, 10], "RBC": [0, 0, 40, 30]}
    assert coco.getAnnIds(second) == []
