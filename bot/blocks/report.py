"""The report of a request: stands up in a post-mortem, without Slack and without the bot.

Two forms of the same facts: Markdown to read, JSON to process.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from bot.blocks import story as rows
from bot.blocks.plan import environment
from bot.blocks.plan_text import plan_text
from bot.blocks.text import ago, plain, seconds
from bot.domain.plan import short
from bot.domain.request import Request, State
from bot.ports import AuditEntry, AuditHead

VERIFY = "nsx-restore audit verify"

_REQUEST = TypeAdapter(Request)
_STORY = TypeAdapter(tuple[AuditEntry, ...])
_HEAD = TypeAdapter(AuditHead | None)
_DECISIONS = frozenset(
    {
        "request_filed",
        "approval_recorded",
        "approval_rescinded",
        "votes_voided",
        "request_denied",
        "request_withdrawn",
        "start_stopped",
        "suspend_asked",
        "question_answered",
    }
)
"""The audit's names of what people decide."""

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~&])")


def to_json(
    request: Request, story: Sequence[AuditEntry], head: AuditHead | None
) -> dict[str, Any]:
    """Return the report as JSON values (times in ISO 8601, UTC)."""
    return {
        "format": "nsx-restore report 1",
        "request": _REQUEST.dump_python(request, mode="json"),
        "steps": [{"step": title, "seconds": took} for title, took in _durations(request, story)],
        "story": _STORY.dump_python(tuple(story), mode="json"),
        "audit_head": _HEAD.dump_python(head, mode="json"),
        "verify": VERIFY,
    }


def markdown(request: Request, story: Sequence[AuditEntry], head: AuditHead | None) -> str:
    """Return the report as Markdown."""
    parts = (
        f"# Restore of {_md(request.wish.target)}: {request.state.words} ({request.id})",
        _summary(request),
        _outcome(request),
        _plan(request),
        _decisions(story),
        _steps(request, story),
        _questions(story),
        _timeline(story),
        _proof_of_completeness(head),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(request: Request) -> str:
    facts = [
        ("Request", request.id),
        ("Target", f"{request.wish.target} ({environment(request.environment)})"),
        ("State", request.state.words),
        ("Requested", f"{_time(request.created_at)} by {request.requester}"),
        ("Reason", request.wish.reason),
        ("Incident", request.wish.incident or "none given"),
        ("Backup asked for", request.wish.backup),
        ("Started", _time(request.started_at) if request.started_at else "never"),
        ("Ended", _time(request.ended_at) if request.ended_at else "not yet"),
    ]
    if request.plan:
        backup = request.plan.backup
        facts.insert(7, ("Backup", f"{_time(backup.made_at)}, {backup.name}"))
    if request.started_at and request.ended_at:
        facts.append(("Duration", ago(request.ended_at - request.started_at)))
    return "## Summary\n\n" + _table(("", ""), facts)


def _outcome(request: Request) -> str:
    title = "Proof" if request.state is State.SUCCEEDED else "Outcome"
    if not request.conclusion:
        return ""
    lines = "\n".join(f"- {_md(sentence)}" for sentence in request.conclusion)
    return f"## {title}\n\n{lines}"


def _plan(request: Request) -> str:
    if request.plan is None or request.digest is None:
        return "## Plan\n\nThere never was a plan."
    text = plan_text(request.plan, request.digest, ()).replace("`", "'")
    return (
        f"## Plan\n\nAn approval counts for exactly this plan, by its digest "
        f"`{request.digest}` ({short(request.digest)} in short).\n\n```text\n{text}\n```"
    )


def _decisions(story: Sequence[AuditEntry]) -> str:
    acts = [
        (rows.action(entry), entry.actor, _time(entry.at), rows.details(entry))
        for entry in story
        if entry.action in _DECISIONS
    ]
    return "## People and decisions\n\n" + _table(("What", "Who", "When", "Note"), acts)


def _steps(request: Request, story: Sequence[AuditEntry]) -> str:
    done = _durations(request, story)
    if not done:
        return ""
    return "## Steps\n\n" + _table(("Step", "Took"), [(t, ago(seconds(s))) for t, s in done])


def _durations(request: Request, story: Sequence[AuditEntry]) -> list[tuple[str, float]]:
    """Each completed step with its seconds, in order."""
    titles = {step.key: step.title for step in request.plan.steps} if request.plan else {}
    return [
        (titles.get(key, key), float(took))
        for entry in story
        if entry.action == "step_completed"
        and isinstance(key := entry.details.get("key"), str)
        and isinstance(took := entry.details.get("seconds"), int | float)
    ]


def _questions(story: Sequence[AuditEntry]) -> str:
    lines = [
        (_time(entry.at), entry.actor, rows.action(entry), rows.details(entry))
        for entry in story
        if entry.action in {"question_asked", "question_answered"}
    ]
    if not lines:
        return ""
    return "## Questions and answers\n\n" + _table(("When", "Who", "What", "Words"), lines)


def _timeline(story: Sequence[AuditEntry]) -> str:
    lines = (
        (str(entry.seq), _time(entry.at), entry.actor, rows.action(entry), rows.details(entry))
        for entry in story
    )
    return (
        "## Timeline\n\nEvery row of the audit about this request, refused attempts included.\n\n"
        + _table(("Entry", "When", "Who", "What", "Details"), lines)
    )


def _proof_of_completeness(head: AuditHead | None) -> str:
    if head is None:
        return "## Audit\n\nThe audit chain is empty."
    return (
        f"## Audit\n\nWhen this report was made, the audit chain ended at entry {head.seq} with "
        f"the mac `{head.mac}`. To verify that no row was changed or removed, run `{VERIFY}` and "
        "compare this entry with the chain."
    )


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(_rows(titles, lines))


def _rows(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{' --- |' * len(titles)}"
    for line in lines:
        yield f"| {' | '.join(_md(cell) for cell in line)} |"


def _md(text: str) -> str:
    """Return text that stands for itself in Markdown, in one line."""
    return _MARKUP.sub(r"\\\1", plain(text).replace("\n", " "))


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
