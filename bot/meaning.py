"""What people mean by what they do: an intent becomes the command that the ledger judges."""

from typing import assert_never

from bot.blocks import answer_form
from bot.domain import commands as c
from bot.domain.intents import (
    AnswerIntent,
    CancelIntent,
    DenyIntent,
    FileIntent,
    Intent,
    PressIntent,
    Verb,
)
from bot.domain.request import Request, State
from bot.domain.standing import Standing

Act = PressIntent | DenyIntent | AnswerIntent | CancelIntent
"""What is meant for one request that there is already."""


def channel_of(intent: Intent) -> str:
    """Return the channel in which something was done, where its answer goes too."""
    match intent:
        case FileIntent() | CancelIntent():
            return intent.channel
        case PressIntent() | DenyIntent() | AnswerIntent():
            return intent.place.channel
        case _:
            assert_never(intent)


def command_of(intent: Act, actor: Standing, request: Request) -> c.PersonCommand:
    """Return what an intent commands, given the request as it stands."""
    match intent:
        case PressIntent():
            return _pressed(intent, actor)
        case DenyIntent():
            return c.Deny(actor, c.Press(intent.place, intent.digest), intent.reason)
        case AnswerIntent():
            return _answered(intent, actor, request)
        case CancelIntent():
            stop = request.state is State.APPROVED
            return c.Stop(actor, None) if stop else c.Withdraw(actor, None)
        case _:
            assert_never(intent)


def _answered(intent: AnswerIntent, actor: Standing, request: Request) -> c.Answer:
    key, entries = intent.question, intent.entries
    if request.question is not None:
        key, entries = answer_form.named(request.question, key, entries)
    press = c.Press(intent.place, intent.digest)
    return c.Answer(actor, press, intent.choice, entries, key)


def _pressed(intent: PressIntent, actor: Standing) -> c.PersonCommand:
    press = c.Press(intent.place, intent.digest)
    match intent.verb:
        case Verb.APPROVE:
            return c.Approve(actor, press, intent.typed)
        case Verb.WITHDRAW:
            return c.Withdraw(actor, press)
        case Verb.RESCIND:
            return c.Rescind(actor, press)
        case Verb.STOP:
            return c.Stop(actor, press)
        case Verb.SUSPEND:
            return c.Suspend(actor, press)
        case _:
            assert_never(intent.verb)
