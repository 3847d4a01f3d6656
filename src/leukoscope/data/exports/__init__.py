"""How do other programs get our data?  A manifest as a folder that CVAT, Label Studio and FiftyOne read."""

from leukoscope.data.exports.export import FORMATS, Exported, ExportWish, export_manifest

__all__ = ["FORMATS", "ExportWish", "Exported", "export_manifest"]
