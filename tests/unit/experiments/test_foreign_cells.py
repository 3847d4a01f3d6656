import numpy as np
from PIL import Image

from leukoscope.experiments.held_out import foreign_cells
from leukoscope.inference.classifier import Classifier
from leukoscope.synthetic import draw_field


def test_foreign_cells_are_those_the_finder_cuts_out_at_the_models_size(tiny_bundle, tmp_path):
    field = draw_field(np.random.default_rng(4), width=960, height=720, cells={"neutrophil": 3, "lymphocyte": 2})
    Image.fromarray(field.pixels).save(tmp_path / "field.png")
    classifier = Classifier(tiny_bundle())

    cells = foreign_cells(tmp_path, classifier)

    size = classifier.card.input
    assert cells.shape == (len(field.cells), size.height, size.width, 3)
    assert (cells.mean(axis=(1, 2, 3)) < field.pixels.mean()).all()
