"""Routes, schemas, problems."""
