"""A world for each test, and both ways in."""

from tests.handlers.fixtures import both, database_file, heard, world

__all__ = ["both", "database_file", "heard", "world"]
