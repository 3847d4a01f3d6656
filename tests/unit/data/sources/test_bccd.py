from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.data.sources import bccd
from leukoscope.errors import ManifestError

WBC = "<object><name>WBC</name><bndbox><xmin>{}</xmin><ymin>5</ymin><xmax>{}</xmax><ymax>80</ymax></bndbox></object>"
RBC = WBC.replace("WBC", "RBC")


def test_only_fields_with_one_box_of_some_area_and_one_class_are_taken(tmp_path: Path) -> None:
    (tmp_path / "annotations_voc").mkdir()
    fields = {
        1: (WBC.format(1, 60) + RBC.format(2, 9), "NEUTROPHIL"),
        2: (WBC.format(1, 60) * 2, "NEUTROPHIL"),
        3: (WBC.format(1, 60), '"NEUTROPHIL, EOSINOPHIL"'),
        4: (WBC.format(1, 60), ""),
        5: (WBC.format(60, 60) + WBC.format(1, 60), "MONOCYTE"),
    }
    rows = [",Image,Category"]
    for number, (objects, category) in fields.items():
        path = tmp_path / "annotations_voc" / f"BloodImage_{number:05d}.xml"
        path.write_text(f"<annotation>{objects}</annotation>", encoding="utf-8")
        rows.append(f",{number},{category}")
    (tmp_path / "wbc_class_labels.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "ImageSets" / "Main").mkdir(parents=True)
    names = [f"BloodImage_{number:05d}" for number in (*fields, 6)]
    (tmp_path / "ImageSets" / "Main" / "trainval.txt").write_text("\n".join(names[:5]), encoding="utf-8")
    (tmp_path / "ImageSets" / "Main" / "test.txt").write_text(names[5] + "\n", encoding="utf-8")
    assert bccd.list_single_cells(tmp_path, "test") == ()
    found = bccd.list_single_cells(tmp_path, "trainval")
    assert [(one.picture.name, one.label) for one in found] == [
        ("BloodImage_00001.jpg", "neutrophil"),
        ("BloodImage_00005.jpg", "monocyte"),
    ]
    assert found[0].box.as_list() == [1, 5, 60, 80]


def test_a_folder_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="wbc_class_labels"):
        bccd.list_single_cells(tmp_path, "test")
