"""WHAT DO WE LEARN FROM?  Manifest, splits, near-duplicates."""
