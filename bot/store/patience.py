"""How long a database is waited for, in seconds."""

from typing import Final

TRANSACTION: Final = 5.0
"""A transaction waits so long for its turn before it gives up."""

SQLITE: Final = 1.0
"""SQLite itself waits so long for a lock; the rest of a transaction's patience is tries anew."""

CONNECTION: Final = 5
"""A connection to PostgreSQL has so long to come about."""
