"""WHAT DOES THE MODEL SAY?  ONNX Runtime only: pipeline, classifier, explanation, novelty."""
