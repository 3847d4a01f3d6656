from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.bundles.archive import write_bundle
from leukoscope.data.manifest import Manifest, Row
from leukoscope.errors import InputNotFoundError, InvalidValueError, LeukoscopeError, NotFoundError
from leukoscope.experiments.data_description import DescribeOptions, describe_set, open_set
from leukoscope.synthetic import draw_field

COLORS = {"red": (40, 40, 220), "green": (40, 220, 40)}


@pytest.fixture
def folder(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    for label, color in COLORS.items():
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(6):
            noise = rng.integers(-20, 20, (32, 32, 3))
            cv2.imwrite(
                str(tmp_path / "set" / label / f"{number}.png"), np.clip(color + noise, 0, 255).astype(np.uint8)
            )
    return tmp_path / "set"


def manifest_of(folder: Path) -> Manifest:
    files = sorted(folder.glob("*/*.png"))
    rows = [Row(file.relative_to(folder).as_posix(), label=file.parent.name) for file in files]
    return Manifest.from_rows(rows, folder, "set")


def test_a_folder_is_described_with_its_copies_and_its_shortcut(folder):
    (folder / "green" / "copy.png").write_bytes((folder / "red" / "0.png").read_bytes())
    told = []
    described = describe_set(manifest_of(folder), DescribeOptions(model="none"), after_each=lambda: told.append(1))

    assert len(told) == described.pictures == 13
    assert described.seen.measured == 13
    assert (described.tables.duplicates.copies, described.tables.duplicates.copies_with_other_label) == (1, 1)
    assert described.seen.separation[0].between_classes > 0.5
    assert [one.method for one in described.maps] == ["PCA"]
    assert described.maps[0].points.shape == (13, 2)
    by, names = described.colorings[0]
    assert by == "class"
    assert names == tuple(manifest_of(folder).table["label"].iloc[described.maps[0].rows])


def test_a_broken_picture_costs_one_line_and_the_rest_goes_on(folder):
    (folder / "red" / "0.png").write_bytes(b"broken")
    seen = describe_set(manifest_of(folder), DescribeOptions(model="none")).seen
    assert (seen.asked, seen.measured, seen.unreadable[0].path) == (12, 11, "red/0.png")


def test_a_picture_on_another_machine_is_listed_as_not_read(folder):
    rows = [*manifest_of(folder).rows(), Row("https://example.org/1.png", label="red")]
    seen = describe_set(Manifest.from_rows(rows, folder), DescribeOptions(model="none")).seen
    assert (seen.asked, seen.measured, seen.unreadable[0].path) == (13, 12, "https://example.org/1.png")


def test_large_sets_are_sampled_and_say_so(folder):
    described = describe_set(manifest_of(folder), DescribeOptions(most_pictures=8, most_in_map=4, model="none"))
    assert described.seen.measured == 8
    assert len(described.maps[0].rows) == 4
    assert "8 of 12 pictures were opened" in described.notes[0]
    assert "4 of 12" in described.notes[1]


def test_without_pictures_only_the_table_is_counted(folder):
    rows = [Row(f"{number}.png", label="gone") for number in range(3)]
    described = describe_set(Manifest.from_rows(rows, folder / "nowhere"), DescribeOptions(most_pictures=0))
    assert described.seen is None
    assert described.tables.classes[0].count == 3


def test_the_same_seed_describes_the_same(folder):
    one, other = (
        describe_set(manifest_of(folder), DescribeOptions(seed=5, most_pictures=6, model="none")) for _ in "ab"
    )
    assert one.seen == other.seen
    assert (one.maps[0].points == other.maps[0].points).all()


def test_a_chosen_model_is_mapped_and_says_what_it_knows(folder, tiny_bundle, tmp_path):
    bundle = tiny_bundle()
    write_bundle(tmp_path / "tiny", bundle.card, bundle.model, bundle.golden())
    described = describe_set(manifest_of(folder), DescribeOptions(model=str(tmp_path / "tiny")))

    assert described.maps[0].basis == "the embedding of tiny-cell"
    assert "what that model learned" in described.notes[-1]
    # The tiny model's embedding is the mean of each channel: PCA must tell red from green by its first axis.
    first = described.maps[0].points[:, 0]
    labels = np.array(described.colorings[0][1])
    assert (first[labels == "red"].max() < first[labels == "green"].min()) or (
        first[labels == "red"].min() > first[labels == "green"].max()
    )


def test_a_shipped_model_that_does_not_know_the_pictures_is_not_mapped(tmp_path):
    for number in range(4):
        field = draw_field(np.random.default_rng(number), width=320, height=240, cells={"neutrophil": 2})
        cv2.imwrite(str(tmp_path / f"{number}.png"), field.pixels[..., ::-1])
    rows = [Row(f"{number}.png", label="ab"[number % 2]) for number in range(4)]
    described = describe_set(Manifest.from_rows(rows, tmp_path))

    assert [one.basis for one in described.maps] == ["16 numbers of color, light and focus"]
    assert "of the kind that all-stage was trained on" in described.notes[-1]


def test_an_unknown_model_and_an_empty_set_are_refused(folder):
    with pytest.raises(NotFoundError, match="no model"):
        describe_set(manifest_of(folder), DescribeOptions(model="nothing-of-the-kind"))
    with pytest.raises(InvalidValueError, match="no pictures"):
        describe_set(Manifest.from_rows([], folder))
    with pytest.raises(InvalidValueError, match="negative"):
        DescribeOptions(most_pictures=-1)


def test_any_folder_of_pictures_can_be_opened(folder, tmp_path):
    assert open_set(folder).manifest.labels == ("green", "red")
    loose = tmp_path / "loose"
    loose.mkdir()
    (loose / "0.png").write_bytes((folder / "red" / "0.png").read_bytes())
    assert len(open_set(loose).manifest) == 1


def test_a_folder_without_pictures_and_a_missing_manifest_are_told(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFoundError):
        open_set(tmp_path / "empty")
    with pytest.raises(LeukoscopeError):
        open_set(tmp_path / "none.parquet")
