"""Everything about a request in one modal: the whole plan, the full digest, votes, history."""

import json
from collections.abc import Sequence
from typing import Final

from bot.blocks import story as rows
from bot.blocks.elements import Block, View, context, header, modal, section
from bot.blocks.plan_text import plan_text
from bot.blocks.status import approvals, headline, voters
from bot.blocks.text import code, escape, fit, mention, moment, packed, quoted
from bot.domain.request import Request
from bot.ports import AuditEntry

_PARAGRAPH: Final = 2900
"""Characters; a fence around it still fits into a section."""

_ROW: Final = 700
"""Characters of one audit row; the report has all of it."""

_HISTORY: Final = 100_000
"""Bytes of JSON that the history may take: with it a view stays below 250,000 bytes, and even
half-full paragraphs below 100 blocks."""


def details(request: Request, story: Sequence[AuditEntry]) -> View:
    """Return the modal. A history that is too long for Slack loses its oldest rows, and says so."""
    return modal(
        f"Details of {request.id}",
        [
            section(f"*{escape(request.wish.target)}*: {headline(request)}"),
            section(_wish(request)),
            *_plan(request),
            section(f"*{approvals(request).capitalize()}*\n{voters(request) or 'Nobody yet.'}"),
            header("History"),
            *_history(story),
        ],
    )


def _wish(request: Request) -> str:
    incident = f"\n*Incident:* {code(request.wish.incident)}" if request.wish.incident else ""
    return (
        f"*Requested by* {mention(request.requester)} {moment(request.created_at)}{incident}\n"
        f"*Reason:*\n{quoted(request.wish.reason)}"
    )


def _plan(request: Request) -> list[Block]:
    if request.plan is None or request.digest is None:
        return [section("There is no plan yet.")]
    text = escape(plan_text(request.plan, request.digest, ())).replace("`", "'")
    return [section(f"```\n{part}\n```") for part in packed(text.split("\n"), _PARAGRAPH)]


def _history(story: Sequence[AuditEntry]) -> list[Block]:
    kept: list[str] = []
    room = _HISTORY
    for entry in reversed(story):
        line = _row(entry)
        room -= len(json.dumps(line))
        if room < 0:
            break
        kept.append(line)
    missing = len(story) - len(kept)
    note = f"{missing} older entries are left out here; the report has all of them."
    return [
        *([context(note)] if missing else []),
        *(section(part) for part in packed(reversed(kept), _PARAGRAPH)),
    ]


def _row(entry: AuditEntry) -> str:
    told = rows.details(entry)
    end = f": {escape(told)}" if told else ""
    line = f"{moment(entry.at)} {mention(entry.actor)} *{escape(rows.action(entry))}*{end}"
    return fit(line, _ROW, "the report has all of it")
