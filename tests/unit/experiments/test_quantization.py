from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import pytest
import torch

from leukoscope.bundles.archive import Bundle, read_bundle, write_bundle
from leukoscope.bundles.card import CrossValidationCard
from leukoscope.bundles.graph import check_graph
from leukoscope.data.pictures import PictureSet
from leukoscope.errors import BundleMismatchError, InvalidValueError
from leukoscope.experiments import quantization
from leukoscope.experiments.quantization import quantize_bundle
from leukoscope.experiments.training_run import TrainingOutcome, train_bundle
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.novelty import novelty_distance
from leukoscope.inference.verification import INT8_TOLERANCE, verify_bundle
from leukoscope.modeling.export import ExportedNetwork, answer, export_onnx
from leukoscope.modeling.export_int8 import quantize_graph
from leukoscope.modeling.networks.building import build_network
from leukoscope.modeling.recipes import NetworkPart
from leukoscope.modeling.whitening import fit_whitening


def drawn(n: int, seed: int) -> PictureSet:
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 255, (n, 1, 1, 3)) + rng.integers(-40, 40, (n, 32, 32, 3))
    return PictureSet(images.clip(0, 255).astype(np.uint8), rng.integers(0, 2, n), tuple(map(str, range(n))))


@pytest.fixture(scope="module")
def plain(outcome: TrainingOutcome) -> Bundle:
    bundle = read_bundle(outcome.folder)
    folds = CrossValidationCard(how="Drawn.", folds=3, n=48, groups=24, figures=())
    return Bundle(bundle.card.model_copy(update={"cross_validation": folds}), bundle.model, bundle.golden_bytes)


@pytest.fixture(scope="module")
def watched(plain: Bundle) -> PictureSet:
    """Pictures labeled as the model names them, so that its accuracy is 1."""
    pictures = drawn(120, 1)
    named = Classifier(plain).predict(pictures.images).probabilities.argmax(1)
    return PictureSet(pictures.images, named.astype(np.int64), pictures.groups)


@pytest.fixture(scope="module")
def made(plain: Bundle, watched: PictureSet) -> Bundle:
    return quantize_bundle(plain, drawn(60, 2).images, watched, most_lost=0.2)


def test_a_bundle_in_8_bits_answers_nearly_the_same_and_proves_it_by_samples_of_its_own(
    plain: Bundle, made: Bundle, watched: PictureSet, tmp_path: Path
) -> None:
    write_bundle(tmp_path / "int8", made.card, made.model, made.golden())
    kept = read_bundle(tmp_path / "int8")
    assert check_graph(kept.model, "int8").domains <= {"", "ai.onnx", "ai.onnx.ml"}
    assert b"QuantizeLinear" in kept.model
    verification = verify_bundle(kept)
    assert verification.agrees
    assert verification.tolerance == INT8_TOLERANCE
    before, after = (Classifier(one).predict(watched.images).probabilities for one in (plain, kept))
    assert 0 < np.abs(before - after).max() < 0.1
    assert not np.array_equal(plain.golden().probabilities, kept.golden().probabilities)


def test_the_card_says_what_8_bits_cost_and_claims_no_figure_of_the_model_in_32(
    plain: Bundle, made: Bundle, watched: PictureSet
) -> None:
    section = made.card.quantization
    assert section is not None
    right = Classifier(made).predict(watched.images).probabilities.argmax(1) == watched.targets
    assert section.accuracy_32_bits == 1
    assert section.accuracy_8_bits == pytest.approx(right.mean(), abs=1e-4)
    assert section.named_differently == (~right).sum()
    assert section.of_sha256 == plain.card.onnx_sha256 != made.card.onnx_sha256
    assert section.bytes_8_bits == len(made.model)
    assert made.card.metrics is None
    assert made.card.robustness == ()
    assert made.card.cross_validation is None
    assert made.card.name == "tiny-test-int8"
    assert any(section.told in limit for limit in made.card.limits)
    assert made.card.decision.accepted_accuracy_validation is not None


