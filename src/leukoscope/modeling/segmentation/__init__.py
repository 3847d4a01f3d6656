"""HOW IS A SEGMENTER MADE?  Windows around cells and their masks in, an ONNX graph of two maps out."""
