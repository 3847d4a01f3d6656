"""WHICH NETWORKS ARE THERE?  By name: those of the source systems, and every network of timm."""
