"""Whatever people, managers and servers say: it stays text, and it fits."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.blocks import limits, modals, replies, thread
from bot.blocks.card import card
from bot.blocks.elements import section
from bot.blocks.home import home
from bot.blocks.message import Message, message
from bot.blocks.question import answered, question
from bot.domain import events as e
from bot.domain.plan import FileBackup, GuidedTerms, ListedBackup, Plan, digest
from bot.domain.request import Choice, Field, Offer, Option, Question, Request, State
from bot.domain.values import Component, UserId
from bot.runbooks.observations import OfferedBackup
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
        progress=replace(request.progress, detail=said) if request.progress else None,
        conclusion=tuple(said for _ in request.conclusion),
        decided_by=UserId(said) if request.decided_by else None,
    )


def _spoiled_plan(plan: Plan, said: str) -> Plan:
    backup: FileBackup | ListedBackup = replace(plan.backup, server=said)
    if isinstance(backup, FileBackup):
        backup = replace(backup, cluster=replace(backup.cluster, path=f"/{said}"))
    else:
        backup = replace(backup, address=said, node_id=said, directory=said)
    return replace(
        plan,
        manager_version=said,
        manager_node=said,
        backup=backup,
        guided=GuidedTerms(Component.GLOBAL, (said, said)) if plan.guided else None,
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
        changes = {"question": spoiled_question(said)}
    if isinstance(event, e.QuestionAnswered):
        changes["chosen"] = (said, said)
    return replace(event, **changes)


def spoiled_question(said: str, options: int = 12) -> Question:
    """A question with a form that says the same everywhere."""
    offers = (
        Offer(Choice.CONTINUE, said or "x", fills=True),
        Offer(Choice.CANCEL, said or "x"),
        Offer(Choice.GIVE_UP, "x", lead_only=True),
    )
    offered = tuple(Option(f"{n}{said}", said, said) for n in range(options))
    few = (Field(said, said, offered[:3], said), Field(f"{said}.", said, ()))
    fields = (*few, Field(f"{said}:", said, offered))
    return a_question(title=said, text=said, offers=offers, fields=fields)


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


@settings(max_examples=60)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_card_stays_sound(name: str, said: str) -> None:
    """In every state, with any text in every place."""
    scene = SCENES[name]

    assert_sound(card(spoiled(scene.request, said), now=scene.now, head=HEAD))


@settings(max_examples=60)
@given(st.sampled_from(EVENTS), SAID)
def test_a_line_stays_sound(told: tuple[str, e.Event], said: str) -> None:
    """For every event, with any text in every place."""
    name, event = told
    request = spoiled(SCENES[name].request, said)

    posted = spoiled_event(event, said)

    assume(thread.has_line(posted))
    assert_sound(thread.line(request, posted, minute(40)))


def prompt(request: Request, asked: Question) -> dict[str, Any]:
    """The form of a question's first answer."""
    return modals.answer_prompt(request, asked, asked.offers[0], CARD)


@settings(max_examples=40)
@given(SAID, st.integers(0, 700))
def test_a_question_with_a_form_stays_sound(said: str, options: int) -> None:
    """However much is offered, and whatever it is called: the message and the form fit."""
    asked = spoiled_question(said, options)
    request = SCENES["awaiting_operator-guided"].request

    assert_sound(question(request, asked))
    check_view(prompt(request, asked))


@settings(max_examples=60)
@given(SAID)
def test_an_answered_question_stays_sound(said: str) -> None:
    """The question's words and the answer's."""
    asked = a_question(title=said, text=said)
    answer = e.QuestionAnswered("k", Choice.CONTINUE, said, UserId(said), (), (said,) * 3)

    assert_sound(answered(asked, answer, State.RUNNING))


@settings(max_examples=25)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_modal_stays_sound(name: str, said: str) -> None:
    """Forms, details and the Home tab."""
    request = spoiled(SCENES[name].request, said[:300])
    files = [OfferedBackup(f"/{said[:200]}{n}", said, NOON, n or None) for n in range(3)]
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
        prompt(request, spoiled_question(said)),
        home([request], [], []),
    )

    for view in views:
        check_view(view)
        assert harmless(markup(view))


@settings(max_examples=25)
@given(st.sampled_from(sorted(SCENES)), SAID)
def test_a_reply_stays_sound(name: str, said: str) -> None:
    """What one person is told."""
    request = spoiled(SCENES[name].request, said)
    plan = _spoiled_plan(PLAN, said)
    files = [OfferedBackup(f"/{said}", said, NOON, size) for size in (1, None)]
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
