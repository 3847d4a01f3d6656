"""Data sets as their owners laid them out, one module each."""
