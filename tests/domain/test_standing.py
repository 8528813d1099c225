"""What Slack's flags allow, and who may ask: whatever is unknown means no."""

from itertools import product

import pytest

from bot.domain.standing import (
    Account,
    Finding,
    Unreadable,
    full_member,
    is_lead,
    is_unreadable,
    may_look,
    may_request,
    quorum_reachable,
)
from bot.domain.target import Group
from bot.domain.values import PersonId, UserId
from tests.builders import ANA, BEN, BEN_TWO, CHI, TEAM, a_standing, an_account

FLAGS = (
    "deleted",
    "is_bot",
    "is_app_user",
    "is_workflow_bot",
    "is_connector_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
)
ONCALL = Group("S0ONCALL", frozenset())


def test_only_the_all_clear_account_takes_part() -> None:
    """Of all 768 combinations of flags and team exactly one is a full member."""
    allowed = [
        (flags, team)
        for flags in product((False, True), repeat=len(FLAGS))
        for team in (TEAM, "T0OTHER", None)
        if full_member(
            a_standing(
                account=Account(BEN, team, **dict(zip(FLAGS, flags, strict=True))),
            )
        ).holds
    ]

    assert allowed == [((False,) * len(FLAGS), TEAM)]


@pytest.mark.parametrize("user", [BEN, BEN_TWO])
def test_a_lead_is_a_lead_from_every_account(user: UserId) -> None:
    """The account or the person behind it is in the group."""
    assert is_lead(a_standing(user)) == Finding("is_lead", holds=True, sentence="")


def test_without_a_group_of_requesters_every_full_member_may_ask() -> None:
    """And nobody else."""
    guest = a_standing(ANA, account=an_account(ANA, is_restricted=True))

    assert may_request(a_standing(ANA), None, frozenset()).holds
    assert may_request(guest, None, frozenset()).sentence == (
        "You are a guest of this workspace; guests take no part in a restore. "
        "Ask a full member of this workspace to do it."
    )


def test_a_group_of_requesters_is_asked() -> None:
    """By account or by person; an unreadable group means no."""
    assert may_request(a_standing(ANA), ONCALL, frozenset({ANA})).holds
    assert may_request(a_standing(BEN_TWO), ONCALL, frozenset({BEN})).holds
    assert may_request(a_standing(CHI), ONCALL, frozenset({ANA})).sentence == (
        "You are not among the people who may ask for a restore. "
        "Ask somebody who is on call to file it."
    )
    assert may_request(a_standing(ANA), ONCALL, Unreadable("timed out")).sentence == (
        "The group of people who may ask could not be read (timed out). Try again in a moment."
    )


def test_a_guest_in_the_group_of_requesters_stays_a_guest() -> None:
    """The group never outweighs the flags."""
    guest = a_standing(ANA, account=an_account(ANA, is_ultra_restricted=True))

    assert not may_request(guest, ONCALL, frozenset({ANA})).holds


def test_what_nobody_could_approve_is_refused_at_once() -> None:
    """The requester does not count among the leads."""
    leads = frozenset({PersonId(ANA), PersonId(BEN)})

    assert quorum_reachable(PersonId(CHI), leads, 2).holds
    assert quorum_reachable(PersonId(ANA), leads, 2).sentence == (
        "This needs 2 leads other than you, and the group of leads has 1. "
        "Ask the owner of the bot to add leads."
    )


def test_what_slack_cannot_say_is_told_apart_from_what_it_says() -> None:
    """Neither a guest nor a former lead is unreadable: those are answers."""
    silent = Unreadable("timed out")

    assert is_unreadable(a_standing(account=silent))
    assert is_unreadable(a_standing(leads=silent))
    assert not is_unreadable(a_standing(leads=frozenset()))
    assert not is_unreadable(a_standing(account=an_account(is_restricted=True)))


SILENT = Unreadable("timed out")
NOT_FOR_YOU = (
    "You are not among the people who may ask for a restore or decide about one, so nothing is "
    "looked at for you. Ask somebody who is on call."
)
NOT_READ = (
    "The groups of people who take part could not be read (timed out). Try again in a moment."
)


def test_every_full_member_may_look_where_nobody_else_is_named() -> None:
    """Without a group of requesters; whoever the leads are, and whether they can be read."""
    assert may_look(a_standing(ANA, leads=SILENT), None, frozenset()).holds


@pytest.mark.parametrize("requesters", [None, ONCALL])
def test_guests_look_at_nothing(requesters: Group | None) -> None:
    """They have no business with the manager, in whatever group they are."""
    guest = a_standing(BEN, account=an_account(BEN, is_restricted=True))

    finding = may_look(guest, requesters, frozenset({BEN}))

    assert (
        finding.sentence == "You are a guest of this workspace; guests take no part in a restore. "
        "Ask a full member of this workspace to do it."
    )


@pytest.mark.parametrize(
    ("user", "members", "leads", "sentence"),
    [
        (ANA, frozenset({ANA}), frozenset({BEN}), ""),
        (ANA, frozenset({ANA}), SILENT, ""),
        (BEN, frozenset({ANA}), frozenset({BEN}), ""),
        (BEN_TWO, frozenset(), frozenset({BEN}), ""),
        (BEN, SILENT, frozenset({BEN}), ""),
        (CHI, frozenset({ANA}), frozenset({BEN}), NOT_FOR_YOU),
        (CHI, SILENT, frozenset({BEN}), NOT_READ),
        (CHI, frozenset({ANA}), SILENT, NOT_READ),
    ],
)
def test_where_requesters_are_named_they_and_the_leads_look(
    user: UserId,
    members: frozenset[UserId] | Unreadable,
    leads: frozenset[UserId] | Unreadable,
    sentence: str,
) -> None:
    """From each account of theirs; what cannot be read lets nobody in."""
    finding = may_look(a_standing(user, leads=leads), ONCALL, members)

    assert (finding.holds, finding.sentence) == (not sentence, sentence)
