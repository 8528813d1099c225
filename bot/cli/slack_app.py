"""The command that prints the manifest of the Slack app."""

import re
from typing import Annotated, Final

import typer

from bot.cli.terminal import out
from config.manifest import manifest_yaml

HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[!-~]*")


def manifest(
    request_url: Annotated[
        str | None, typer.Option(help="Public URL of POST /slack/events; absent: Socket Mode.")
    ] = None,
) -> None:
    """Print the Slack app manifest."""
    if request_url is not None and not HTTPS.fullmatch(request_url):
        raise typer.BadParameter(
            "a public URL such as https://bot.example.com/slack/events", param_hint="--request-url"
        )
    out.print(manifest_yaml(request_url), end="")
