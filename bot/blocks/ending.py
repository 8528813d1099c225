"""How a request ended without success: what that means and what to do next."""

from typing import assert_never

from bot.blocks.plan import step_words
from bot.blocks.status import nothing_done
from bot.blocks.text import escape, listed, mention, mentions, quoted
from bot.domain import events as e
from bot.domain.request import Request

Ending = (
    e.PreflightFailed
    | e.RequestDenied
    | e.RequestWithdrawn
    | e.RequestExpired
    | e.ApprovalLapsed
    | e.StartStopped
    | e.RunFailed
)
"""Ends after which the request can be filed again."""


def ending(request: Request, event: Ending) -> str:
    """Return what the thread and the channel say about the end of a request."""
    asked = mention(request.requester)
    which = f"the restore of *{escape(request.wish.target)}* ({request.id})"
    nothing = nothing_done(request)
    match event:
        case e.PreflightFailed(reasons):
            return (
                f"*rejected*: {which} did not start, for a reason that a check found. "
                f"{nothing}{listed('What was found:', reasons)}\n"
                f"{asked}: put this right, then file it again."
            )
        case e.RequestDenied(by, reason):
            late = ", after its approval" if request.start_after else ""
            return (
                f"*denied*: {which}{late}, by {mention(by)}. {nothing} {asked}: talk to "
                f"{mention(by)}, or file it again with another reason.\n{quoted(reason)}"
            )
        case e.RequestWithdrawn(by):
            return f"*withdrawn*: {which}, by {mention(by)}. {nothing} It can be filed again."
        case e.RequestExpired():
            if request.plan is None:
                return (
                    f"*expired*: {which}; the checks did not end in time. {nothing} "
                    f"{asked}: ask the owner of the bot whether it is healthy, then file it again."
                )
            return (
                f"*expired*: {which}; nobody completed the approval in time. {nothing} "
                f"{asked}: if it is still needed, find two leads and file it again."
            )
        case e.ApprovalLapsed():
            return (
                f"*expired*: {which}; it did not begin in time after the approval. {nothing} "
                f"{asked}: ask the owner of the bot whether it is healthy, then file it again."
            )
        case e.StartStopped(by):
            return f"*canceled*: {which}; {mention(by)} stopped it before the start. {nothing}"
        case e.RunFailed(reason, advice):
            step = step_words(request)
            called = mentions((request.requester, *(vote.user for vote in request.votes)))
            return (
                f"*failed*: {which}{', at ' if step else ''}{step}.\n{escape(reason)}\n"
                f"*What to do now:* {escape(advice)}\n{called}"
            )
        case _:
            assert_never(event)
