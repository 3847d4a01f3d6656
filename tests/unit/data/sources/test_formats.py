"""Formats in every bad state: the fault is named by file and line, and the rest is imported."""

import json
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from leukoscope.data.sources import coco, folder_per_class, table, voc, yolo
from leukoscope.data.sources.source import Imported
from leukoscope.errors import ManifestError

SQUARE = "<bndbox><ymax>9</ymax><xmax>8</xmax><xmin>1</xmin><ymin>2</ymin></bndbox>"


def picture(path: Path, size: tuple[int, int] = (100, 50)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def sides(imported: Imported, path: str) -> list[list[float]] | None:
    row = next(row for row in imported.rows if row.path == path)
    return None if row.boxes is None else [[round(side, 6) for side in box.box.as_list()] for box in row.boxes]


def xml(objects: str, name: str = "a.png") -> str:
    return f"<annotation><filename>{name}</filename><path>/elsewhere/z.jpg</path>{objects}</annotation>"


def thing(box: str = SQUARE, name: str = "WBC") -> str:
    return f"<object><name>{name}</name>{box}</object>"


class TestYolo:
    def test_faulty_lines_are_named_and_the_others_kept(self, tmp_path: Path) -> None:
        picture(tmp_path / "images/ä b.png")
        lines = [
            "0 0.5 0.5 0.2 0.4",
            "7 .5 .5 .1 .1",
            "0 .5 .5 0 .1",
            "0 nan .5 .1 .1",
            "x",
            "",
            "0 50 20 9 9",
            "0 1 2",
        ]
        write(tmp_path / "labels/ä b.txt", b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
        write(tmp_path / "classes.txt", "WBC\r\n")
        imported = yolo.read(tmp_path)
        assert yolo.recognizes(tmp_path)
        assert sides(imported, "images/ä b.png") == [[40, 15, 60, 35]]
        assert [one.line for one in imported.problems] == [2, 3, 4, 5, 7, 8]

    def test_missing_labels_are_not_annotated_and_empty_ones_are(self, tmp_path: Path) -> None:
        for name in ("a", "b", "c"):
            picture(tmp_path / f"{name}.png")
        write(tmp_path / "a.txt", "")
        write(tmp_path / "b.txt", "0 .5 .5 .2 .2")
        write(tmp_path / "gone.txt", "0 .5 .5 .2 .2")
        imported = yolo.read(tmp_path, names=("cell",))
        assert [row.boxes if not row.boxes else row.boxes[0].label for row in imported.rows] == [(), "cell", None]
        assert [one.file for one in imported.problems] == ["c.png", "gone.txt"]

    @pytest.mark.parametrize("names", ["[WBC, RBC]", "{0: WBC, 1: RBC}", "\n  0: WBC\n  1: RBC", "\n- WBC\n- RBC"])
    def test_roboflow_exports_have_names_and_parts(self, tmp_path: Path, names: str) -> None:
        for part in ("train", "valid", "test"):
            picture(tmp_path / part / "images/a.png")
            write(tmp_path / part / "labels/a.txt", "1 0.1 0.2 0.3 0.2 0.3 0.6")
        keys = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
        write(tmp_path / "data.yaml", f"{keys}nc: 2\nnames: {names}\n")
        imported = yolo.read(tmp_path)
        assert {row.path.split("/")[0]: row.split for row in imported.rows} == {
            "train": "train",
            "valid": "validation",
            "test": "test",
        }
        assert imported.rows[0].boxes is not None
        assert imported.rows[0].boxes[0].label == "RBC"
        assert imported.rows[0].boxes[0].outline == ((10, 10), (30, 10), (30, 30))
        assert not imported.problems

    def test_broken_or_dangerous_yaml_is_told(self, tmp_path: Path) -> None:
        picture(tmp_path / "a.png")
        write(tmp_path / "a.txt", "0 .5 .5 .2 .2")
        write(tmp_path / "data.yaml", "names: !!python/object/apply:os.system [echo]")
        imported = yolo.read(tmp_path)
        assert imported.problems[0].file == "data.yaml"
        assert imported.rows[0].boxes is not None
        assert imported.rows[0].boxes[0].label == "0"

    def test_a_broken_picture_and_a_link_that_leaves_are_told(self, tmp_path: Path) -> None:
        picture(tmp_path / "elsewhere/x.png")
        root = tmp_path / "set"
        write(root / "a.png", b"no picture")
        write(root / "a.txt", "0 .5 .5 .2 .2")
        (root / "b.png").symlink_to(tmp_path / "elsewhere/x.png")
        imported = yolo.read(root, names=("cell",))
        assert [(row.path, row.boxes) for row in imported.rows] == [("a.png", None)]
        assert [one.file for one in imported.problems] == ["b.png", "a.png"]

    def test_a_lying_photograph_is_measured_upright(self, tmp_path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (100, 50)).save(tmp_path / "a.jpg", exif=exif)
        write(tmp_path / "a.txt", "0 .5 .5 1 .5")
        assert sides(yolo.read(tmp_path, names=("cell",)), "a.jpg") == [[0, 25, 50, 75]]


class TestVoc:
    def test_the_name_counts_and_not_the_path_or_the_order_of_sides(self, tmp_path: Path) -> None:
        picture(tmp_path / "JPEGImages/a.png")
        write(tmp_path / "Annotations/a.xml", xml(thing()))
        assert voc.recognizes(tmp_path)
        assert sides(voc.read(tmp_path), "JPEGImages/a.png") == [[1, 2, 8, 9]]
        assert sides(voc.read(tmp_path, one_based=True), "JPEGImages/a.png") == [[0, 1, 8, 9]]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("<annotation><object>", "well-formed"),
            ("", "well-formed"),
            ('<!DOCTYPE x [<!ENTITY a "b">]><annotation>&a;</annotation>', "entities"),
            ("<html/>", "begins with <html>"),
            (b"\xff\xfe\x00", "UTF-8"),
            (xml(thing(SQUARE.replace("8", "1"))), "no area"),
            (xml(thing(SQUARE.replace("8", "inf"))), "finite"),
            (xml("<object><name>WBC</name></object>"), "finite"),
            (xml(thing(name=" ")), "no name"),
            (xml("", "gone.png").replace("gone", "b"), "two XML"),
        ],
    )
    def test_a_bad_file_is_told_and_the_next_is_read(self, tmp_path: Path, text: str | bytes, told: str) -> None:
        picture(tmp_path / "a.png")
        picture(tmp_path / "b.png")
        write(tmp_path / "b.xml", xml(thing(), "b.png"))
        write(tmp_path / ("a.xml" if "two" not in told else "c.xml"), text)
        imported = voc.read(tmp_path)
        assert sides(imported, "b.png") == [[1, 2, 8, 9]]
        assert told in imported.problems[0].message

    def test_a_picture_whose_file_is_broken_is_not_told_to_have_none(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            picture(tmp_path / f"JPEGImages/{name}.png")
        write(tmp_path / "Annotations/a.xml", "<annotation><object>")
        told = {one.file: one.message for one in voc.read(tmp_path).problems}
        assert set(told) == {"Annotations/a.xml", "JPEGImages/b.png"}
        assert told["Annotations/a.xml"].endswith("JPEGImages/a.png counts as not annotated.")
        assert "no XML file" in told["JPEGImages/b.png"]

    def test_huge_files_are_refused(self, tmp_path: Path) -> None:
        picture(tmp_path / "a.png")
        write(tmp_path / "a.xml", xml(" " * (21 * 2**20)))
        assert "MiB" in voc.read(tmp_path).problems[0].message

    def test_lists_give_parts_and_their_faults_have_lines(self, tmp_path: Path) -> None:
        for name in "abc":
            picture(tmp_path / f"JPEGImages/{name}.png")
            write(tmp_path / f"Annotations/{name}.xml", xml(thing(), f"{name}.png"))
        write(tmp_path / "ImageSets/Main/test.txt", "a\n")
        write(tmp_path / "ImageSets/Main/train.txt", "b\r\n\r\nz\r\na\r\n")
        imported = voc.read(tmp_path)
        assert [row.split for row in imported.rows] == ["test", "train", None]
        assert [(one.file.rsplit("/", 1)[1], one.line) for one in imported.problems] == [
            ("train.txt", 3),
            ("train.txt", 4),
        ]

    def test_names_that_differ_in_case_alone_are_told(self, tmp_path: Path) -> None:
        for name in ("a", "A"):
            picture(tmp_path / f"{name}.png")
            write(tmp_path / f"{name}.xml", xml(thing(), f"{name}.png"))
        imported = voc.read(tmp_path)
        assert [len(row.boxes or ()) for row in imported.rows] == [1, 1]
        assert ["case alone" in one.message for one in imported.problems] == [True]

    def test_a_declared_encoding_is_read(self, tmp_path: Path) -> None:
        picture(tmp_path / "ä.png")
        text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + xml(thing(name="Größe"), "ä.png")
        write(tmp_path / "x.xml", text.encode("latin-1"))
        boxes = voc.read(tmp_path).rows[0].boxes
        assert boxes is not None
        assert boxes[0].label == "Größe"


class TestCoco:
    def test_faulty_annotations_are_told_and_the_others_kept(self, tmp_path: Path) -> None:
        for name in ("a", "b", "c"):
            picture(tmp_path / f"train/{name}.png")
        good = {"id": 1, "image_id": 1, "category_id": 5, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 4, 2, 4, 6]]}
        bad: list[dict[str, object]] = [
            {"id": 2, "image_id": 9, "category_id": 5, "bbox": [1, 2, 3, 4]},
            {"id": 3, "image_id": 1, "category_id": 6, "bbox": [1, 2, 3, 4]},
            {"id": 4, "image_id": 1, "category_id": 5, "bbox": [1, 2, 0, 4]},
            {"id": 5, "image_id": 1, "category_id": 5, "bbox": [1, 2, float("nan"), 4]},
            {"id": 6, "image_id": 1, "category_id": 5, "bbox": "none"},
        ]
        kept = {"id": 7, "image_id": 1, "category_id": 5, "bbox": [1, 2, 3, 4], "segmentation": {"counts": "x"}}
        images = [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}, {"id": 2, "file_name": "b.png"}]
        images.append({"id": 3, "file_name": "gone.png"})
        said = {"images": images, "annotations": [good, *bad, kept], "categories": [{"id": 5, "name": "WBC"}]}
        write(tmp_path / "train/_annotations.coco.json", json.dumps(said))
        write(tmp_path / "broken.json", "{")
        imported = coco.read(tmp_path)
        assert coco.recognizes(tmp_path)
        assert sides(imported, "train/a.png") == [[1, 2, 4, 6], [1, 2, 4, 6]]
        assert sides(imported, "train/b.png") == []
        assert sides(imported, "train/c.png") is None
        assert {row.split for row in imported.rows} == {"train"}
        told = " ".join(one.message for one in imported.problems)
        for what in (
            "valid JSON",
            "gone.png",
            "Annotation 2",
            "category 6",
            "no area",
            "finite",
            "four numbers",
            "run-",
        ):
            assert what in told

    @pytest.mark.parametrize(("second", "lines"), [("b.png", 1), ("gone.png", 2), ("a.png", 1)])
    def test_an_image_id_used_twice_is_told_and_no_box_vanishes(self, tmp_path: Path, second: str, lines: int) -> None:
        for name in ("a", "b"):
            picture(tmp_path / f"{name}.png")
        boxes = [{"id": n, "image_id": 0, "category_id": 1, "bbox": [n, 2, 3, 4]} for n in (1, 5)]
        images = [{"id": 0, "file_name": "a.png"}, {"id": 0, "file_name": second}]
        said = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "WBC"}]}
        write(tmp_path / "a.json", json.dumps(said))
        imported = coco.read(tmp_path)
        assert sides(imported, "a.png") == [[1, 2, 4, 6], [5, 2, 8, 6]]
        assert sides(imported, "b.png") is None
        told = [one.message for one in imported.problems if one.file == "a.json"]
        assert len(told) == lines
        if second == "a.png":
            assert "listed twice" in told[0]
        else:
            assert told[0].startswith(f"Image id 0 comes twice, for 'a.png' and for '{second}'")
            assert "All annotations of 0 (2) are counted as of the first" in told[0]

    def test_boxes_of_a_picture_that_is_not_there_are_counted(self, tmp_path: Path) -> None:
        picture(tmp_path / "a.png")
        boxes = [{"id": n, "image_id": 3, "category_id": 1, "bbox": [n, 2, 3, 4]} for n in (1, 5)]
        images = [{"id": 1, "file_name": "a.png"}, {"id": 3, "file_name": "gone.png"}]
        said = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "WBC"}]}
        write(tmp_path / "a.json", json.dumps(said))
        told = [one.message for one in coco.read(tmp_path).problems]
        assert [one.endswith("It is left out, and so are its annotations (2).") for one in told] == [True]


