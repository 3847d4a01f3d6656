"""Alembic's place: how the schema came to be, one revision a change."""
