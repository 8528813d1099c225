"""A strict local Slack: it accepts what Slack documents, and refuses the rest as Slack does.

`Workspace` holds the state and the rules, `SlackServer` puts them on loopback for slack_sdk and
Bolt, and `Person` plays the people. Sources: docs.slack.dev, and the slack_sdk constants.
"""

from bot.sandbox.slack.calls import RecordedCall
from bot.sandbox.slack.delivery import Delivery, Outcome, Receipt
from bot.sandbox.slack.delivery_http import Signing
from bot.sandbox.slack.errors import CannotAct, NotClickable, NotVisible, SlackError
from bot.sandbox.slack.faults import (
    Fault,
    FaultScript,
    api_error,
    drop_after_effect,
    drop_before_effect,
    http_status,
    not_json,
    rate_limited,
    slow,
)
from bot.sandbox.slack.form_filling import by_captions
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.rates import RateLimits
from bot.sandbox.slack.server import SlackServer
from bot.sandbox.slack.tokens import BOT_SCOPES, AppCredentials
from bot.sandbox.slack.transcript import LiveTranscript, render
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace

__all__ = [
    "BOT_SCOPES",
    "AppCredentials",
    "CannotAct",
    "Delivery",
    "Fault",
    "FaultScript",
    "LiveTranscript",
    "Message",
    "NotClickable",
    "NotVisible",
    "Outcome",
    "Person",
    "RateLimits",
    "Receipt",
    "RecordedCall",
    "Signing",
    "SlackError",
    "SlackServer",
    "View",
    "Workspace",
    "api_error",
    "by_captions",
    "drop_after_effect",
    "drop_before_effect",
    "http_status",
    "not_json",
    "rate_limited",
    "render",
    "slow",
]