def test_as_many_validation_pictures_are_novel_in_8_bits_as_in_32(
    plain: Bundle, made: Bundle, watched: PictureSet
) -> None:
    shares = []
    for bundle in (plain, made):
        embedding, novelty = Classifier(bundle).predict(watched.images).embedding, bundle.card.novelty
        assert embedding is not None
        assert novelty is not None
        quantile = np.quantile(novelty_distance(embedding, novelty), novelty.validation_quantile)
        shares.append(novelty.limit / quantile)
    assert shares[0] == pytest.approx(shares[1])


@pytest.mark.parametrize("name", ["lenet-lld", "lightweight-cnn", "mobilenetv3_small_050", "test_convnext", "test_vit"])
def test_every_kind_of_network_can_be_quantized_and_keeps_each_weight_once(name: str) -> None:
    torch.manual_seed(0)
    images = np.repeat(np.repeat(drawn(24, 3).images, 2, axis=1), 2, axis=2)
    network = build_network(NetworkPart(name=name), 2, 64).eval()
    whitening = fit_whitening(answer(network, images).features, np.arange(24) % 2, 2)
    model = export_onnx(ExportedNetwork(network, 1.0, whitening), 64)
    smaller = quantize_graph(model, images)
    assert len(smaller) < 0.55 * len(model)
    names = ["probabilities", "activation_map"]
    before, after = (onnxruntime.InferenceSession(one).run(names, {"images": images}) for one in (model, smaller))
    assert np.abs(before[0] - after[0]).max() < 0.05
    powers = np.exp(after[1].mean((2, 3)))
    assert np.allclose(after[0], powers / powers.sum(1, keepdims=True), atol=1e-4)  # the map still explains the answer


def with_turned_head(model: bytes, pictures: np.ndarray) -> bytes:
    """A quantization gone wrong: every answer is turned round."""
    graph = onnx.load_model_from_string(model)
    for tensor in graph.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.dims[:1] == [2]:
            tensor.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(tensor), tensor.name))
    return graph.SerializeToString()


def test_a_loss_above_the_limit_is_refused_with_both_figures(
    plain: Bundle, watched: PictureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "quantize_graph", with_turned_head)
    with pytest.raises(BundleMismatchError, match=r"would lose 1\.0000 of its accuracy on 120 .* 1\.0000 in 32 bits"):
        quantize_bundle(plain, watched.images, watched)


def test_8_bits_are_not_made_of_8_bits_and_limits_must_be_shares(
    plain: Bundle, made: Bundle, watched: PictureSet
) -> None:
    with pytest.raises(BundleMismatchError, match="no classifier in 32 bits"):
        quantize_bundle(made, watched.images, watched)
    with pytest.raises(InvalidValueError, match=r"lies in \[0, 1\], got 2"):
        quantize_bundle(plain, watched.images, watched, most_lost=2)


def test_a_recipe_asks_for_8_bits_and_gets_held_out_figures_of_its_own(tiny_set: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    changes = ["quantize.int8=true", "quantize.most_lost=0.5", "training.epochs=1"]
    outcome = train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "run", changes)
    made = read_bundle(tmp_path / "run" / "bundle-int8")
    assert made.card.metrics is not None
    assert made.card.metrics.n == 16
    assert made.card.quantization is not None
    assert outcome.result.int8 == made.card.quantization.told


def test_a_run_goes_on_without_8_bits_where_they_would_cost_too_much(
    tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leukoscope.experiments import finished_bundle

    def refused(*arguments: object, **named: object) -> Bundle:
        raise BundleMismatchError("In 8 bits it would lose too much.")

    monkeypatch.setattr(finished_bundle, "quantize_bundle", refused)
    changes = ["quantize.int8=true", "training.epochs=1"]
    outcome = train_bundle(tiny_set / "tiny.toml", tiny_set / "tiny", tmp_path / "run", changes)
    assert outcome.result.int8 == "None: In 8 bits it would lose too much."
    assert not (tmp_path / "run" / "bundle-int8").exists()
    assert read_bundle(outcome.folder).card.metrics is not None
