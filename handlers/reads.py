"""The commands that only look: each ends in one private text."""

from typing import Final, assert_never

from bot.blocks import replies, report
from bot.blocks.text import bullets, escape, fit
from bot.domain.plan import digest
from bot.domain.standing import Finding
from bot.domain.values import RequestId
from bot.runbooks.observations import Offered, Trouble
from bot.runbooks.preflight import NotReady
from bot.service import Visitor
from handlers import wishes
from handlers.answers import trouble
from handlers.desk import Desk
from handlers.grammar import (
    Backups,
    History,
    ListOpen,
    PlanOnly,
    Read,
    Report,
    Status,
    Targets,
)

_REPORT_LIMIT: Final = 3500

_MOST: Final = 50
"""Requests of the past that an answer shows at most."""

_ALL_OPEN: Final = 1000
"""More requests than can be open at once: each target has at most one."""


async def answer(desk: Desk, asked: Read, visitor: Visitor) -> str:
    """Return what a read says, or why it cannot be said now: nobody is left without an answer."""
    try:
        return await _answer(desk, asked, visitor)
    except Exception as error:  # noqa: BLE001
        # Border: nobody who asks is left without an answer; logged, and told to them.
        return escape(" ".join(trouble(error)))


async def _answer(desk: Desk, asked: Read, visitor: Visitor) -> str:
    match asked:
        case Status(request_id):
            request = await desk.service.request(request_id)
            if request is None:
                return replies.not_found(request_id)
            return replies.status_of(request, desk.now())
        case ListOpen():
            return replies.listing(await desk.service.requests(active=True, limit=_ALL_OPEN))
        case History(key):
            # One more than is shown says whether there are more.
            found = await desk.service.requests(target=key, limit=_MOST + 1)
            if key is not None and not found and desk.service.target(key) is None:
                return desk.service.unknown_target(key)
            return replies.history(found, most=_MOST)
        case Targets():
            return replies.targets(list(desk.service.configuration.targets.values()))
        case Backups(key):
            return await _backups(desk, key, visitor)
        case PlanOnly(key, backup):
            return await _plan(desk, key, backup, visitor)
        case Report(request_id):
            return await _report(desk, request_id)
        case _:
            assert_never(asked)


async def _backups(desk: Desk, key: str, visitor: Visitor) -> str:
    target = desk.service.target(key)
    if target is None:
        return desk.service.unknown_target(key)
    found = await desk.service.backups(target, visitor)
    match found:
        case Finding():
            return replies.refused(found)
        case Trouble():
            return replies.backups(target, found)
        case Offered(backups, notes):
            return replies.backups(target, backups, notes)


async def _plan(desk: Desk, key: str, backup: str, visitor: Visitor) -> str:
    target = desk.service.target(key)
    if target is None:
        return desk.service.unknown_target(key)
    if wrong := wishes.wrong_backup_of(target, backup):
        return replies.bad_arguments(wrong)
    seen = await desk.service.plan(target, backup, visitor)
    if isinstance(seen, Finding):
        return replies.refused(seen)
    if isinstance(seen, NotReady):
        return f"A request would be rejected now:\n{bullets(map(escape, seen.reasons))}"
    return replies.plan(seen.plan, digest(seen.plan), seen.worth_knowing)


async def _report(desk: Desk, request_id: RequestId) -> str:
    request = await desk.service.request(request_id)
    if request is None:
        return replies.not_found(request_id)
    story, head = await desk.service.story(request_id)
    text = escape(report.markdown(request, story, head)).replace("`", "'")
    where = (
        "So far; the files come when it has ended."
        if request.is_active
        else "The files, complete, are in the thread of its card."
    )
    return f"*The report of {request_id}.* {where}\n```\n{fit(text, _REPORT_LIMIT)}\n```"