class TestFolders:
    def test_parts_classes_and_subtypes(self, tmp_path: Path) -> None:
        for path in ("set/train/all/x/1.png", "set/Valid/hem/1.png", "set/test/hem/images/2.png", "loose.png"):
            picture(tmp_path / path)
        imported = folder_per_class.read(tmp_path)
        assert [(row.label, row.subtype, row.split) for row in imported.rows] == [
            ("hem", None, "validation"),
            ("hem", None, "test"),
            ("all", "x", "train"),
        ]
        assert [one.file for one in imported.problems] == ["loose.png"]

    def test_an_outer_folder_names_the_set(self, tmp_path: Path) -> None:
        for path in ("set/hem/1.png", "set/all/1.png"):
            picture(tmp_path / path)
        assert [row.label for row in folder_per_class.read(tmp_path).rows] == ["all", "hem"]

    def test_a_missing_folder_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match="no folder"):
            folder_per_class.read(tmp_path / "gone")


class TestTable:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_columns_are_guessed_and_faulty_rows_named(self, tmp_path: Path, delimiter: str) -> None:
        for name in ("1", "2", "3"):
            picture(tmp_path / f"img/{name}.png")
        rows = [
            ["Image Name", "Cell Type", "Patient_ID", "Split", "official_fold"],
            ["img\\1.png", "ALL", "P1", "valid", "fold_2"],
            ["2", "HEM", "P2", "somewhere", "0.0"],
            ["gone.png", "HEM", "P2", "test", "1"],
            ["img/1.png", "ALL", "P1", "train", "1"],
            ["./img/3.png", "", "P3", "test", "x"],
        ]
        text = "\r\n".join(delimiter.join(row) for row in rows)
        write(tmp_path / "list.csv", b"\xef\xbb\xbf" + text.encode())
        imported = table.read(tmp_path)
        assert table.recognizes(tmp_path)
        told = [(row.path, row.label, row.patient, row.split, row.fold) for row in imported.rows]
        assert told == [
            ("img/1.png", "ALL", "P1", "validation", 2),
            ("img/2.png", "HEM", "P2", None, 0),
            ("img/3.png", None, "P3", "test", None),
        ]
        assert [one.line for one in imported.problems] == [3, 4, 5, 6, 6]

    def test_a_second_row_that_contradicts_the_first_says_in_what(self, tmp_path: Path) -> None:
        for name in ("1", "2", "3"):
            picture(tmp_path / f"{name}.png")
        rows = ["file,class,patient", "1.png,ALL,P1", "1.png,HEM,P1", "2.png,ALL,P1", "2.png,ALL,P1", "3.png,,P1"]
        write(tmp_path / "list.csv", "\n".join([*rows, "3.png,HEM,P9"]))
        imported = table.read(tmp_path)
        told = {one.line: one.message for one in imported.problems if "second time" in one.message}
        assert told == {
            3: "1.png comes a second time, and its label differs: ALL, HEM. Keep one row per picture. "
            "The first is used.",
            5: "2.png comes a second time. Keep one row per picture. The first is used.",
            7: "3.png comes a second time, and its label differs: none, HEM, and its patient differs: P1, P9. "
            "Keep one row per picture. The first is used.",
        }

    def test_parquet_and_given_columns(self, tmp_path: Path) -> None:
        picture(tmp_path / "a.png")
        pd.DataFrame({"where": ["a.png"], "what": ["blast"]}).to_parquet(tmp_path / "list.parquet")
        with pytest.raises(ManifestError, match="no column of paths"):
            table.read(tmp_path)
        imported = table.read(tmp_path / "list.parquet", columns={"path": "where", "label": "what"})
        assert [(row.path, row.label) for row in imported.rows] == [("a.png", "blast")]
        with pytest.raises(ManifestError, match="no column 'who'"):
            table.read(tmp_path, columns={"path": "who"})


