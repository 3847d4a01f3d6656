"""WHAT IS IN THE PICTURE?  Reading, quality, color, scale, segmentation, features, preprocessing, drawing."""
