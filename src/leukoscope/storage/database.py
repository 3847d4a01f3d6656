"""Opening the database: SQLite by default, PostgreSQL by URL; the schema is brought up to date on opening."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from sqlalchemy import Engine, create_engine, event

SQLITE_WAIT_S = 30


def open_database(url: str) -> Engine:
    """An engine on an up-to-date schema.

    Args:
        url: For example `sqlite:////var/lib/leukoscope/jobs.sqlite` or `postgresql+psycopg://user@host/name`.
    """
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    migrate(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema up to date with the Alembic revisions in `migrations/`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("leukoscope.storage") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prepare_sqlite(connection: Any, _: object) -> None:
    # WAL: readers do not wait for the worker's writes, and a killed process loses no committed row.
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={SQLITE_WAIT_S}000"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
