from pathlib import Path

import numpy as np
import pytest

from fakes.analyzer import ColorAnalyzer
from leukoscope.domain.images import SmearImage
from leukoscope.service.views import CROP_SIDE, ModelView, gist, read_view, write_view


@pytest.fixture
def image() -> SmearImage:
    return SmearImage(np.full((300, 400, 3), 210, np.uint8), "0" * 64, warnings=("Only the first page was read.",))


@pytest.fixture
def folder(tmp_path: Path, tiny_bundle, image: SmearImage) -> Path:
    analyzer = ColorAnalyzer(tiny_bundle().card)
    write_view(tmp_path / "0001", image, analyzer.analyze(image), analyzer.cards)
    return tmp_path / "0001"


def test_a_view_tells_what_was_found_in_the_order_of_review(folder: Path) -> None:
    view = read_view(folder)
    assert [(cell.id, cell.title, cell.first, cell.doubtful) for cell in view.cells] == [
        (3, "Uncertain", True, True),
        (2, "Uncertain", True, True),
        (1, "Red", False, False),
    ]
    assert view.models == (ModelView("Tiny model", "tiny-cell", "1.2.3", ("Knows only colors.",)),)
    assert gist(view) == "3 cells, 2 to look at"


def test_a_doubtful_cell_still_tells_its_most_probable_class(folder: Path) -> None:
    novel, uncertain, plain = (cell.said for cell in read_view(folder).cells)
    assert (novel.best, novel.novel) == ("Blue", True)
    assert (uncertain.best, uncertain.novel) == ("Green", False)
    assert plain.probabilities[0] == ("Red", pytest.approx(0.97))


def test_warnings_of_reading_and_of_quality_are_both_told(folder: Path) -> None:
    assert read_view(folder).warnings == ("Only the first page was read.", "The picture is a little blurred.")


def test_a_model_without_blasts_is_known_to_lack_them(folder: Path, tiny_bundle, image: SmearImage) -> None:
    assert (read_view(folder).names_cells, read_view(folder).names_blasts) == (True, False)
    analyzer = ColorAnalyzer(tiny_bundle(group="blast").card)
    write_view(folder, image, analyzer.analyze(image), analyzer.cards)
    assert read_view(folder).names_blasts
    assert all(cell.first for cell in read_view(folder).cells)


def test_every_picture_the_page_needs_is_there(folder: Path) -> None:
    import cv2

    names = {file.name for file in folder.iterdir()}
    cells = {f"cell-{number}{kind}.jpg" for number in (1, 2, 3) for kind in ("", "-heat")}
    assert names == cells | {"view.json", "picture.jpg", "thumb.jpg"}
    assert cv2.imread(str(folder / "cell-1.jpg")).shape == (CROP_SIDE, CROP_SIDE, 3)
    assert cv2.imread(str(folder / "picture.jpg")).shape == (300, 400, 3)


def test_a_view_is_replaced_as_a_whole(folder: Path, tiny_bundle, image: SmearImage) -> None:
    (folder / "left-over.jpg").write_bytes(b"")
    unfinished = folder.with_name(f".{folder.name}.tmp")
    unfinished.mkdir()
    analyzer = ColorAnalyzer(tiny_bundle().card)
    write_view(folder, image, analyzer.analyze(image), analyzer.cards)
    assert not (folder / "left-over.jpg").exists()
    assert not unfinished.exists()
