"""From a trained detector to an ONNX graph: uint8 pictures in, boxes, scores and labels out."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from leukoscope.bundles.golden_boxes import GoldenBoxes
from leukoscope.domain.images import Pixels
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.export import export_graph


class ExportedDetector(nn.Module):
    """The graph of a detection bundle; decoding is inside, suppression is not."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (n, k, 4), scores (n, k) and labels (n, k) of uint8 pictures (n, height, width, 3)."""
        return self.network.decode(images.permute(0, 3, 1, 2).float() / 255)


def export_detector(network: Detector, width: int, height: int, multiple_px: int | None = None) -> bytes:
    """The graph as ONNX, any number of pictures at a time.

    Args:
        network: What was trained.
        width: Of the pictures it takes.
        height: Of the pictures it takes.
        multiple_px: It takes any other height and width, too, that is a multiple of this.
    """
    example = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    return export_graph(ExportedDetector(network), example, ("boxes", "scores", "labels"), _sides(multiple_px))


def _sides(multiple_px: int | None) -> dict[int, Any]:
    if multiple_px is None:
        return {}
    rows, columns = (torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    return {1: multiple_px * rows, 2: multiple_px * columns}


def golden_boxes(network: Detector, images: Pixels) -> GoldenBoxes:
    """What the trainer says of given pictures, for any runtime to agree with."""
    with torch.inference_mode():
        boxes, scores, labels = ExportedDetector(network).eval()(torch.from_numpy(images))
    return GoldenBoxes(images, boxes.numpy(), scores.numpy(), labels.numpy())
