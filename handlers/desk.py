"""What listeners are handed: the service, Slack's reading client, time, and helpers at hand."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.service import Service

Spawn = Callable[[Coroutine[Any, Any, Any], str], None]
"""Starts work that nobody waits for, under a name; keeps it alive, logs it if it breaks."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a listener needs.

    Args:
        service: the verbs and the reads.
        client: opens and changes views; its requests may be repeated.
        now: the present moment, aware, in UTC.
        spawn: see `Spawn`.
        acked: told the seconds from a payload's arrival to its acknowledgement.
        app_id: the app that payloads must be for; `None` leaves that to token and signature.
    """

    service: Service
    client: AsyncWebClient = field(repr=False)
    now: Callable[[], datetime]
    spawn: Spawn
    acked: Callable[[float], None]
    app_id: str | None = None
