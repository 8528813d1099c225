"""The bot's log as the page shows it: what is a warning or worse."""

import json
from collections import deque
from pathlib import Path
from typing import Final

KEPT: Final = 40
"""Lines."""

LENGTH: Final = 400
"""Characters of a line that are shown."""

QUIET: Final = frozenset({"debug", "info"})


class BotLog:
    """Reads a log file on from where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._rest = b""
        self._lines: deque[str] = deque(maxlen=KEPT)

    def lines(self) -> list[str]:
        """The last lines that tell of trouble, oldest first."""
        if self._path.exists() and self._path.stat().st_size > self._read:
            with self._path.open("rb") as log:
                log.seek(self._read)
                new = log.read()
            self._read += len(new)
            *whole, self._rest = (self._rest + new).split(b"\n")
            self._lines.extend(
                filter(None, (_shown(line.decode(errors="replace")) for line in whole))
            )
        return list(self._lines)


def _shown(line: str) -> str:
    """The line as it is shown; empty for one that is not."""
    try:
        told = json.loads(line)
    except ValueError:
        return line[:LENGTH]
    if not isinstance(told, dict):
        return line[:LENGTH]
    if told.get("level") in QUIET:
        return ""
    level, event = str(told.pop("level", "")), str(told.pop("event", ""))
    told.pop("timestamp", None)
    more = " ".join(f"{name}={value}" for name, value in told.items() if value is not None)
    return f"{level} {event} {more}".strip()[:LENGTH]
