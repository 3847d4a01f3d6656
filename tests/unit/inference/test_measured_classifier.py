from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from leukoscope.bundles.archive import Bundle, read_bundle
from leukoscope.bundles.card import Card
from leukoscope.domain.images import PixelSize
from leukoscope.domain.regions import Box, Outline
from leukoscope.errors import BundleMismatchError, InvalidBundleError, InvalidValueError
from leukoscope.imaging.cell_columns import DEFINITIONS
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation import find_cells
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import MeasuredClassifier, measure_picture, open_measured
from leukoscope.inference.naming import name_cells
from leukoscope.inference.pipeline import Pipeline
from leukoscope.inference.verification import verify_bundle
from leukoscope.synthetic import draw_cell


@dataclasses.dataclass(frozen=True)
class Found:
    box: Box
    outline: Outline | None = None


@pytest.fixture
def bundle(measured_run: Path) -> Bundle:
    return read_bundle(measured_run / "bundle")


def changed(bundle: Bundle, **part: object) -> Bundle:
    measurements = bundle.card.measurements
    assert measurements is not None
    card = bundle.card.model_copy(update={"measurements": measurements.model_copy(update=part)})
    return dataclasses.replace(bundle, card=card)


def test_a_drawn_cell_gets_its_name(bundle: Bundle) -> None:
    drawn = draw_cell(np.random.default_rng(77), "lymphocyte", side=128, pixel_size_um=0.15).pixels
    (said,) = name_cells(MeasuredClassifier(bundle), drawn, find_cells(drawn).cells)
    assert said.label == "lymphocyte"
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert said.activation is None


def test_the_pipeline_names_cells_by_what_they_measure(bundle: Bundle, measured_run: Path) -> None:
    pipeline = Pipeline(MeasuredClassifier(bundle), None)
    finding = pipeline.analyze(read_image(next((measured_run.parents[1] / "drawn" / "neutrophil").iterdir())))
    assert [cell.prediction.label for cell in finding.cells if cell.prediction] == ["neutrophil"]
    assert pipeline.refs[0] == bundle.ref


def test_a_cell_at_twice_the_magnification_measures_the_same_where_the_pixel_size_is_known(bundle: Bundle) -> None:
    model = MeasuredClassifier(bundle)
    large = draw_cell(np.random.default_rng(5), "lymphocyte", side=256, pixel_size_um=0.075).pixels
    names = model.part.columns
    rows = [
        measure_picture(model, large, size).columns[0][names.index("cell_area_px")]
        for size in (PixelSize(0.075, "given"), None)
    ]
    assert rows[1] == pytest.approx(4 * rows[0], rel=0.05)


def test_a_cell_that_cannot_be_measured_is_left_open(bundle: Bundle) -> None:
    model = MeasuredClassifier(bundle)
    output = model.predict(measure_picture(model, np.full((64, 64, 3), 235, np.uint8)))
    assert output.probabilities[0].tolist() == pytest.approx([1 / 3] * 3)
    assert output.measured.tolist() == [False]
    assert output.novel.tolist() == [False]


def test_a_cell_that_cannot_be_measured_gets_no_name_and_the_others_keep_theirs(bundle: Bundle) -> None:
    drawn = draw_cell(np.random.default_rng(77), "lymphocyte", side=128, pixel_size_um=0.15).pixels
    pixels = np.concatenate([drawn, np.full((128, 60, 3), 235, np.uint8)], axis=1)
    (found,) = find_cells(drawn).cells
    nothing = Found(Box(140, 40, 180, 80))
    empty, said = name_cells(MeasuredClassifier(bundle), pixels, [nothing, found])
    assert empty is None
    assert said is not None
    assert said.label == "lymphocyte"


