"""What a command says and returns that Ctrl-C has ended before it was done."""

from typing import Final

INTERRUPTED: Final = "nsx-restore: Interrupted."
"""The one line, on standard error."""

INTERRUPTED_STATUS: Final = 130
"""128 and the number of SIGINT, as shells have it."""
