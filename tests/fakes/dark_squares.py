"""A detector that finds dark squares of 8 x 8 pixels: its graph, its card, its bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.bundles.golden_boxes import GoldenBoxes
from leukoscope.inference.detector import Detector

SIDE, CELL = 64, 8
PLACES = SIDE // CELL


def dark_square_graph(*, labels: int = 1) -> bytes:
    """Finds dark squares of 8 x 8 pixels on a grid: each is a box whose score is how dark it is."""
    corner = np.stack(np.meshgrid(np.arange(PLACES), np.arange(PLACES)), axis=-1).reshape(-1, 2) * CELL
    boxes = np.concatenate([corner, corner + CELL], axis=1).astype(np.float32)[None]
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["nchw"], ["pooled"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("ReduceMean", ["pooled", "channels"], ["gray"], keepdims=0),
        helper.make_node("Reshape", ["gray", "flat"], ["bright"]),
        helper.make_node("Div", ["bright", "full"], ["shares"]),
        helper.make_node("Sub", ["one", "shares"], ["scores"]),
        helper.make_node("Unsqueeze", ["scores", "last"], ["column"]),
        helper.make_node("Mul", ["column", "nought"], ["noughts"]),
        helper.make_node("Add", ["noughts", "places"], ["boxes"]),
        helper.make_node("Cast", ["noughts"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Squeeze", ["whole", "last"], ["zeros"]),
        helper.make_node("Add", ["zeros", "number"], ["labels"]),
    ]
    constants = {
        "channels": np.array([1], np.int64), "flat": np.array([0, -1], np.int64), "full": np.float32(255),
        "one": np.float32(1), "last": np.array([2], np.int64), "nought": np.float32(0), "places": boxes,
        "number": np.int64(labels - 1),
    }  # fmt: skip
    n = "n"
    graph = helper.make_graph(
        nodes,
        "dark",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [n, SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [n, PLACES**2, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [n, PLACES**2]),
            helper.make_tensor_value_info("labels", TensorProto.INT64, [n, PLACES**2]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


CARD = """
schema = "leukoscope.card/1"
name = "dark-squares"
version = "0.1.0"
title = "Dark squares"
task = "detection"
level = "image"
intended_use = "Tests."
limits = []
weights_licence = "Apache-2.0"
temperature = 1.0
onnx_sha256 = "HASH"
[input]
width = 64
height = 64
[[labels]]
name = "dark"
title = "Dark"
meaning = "A dark square."
group = "leukocyte"
[decision]
uncertain_below = 0.5
chosen_for = "tests"
[detection]
way = "tiles"
pixel_size_um = 0.5
overlap_px = 16
nms_iou = 0.5
decoding = "A grid."
"""


def dark_square_detector(model: bytes | None = None, change: Callable[[str], str] = lambda text: text) -> Bundle:
    """A bundle that agrees with its golden samples; with another graph it has none.

    Args:
        model: Another graph.
        change: Of the card's text.
    """
    graph = model or dark_square_graph()
    card = Card.from_toml(change(CARD).replace("HASH", hashlib.sha256(graph).hexdigest()))
    images = np.random.default_rng(0).integers(0, 255, (2, SIDE, SIDE, 3), dtype=np.uint8)
    raw = Detector(Bundle(card, graph, None)).raw(images) if model is None else None
    golden = None if raw is None else GoldenBoxes(images, raw.boxes, raw.scores, raw.labels).to_bytes()
    return Bundle(card, graph, golden)
