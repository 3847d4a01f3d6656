"""From a trained segmenter to an ONNX graph: uint8 windows in, masks of nucleus and cell out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from leukoscope.bundles.golden_masks import GoldenMasks
from leukoscope.domain.images import Pixels
from leukoscope.modeling.export import OPSET
from leukoscope.modeling.segmentation.network import CellUNet

_INPUT, _OUTPUT = "images", "masks"


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
    program = torch.onnx.export(
        ExportedSegmenter(network).eval(),
        (torch.zeros(2, side, side, 3, dtype=torch.uint8),),
        input_names=[_INPUT],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
        output_names=[_OUTPUT],
        external_data=False,
        dynamic_shapes={_INPUT: {0: torch.export.Dim("n", min=1, max=4096)}},
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    return bytes(program.model_proto.SerializeToString())


def golden_masks(network: CellUNet, images: Pixels) -> GoldenMasks:
    """What the trainer says of given windows, for any runtime to agree with."""
    with torch.inference_mode():
        masks: Tensor = ExportedSegmenter(network).eval()(torch.from_numpy(images))
    return GoldenMasks(images, masks.numpy())
