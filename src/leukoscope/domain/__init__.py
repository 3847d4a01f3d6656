"""WHAT DO WE TALK ABOUT?  Frozen values: regions, images, labels, findings, provenance."""
