"""Which pictures show the same thing?  Fingerprints of files, and the search for copies of every kind."""

from leukoscope.data.copies.exact import equal_values
from leukoscope.data.copies.fingerprints import (
    Fingerprint,
    Unreadable,
    each_fingerprint,
    fingerprint,
    fingerprint_files,
)
from leukoscope.data.copies.perceptual import near_hashes, perceptual_hash
from leukoscope.data.copies.search import CopyKind, CopyPair, CopySearch, find_copies

__all__ = [
    "CopyKind",
    "CopyPair",
    "CopySearch",
    "Fingerprint",
    "Unreadable",
    "each_fingerprint",
    "equal_values",
    "find_copies",
    "fingerprint",
    "fingerprint_files",
    "near_hashes",
    "perceptual_hash",
]
