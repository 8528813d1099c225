"""The record of every call that reached the workspace, for assertions."""

from dataclasses import dataclass

from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.tokens import TokenKind


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call, without its token.

    Args:
        method: `chat.postMessage`, or `response_url`, or `upload`.
        token: the kind of token it carried.
        args: its arguments as Slack understood them.
        at: when it arrived, on the workspace's clock.
        outcome: `ok`, Slack's error name, or what a scripted fault did: `http 503`, `not json`,
            `dropped before effect`, `dropped after effect: ok`.
    """

    method: str
    token: TokenKind
    args: Json
    at: float
    outcome: str
