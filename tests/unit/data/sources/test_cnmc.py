from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from leukoscope.data.sources import cnmc
from leukoscope.errors import ManifestError

TEST_TABLE = "Patient_ID,new_names,labels\nUID_57_29_1_all.bmp,1.bmp,1\nUID_H25_3_1_hem.bmp,2.bmp,0\n"


def lay_out(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"never opened")
    return root


def test_patient_class_and_fold_come_from_name_and_folder(tmp_path: Path) -> None:
    lay_out(tmp_path, "fold_0/all/UID_11_10_1_all.bmp", "fold_2/hem/UID_h3_2_1_hem.bmp")
    first, second = cnmc.read(tmp_path).rows
    assert (first.label, first.patient, first.group, first.split, first.fold) == ("all", "11", "11", "train", 0)
    assert (second.label, second.patient, second.group, second.fold) == ("hem", "H3", "H10", 2)


@pytest.mark.parametrize("patients", [("51", "75", "78"), ("20", "21"), ("H2", "H4", "H5", "H6"), ("H10", "h3")])
def test_patients_that_share_pictures_are_one_group(patients: tuple[str, ...]) -> None:
    assert len({cnmc.patient_group(patient) for patient in patients}) == 1


def test_the_preliminary_test_gets_patient_and_label_from_its_table(tmp_path: Path) -> None:
    folder = "C-NMC_test_prelim_phase_data"
    lay_out(tmp_path, f"{folder}/1.bmp", f"{folder}/2.bmp", f"{folder}/3.bmp", "C-NMC_test_final_phase_data/1.bmp")
    (tmp_path / f"{folder}_labels.csv").write_text(TEST_TABLE)
    imported = cnmc.read(tmp_path)
    rows = {row.path: (row.label, row.patient, row.split) for row in imported.rows}
    assert rows == {
        "C-NMC_test_final_phase_data/1.bmp": (None, None, "test"),
        f"{folder}/1.bmp": ("all", "57", "test"),
        f"{folder}/2.bmp": ("hem", "H25", "test"),
        f"{folder}/3.bmp": (None, None, "test"),
    }
    assert [one.file for one in imported.problems] == [f"{folder}/3.bmp"]


def test_a_preliminary_test_without_its_table_is_told(tmp_path: Path) -> None:
    lay_out(tmp_path, "C-NMC_test_prelim_phase_data/1.bmp")
    assert "table of labels is missing" in cnmc.read(tmp_path).problems[0].message


def test_lines_of_the_table_that_do_not_fit_are_told_by_number(tmp_path: Path) -> None:
    lay_out(tmp_path, "C-NMC_test_prelim_phase_data/1.bmp")
    table = tmp_path / "labels.csv"
    table.write_text(TEST_TABLE + "UID_57_29_2_all.bmp,4.bmp,0\nnonsense\n")
    assert [(one.file, one.line) for one in cnmc.read(tmp_path).problems] == [("labels.csv", 4), ("labels.csv", 5)]


def test_converted_copies_keep_fold_and_hash_of_the_official_file(tmp_path: Path) -> None:
    lay_out(tmp_path, "all/UID_1_2_3_all.jpg", "hem/UID_H1_2_3_hem.jpg")
    (tmp_path / "manifest.csv").write_text(
        "path,label,patient,patient_group,official_fold,official_bmp_sha256\n"
        f"all/UID_1_2_3_all.jpg,all,1,1,fold_1,{'a' * 64}\n"
        f"all/UID_9_9_9_all.jpg,all,9,9,fold_1,{'b' * 64}\n"
    )
    imported = cnmc.read(tmp_path)
    assert [(row.fold, row.original_sha256) for row in imported.rows] == [(1, "a" * 64), (None, None)]
    assert [one.file for one in imported.problems] == ["all/UID_9_9_9_all.jpg"]


@pytest.mark.parametrize("packed", [True, False])
def test_a_list_without_pixels_gives_rows_with_hashes(tmp_path: Path, packed: bool) -> None:
    text = (
        f"C-NMC_Leukemia/training_data/fold_0/all/UID_1_2_3_all.bmp\t{'a' * 64}\n"
        f"C-NMC_Leukemia/validation_data/C-NMC_test_prelim_phase_data/2.bmp\t{'b' * 64}\n"
        "C-NMC_Leukemia/training_data/fold_0/all/UID_1_2_4_all.bmp\tno hash\n"
    )
    file = tmp_path / ("list.tsv.gz" if packed else "list.tsv")
    file.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    (tmp_path / "truth.csv").write_text(TEST_TABLE)
    assert cnmc.recognizes(file)
    imported = cnmc.read(file)
    assert [(row.sha256, row.label, row.fold) for row in imported.rows] == [
        ("a" * 64, "all", 0),
        ("b" * 64, "hem", None),
    ]
    assert [one.line for one in imported.problems] == [3]


def test_a_damaged_list_is_told(tmp_path: Path) -> None:
    file = tmp_path / "list.tsv.gz"
    file.write_bytes(gzip.compress(b"some text that is long enough to be cut" * 20)[:40])
    assert not cnmc.recognizes(file)
    with pytest.raises(ManifestError, match="cannot be read"):
        cnmc.read(file)


def test_pictures_of_other_names_are_left_out_and_listed(tmp_path: Path) -> None:
    lay_out(tmp_path, "all/UID_1_2_3_all.bmp", "all/holiday.jpg")
    imported = cnmc.read(tmp_path)
    assert len(imported.rows) == 1
    assert [one.file for one in imported.problems] == ["all/holiday.jpg"]


def test_a_folder_without_the_sets_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"UID_11_10_1_all\.bmp"):
        cnmc.read(tmp_path)
    with pytest.raises(ManifestError, match="no folder"):
        cnmc.read(tmp_path / "nowhere")
