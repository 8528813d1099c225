"""The short-lived handles of an interaction: `trigger_id` and `response_url`.

Slack, "Handling user interaction": a trigger lives 3 seconds and opens one modal; a response URL
takes 5 messages within 30 minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.sandbox.slack.errors import SlackError

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


@dataclass(frozen=True, slots=True)
class Trigger:
    """The right to open one modal for `user`; `view_id` is set when it came from a modal."""

    id: str
    user: str
    issued_at: float
    view_id: str | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class ResponseTicket:
    """The right to answer one interaction; `ts` is the message it came from, if any."""

    id: str
    user: str
    channel: str
    issued_at: float
    ts: str | None = None
    uses: int = 0


class Tickets:
    """Issues and spends both kinds.

    Args:
        clock: the workspace's time, for the 30 minutes.
        wire_clock: the time between machines, for the 3 seconds.
    """

    def __init__(self, clock: Callable[[], float], wire_clock: Callable[[], float]) -> None:
        self._clock = clock
        self._wire_clock = wire_clock
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseTicket] = {}

    def trigger(self, user: str, *, view_id: str | None = None) -> Trigger:
        """Issue a trigger."""
        number = len(self._triggers) + 1
        issued = Trigger(f"{number}.{number:012d}.trigger", user, self._wire_clock(), view_id)
        self._triggers[issued.id] = issued
        return issued

    def spend_trigger(self, trigger_id: str) -> Trigger:
        """Use a trigger up.

        Raises `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._wire_clock() - trigger.issued_at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self._triggers[trigger_id] = replace(trigger, used=True)
        return trigger

    def response(self, user: str, channel: str, ts: str | None = None) -> ResponseTicket:
        """Issue a response URL's ticket."""
        ticket = ResponseTicket(
            f"r{len(self._responses) + 1:06d}", user, channel, self._clock(), ts
        )
        self._responses[ticket.id] = ticket
        return ticket

    def spend_response(self, ticket_id: str) -> ResponseTicket:
        """Use a response URL once. Raises `invalid_url`, `expired_url` or `used_url`."""
        ticket = self._responses.get(ticket_id)
        if ticket is None:
            raise SlackError("invalid_url")
        if self._clock() - ticket.issued_at > RESPONSE_SECONDS:
            raise SlackError("expired_url")
        if ticket.uses >= RESPONSE_USES:
            raise SlackError("used_url")
        self._responses[ticket_id] = replace(ticket, uses=ticket.uses + 1)
        return ticket
