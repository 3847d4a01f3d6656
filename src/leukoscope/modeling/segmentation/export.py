"""From a trained segmenter to an ONNX graph: uint8 windows in, masks of nucleus and cell out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from leukoscope.bundles.golden_masks import GoldenMasks
from leukoscope.domain.images import Pixels
from leukoscope.modeling.export import export_graph
from leukoscope.modeling.segmentation.network import CellUNet


class ExportedSegmenter(nn.Module):
    """The graph of a segmentation bundle."""

    def __init__(self, network: CellUNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Masks in [0, 1], shape (n, 2, side, side), of uint8 windows (n, side, side, 3)."""
        return torch.sigmoid(self.network(images.permute(0, 3, 1, 2).float() / 255))


def export_segmenter(network: CellUNet, side: int) -> bytes:
    """The graph as ONNX, any number of windows at a time.

    Args:
        network: What was trained.
        side: Height and width of the windows it takes.
    """
    example = torch.zeros(2, side, side, 3, dtype=torch.uint8)
    return export_graph(ExportedSegmenter(network), example, ("masks",))


def golden_masks(network: CellUNet, images: Pixels) -> GoldenMasks:
    """What the trainer says of given windows, for any runtime to agree with."""
    with torch.inference_mode():
        masks: Tensor = ExportedSegmenter(network).eval()(torch.from_numpy(images))
    return GoldenMasks(images, masks.numpy())
