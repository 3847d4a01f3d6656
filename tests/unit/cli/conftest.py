from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from leukoscope.bundles import registry
from leukoscope.bundles.archive import write_bundle
from leukoscope.cli.main import app
from leukoscope.synthetic import draw_field


@pytest.fixture
def tiny_models(tiny_bundle, tmp_path, monkeypatch) -> Path:
    """Tiny models under the names of the shipped ones."""
    folder = tmp_path / "models"
    for level, name, group in (("cell", "wbc-differential", "leukocyte"), ("image", "all-stage", "field")):
        bundle = tiny_bundle(level=level, group=group)
        write_bundle(folder / name, bundle.card.model_copy(update={"name": name}), bundle.model, bundle.golden())
    monkeypatch.setattr(registry, "shipped_folder", lambda: folder)
    return folder


@pytest.fixture
def smear(tmp_path) -> Path:
    path = tmp_path / "smear.png"
    field = draw_field(np.random.default_rng(2), width=640, height=480, cells={"lymphocyte": 2}, red_cells=20)
    Image.fromarray(field.pixels).save(path)
    return path


@pytest.fixture
def leukoscope(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def call(*arguments: object):
        return runner.invoke(app, [str(one) for one in arguments])

    return call
