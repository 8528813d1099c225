"""What one person is told privately."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.blocks import replies
from bot.domain.decide import Decision
from bot.domain.errors import Kind
from bot.domain.events import QuestionAnswered
from bot.domain.plan import FileBackup, digest
from bot.domain.request import Choice, State
from bot.domain.standing import Finding
from bot.domain.values import Component, Environment, Generation, Scope
from bot.runbooks.observations import OfferedBackup, Trouble
from tests.blocks.scenes import GLOBAL, GUIDED, NODE_PLAN, OTHER_PLAN, PLAN, SCENES
from tests.builders import (
    BEN,
    NODE_ID,
    NOON,
    SHA256,
    a_denial,
    a_plan,
    a_request,
    a_rescission,
    a_stop,
    a_suspension,
    a_target,
    a_withdrawal,
    an_answer,
    an_approval,
)

DONE = Decision(())


def test_help_names_every_command() -> None:
    """The grammar, one line for each."""
    told = replies.help_text()

    for word in ("request", "status", "list", "history", "targets", "backups", "plan", "report"):
        assert f"`/nsx-restore {word}" in told
    assert "`/nsx-restore cancel ID`" in told


def test_an_approval_is_confirmed_with_what_comes_next() -> None:
    """One of two: who is missing, until when. Two of two: when it starts."""
    one = replies.receipt(SCENES["awaiting_approval-one_vote"].request, an_approval(), DONE)
    two = replies.receipt(SCENES["approved"].request, an_approval(), DONE)
    later = replies.receipt(SCENES["running"].request, an_approval(), DONE)

    assert one.startswith("Your approval of *R-7QK2M9* is recorded: 1 of 2 approvals. 1 more lead")
    assert "2 of 2 approvals. It starts at" in two
    assert later.endswith("It is running now.")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (a_denial(), "You denied *R-7QK2M9*."),
        (a_rescission(), "is taken back: 0 of 2 approvals."),
        (a_withdrawal(), "is withdrawn."),
        (a_stop(), "is stopped before its start."),
        (an_answer(), "Your answer for *R-7QK2M9* is recorded."),
    ],
)
def test_every_command_is_confirmed(command: Any, words: str) -> None:
    """Nobody is left without an answer."""
    assert words in replies.receipt(a_request(), command, DONE)


def test_a_refusal_is_the_findings_own_sentence() -> None:
    """The same words as in the log and the audit, harmless in Slack."""
    refusal = Finding.no("is_lead", "You are not a lead <!here>.")

    told = replies.receipt(a_request(), an_approval(), Decision((), refusal))

    assert told == "You are not a lead &lt;!here&gt;."


def test_a_command_of_an_unknown_kind_is_loud() -> None:
    """A new command without a receipt is a bug that cannot be overlooked."""
    unknown: Any = object()

    with pytest.raises(AssertionError):
        replies.receipt(a_request(), unknown, DONE)


def test_filing_is_confirmed_with_the_place_of_the_card() -> None:
    """The id to speak of, and where to look."""
    told = replies.filed(a_request(State.PLANNING))

    assert "*R-7QK2M9* for dc1-nsxt is filed" in told
    assert "<#C0INCIDENT>" in told


def test_what_was_not_understood_is_answered_with_the_way_to_help() -> None:
    """Foreign words come back harmless, or not at all."""
    assert "`&lt;x&gt;` is not a command" in replies.unknown_command("<x>")
    assert replies.unknown_command("x" * 100).startswith("This is not a command")
    assert "a reason is missing. Nothing was filed." in replies.bad_arguments(
        "a reason is missing."
    )
    assert "There is no request `R-1`." in replies.not_found("R-1")
    assert "nothing was done" in replies.not_stored()


def test_whoever_met_a_bug_learns_what_to_do() -> None:
    """Something may have been done already: the card knows."""
    assert replies.not_finished() == (
        "The bot broke on something that you asked of it. Look at the card of the request: if what "
        "you did is not there, do it again. Tell the owner of the bot; the logs name the cause."
    )


def test_what_may_have_been_stored_is_not_denied() -> None:
    """Nobody is told to press again before having looked."""
    assert replies.not_certain() == (
        "It is not certain that this was taken. Look at the card in a moment, before you press "
        "again."
    )


def test_an_unknown_target_is_answered_with_the_known_ones() -> None:
    """The sentence needs no escaping, since it goes into the audit as it is."""
    assert replies.unknown_target("dc9", ["dc1", "dc2"]) == (
        "There is no target called dc9. The targets are: dc1, dc2."
    )
    assert replies.unknown_target("<!here>", []) == (
        "There is no target of that name. The targets are: none."
    )


def test_status_and_lists_say_how_requests_stand() -> None:
    """In the words of the card."""
    request = SCENES["awaiting_approval-one_vote"].request

    assert "*awaiting approval: 1 of 2 approvals*" in replies.status_of(request, NOON)
    assert "awaiting approval, 1 of 2 approvals; by <@U0ANA>" in replies.listing([request])
    assert "*R-7QK2M9* dc1-nsxt (PRODUCTION): denied" in replies.history([SCENES["denied"].request])
    assert "not shown" not in replies.history([request])
    assert replies.listing([]) == "There is no open request."
    assert replies.history([]) == "There is no request yet."


def test_lists_are_cut_between_lines_and_count_what_is_missing() -> None:
    """No line is cut in two, and what is left out is said, also beyond what was asked for."""
    many = [SCENES["succeeded"].request] * 60
    line = f"• {replies.line_of(many[0])}"

    for told in (replies.listing(many), replies.history(many)):
        lines = told.split("\n")
        assert len(told) <= replies.REPLY_LIMIT
        assert "not shown here" in lines[-1]
        assert set(lines[1:-1]) == {line}
    shown = replies.listing(many).count(line)
    assert f"{60 - shown} more requests not shown here" in replies.listing(many)
    assert "Older requests are not shown" in replies.history(many[:3], most=2)
    assert "Older requests" not in replies.history(many[:2], most=2)


def test_many_targets_are_cut_between_lines() -> None:
    """The form offers the others."""
    known = [a_target(key=f"dc{n}-{'x' * 40}") for n in range(60)]
    told = replies.targets(known)

    assert len(told) <= replies.REPLY_LIMIT
    assert f"{60 - told.count('• ')} more targets not shown here" in told


def test_long_names_of_backups_are_cut_between_lines() -> None:
    """The table stays whole, and the count tells of the rest."""
    files = [
        OfferedBackup(f"/vol0/{n}{'y' * 250}", f"{n}{'y' * 250}", NOON - timedelta(days=n), size=1)
        for n in range(18)
    ]
    told = replies.backups(a_target(), files)

    assert len(told) <= replies.REPLY_LIMIT
    assert f"{18 - told.count('y' * 250)} older backups not shown here." in told


def test_targets_say_what_they_are() -> None:
    """Key, environment, generation, address, scope."""
    told = replies.targets([a_target(environment=Environment.SANDBOX)])

    assert "*dc1-nsxt* (SANDBOX, nothing real is touched), nsxt-1, https://nsx.example.com" in told
    assert replies.targets([]) == "No target is configured."


def test_backups_are_a_table() -> None:
    """Time, size, name; what does not fit is counted."""
    files = [
        OfferedBackup(
            f"/vol0/backup-`{n}.tar", f"backup-`{n}.tar", NOON - timedelta(days=n), 1_000_000
        )
        for n in range(25)
    ]

    told = replies.backups(a_target(), files)

    assert "2026-03-14 12:00 UTC     1.0 MB  backup-'0.tar" in told
    assert told.endswith("5 older backups not shown here.")
    assert replies.backups(a_target(), files[:1]).endswith("```")


def test_backups_that_cannot_be_listed_say_why() -> None:
    """What was seen and what helps."""
    trouble = Trouble(Kind.UNREACHABLE, "It does not answer.", "Check the network.")

    assert "cannot be listed. It does not answer. Check the network." in replies.backups(
        a_target(), trouble
    )
    assert "no cluster backup for dc1-nsxt" in replies.backups(a_target(), [])


def test_a_plan_as_text_holds_everything_that_is_approved() -> None:
    """The digest in full, both host key forms, every step, the node part where there is one."""
    told = replies.plan_text(NODE_PLAN, digest(NODE_PLAN), ("It is STABLE.",))

    assert digest(NODE_PLAN) in told
    assert isinstance(NODE_PLAN.backup, FileBackup)
    assert NODE_PLAN.backup.host_key_sha256 in told
    assert NODE_PLAN.backup.fingerprint in told
    assert all(step.title in told for step in NODE_PLAN.steps)
    assert told.count("[point of no return]") == 1
    assert "Node backup: /vol0/backups/backup-node-0314.tar" in told
    assert "- It is STABLE." in told


def test_a_plan_as_text_leaves_out_what_it_lacks() -> None:
    """No node part, no controllers, no notes; the path for the node where it is used."""
    told = replies.plan_text(a_plan(controllers=()), digest(PLAN), ())
    node = replies.plan_text(replace(NODE_PLAN, node_restore_path="/api/x"), digest(PLAN), ())

    assert "Node" not in told
    assert "Controllers: not named" in told
    assert "Worth knowing" not in told
    assert "Node URL:    /api/x" in node


def test_a_plan_that_nobody_filed_says_so() -> None:
    """Reading a plan changes nothing."""
    assert OTHER_PLAN.plan is not None
    told = replies.plan(OTHER_PLAN.plan, digest(OTHER_PLAN.plan), ("a `note`",))

    assert told.startswith("This is what a request would plan now. Nothing is filed.\n```")
    assert "a 'note'" in told


# -- orchestrated restores ----------------------------------------------------------------------

NSX = a_target(key="dc3-nsx", generation=Generation.NSX, scope=Scope.CLUSTER_AND_NODE)
LISTED = OfferedBackup(f"{NODE_ID}:1773457200000", "nsx.example.com", NOON - timedelta(hours=9))


def test_listed_backups_show_their_time_then_their_maker_then_what_to_type() -> None:
    """Each in two lines: an id of fifty characters would push the time off a phone."""
    told = replies.backups(NSX, [LISTED])

    assert (
        "```\n2026-03-14 03:00 UTC  nsx.example.com\n"
        f"  {NODE_ID}:1773457200000\n```\nName one by `NODE:TIMESTAMP`"
    ) in told
    assert "There is no backup for dc3-nsx" in replies.backups(NSX, [])
    assert "NODE:TIMESTAMP" not in replies.backups(a_target(), [])


def test_a_listed_backup_that_is_only_an_id_is_told_once() -> None:
    """Nothing is repeated."""
    told = replies.backups(NSX, [replace(LISTED, name=LISTED.id)])

    assert told.count(LISTED.id) == 1


def test_targets_say_what_the_manager_restores_itself() -> None:
    """A Global Manager is named; a Local one is what people expect."""
    other = replace(NSX, component=Component.GLOBAL)

    assert "nsx, https://nsx.example.com, cluster and node, by the manager itself" in (
        replies.targets([NSX])
    )
    assert "nsx, Global Manager, https://nsx.example.com" in replies.targets([other])


def test_a_guided_plan_as_text_holds_everything_that_is_approved() -> None:
    """Component, backup with time and maker, the key that both have seen, what is not asked."""
    told = replies.plan_text(GUIDED, digest(GUIDED), ())
    other = replies.plan_text(GLOBAL, digest(GLOBAL), ())

    assert "Component:   Local Manager\n" in told
    assert "Restores:    cluster and node, by the manager itself\n" in told
    assert "Backup:      2026-03-14 03:00 UTC, made by the manager nsx.example.com\n" in told
    assert f"             {NODE_ID}:1773457200000\n" in told
    assert "changes made after 2026-03-14 03:00 UTC will be lost" in told
    assert "From:        backup.example.com:22, directory /vol0/backups" in told
    assert f"Host key:    {SHA256}, as the manager and the bot see it" in told
    assert "Not asked:   CM_CHECK, ADD_NODES <&>" in told
    assert "Controllers" not in told
    assert "Component:   Global Manager\n" in other
    assert "Not asked:   nothing; every instruction of the manager is asked about" in other


@pytest.mark.parametrize(
    ("choice", "follows", "words"),
    [
        (Choice.CONTINUE, "", "The restore goes on."),
        (Choice.CANCEL, "", "The manager is told to cancel; nothing is rolled back."),
        (Choice.GIVE_UP, "", "This request ends here; nothing is undone."),
        (Choice.RETRY, "", "It is tried again."),
        (Choice.RETRY, "The manager is looked at again.", "The manager is looked at again."),
    ],
)
def test_the_receipt_of_an_answer_says_what_follows(
    choice: Choice, follows: str, words: str
) -> None:
    """Nobody reads that a restore goes on which ends; an offer says it in its own words."""
    decided = Decision((QuestionAnswered("k", choice, "Do it", BEN, follows=follows),))
    told = replies.receipt(a_request(), an_answer(choice=choice), decided)
    assert told == f"Your answer for *R-7QK2M9* is recorded. {words}"


def test_the_receipt_of_a_suspension_says_that_it_takes_a_while() -> None:
    """The manager ends its step first, and somebody has to let it go on."""
    told = replies.receipt(a_request(), a_suspension(), DONE)

    assert "ends its current step, then waits" in told
    assert "a lead lets it go on" in told


@pytest.mark.parametrize("command", [a_denial(), a_withdrawal(), a_stop()])
def test_a_receipt_says_of_a_guided_restore_that_none_was_started(command: Any) -> None:
    """The checks may have told its manager the backup server (decision 10)."""
    told = replies.receipt(SCENES["awaiting_approval-guided"].request, command, DONE)
    assert told.endswith("No restore was started.")
    told = replies.receipt(SCENES["awaiting_approval"].request, command, DONE)
    assert told.endswith("Nothing was sent to the manager.")
