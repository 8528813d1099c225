"""Logs as they are written, for machines and for people."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.telemetry import configure_logs


class Terminal(io.StringIO):
    """A place where somebody watches."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Take back what a test sets up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(place: io.StringIO, *, as_json: bool) -> str:
    """Log something; return what was written."""
    with contextlib.redirect_stderr(place):
        configure_logs("INFO", json=as_json)
        structlog.get_logger().info("bot.started", role="serve")
    return place.getvalue()


@pytest.mark.parametrize(("place", "is_coloured"), [(io.StringIO(), False), (Terminal(), True)])
def test_colours_are_for_a_terminal(place: io.StringIO, *, is_coloured: bool) -> None:
    """A file gets the words alone."""
    text = logged(place, as_json=False)
    assert "bot.started" in text
    assert ("\x1b[" in text) is is_coloured


def test_json_is_one_object_a_line() -> None:
    """Event, level and time."""
    [line] = logged(io.StringIO(), as_json=True).splitlines()
    read = json.loads(line)
    assert (read["event"], read["level"], read["role"]) == ("bot.started", "info", "serve")
    assert read["timestamp"].endswith("Z")
