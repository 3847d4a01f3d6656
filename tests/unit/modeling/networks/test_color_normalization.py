from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from leukoscope.data.pictures import PictureSet
from leukoscope.errors import RecipeError, UnsupportedImageError
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.stain import color_statistics, normalize_reinhard
from leukoscope.modeling.export import ExportedNetwork, answer, export_onnx, golden_samples
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.networks.color_normalization import ReinhardNormalization, reference_of
from leukoscope.modeling.networks.network import Coloring
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import NetworkPart
from leukoscope.modeling.whitening import fit_whitening
from leukoscope.synthetic import STYLES, draw_cell

RECIPE = Path(__file__).parents[4] / "recipes" / "sources" / "lenet-lld.toml"


def cells(style: int, n: int = 6) -> np.ndarray:
    rng = np.random.default_rng(style)
    drawn = [draw_cell(rng, "lymphocyte", side=200, style=list(STYLES.values())[style]).pixels for _ in range(n)]
    return np.stack([resize(one, 64, 64) for one in drawn])


def as_batch(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def test_it_does_to_a_batch_what_the_one_for_single_pictures_does() -> None:
    reference = color_statistics(cells(0)[0])
    images = cells(1)
    images[0, :20] = 0  # a black frame
    got = ReinhardNormalization(reference)(as_batch(images)).permute(0, 2, 3, 1).numpy() * 255
    for one, image in zip(got, images, strict=True):
        assert np.abs(one - normalize_reinhard(image, reference).astype(float)).max() <= 1
    assert not got[0, :20].any()


def test_pictures_of_another_stain_get_the_colors_of_the_training_set() -> None:
    own, foreign = cells(0, 20), cells(1, 20)
    reference = reference_of(own)
    moved = ReinhardNormalization(reference)(as_batch(foreign)).permute(0, 2, 3, 1).numpy()
    target = own.reshape(-1, 3).mean(0) / 255
    before, after = (np.abs(one.reshape(-1, 3).mean(0) - target).max() for one in (foreign / 255, moved))
    assert after < 0.4 * before


def test_a_reference_needs_a_picture_that_is_not_black() -> None:
    images = cells(0, 2)
    alone = reference_of(images[:1])
    images[1] = 0
    assert reference_of(images) == alone
    with pytest.raises(UnsupportedImageError):
        reference_of(images[1:])


def test_the_graph_normalizes_as_the_network_does_and_remembers_its_reference() -> None:
    torch.manual_seed(0)
    part = NetworkPart(name="lightweight-cnn", scaling="unit", color_normalization="reinhard")
    network = build_network(part, 2, 64, Coloring(reference=reference_of(cells(0)))).eval()
    other = build_network(part, 2, 64, fetch=False).eval()
    other.load_state_dict(network.state_dict())
    images = np.concatenate([cells(0, 10), cells(1, 10)])
    answers = answer(network, images)
    assert np.array_equal(answers.logits, answer(other, images).logits)
    plain = build_network(NetworkPart(name="lightweight-cnn", scaling="unit"), 2, 64).eval()
    plain.load_state_dict({name: value for name, value in network.state_dict().items() if "colors" not in name})
    assert not np.allclose(answers.logits, answer(plain, images).logits, atol=1e-3)
    exported = ExportedNetwork(network, 1.0, fit_whitening(answers.features, np.arange(20) % 2, 2))
    session = ort.InferenceSession(export_onnx(exported, 64))
    expected = golden_samples(exported, images)
    (got,) = session.run(["probabilities"], {"images": images})
    assert np.abs(got - expected.probabilities).max() < 1e-4


def test_a_run_takes_the_reference_from_its_training_pictures() -> None:
    from leukoscope.modeling.training.run import _network

    recipe = read_recipe(RECIPE, ["network.color_normalization=reinhard", "input.width=64", "input.height=64"])
    pictures = PictureSet(cells(0), np.zeros(6, dtype=np.int64), tuple("abcdef"))
    network = _network(recipe, pictures)
    assert network.colors is not None
    assert network.colors.reference_mean.flatten().tolist() == pytest.approx(reference_of(cells(0)).mean, abs=1e-5)


def test_macenko_is_refused_with_the_way_that_there_is() -> None:
    with pytest.raises(RecipeError, match="data augment --preset macenko"):
        read_recipe(RECIPE, ["network.color_normalization=macenko"])
