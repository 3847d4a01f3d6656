"""Outlines that other programs read: closed rings for QuPath, polygons for COCO, numbers in pictures."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.path import Path as MatplotlibPath
from pycocotools.coco import COCO

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.findings import ImageFinding
from leukoscope.domain.regions import Outline
from leukoscope.imaging.outlining.label_image import label_image
from leukoscope.imaging.outlining.masks import masks_from_maps
from leukoscope.reporting.outlines import OutlineWriter
from leukoscope.reporting.outlines.rings import signed_area
from leukoscope.reporting.palette import Style

STYLES = {"blast": Style("Blast", "B", "#ff8000"), "uncertain": Style("Uncertain", "?", "#888888")}


def square(x: float, y: float, side: float) -> Outline:
    return Outline(((x, y), (x + side, y), (x + side, y + side), (x, y + side)))


@pytest.fixture
def finding(make_finding) -> ImageFinding:
    found: ImageFinding = make_finding([("blast", 0.95), ("blast", 0.5), None])[1]
    first, second, third = found.cells
    first = replace(first, outline=square(10, 20, 30), nucleus_outlines=(square(12, 22, 8), square(24.5, 30.5, 9)))
    second = replace(second, outline=square(100, 100, 20), nucleus_outlines=(square(105, 105, 6),))
    third = replace(third, outline=square(200, 50, 12))
    return replace(found, cells=(first, second, third))


def written(folder: Path, kind: str, *findings: ImageFinding) -> Path:
    writer = OutlineWriter(folder, kind, STYLES)
    for number, one in enumerate(findings):
        writer.add(f"slide {number}/a b.jpg", one)
    writer.finish([(f"slide {number}/a b.jpg", one.sha256) for number, one in enumerate(findings)], complete=True)
    return folder / "outlines"


def test_qupath_gets_cells_with_nuclei_as_cells_and_others_as_detections(finding, tmp_path):
    (path,) = written(tmp_path, "geojson", finding).iterdir()
    assert re.fullmatch(r"a_b-[0-9a-f]{8}\.geojson", path.name)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["type"] == "FeatureCollection"
    kinds = [one["properties"]["objectType"] for one in told["features"]]
    assert kinds == ["cell", "cell", "detection"]
    first, second, third = told["features"]
    assert first["nucleusGeometry"]["type"] == "MultiPolygon"
    assert second["nucleusGeometry"]["type"] == "Polygon"
    assert "nucleusGeometry" not in third
    assert first["properties"]["classification"] == {"name": "Blast", "color": [255, 128, 0]}
    assert second["properties"]["classification"]["name"] == "Uncertain"
    assert "classification" not in third["properties"]
    assert first["properties"]["measurements"]["roundness"] == pytest.approx(0.98765)


def test_rings_are_closed_and_ids_are_uuids_that_stay(finding, tmp_path):
    (path,) = written(tmp_path, "geojson", finding).iterdir()
    text = path.read_text(encoding="utf-8")
    for feature in json.loads(text)["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert len(ring) >= 4
        uuid.UUID(feature["id"])
    written(tmp_path, "geojson", finding)
    assert path.read_text(encoding="utf-8") == text


def test_coco_reads_all_pictures_back_with_their_areas(finding, make_finding, tmp_path):
    other = replace(make_finding([("blast", 0.99)], seed=5)[1])
    folder = written(tmp_path, "coco", finding, other)
    assert [path.name for path in folder.iterdir()] == ["coco.json"]
    coco = COCO(folder / "coco.json")
    assert [one["file_name"] for one in coco.imgs.values()] == ["slide 0/a b.jpg", "slide 1/a b.jpg"]
    names = {one["id"]: one["name"] for one in coco.cats.values()}
    told = [names[one["category_id"]] for one in coco.imgToAnns[1]]
    assert told == ["blast", "nucleus", "uncertain", "nucleus", "cell"]
    for one in coco.anns.values():
        assert coco.annToMask(one).sum() == pytest.approx(one["area"], rel=0.12, abs=4)


@pytest.mark.parametrize(("kind", "files"), [("geojson", 2), ("png", 4), ("coco", 1)])
def test_a_picture_and_its_copy_in_another_folder_are_both_told(finding, tmp_path, kind, files):
    folder = written(tmp_path, kind, finding, finding)
    assert len(list(folder.iterdir())) == files
    if kind == "coco":
        told = json.loads((folder / "coco.json").read_text(encoding="utf-8"))
        assert [one["file_name"] for one in told["images"]] == ["slide 0/a b.jpg", "slide 1/a b.jpg"]
        assert len(told["annotations"]) == 2 * 5


def test_an_interrupted_run_is_taken_up(finding, make_finding, tmp_path):
    other = make_finding([("blast", 0.99)], seed=5)[1]
    first = OutlineWriter(tmp_path, "coco", STYLES)
    first.add("a.jpg", finding)
    first.finish([("a.jpg", finding.sha256)], complete=False)
    second = OutlineWriter(tmp_path, "coco", STYLES)
    second.add("b.jpg", other)
    second.finish([("a.jpg", finding.sha256), ("b.jpg", other.sha256)], complete=True)
    told = json.loads((tmp_path / "outlines" / "coco.json").read_text(encoding="utf-8"))
    assert [one["file_name"] for one in told["images"]] == ["a.jpg", "b.jpg"]


def test_pictures_of_numbers_hold_each_cell_and_its_nucleus(finding, tmp_path):
    folder = written(tmp_path, "png", finding)
    cells, nuclei = (
        cv2.imread(str(next(folder.glob(f"*-{name}.png"))), cv2.IMREAD_UNCHANGED) for name in ("cells", "nuclei")
    )
    assert cells.dtype == np.uint8
    assert cells.shape == (finding.height, finding.width)
    assert [int((cells == number).sum()) for number in (1, 2, 3)] == [900, 400, 144]
    assert int((nuclei == 1).sum()) == 64 + 81
    assert set(np.unique(nuclei)) == {0, 1, 2}


def rings_and_islands(shape: tuple[int, int] = (70, 90)) -> CellMasks:
    """A cell at 20, 30 whose nucleus is a ring with an island in its hole, a second ring, and a plain lobe."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5

    def disk(x: float, y: float, radius: float) -> np.ndarray:
        return np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1).astype(np.float32)

    nucleus = disk(28, 35, 16) - disk(28, 35, 10) + disk(29, 34, 5) + disk(60, 28, 10) - disk(62, 28, 4)
    masks = masks_from_maps(disk(45, 35, 34), nucleus + disk(60, 52, 6), 20, 30)
    assert masks is not None
    return masks


