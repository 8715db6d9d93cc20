"""Run by Alembic: migrates the database at the other end of the connection that it is given."""

from alembic import context

from bohwsw.study.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
