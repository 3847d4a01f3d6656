import pytest

from leukoscope.bundles import registry
from leukoscope.bundles.archive import write_bundle
from leukoscope.errors import NotFoundError
from leukoscope.wiring import make_analyzer


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