def test_an_embedding_by_which_novelty_cannot_be_judged_is_refused(bundle: Bundle) -> None:
    novelty = bundle.card.novelty
    assert novelty is not None
    narrower = novelty.model_copy(update={"class_means": tuple(row[:-1] for row in novelty.class_means)})
    model = MeasuredClassifier(dataclasses.replace(bundle, card=bundle.card.model_copy(update={"novelty": narrower})))
    with pytest.raises(BundleMismatchError, match="gave an embedding of shape"):
        model.run(np.ones((2, model.part.width), np.float32))


def test_numbers_unlike_all_that_was_learned_are_novel(bundle: Bundle) -> None:
    model = MeasuredClassifier(bundle)
    cells = measure_picture(
        model, draw_cell(np.random.default_rng(1), "neutrophil", side=128, pixel_size_um=0.15).pixels
    )
    assert not model.predict(cells).novel[0]
    far = dataclasses.replace(cells, columns=cells.columns * 40)
    assert model.predict(far).novel[0]


@pytest.mark.parametrize("columns", [np.zeros((1, 3), np.float32), np.zeros((0, 96), np.float32)])
def test_columns_of_another_number_are_refused(bundle: Bundle, columns: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="takes float32"):
        MeasuredClassifier(bundle).run(columns)


def test_a_column_that_the_program_does_not_measure_is_refused_by_name(bundle: Bundle) -> None:
    part = bundle.card.measurements
    assert part is not None
    with pytest.raises(BundleMismatchError, match=r"takes the column 'aura_px', which this program does not measure"):
        MeasuredClassifier(changed(bundle, columns=("aura_px", *part.columns[1:])))


def test_measurements_of_other_definitions_are_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleMismatchError, match=f"in definition 0; this program measures in {DEFINITIONS}"):
        MeasuredClassifier(changed(bundle, definitions="0"))


def test_an_unknown_way_of_outlining_is_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleMismatchError, match="outlined by 'by-hand'"):
        MeasuredClassifier(changed(bundle, outlining="by-hand"))


def test_the_embedding_of_a_model_that_is_not_installed_is_asked_for_by_name(bundle: Bundle) -> None:
    wanted = {"name": "no-such-net", "version": "1.0.0", "sha256": "0" * 64, "dimensions": 4}
    content = bundle.card.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["measurements"]["embedding"] = wanted
    asked = dataclasses.replace(bundle, card=Card.model_validate(content))
    with pytest.raises(BundleMismatchError, match=r"no-such-net 1\.0\.0, which is not installed"):
        open_measured(asked)


def test_the_embedding_of_another_model_is_refused(bundle: Bundle, tiny_bundle) -> None:
    content = bundle.card.model_dump(mode="json", by_alias=True, exclude_none=True)
    content["measurements"]["embedding"] = {
        "name": "tiny-cell", "version": "9.9.9", "sha256": "0" * 64, "dimensions": 3,
    }  # fmt: skip
    asked = dataclasses.replace(bundle, card=Card.model_validate(content))
    with pytest.raises(BundleMismatchError, match=r"tiny-cell 9\.9\.9"):
        MeasuredClassifier(asked, Classifier(tiny_bundle()))


def test_a_classifier_of_pictures_is_no_classifier_of_measurements(tiny_bundle) -> None:
    with pytest.raises(BundleMismatchError, match="not for measurements"):
        MeasuredClassifier(tiny_bundle())


def test_a_graph_that_takes_something_else_is_refused(bundle: Bundle, tiny_bundle) -> None:
    with pytest.raises(InvalidBundleError, match="needs the input 'columns'"):
        MeasuredClassifier(dataclasses.replace(bundle, model=tiny_bundle().model))


def test_measuring_that_has_changed_since_is_noticed(bundle: Bundle) -> None:
    golden = bundle.golden_columns()
    moved = golden.columns.copy()
    moved[0, 0] *= 1.01
    told = dataclasses.replace(bundle, golden_bytes=dataclasses.replace(golden, columns=moved).to_bytes())
    verification = verify_bundle(told)
    assert not verification.agrees
    assert verification.largest_difference["columns"] > 1e-3
