"""The buttons of a card, by state. A terminal state has none."""

from bot.blocks import backup
from bot.blocks.actions import Button, value
from bot.blocks.elements import Block, button, confirmed, danger, primary
from bot.blocks.plan import environment, no_return, step_title
from bot.domain.answering import suspendable
from bot.domain.request import Request, State


def of(request: Request, *, typed: bool = False) -> tuple[Block, ...]:
    """Return the buttons that make sense now; Slack cannot hide one from some people only.

    `typed`: an approver types the target's name in a form, which stands for Slack's own dialog.
    """
    match request.state:
        case State.PLANNING:
            return (_withdraw(request),)
        case State.AWAITING_APPROVAL:
            return (
                _approve(request, typed=typed),
                _deny(request),
                _withdraw(request),
                *_rescind(request),
                _details(request),
            )
        case State.APPROVED:
            return (_stop(request), *_rescind(request), _details(request))
        case State.RUNNING:
            return (*_suspend(request), _details(request))
        case State.AWAITING_OPERATOR:
            return (_details(request),)
        case _:
            return ()


def resubmit(request: Request) -> Block:
    """Return the button that opens the form again, filled in as it was."""
    return button(
        Button.RESUBMIT,
        "File it again",
        f"File request {request.id} again, with a filled form",
        value(request),
    )


def _approve(request: Request, *, typed: bool) -> Block:
    press = primary(
        button(
            Button.APPROVE,
            "Approve",
            f"Approve the restore of {request.wish.target}, {request.id}",
            value(request),
        )
    )
    if typed:
        return press
    return confirmed(
        press,
        f"Approve the restore of {request.wish.target}?",
        _in_short(request),
        yes="Approve",
        no="Not yet",
    )


def _in_short(request: Request) -> str:
    where = f"Environment: {environment(request.environment)}."
    plan = request.plan
    if plan is None:
        return where
    marked = no_return(plan)
    end = f" Point of no return: step {marked[0]}, {step_title(plan, marked[1])}." if marked else ""
    return f"{where} {backup.in_short(plan)}; later changes will be lost.{end}"


def _deny(request: Request) -> Block:
    return danger(
        button(
            Button.DENY,
            "Deny",
            f"Deny the restore of {request.wish.target}, {request.id}",
            value(request),
        )
    )


def _withdraw(request: Request) -> Block:
    return confirmed(
        button(
            Button.WITHDRAW, "Withdraw", f"Withdraw your own request {request.id}", value(request)
        ),
        f"Withdraw {request.id}?",
        "Only the person who asked can do this. It ends the request; nothing is restored.",
        yes="Withdraw",
        no="Keep it",
    )


def _rescind(request: Request) -> tuple[Block, ...]:
    if not request.votes:
        return ()
    return (
        button(
            Button.RESCIND,
            "Take my approval back",
            f"Take your approval of {request.id} back",
            value(request),
        ),
    )


def _stop(request: Request) -> Block:
    # No dialog: Stop is safe, and there are only seconds for it.
    return danger(
        button(
            Button.STOP,
            "Stop",
            f"Stop the restore of {request.wish.target} before it starts",
            value(request),
        )
    )


def _suspend(request: Request) -> tuple[Block, ...]:
    if not suspendable(request).holds:
        return ()
    press = button(
        Button.SUSPEND,
        "Suspend",
        f"Suspend the running restore of {request.wish.target}",
        value(request),
    )
    return (
        confirmed(
            press,
            f"Suspend the restore of {request.wish.target}?",
            "The manager ends its current step, then waits. The restore goes on when a lead "
            "continues. Only a lead can suspend it.",
            yes="Suspend",
            no="Let it run",
        ),
    )


def _details(request: Request) -> Block:
    return button(
        Button.DETAILS, "Details", f"Show plan and history of {request.id}", value(request)
    )
