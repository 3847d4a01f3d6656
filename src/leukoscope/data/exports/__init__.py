"""How do other programs get our data?  A manifest as a folder that CVAT, Label Studio and FiftyOne read."""

from leukoscope.data.exports.export import FORMATS, Exported, ExportWish, export_manifest
from leukoscope.data.exports.masks import MaskClass

__all__ = ["FORMATS", "ExportWish", "Exported", "MaskClass", "export_manifest"]
