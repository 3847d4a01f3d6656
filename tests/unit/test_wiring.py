import numpy as np
import pytest

from fakes.dark_squares import dark_square_detector
from leukoscope.bundles import registry
from leukoscope.bundles.archive import write_bundle
from leukoscope.errors import BundleMismatchError, NotFoundError
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.inference.detector_finder import DetectorFinder
from leukoscope.inference.finding import ClassicalFinder
from leukoscope.wiring import make_analyzer, make_finder, make_outliner


def write_detector(folder, label="wbc"):
    bundle = dark_square_detector(
        change=lambda text: text.replace('"dark-squares"', '"cell-detector"').replace('"dark"', f'"{label}"')
    )
    write_bundle(folder, bundle.card, bundle.model, bundle.golden_boxes())


@pytest.fixture
def folder(tiny_bundle, tmp_path, monkeypatch):
    for level in ("cell", "image"):
        bundle = tiny_bundle(level=level, group="field" if level == "image" else "leukocyte")
        write_bundle(tmp_path / level, bundle.card, bundle.model, bundle.golden())
    monkeypatch.setattr(registry, "shipped_folder", lambda: tmp_path / "none")
    return tmp_path


def test_a_cell_model_names_cells_and_stages_nothing(folder):
    analyzer = make_analyzer("tiny-cell", folders=[folder], threads=1)

    assert analyzer.cell_model is not None
    assert analyzer.stage is None


def test_an_image_model_given_by_its_path_stages_and_names_nothing(folder):
    analyzer = make_analyzer(str(folder / "image"), threads=1)

    assert analyzer.cell_model is None
    assert analyzer.stage.card.name == "tiny-image"


def test_automatic_needs_the_shipped_models(folder):
    with pytest.raises(NotFoundError, match="wbc-differential"):
        make_analyzer(folders=[folder])


def test_automatic_finds_cells_by_the_detector_where_there_is_one_and_else_classically(folder):
    assert isinstance(make_finder(folders=[folder]), ClassicalFinder)
    write_detector(folder / "detector")
    assert isinstance(make_finder(folders=[folder]), DetectorFinder)
    assert isinstance(make_finder("classical", folders=[folder]), ClassicalFinder)
    analyzer = make_analyzer("tiny-cell", folders=[folder], threads=1)
    assert [card.name for card in analyzer.cards] == ["tiny-cell", "cell-detector"]
    assert [ref.name for ref in analyzer.refs] == ["tiny-cell", "cell-detector"]


def test_a_detector_can_be_insisted_on_by_word_or_by_path(folder):
    with pytest.raises(NotFoundError, match="cell-detector"):
        make_finder("detector", folders=[folder])
    write_detector(folder / "detector")
    assert isinstance(make_finder("detector", folders=[folder]), DetectorFinder)
    assert isinstance(make_finder(str(folder / "detector")), DetectorFinder)


def test_a_word_that_nobody_knows_is_answered_with_those_that_are_taken(folder):
    with pytest.raises(NotFoundError, match=r"no way of finding cells 'bogus'.*automatic, classical, detector, or the"):
        make_finder("bogus", folders=[folder])
    with pytest.raises(NotFoundError, match=r"no way of outlining cells 'bogus'.*watershed.*path of such a model"):
        make_outliner("bogus", folders=[folder])


def test_what_finds_no_leukocytes_is_no_finder(folder):
    with pytest.raises(BundleMismatchError, match="tiny-cell finds no leukocytes"):
        make_finder("tiny-cell", folders=[folder])
    write_detector(folder / "detector", label="dirt")
    with pytest.raises(BundleMismatchError, match="cell-detector finds no leukocytes"):
        make_finder("detector", folders=[folder])


@pytest.mark.parametrize("way", ["kmeans", "tracer"])
def test_a_classical_way_of_outlining_is_chosen_by_name(way):
    drawn_by, name = make_outliner(way)

    assert name == way
    assert list(drawn_by.outline(np.full((9, 9, 3), 230, np.uint8), [])) == []


def test_a_way_of_outlining_that_is_not_there_and_a_model_of_another_task_are_refused():
    with pytest.raises(NotFoundError, match="none"):
        make_outliner("none")
    with pytest.raises(BundleMismatchError, match="not for segmentation"):
        make_outliner("wbc-differential")


def test_automatic_outlines_as_the_reference_cells_were_so_that_cells_can_be_compared():
    name = make_outliner()[1]

    assert any(one.outlined_by == name for one in shipped_reference().cells)
