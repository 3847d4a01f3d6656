"""The segmenter needs little memory on crowded pictures, and believes no graph that gives something else than masks."""

from __future__ import annotations

import hashlib
import tracemalloc

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.registry import find_bundle
from leukoscope.domain.regions import Box
from leukoscope.errors import BundleMismatchError
from leukoscope.inference import segmenter as module
from leukoscope.inference.segmenter import Segmenter

CELL, WINDOWS = 24, 40


def dotted(cells: int) -> tuple[np.ndarray, list[Box]]:
    """White glass with dark squares."""
    across = 60
    down = -(-cells // across)
    pixels = np.full((down * 2 * CELL, across * 2 * CELL, 3), 240, np.uint8)
    boxes = []
    for number in range(cells):
        x, y = 2 * CELL * (number % across) + CELL // 2, 2 * CELL * (number // across) + CELL // 2
        pixels[y : y + CELL, x : x + CELL] = 40
        boxes.append(Box(x, y, x + CELL, y + CELL))
    return pixels, boxes


def bundle_of(model: bytes) -> Bundle:
    card = find_bundle("cell-segmenter").card
    return Bundle(card.model_copy(update={"onnx_sha256": hashlib.sha256(model).hexdigest()}), model, None)


def graph(nodes: list[onnx.NodeProto], kind: int = TensorProto.FLOAT, **constants: np.ndarray) -> bytes:
    side = find_bundle("cell-segmenter").card.input.width
    made = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", side, side, 3])],
        [helper.make_tensor_value_info("masks", kind, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return bytes(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString())


def darkness(last: float = 0.0, scale: float = 255.0) -> bytes:
    """Says of each pixel how dark it is: twice, for nucleus and cell."""
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "channels"], ["gray"], keepdims=0),
        helper.make_node("Div", ["gray", "full"], ["shares"]),
        helper.make_node("Sub", ["one", "shares"], ["dark"]),
        helper.make_node("Mul", ["dark", "factor"], ["map"]),
        helper.make_node("Unsqueeze", ["map", "first"], ["nucleus"]),
        helper.make_node("Concat", ["nucleus", "nucleus"], ["masks"], axis=1),
    ]
    return graph(
        nodes,
        channels=np.array([3], np.int64),
        full=np.array(scale, np.float32),
        one=np.array(1, np.float32),
        factor=np.array(1 + last, np.float32),
        first=np.array([1], np.int64),
    )


def casted(kind: int) -> bytes:
    return graph(
        [
            helper.make_node("Slice", ["images", "start", "stop", "axis"], ["two"]),
            helper.make_node("Transpose", ["two"], ["turned"], perm=[0, 3, 1, 2]),
            helper.make_node("Cast", ["turned"], ["masks"], to=kind),
        ],
        kind,
        start=np.array([0], np.int64),
        stop=np.array([2], np.int64),
        axis=np.array([3], np.int64),
    )


def flat() -> bytes:
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["masks"], keepdims=0),
    ]
    return graph(nodes)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(darkness(last=float("nan")), id="no numbers"),
        pytest.param(darkness(last=float("inf")), id="infinite"),
        pytest.param(darkness(last=1e30), id="far above 1"),
        pytest.param(darkness(scale=20.0), id="far below 0"),
        pytest.param(casted(TensorProto.STRING), id="words"),
        pytest.param(casted(TensorProto.BOOL), id="yes and no"),
        pytest.param(flat(), id="one number"),
    ],
)
def test_a_graph_that_gives_no_masks_is_refused(model):
    pixels, boxes = dotted(2)
    with pytest.raises(BundleMismatchError, match="something else than masks"):
        Segmenter(bundle_of(model), threads=1).outline(pixels, boxes)


def test_every_dark_square_is_outlined_in_the_order_of_its_box_over_many_batches():
    pixels, boxes = dotted(WINDOWS)
    found = Segmenter(bundle_of(darkness()), threads=1).outline(pixels, boxes[::-1])
    assert len(found) == WINDOWS > 2 * module.BATCH
    for masks, box in zip(found, boxes[::-1], strict=True):
        assert masks is not None
        assert masks.extent.iou(box) > 0.85


def test_a_neighbor_that_touches_is_left_out_where_the_box_ends():
    pixels, boxes = dotted(60)
    box = boxes[0]
    right, top, bottom = int(box.x1), int(box.y0), int(box.y1)
    for rows in (slice(top, top + 3), slice(bottom - 3, bottom)):
        pixels[rows, right : right + CELL // 2] = 40  # arms towards the next cell
    masks = Segmenter(bundle_of(darkness()), threads=1).outline(pixels, boxes)[0]
    assert masks is not None
    assert masks.extent.iou(box) > 0.85
    alone = Segmenter(bundle_of(darkness()), threads=1).outline(dotted(60)[0], boxes)[0]
    assert alone is not None
    assert masks.cell.sum() == pytest.approx(alone.cell.sum(), rel=0.1)


def test_memory_stays_flat_on_crowded_pictures():
    segmenter = Segmenter(bundle_of(darkness()), threads=1)
    pixels, boxes = dotted(320)
    side = segmenter.card.input.width

    def most(count: int) -> int:
        tracemalloc.start()
        segmenter.outline(pixels, boxes[:count])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(16)
    few, many = most(32), most(320)
    maps_of_all = (320 - 32) * side * side * 2 * 4
    assert many - few < maps_of_all / 4
