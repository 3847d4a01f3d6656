from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.sources import pbc, taleqani
from leukoscope.data.splits import committed
from leukoscope.errors import ManifestError
from leukoscope.synthetic import draw_field


def test_taleqani_names_tell_class_and_number(tmp_path: Path) -> None:
    for name in ("Benign/WBC-Benign-007.jpg", "Pro/WBC-Malignant-Pro-387.jpg", "Pro/notes.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = taleqani.list_pictures(tmp_path)
    assert [(one.label, one.series, one.number) for one in found] == [("benign", "benign", 7), ("pro", "pro", 387)]


def test_pbc_names_tell_sub_prefix_and_ig_becomes_immature_granulocyte(tmp_path: Path) -> None:
    for name in ("ig/PMY_5010.jpg", "neutrophil/BNE_77.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    found = pbc.list_pictures(tmp_path)
    assert [(one.label, one.series) for one in found] == [("immature-granulocyte", "pmy"), ("neutrophil", "bne")]


@pytest.mark.parametrize("source", [pbc, taleqani])
def test_a_folder_without_the_set_is_refused(source: object, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no pictures"):
        source.list_pictures(tmp_path)  # type: ignore[attr-defined]  # a module


def test_the_center_of_a_crop_has_the_scale_of_its_frame() -> None:
    crop = np.zeros((224, 224, 3), np.uint8)
    cv2.circle(crop, (112, 112), 20, (255, 255, 255), -1)
    shown = pbc.center(crop, 280)[..., 0] > 127
    assert shown.shape == (95, 95)
    assert shown.sum() == pytest.approx(np.pi * 25**2, rel=0.05)
    assert pbc.center(crop[:120, :120], 120).shape == (95, 95, 3)


def test_crops_without_their_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"crops\.csv"):
        pbc.frame_sides(tmp_path)


def test_both_splits_are_made_and_keep_a_retake_on_one_side(tmp_path: Path) -> None:
    drawn = draw_field(np.random.default_rng(1), width=700, height=700, pixel_size_um=0.3).pixels
    places = [(y, x) for y in range(0, 440, 110) for x in range(0, 440, 110)]
    for name in ("Benign", "Pro"):
        (tmp_path / "taleqani-all" / name).mkdir(parents=True)
    for number, (y, x) in enumerate(places):
        folder, stem = ("Benign", "Benign") if number % 2 else ("Pro", "Malignant-Pro")
        path = tmp_path / "taleqani-all" / folder / f"WBC-{stem}-{number:03d}.jpg"
        cv2.imwrite(str(path), drawn[y : y + 224, x : x + 224])
    (tmp_path / "pbc-crops" / "monocyte").mkdir(parents=True)
    rows = ["file,class,sub_prefix,origin_split,x0,y0,side_in_frame,side_saved"]
    for number in range(12):
        crop = drawn[number * 40 : number * 40 + 100, :100]
        cv2.imwrite(str(tmp_path / "pbc-crops" / "monocyte" / f"MO_{number}.jpg"), crop)
        rows.append(f"monocyte/MO_{number}.jpg,monocyte,MO,train,0,0,100,100")
    (tmp_path / "pbc-crops" / "crops.csv").write_text("\n".join(rows), encoding="utf-8")
    committed.main(tmp_path, tmp_path / "splits")
    manifest = read_manifest(tmp_path / "splits" / "taleqani-all.csv")
    parts = {row.path: row.split for row in manifest.rows()}
    pairs = (tmp_path / "splits" / "taleqani-all-pairs.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(pairs) >= 5  # neighbors share half of what they show
    for line in pairs:
        first, second, _ = line.split(",")
        assert first not in parts or second not in parts or parts[first] == parts[second]
    assert read_manifest(tmp_path / "splits" / "pbc-crops.csv").labels == ("monocyte",)
