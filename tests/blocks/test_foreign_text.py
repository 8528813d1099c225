"""Whatever people, managers and servers say: it stays text, and it fits."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.blocks import limits, modals, replies, thread
from bot.blocks.card import card
from bot.blocks.elements import section
from bot.blocks.home import home
from bot.blocks.message import Message, message
from bot.blocks.question import answered
from bot.domain import events as e
from bot.domain.plan import Plan, digest
from bot.domain.request import Choice, Offer, Request, State
from bot.domain.values import UserId
from bot.runbooks.observations import ListedFile
from bot.sandbox.slack.block_check import check_view, message_blocks
from tests.blocks.reading import OURS, markup
from tests.blocks.scenes import EVENTS, HEAD, PLAN, SCENES, an_entry, minute
from tests.builders import CARD, CHANNEL, NOON, a_question, a_target, a_wish

NASTY = (
    "<!channel>",
    "<@U0BEN>",
    "<http://x|y>",
    "&lt;",
    "```",
    "*approved*",
    "\u202e",
    "\n> ",
    '"',
)

SAID = st.one_of(
    st.text(max_size=120),
    st.lists(st.sampled_from(NASTY), max_size=40).map("".join),
    st.sampled_from(NASTY).map(lambda text: text * 700),
    st.sampled_from(["<", "&", '"', "\n", "長", "x "]).map(lambda text: text * 5000),
)


def spoiled(request: Request, said: str) -> Request:
    """The request, with a foreign text wherever one can be."""
    plan = _spoiled_plan(request.plan, said) if request.plan else None
    return replace(
        request,
        wish=a_wish(reason=said, incident=said, backup=said),
        plan=plan,
        digest=digest(plan) if plan else None,
        question=a_question(title=said, text=said) if request.question else None,
        conclusion=tuple(said for _ in request.conclusion),
        decided_by=UserId(said) if request.decided_by else None,
    )


def _spoiled_plan(plan: Plan, said: str) -> Plan:
    file = replace(plan.backup.cluster, path=f"/{said}")
    return replace(
        plan,
        manager_version=said,
        manager_node=said,
        backup=replace(plan.backup, cluster=file, server=said),
        steps=tuple(replace(step, title=said) for step in plan.steps),
    )


def spoiled_event(event: e.Event, said: str) -> e.Event:
    """The event, with a foreign text wherever one can be."""
    changes: Any = {
        name: (said,) * len(getattr(event, name))
        if name in {"reasons", "notes", "differences", "proof"}
        else said
        for name in (
            "reasons",
            "notes",
            "differences",
            "proof",
            "reason",
            "advice",
            "said",
            "label",
        )
        if hasattr(event, name)
    }
    if isinstance(event, e.QuestionAsked):
        offers = (Offer(Choice.CONTINUE, said or "x"), Offer(Choice.GIVE_UP, "x", lead_only=True))
        changes = {"question": a_question(title=said, text=said, offers=offers)}
    return replace(event, **changes)


def harmless(texts: Iterator[str]) -> bool:
    """No markup but our own, and no character that hides or reorders."""
    joined = "\n".join(texts)
    return not set(OURS.sub("", joined)) & {"<", ">"} and not any(
        unicodedata.category(one) in {"Cc", "Cf", "Cs"} and one not in "\n\u200c\u200d"
        for one in joined
    )


def assert_sound(sent: Message) -> None:
    """A message within every limit, with nothing in it but text and our own markup."""
    assert message_blocks(list(sent.blocks))
    assert len(json.dumps(sent.blocks, ensure_ascii=False)) <= limits.BLOCKS_JSON
    assert 0 < len(sent.text) <= limits.MESSAGE_TEXT
    assert harmless(markup(sent.blocks))
    assert harmless(iter((sent.text,)))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_card_stays_sound(name: str, said: str) -> None:
    """In every state, with any text in every place."""
    scene = SCENES[name]

    assert_sound(card(spoiled(scene.request, said), now=scene.now, head=HEAD))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EVENTS), SAID)
def test_a_line_stays_sound(posted: tuple[str, e.Event], said: str) -> None:
    """For every event, with any text in every place."""
    name, event = posted
    request = spoiled(SCENES[name].request, said)

    assert_sound(thread.line(request, spoiled_event(event, said), minute(40)))


@settings(max_examples=60, deadline=None)
@given(SAID)
def test_an_answered_question_stays_sound(said: str) -> None:
    """The question's words and the answer's."""
    asked = a_question(title=said, text=said)
    answer = e.QuestionAnswered("k", Choice.CONTINUE, said, UserId(said))

    assert_sound(answered(asked, answer, State.RUNNING))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_modal_stays_sound(name: str, said: str) -> None:
    """Forms, details and the Home tab."""
    request = spoiled(SCENES[name].request, said[:300])
    files = [ListedFile(f"/{said[:200]}{n}", n, NOON, is_directory=False) for n in range(3)]
    views = (
        modals.deny_request(request, CARD),
        modals.confirm_approval(request, CARD),
        modals.details(request, [an_entry(n, said, said, said=said) for n in range(30)]),
        modals.problem("Details", said, said),
        modals.file_request(
            [a_target()],
            channel=CHANNEL,
            chosen="dc1-nsxt",
            backups=files,
            initial=request.wish,
        ),
        modals.file_request([a_target()], channel=CHANNEL, chosen=None, backups=said, initial=None),
        home([request], [], []),
    )

    for view in views:
        check_view(view)
        assert harmless(markup(view))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_reply_stays_sound(name: str, said: str) -> None:
    """What one person is told."""
    request = spoiled(SCENES[name].request, said)
    plan = _spoiled_plan(PLAN, said)
    files = [ListedFile(f"/{said}", 1, NOON, is_directory=False)]
    texts = (
        replies.status_of(request, NOON),
        replies.listing([request] * 50),
        replies.history([request] * 50),
        replies.backups(a_target(), files),
        replies.plan(plan, digest(plan), (said,)),
        replies.unknown_command(said),
        replies.unknown_target(said, ["dc1"]),
    )

    assert harmless(iter(texts))
    assert all(len(text) <= limits.MESSAGE_TEXT for text in texts)


def test_a_message_that_is_too_long_as_a_whole_is_shortened_until_it_fits() -> None:
    """Ten long paragraphs become ten short ones, each saying what it lost."""
    sent = message("x", [section("y" * 2900) for _ in range(10)])

    assert_sound(sent)
    assert all("more characters" in block["text"]["text"] for block in sent.blocks)


def test_more_paragraphs_than_can_be_shortened_are_still_a_message() -> None:
    """The last resort is the shortest form; nothing the product says is that long."""
    sent = message("x", [section("y" * 2900) for _ in range(50)])

    assert all(len(block["text"]["text"]) <= 300 for block in sent.blocks)
