"""What Alembic runs: all revisions that are still to come, in the transaction that it is given."""

from alembic import context

from conformance.registry.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
