"""HOW DOES A TABLE OF MEASUREMENTS BECOME A CLASSIFIER?  scikit-learn fits and searches, skl2onnx exports."""
