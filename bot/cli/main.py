"""All commands put together, and what becomes of their errors.

Exit codes: 0 done, 1 refused or failed with a reason, 2 usage, 130 interrupted.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, Final

import typer
from typer.core import TyperCommand

from bot.cli import chain, reading, rehearsing, running, slack_app
from bot.cli.terminal import interrupted, refuse
from bot.domain.errors import NotFoundError, OutsideError
from bot.durable.leader import AlreadyRunningError
from config.errors import ConfigError

COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "serve": running.serve,
    "web": running.web,
    "worker": running.worker,
    "migrate": running.migrate,
    "doctor": running.doctor,
    "plan": reading.plan,
    "list": reading.list_requests,
    "show": reading.show,
    "report": reading.print_report,
    "manifest": slack_app.manifest,
    "demo": rehearsing.demo,
}
"""In the order in which the help lists them."""


class PlainCommand(TyperCommand):
    """A command whose usage names its arguments as README does: `TARGET`, not `{TARGET}`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage, without the braces that say that one is needed."""
        return [
            piece.removeprefix("{").removesuffix("}") for piece in super().collect_usage_pieces(ctx)
        ]


cli = typer.Typer(
    name="nsx-restore",
    help="Restore an NSX Manager from the incident channel, approved by two leads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, command in COMMANDS.items():
    cli.command(name=name, cls=PlainCommand)(command)

audit = typer.Typer(help="The audit chain.", no_args_is_help=True)
audit.command()(chain.verify)
audit.command()(chain.export)
cli.add_typer(audit, name="audit")


def main() -> None:
    """Run the command line; everything a user can cause ends in one clear message."""
    try:
        cli()
    except ConfigError as error:
        refuse(str(error))
    except OutsideError as error:
        refuse(f"{error.said} {error.advice}")
    except NotFoundError as error:
        refuse(f"{error} `nsx-restore list` shows which there are.")
    except AlreadyRunningError as error:
        refuse(str(error))
    except OSError as error:
        # Errors of what is outside have been told above: this is our own output, or the machine.
        _stop_printing()
        refuse(f"{error.strerror or type(error).__name__}: not everything could be written.")
    except KeyboardInterrupt:
        interrupted()


def _stop_printing() -> None:
    """Let what standard output has not taken yet go nowhere: its end would complain once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
