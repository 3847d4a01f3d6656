"""Run by Alembic: applies the revisions on the connection `storage.database.migrate` hands over."""

from alembic import context

from leukoscope.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter columns in place
)
with context.begin_transaction():
    context.run_migrations()
