from leukoscope.bundles import registry
from leukoscope.bundles.archive import write_bundle
from leukoscope.experiments.benchmark import warm_figures
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.pipeline import Pipeline


def test_warm_figures_are_measured_as_often_as_asked(tiny_bundle, tmp_path, monkeypatch):
    bundle = tiny_bundle()
    write_bundle(tmp_path / "tiny", bundle.card, bundle.model, bundle.golden())
    monkeypatch.setattr(registry, "shipped_folder", lambda: tmp_path)

    figures = warm_figures(lambda: Pipeline(Classifier(bundle), None), repetitions=2, cell_model="tiny-cell")

    assert [len(figure.values) for figure in figures] == [20, 2, 2]
    assert all(value > 0 for figure in figures for value in figure.values)
    assert all(figure.budget for figure in figures)
