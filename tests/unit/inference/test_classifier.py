import dataclasses

import numpy as np
import pytest

from leukoscope.errors import BundleMismatchError, InvalidBundleError, InvalidValueError
from leukoscope.inference.classifier import BATCH, Classifier


def test_each_picture_gets_its_probabilities_whatever_the_batch(tiny_bundle, plain):
    pictures = np.stack([plain((255, 0, 0)), plain((0, 255, 0))] * BATCH)
    output = Classifier(tiny_bundle()).predict(pictures)

    assert output.probabilities.shape == (2 * BATCH, 3)
    assert (output.probabilities.argmax(axis=1) == [0, 1] * BATCH).all()
    assert output.embedding.shape == (2 * BATCH, 3)
    assert output.activation_map.shape == (2 * BATCH, 3, 4, 4)


@pytest.mark.parametrize(
    "pictures",
    [np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 32, 32, 3), np.float32), np.zeros((0, 32, 32, 3), np.uint8)],
)
def test_pictures_of_another_size_or_type_are_refused(tiny_bundle, pictures):
    with pytest.raises(InvalidValueError, match="takes uint8"):
        Classifier(tiny_bundle()).predict(pictures)


def test_bytes_that_are_no_graph_are_refused(tiny_bundle):
    broken = dataclasses.replace(tiny_bundle(), model=b"nonsense")

    with pytest.raises(InvalidBundleError, match="cannot be loaded"):
        Classifier(broken)


def test_a_graph_with_fewer_classes_than_its_card_is_noticed(tiny_bundle, plain):
    bundle = tiny_bundle()
    card = bundle.card.model_copy(update={"labels": bundle.card.labels[:2]})

    with pytest.raises(BundleMismatchError, match="2 classes"):
        Classifier(dataclasses.replace(bundle, card=card)).predict(plain((1, 2, 3))[None])


def test_a_graph_with_other_names_is_refused(tiny_bundle):
    bundle = tiny_bundle()

    with pytest.raises(InvalidBundleError, match="'probabilities'"):
        Classifier(dataclasses.replace(bundle, model=bundle.model.replace(b"probabilities", b"probabilitiez")))


def test_an_embedding_of_another_width_than_the_class_means_is_refused(tiny_bundle, plain):
    bundle = tiny_bundle()
    novelty = bundle.card.novelty.model_copy(update={"class_means": ((0.0, 0.0),) * 3})
    card = bundle.card.model_copy(update={"novelty": novelty})

    with pytest.raises(BundleMismatchError, match=r"shape \(1, 3\) for 1 inputs, expected \(1, 2\)"):
        Classifier(dataclasses.replace(bundle, card=card)).predict(plain((1, 2, 3))[None])
