"""`should_escape`: what a person types as a name reaches the app as an id.

Slack, "Slash commands": with "Escape channels, users, and links" on, `@ana` arrives as
`<@U0ANA|ana>` and `#incident` as `<#C0INCIDENT|incident>`.
"""

import re

from bot.sandbox.slack.workspace import Workspace

NAME = re.compile(r"(?<![\w<])([@#])([\w.-]*\w)")


def escape_names(workspace: Workspace, text: str) -> str:
    """The text with every name that exists replaced by its id."""
    people = {user.name: user.id for user in workspace.people.all()}
    channels = {c.name: c.id for c in workspace.channels.all() if c.im_with is None}

    def replaced(match: re.Match[str]) -> str:
        sign, name = match.groups()
        known = (people if sign == "@" else channels).get(name)
        return f"<{sign}{known}|{name}>" if known else match.group()

    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return NAME.sub(replaced, escaped)