@pytest.mark.parametrize("order", ["images annotations categories", "annotations images categories"])
def test_a_large_coco_file_is_recognized_by_its_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    parts: dict[str, list[object]] = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in range(20_000)],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 5, 5]} for n in range(20_000)],
        "categories": [{"id": 1, "name": "WBC"}],
    }
    write(tmp_path / "a.json", json.dumps({key: parts[key] for key in order.split()}))
    write(tmp_path / "log.json", json.dumps({"images": [{"id": n} for n in range(60_000)]}))
    monkeypatch.setattr(coco, "_load", lambda _: pytest.fail("the whole file was read"))
    assert coco.recognizes(tmp_path / "a.json")
    assert not coco.recognizes(tmp_path / "log.json")


def test_a_damaged_parquet_body_is_told_in_one_sentence(tmp_path: Path) -> None:
    pd.DataFrame({"path": [f"{n}.png" for n in range(2000)], "label": ["x"] * 2000}).to_parquet(tmp_path / "t.parquet")
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[4:3000] = b"\xff" * 2996
    write(tmp_path / "t.parquet", bytes(content))
    assert table.recognizes(tmp_path / "t.parquet")
    with pytest.raises(ManifestError, match=r"is damaged .* Copy it again"):
        table.read(tmp_path / "t.parquet")


def test_of_a_large_table_only_the_beginning_is_read_to_recognize_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "t.csv", "file;class\n" + "a.png;x\n" * 50_000)
    monkeypatch.setattr(table, "read_text_file", lambda *_, **__: pytest.fail("the whole file was read"))
    assert table.recognizes(tmp_path / "t.csv")


@pytest.mark.real_data
def test_real_sets_give_what_their_sources_say(real_data: Path) -> None:
    bccd = voc.read(real_data / "bccd")
    assert (len(bccd.rows), len(bccd.problems)) == (304, 2)
    assert sum(row.split == "test" for row in bccd.rows) == 57
    txl = yolo.read(real_data / "txl-pbc")
    assert (len(txl.rows), sum(row.split == "train" for row in txl.rows), len(txl.problems)) == (780, 549, 0)
    frames = yolo.read(real_data / "pbc-frames")
    assert all(row.boxes is not None and len(row.boxes) == 1 for row in frames.rows)
    assert len(folder_per_class.read(real_data / "taleqani-all").rows) == 2503
    crops = table.read(real_data / "pbc-crops")
    assert (len(crops.rows), len(crops.problems)) == (6519, 0)
