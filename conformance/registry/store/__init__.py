"""What the registry keeps: tables, migrations, and the events that say how everything came to be as it is."""

from conformance.registry.store.database import Database
from conformance.registry.store.events import Event, history, record

__all__ = ["Database", "Event", "history", "record"]
