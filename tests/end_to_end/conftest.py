"""Shared by the tests of the real server: a model to ask and a smear to send."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from leukoscope.bundles.archive import write_bundle
from leukoscope.synthetic import draw_field


@pytest.fixture(scope="session")
def models(tiny_bundle, tmp_path_factory) -> Path:
    """A folder with one model that names cells by their color."""
    folder = tmp_path_factory.mktemp("models")
    bundle = tiny_bundle()
    write_bundle(folder / "tiny", bundle.card, bundle.model, bundle.golden())
    return folder


@pytest.fixture(scope="session")
def field_png() -> bytes:
    """A synthetic smear as a PNG file."""
    cells = {"neutrophil": 3, "lymphocyte": 3, "eosinophil": 2}
    field = draw_field(np.random.default_rng(5), width=960, height=720, cells=cells)
    stream = io.BytesIO()
    Image.fromarray(field.pixels).save(stream, "PNG")
    return stream.getvalue()
