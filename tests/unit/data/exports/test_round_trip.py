"""What is exported and imported again is what it was, within what the format can hold."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from leukoscope.data.exports import Exported, ExportWish, export_manifest
from leukoscope.data.exports.export import Format
from leukoscope.data.manifest import PARTS, Annotation, Manifest, Row
from leukoscope.data.sources import coco, folder_per_class, voc, yolo
from leukoscope.data.sources.source import Imported
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

WIDTH, HEIGHT = 64, 48
LABELS = st.sampled_from(["WBC", "RBC", "blast, early", "Zelle, groß", "白血球", "no", "1", 'a "b" <c> & d'])
NAMES = ["a.png", "A.png", "b b.png", "x/a.png", "y/a.png", "ü/é 1.png", "y/CON.png"]
READERS: dict[Format, Callable[[Path], Imported]] = {
    "yolo": yolo.read,
    "coco": coco.read,
    "voc": voc.read,
    "folders": folder_per_class.read,
}
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def boxes(draw: st.DrawFn) -> Annotation:
    x0, y0 = draw(st.floats(0, WIDTH - 2)), draw(st.floats(0, HEIGHT - 2))
    x1, y1 = draw(st.floats(x0 + 1, WIDTH)), draw(st.floats(y0 + 1, HEIGHT))
    outline = ((x0, y0), (x1, y0), (x1, y1)) if draw(st.booleans()) else ()
    return Annotation(Box(x0, y0, x1, y1), draw(LABELS), outline)


@st.composite
def sets(draw: st.DrawFn) -> list[Row]:
    paths = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    parts = draw(st.sampled_from([(None,), PARTS]))
    annotated = st.none() | st.lists(boxes(), max_size=3).map(tuple)
    return [
        Row(path, label=draw(LABELS), boxes=draw(annotated), split=draw(st.sampled_from(parts)), width=WIDTH)
        for path in paths
    ]


def draw_pictures(rows: list[Row], base: Path) -> None:
    """Every picture has its own gray, so that it is known again under another name."""
    for shade, row in enumerate(rows):
        (base / row.path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((HEIGHT, WIDTH), shade, np.uint8)).save(base / row.path)


def there_and_back(rows: list[Row], base: Path, form: Format) -> tuple[Exported, list[Row | None]]:
    draw_pictures(rows, base / "in")
    exported = export_manifest(Manifest.from_rows(rows, base / "in"), base / "out", ExportWish(form))
    imported = READERS[form](base / "out")
    by_shade = {int(np.asarray(Image.open(base / "out" / row.path))[0, 0]): row for row in imported.rows}
    assert len(by_shade) == len(imported.rows)
    return exported, [by_shade.get(shade) for shade in range(len(rows))]


@pytest.mark.parametrize(("form", "off"), [("yolo", 1e-4), ("coco", 1e-4), ("voc", 0.51)])
@few
@given(rows=sets())
def test_boxes_labels_and_parts_survive(form: Format, off: float, rows: list[Row]) -> None:
    assume(any(row.boxes is not None for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        exported, back = there_and_back(rows, Path(folder), form)
    assert not exported.problems
    for row, other in zip(rows, back, strict=True):
        assert other is not None
        assert other.split == row.split
        assert (other.boxes is None) == (row.boxes is None)
        for one, same in zip(row.boxes or (), other.boxes or (), strict=True):
            assert same.label == one.label
            assert same.box.as_list() == pytest.approx(one.box.as_list(), abs=off)


@few
@given(rows=sets())
def test_outlines_survive_coco(rows: list[Row]) -> None:
    assume(any(row.boxes is not None for row in rows))
    with tempfile.TemporaryDirectory() as folder:
        _, back = there_and_back(rows, Path(folder), "coco")
    for row, other in zip(rows, back, strict=True):
        assert other is not None
        for one, same in zip(row.boxes or (), other.boxes or (), strict=True):
            assert np.asarray(same.outline) == pytest.approx(np.asarray(one.outline), abs=1e-4)


def test_classes_subtypes_and_parts_survive_folders(tmp_path: Path) -> None:
    rows = [
        Row("1.png", label="ig", subtype="MMY", split="train"),
        Row("2.png", label="白血球", split="test"),
        Row("sub/1.png", label="白血球", split="validation"),
    ]
    exported, back = there_and_back(rows, tmp_path, "folders")
    assert not exported.problems
    assert [(row.label, row.subtype, row.split) for row in back if row] == [
        (row.label, row.subtype, row.split) for row in rows
    ]


def test_yolo_numbers_are_those_computed_by_hand(tmp_path: Path) -> None:
    rows = [Row("a.png", boxes=(Annotation(Box(16, 12, 48, 24), "b"), Annotation(Box(0, 0, 64, 48), "a")))]
    there_and_back(rows, tmp_path, "yolo")
    assert (tmp_path / "out/labels/all/a.txt").read_text() == "1 0.5 0.375 0.5 0.25\n0 0.5 0.5 1 1\n"
    assert (tmp_path / "out/classes.txt").read_text() == "a\nb\n"


def test_coco_has_width_and_height_and_areas(tmp_path: Path) -> None:
    square = ((1.0, 2.0), (5.0, 2.0), (5.0, 6.0))
    rows = [Row("a.png", split="train", boxes=(Annotation(Box(1, 2, 5, 6), "a", square),))]
    there_and_back(rows, tmp_path, "coco")
    said = json.loads((tmp_path / "out/annotations/instances_train.json").read_text())
    assert said["images"] == [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}]
    assert said["annotations"] == [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [1, 2, 4, 4],
            "area": 8,
            "iscrowd": 0,
            "segmentation": [[1, 2, 5, 2, 5, 6]],
        }
    ]


def test_a_broken_off_export_is_carried_on_and_another_is_refused(tmp_path: Path) -> None:
    rows = [Row(f"{name}.png", boxes=(Annotation(Box(1, 1, 9, 9), "a"),)) for name in "abc"]
    draw_pictures(rows, tmp_path / "in")
    manifest = Manifest.from_rows(rows, tmp_path / "in")

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_manifest(manifest, tmp_path / "out", ExportWish("yolo"), after_each=stop)
    first = (tmp_path / "out/images/all/a.png").stat()
    assert export_manifest(manifest, tmp_path / "out", ExportWish("yolo")).pictures == 3
    assert (tmp_path / "out/images/all/a.png").stat().st_ino == first.st_ino
    with pytest.raises(ManifestError, match="something else"):
        export_manifest(manifest, tmp_path / "out", ExportWish("voc"))


def test_a_missing_picture_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [Row("a.png", boxes=()), Row("gone.png", boxes=())]
    draw_pictures(rows[:1], tmp_path)
    exported = export_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "out", ExportWish("coco"))
    assert exported.pictures == 1
    assert [one.file for one in exported.problems] == ["gone.png"]


def test_links_share_the_file_and_copies_do_not(tmp_path: Path) -> None:
    rows = [Row("a.png", label="x", boxes=(), mask="m.png")]
    draw_pictures([*rows, Row("m.png")], tmp_path)
    manifest = Manifest.from_rows(rows, tmp_path)
    linked = export_manifest(manifest, tmp_path / "linked", ExportWish("coco", "link"))
    export_manifest(manifest, tmp_path / "copied", ExportWish("coco", "copy"))
    assert (tmp_path / "linked/images/all/a.png").samefile(tmp_path / "a.png")
    assert not (tmp_path / "copied/images/all/a.png").samefile(tmp_path / "a.png")
    assert (tmp_path / "copied/masks/all/a.png").read_bytes() == (tmp_path / "m.png").read_bytes()
    assert linked.lost[0] == "picture labels"


def test_a_class_called_like_a_part_is_refused_as_folder(tmp_path: Path) -> None:
    rows = [Row("a.png", label="test"), Row("b.png", label="x"), Row("c.png")]
    draw_pictures(rows, tmp_path)
    exported = export_manifest(Manifest.from_rows(rows, tmp_path), tmp_path / "out", ExportWish("folders"))
    assert [one.file for one in exported.problems] == ["a.png", "c.png"]
