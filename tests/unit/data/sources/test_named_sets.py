"""Sets whose file names or folders tell everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.manifest import Row
from leukoscope.data.sources import (
    all_idb1,
    all_idb2,
    aml_lmu,
    apl_aml,
    jtsc,
    pbc,
    pbc_originals,
    raabin,
    subtypes,
    taleqani,
)
from leukoscope.data.sources.registry import recognize
from leukoscope.data.sources.source import Source
from leukoscope.errors import ManifestError

EXAMPLES: list[tuple[Source, str, Row]] = [
    (
        taleqani,
        "Early/WBC-Malignant-Early-007.jpg",
        Row("", label="early", source="taleqani-all", series="early", number=7),
    ),
    (
        taleqani,
        "Benign/WBC-Benign-504.jpg",
        Row("", label="benign", source="taleqani-all", series="benign", number=504),
    ),
    (
        pbc_originals,
        "PBC_dataset_normal_DIB/ig/PMY_12.jpg",
        Row("", label="immature-granulocyte", subtype="promyelocyte", source="pbc", series="pmy", number=12),
    ),
    (
        pbc_originals,
        "platelet/PLATELET_495918.jpg",
        Row("", label="platelet", source="pbc", series="platelet", number=495918),
    ),
    (aml_lmu, "MYO/MYO_0012.tiff", Row("", label="myeloblast", source="aml-lmu", series="myo", number=12)),
    (
        aml_lmu,
        "LYT/LYT___LYT_0231_101.tiff",
        Row("", label="lymphocyte", source="aml-lmu", series="lyt", number=231),
    ),
    (
        apl_aml,
        "APL/APL___SMU_13158567_103.jpg",
        Row("", label="apl", subtype="SMU", source="apl-aml", series="cell-id", number=13158567),
    ),
    (raabin, "TestA/Monocyte/95-5-6.jpg", Row("", label="monocyte", source="raabin-wbc", split="test")),
    (raabin, "Train/Basophil/1.jpg", Row("", label="basophil", source="raabin-wbc", split="train")),
    (raabin, "Test-B/Lymphocyte/1.png", Row("", label="lymphocyte", source="raabin-wbc-b", split="test")),
    (subtypes, "CML/picture 1.jpg", Row("", label="cml", source="subtypes")),
    (subtypes, "healthy/ü.png", Row("", label="healthy", source="subtypes")),
    (all_idb2, "img/Im131_0.tif", Row("", label="healthy", source="all-idb2", series="healthy", number=131)),
    (all_idb2, "Im001_1.tif", Row("", label="lymphoblast", source="all-idb2", series="lymphoblast", number=1)),
]


def lay_out(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"never opened")
    return root


@pytest.mark.parametrize(("source", "path", "row"), EXAMPLES, ids=[path for _, path, _ in EXAMPLES])
def test_a_name_tells_what_the_picture_is(tmp_path: Path, source: Source, path: str, row: Row) -> None:
    (read,) = source.read(lay_out(tmp_path, path)).rows
    assert read.path == path
    assert [getattr(read, name) for name in Row.__slots__[1:]] == [getattr(row, name) for name in Row.__slots__[1:]]


@pytest.mark.parametrize(("source", "path", "row"), EXAMPLES, ids=[path for _, path, _ in EXAMPLES])
def test_a_label_is_explained_on_the_card(source: Source, path: str, row: Row) -> None:
    assert row.label in {one.name for one in source.card.classes}, path


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (("Early/WBC-Malignant-Early-007.jpg",), "taleqani-all"),
        (("fold_0/all/UID_1_2_3_all.bmp",), "cnmc-2019"),
        (("im/Im001_1.jpg", "xyc/Im001_1.xyc"), "all-idb1"),
        (("img/Im001_1.tif",), "all-idb2"),
        (("MYO/MYO_0001.tiff", "annotations.dat"), "aml-lmu"),
        (("APL/APL___LY_1_1.jpg",), "apl-aml"),
        (("healthy/1.jpg", "ALL/1.jpg", "AML/1.jpg", "CLL/1.jpg", "CML/1.jpg"), "subtypes"),
        (("neutrophil/SNE_1.jpg", "crops.csv"), "pbc-crops"),
        (("neutrophil/SNE_1.jpg",), "pbc"),
        (("Train/Basophil/1.jpg", "TestA/Basophil/2.jpg"), "raabin-wbc"),
        (("Dataset 1/001.bmp", "Dataset 1/001.png", "Class Labels of Dataset 1.csv"), "jtsc-wbc"),
    ],
)
def test_a_folder_is_recognized(tmp_path: Path, paths: tuple[str, ...], name: str) -> None:
    assert recognize(lay_out(tmp_path, *paths)).card.name == name


def test_a_picture_in_the_folder_of_another_class_is_told(tmp_path: Path) -> None:
    imported = pbc_originals.read(lay_out(tmp_path, "monocyte/SNE_1.jpg", "neutrophil/SNE_2.jpg"))
    assert [row.label for row in imported.rows] == ["neutrophil", "neutrophil"]
    assert [one.file for one in imported.problems] == ["monocyte/SNE_1.jpg"]


def test_crops_are_held_against_their_table(tmp_path: Path) -> None:
    lay_out(tmp_path, "neutrophil/SNE_1.jpg", "neutrophil/SNE_2.jpg")
    (tmp_path / "crops.csv").write_text("file,side_in_frame\nneutrophil/SNE_1.jpg,100\nneutrophil/SNE_3.jpg,100\n")
    assert [one.file for one in pbc.read(tmp_path).problems] == ["neutrophil/SNE_2.jpg", "neutrophil/SNE_3.jpg"]


def test_crops_without_their_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"crops\.csv"):
        pbc.frame_sides(tmp_path)


def test_second_opinions_that_differ_are_told_by_line(tmp_path: Path) -> None:
    lay_out(tmp_path, "MYO/MYO_0001.tiff", "MYO/MYO_0002.tiff")
    (tmp_path / "annotations.dat").write_text(
        "MYO/MYO_0001.tiff MYO MYO nan\nMYO/MYO_0002.tiff MYO MON nan\nMYO/MYO_0003.tiff MYO nan nan\nwhat is this\n"
    )
    problems = aml_lmu.read(tmp_path).problems
    assert [one.line for one in problems] == [2, 3, 4]
    assert "MON" in problems[0].message


def test_centers_of_lymphoblasts_are_points_not_boxes(tmp_path: Path) -> None:
    lay_out(tmp_path, "im/Im001_1.jpg", "im/Im002_0.jpg", "im/Im003_1.jpg")
    lay_out(tmp_path, "xyc/Im002_0.xyc", "xyc/Im009_1.xyc")
    (tmp_path / "xyc" / "Im001_1.xyc").write_text("446\t164\n168 442\nnonsense\n")
    (tmp_path / "xyc" / "Im002_0.xyc").write_text("")
    imported = all_idb1.read(tmp_path)
    first, second, third = imported.rows
    assert first.boxes is not None
    assert [(one.box.as_list(), one.label) for one in first.boxes] == [
        ([446, 164, 447, 165], "lymphoblast-center"),
        ([168, 442, 169, 443], "lymphoblast-center"),
    ]
    assert (second.label, second.boxes) == ("healthy", ())
    assert third.boxes is None
    assert [(one.file, one.line) for one in imported.problems] == [("xyc/Im001_1.xyc", 3), ("xyc/Im009_1.xyc", None)]


@pytest.mark.parametrize(
    ("picture", "mask", "table"),
    [
        ("Dataset 1/002.bmp", "Dataset 1/002.png", "Class Labels of Dataset 1.csv"),
        ("images/002.bmp", "masks/002.png", "class_labels.csv"),
    ],
)
def test_jtsc_gets_class_and_mask(tmp_path: Path, picture: str, mask: str, table: str) -> None:
    lay_out(tmp_path, picture, mask, picture.replace("002", "003"))
    (tmp_path / table).write_text("image ID,class label\n2,4\n5,9\n")
    imported = jtsc.read(tmp_path)
    assert [(row.label, row.mask) for row in imported.rows] == [
        ("eosinophil", mask),
        (None, mask.replace("002", "003")),
    ]
    assert [(one.file, one.line) for one in imported.problems] == [
        (table, 3),
        (picture.replace("002", "003"), None),
    ]
