"""What are the shipped bundles worth elsewhere?  Figures for the docs; they choose nothing.

`python -m leukoscope.experiments.other_laboratory ../shared/data > recipes/elsewhere.json`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import numpy as np

from leukoscope.bundles.registry import find_bundle
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.data.sources import bccd
from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.experiments.changes import color_statistics
from leukoscope.experiments.heat_maps import map_focus, stained_parts
from leukoscope.experiments.held_out import beside_truth, foreign_pictures, judge, within_limit
from leukoscope.imaging.preprocessing import show_cell
from leukoscope.imaging.reading import read_image
from leukoscope.inference.classifier import Classifier
from leukoscope.reporting.evaluation_report.metrics_json import metrics_document

SETS = ("pbc-crops", "taleqani-all", "bccd/images", "pbc-frames/images", "jtsc-wbc/images", "aml-lmu-sample")
NUCLEI = 0.1
"""Share of a picture's pixels, the darkest, whose color stands for its nuclei."""


def bccd_cells(root: Path, part: bccd.Part, classifier: Classifier) -> PictureSet:
    """White cells of BCCD as the classifier would see them, cut by the set's own boxes."""
    names = [label.name for label in classifier.card.labels]
    view, cells = classifier.card.input.view, bccd.list_single_cells(root, part)
    crops = [show_cell(read_image(cell.picture).pixels, cell.box, None, view)[0] for cell in cells]
    targets = np.array([names.index(cell.label) for cell in cells], dtype=np.int64)
    return PictureSet(np.stack(crops), targets, tuple(cell.picture.name for cell in cells))


def measure_elsewhere(data: Path, part: bccd.Part, classifier: Classifier) -> dict[str, Any]:
    """A cell model on the cells of a part of BCCD: accuracy, share accepted, share within the novelty limit."""
    cells = bccd_cells(data / bccd.NAME, part, classifier)
    settings = EvaluationSettings(uncertain_below=classifier.card.decision.uncertain_below)
    figures = metrics_document(evaluate_predictions(judge(classifier, cells), settings), settings)
    if classifier.card.novelty is not None:
        figures["within_limit"] = asdict(within_limit(classifier, classifier.card.novelty, "bccd cells", cells.images))
    return figures


def measure_heat_maps(classifier: Classifier, split: Path, root: Path) -> dict[str, float]:
    """Where the maps of a bundle point, on its validation part; empty for a bundle without maps."""
    labels = [label.name for label in classifier.card.labels]
    pictures = load_pictures(read_manifest(split).part("validation"), root, classifier.card.input.width, labels)
    output = classifier.predict(pictures.images)
    if output.activation_map is None:
        return {}
    told = beside_truth(classifier, output, pictures)
    decided = np.flatnonzero(~told.undecided)
    maps = output.activation_map[decided, told.predicted[decided]]
    return asdict(map_focus(maps, stained_parts(pictures.images[decided])))


def measure_colors(data: Path, folders: Sequence[str]) -> dict[str, Any]:
    """Mean color of whole pictures and of their nuclei, set by set: what the changes on the cards are sized by."""
    figures = {}
    for folder in folders:
        images = foreign_pictures(data / folder, 64)
        whole, nuclei = color_statistics(images), color_statistics(images, darkest=NUCLEI)
        figures[folder] = {"whole": asdict(whole), "nuclei": asdict(nuclei)}
    return figures


def main(data: Path) -> None:
    """Print all figures as JSON."""
    splits, maps = Path("recipes/splits"), {}
    for name, images in (("wbc-differential", "pbc-crops"), ("all-stage", "taleqani-all")):
        classifier = Classifier(find_bundle(name))
        maps[name] = measure_heat_maps(classifier, splits / f"{images}.csv", data / images)
    classifier = Classifier(find_bundle("wbc-differential"))
    elsewhere = {part: measure_elsewhere(data, part, classifier) for part in get_args(bccd.Part)}
    figures = {"bccd": elsewhere, "heat maps": maps, "colors": measure_colors(data, SETS)}
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
