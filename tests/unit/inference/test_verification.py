import dataclasses

import numpy as np
import pytest

from leukoscope.bundles.golden import GoldenSamples
from leukoscope.errors import InvalidBundleError
from leukoscope.inference.verification import verify_bundle


def with_golden(bundle, **changes):
    golden = dataclasses.replace(bundle.golden(), **changes)
    return dataclasses.replace(bundle, golden_bytes=golden.to_bytes())


def test_a_sound_bundle_agrees_with_its_golden_samples(tiny_bundle):
    outcome = verify_bundle(tiny_bundle())

    assert outcome.agrees
    assert outcome.samples == 2
    assert set(outcome.largest_difference) == {"probabilities", "embedding", "activation_map"}


def test_a_graph_that_answers_otherwise_is_found_out(tiny_bundle):
    bundle = tiny_bundle()
    other = with_golden(bundle, probabilities=bundle.golden().probabilities[:, ::-1].copy())

    outcome = verify_bundle(other)
    assert not outcome.agrees
    assert outcome.largest_difference["probabilities"] > 0.1
    assert outcome.largest_difference["embedding"] == 0


def test_golden_samples_of_another_shape_are_refused(tiny_bundle):
    bundle = tiny_bundle()

    with pytest.raises(InvalidBundleError, match="embedding"):
        verify_bundle(with_golden(bundle, embedding=np.zeros((2, 7), np.float32)))


def test_samples_are_values(tiny_bundle):
    assert isinstance(tiny_bundle().golden(), GoldenSamples)