@pytest.fixture
def with_holes(finding) -> tuple[ImageFinding, np.ndarray]:
    """A picture whose first cell has a nucleus with holes, and the pixels of that nucleus in the picture."""
    masks = rings_and_islands()
    assert (len(masks.nucleus_outlines), len(masks.nucleus_holes)) == (4, 2)
    cell = replace(
        finding.cells[0],
        outline=masks.outline,
        nucleus_outlines=masks.nucleus_outlines,
        nucleus_holes=masks.nucleus_holes,
    )
    true = np.zeros((finding.height, finding.width), bool)
    true[30:100, 20:110] = masks.nucleus
    return replace(finding, cells=(cell,)), true


def off_the_border(painted: np.ndarray, true: np.ndarray) -> int:
    """How many pixels differ that are no border of the mask."""
    near = np.ones((3, 3), np.uint8)
    mask = true.astype(np.uint8)
    border = cv2.dilate(mask, near) != cv2.erode(mask, near)
    return int(((painted != true) & ~border).sum())


def test_rings_of_geojson_give_the_mask_back_and_run_as_the_standard_wants(with_holes, tmp_path):
    finding, true = with_holes
    (path,) = written(tmp_path, "geojson", finding).iterdir()
    (feature,) = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert feature["nucleusGeometry"]["type"] == "MultiPolygon"
    lobes = feature["nucleusGeometry"]["coordinates"]
    assert sorted(len(rings) for rings in lobes) == [1, 1, 2, 2]
    centers = np.stack(np.meshgrid(np.arange(finding.width) + 0.5, np.arange(finding.height) + 0.5), axis=-1)
    painted = np.zeros(true.shape, bool)
    for outer, *holes in lobes:
        assert signed_area(outer[:-1]) > 0
        assert all(signed_area(hole[:-1]) < 0 and hole[0] == hole[-1] for hole in holes)
        inside = [MatplotlibPath(ring).contains_points(centers.reshape(-1, 2)) for ring in (outer, *holes)]
        painted |= (inside[0] & ~np.any(inside[1:], axis=0) if holes else inside[0]).reshape(true.shape)
    assert painted.any()
    assert off_the_border(painted, true) == 0


def test_pycocotools_gives_the_mask_of_a_nucleus_with_holes_back(with_holes, tmp_path):
    finding, true = with_holes
    coco = COCO(written(tmp_path, "coco", finding) / "coco.json")
    cell, nucleus = coco.anns.values()
    assert isinstance(cell["segmentation"], list)  # polygons, where there is no hole
    assert nucleus["segmentation"]["size"] == [finding.height, finding.width]
    assert nucleus["iscrowd"] == 0
    painted = coco.annToMask(nucleus).astype(bool)
    assert off_the_border(painted, true) == 0
    assert painted.sum() == nucleus["area"] == pytest.approx(true.sum(), rel=0.02)


def test_pictures_of_numbers_leave_holes_empty(with_holes, tmp_path):
    finding, true = with_holes
    folder = written(tmp_path, "png", finding)
    nuclei = cv2.imread(str(next(folder.glob("*-nuclei.png"))), cv2.IMREAD_UNCHANGED)
    assert off_the_border(nuclei > 0, true) == 0


def test_more_than_255_cells_need_16_bits():
    outlines = {number: [square(3 * (number % 100), 3 * (number // 100), 2)] for number in range(1, 301)}
    painted = label_image(outlines, 310, 20)
    assert painted.dtype == np.uint16
    assert set(np.unique(painted)) == set(range(301))


def test_a_field_without_cells_is_an_empty_file_not_an_error(make_finding, tmp_path):
    empty = make_finding([])[1]
    for kind in ("geojson", "coco", "png"):
        assert list(written(tmp_path / kind, kind, empty).iterdir())


def test_a_cell_beyond_the_border_is_cut_off():
    outside = Outline(((-5, -5), (3, -5), (3, 3), (-5, 3)))
    assert int((label_image({1: [outside]}, 10, 10) == 1).sum()) == 9
    assert not label_image({1: [Outline(((20, 20), (30, 20), (30, 30)))]}, 10, 10).any()
