"""The one history of the warehouse, for SQLite and PostgreSQL; `sinks.schema` walks it."""
