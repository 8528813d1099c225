"""What the card of a request shows in each of its states."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.blocks.actions import Button
from bot.blocks.card import card
from bot.blocks.modals import confirm_approval
from bot.blocks.plan_text import plan_text
from bot.blocks.text import stamp
from bot.domain import events as e
from bot.domain.plan import PlannedStep, digest
from bot.domain.request import TERMINAL, State
from bot.domain.values import UserId
from bot.sandbox.slack.block_check import message_blocks
from tests.blocks.reading import buttons, shown
from tests.blocks.scenes import (
    GLOBAL,
    GUIDED,
    HEAD,
    SCENES,
    WARNING,
    Scene,
    approved,
    lived,
    minute,
    ready,
    states,
)
from tests.builders import (
    CARD,
    NODE_ID,
    a_backup_file,
    a_file_backup,
    a_guided_plan,
    a_listed_backup,
    a_plan,
    a_wish,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "cards"
UPDATE = "UPDATE_GOLDEN"
"""Set this variable to 1 to write the golden cards anew; then read their difference."""


def drawn(scene: Scene) -> str:
    """A card as its file holds it: first as it reads, then as it is sent."""
    message = card(scene.request, now=scene.now, head=HEAD)
    return json.dumps(
        {
            "shown": shown(message.blocks).split("\n"),
            "text": message.text,
            "blocks": message.blocks,
        },
        indent=2,
        ensure_ascii=False,
    )


def captions(state: str) -> list[str]:
    """The action ids of a card's buttons."""
    scene = SCENES[state]
    return [
        one["action_id"] for one in buttons(card(scene.request, now=scene.now, head=HEAD).blocks)
    ]


def words(name: str) -> str:
    """A card as it reads."""
    scene = SCENES[name]
    return shown(card(scene.request, now=scene.now, head=HEAD).blocks)


@pytest.mark.parametrize("name", SCENES)
def test_the_card_is_the_one_that_was_reviewed(name: str) -> None:
    """Every change to a card is a change of a file, and is read in its difference."""
    path = GOLDEN / f"{name}.json"
    if os.environ.get(UPDATE) == "1":
        path.write_text(f"{drawn(SCENES[name])}\n", encoding="utf-8")

    assert path.read_text(encoding="utf-8") == f"{drawn(SCENES[name])}\n"


def test_every_state_has_a_card() -> None:
    """No state is left out of the reviewed cards, and no reviewed card is left over."""
    assert states() == frozenset(State)
    assert {path.stem for path in GOLDEN.iterdir()} == set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_slack_accepts_the_card(name: str) -> None:
    """Every card passes the checks of a strict Slack."""
    scene = SCENES[name]

    assert message_blocks(list(card(scene.request, now=scene.now, head=HEAD).blocks))


@pytest.mark.parametrize("name", SCENES)
def test_the_state_is_said_in_words(name: str) -> None:
    """The state stands in the headline, in the first paragraph and in the text."""
    scene = SCENES[name]
    message = card(scene.request, now=scene.now, head=HEAD)
    state = scene.request.state.words

    assert state in message.blocks[0]["text"]["text"]
    assert message.blocks[1]["text"]["text"].startswith(f"*{state}")
    assert state in message.text


def test_a_vote_is_shown_with_its_time_and_what_is_missing() -> None:
    """One of two approvals: by whom, when, how many more, until when."""
    told = words("awaiting_approval-one_vote")

    assert "awaiting approval: 1 of 2 approvals*, by <@U0BEN> at 12:02 UTC" in told
    assert "1 more lead must approve; expires 12:31 UTC" in told


def test_what_would_be_lost_is_said_before_the_decision() -> None:
    """The backup, its size, its age and what it predates."""
    told = words("awaiting_approval")

    assert "backup-cluster-2026-03-14T03_00_00UTC.tar`, 48.2 MB" in told
    assert "*Changes made after 2026-03-14 03:00 UTC will be lost.*" in told
    assert "That is 9 hours before this request." in told
    assert "*Point of no return:* step 2 of 8" in told


def test_a_backup_that_is_younger_than_the_request_says_so() -> None:
    """A plan made anew can take a backup that did not exist when the request was filed."""
    young = a_backup_file(modified_at=SCENES["approved"].now)
    scene = lived(ready(a_plan(backup=a_file_backup(cluster=young))))

    told = shown(card(scene.request, now=scene.now, head=None).blocks)

    assert "4 minutes after this request was made" in told


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(), "at the same time as the cluster backup"),
        (timedelta(minutes=3), "3 minutes after the cluster backup"),
        (timedelta(days=-800), "800 days before the cluster backup"),
    ],
)
def test_a_node_backup_says_when_it_was_made(apart: timedelta, said: str) -> None:
    """The nearest one may be years away: a lead sees how far."""
    cluster = a_backup_file()
    node = a_backup_file(path="/vol0/backups/n.tar", modified_at=cluster.modified_at + apart)
    plan = a_plan(backup=a_file_backup(cluster=cluster, node=node))
    scene = lived(ready(plan))

    told = shown(card(scene.request, now=scene.now, head=None).blocks)

    assert f"`n.tar`, 48.2 MB\nMade {stamp(node.modified_at)}, {said}\n" in told
    assert f"made {said}\n" in plan_text(plan, digest(plan), ())


def test_a_sandbox_says_so_in_the_headline() -> None:
    """Nobody can take a rehearsal for the real thing, or the other way round."""
    assert words("awaiting_approval-sandbox").startswith("# SANDBOX: restore dc1-nsxt")
    assert "SANDBOX" not in words("awaiting_approval")
    assert "PRODUCTION" in words("awaiting_approval")


def test_a_plan_that_can_be_undone_says_so() -> None:
    """A plan without a point of no return does not show an empty one."""
    steps = tuple(replace(step, no_return=False) for step in a_plan().steps)
    scene = lived(ready(a_plan(steps=steps)))
    message = card(scene.request, now=scene.now, head=None)

    assert "every step can be undone" in shown(message.blocks)
    assert "Point of no return" not in buttons(message.blocks)[0]["confirm"]["text"]["text"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("planning", [Button.WITHDRAW]),
        ("awaiting_approval", ["approve", "deny", "withdraw", "details"]),
        (
            "awaiting_approval-one_vote",
            ["approve", "deny", "withdraw", "rescind", "details"],
        ),
        ("approved", ["stop", "rescind", "details"]),
        ("running", ["details"]),
        ("awaiting_operator", ["details"]),
    ],
)
def test_the_buttons_are_those_that_make_sense_now(name: str, expected: list[str]) -> None:
    """Each state offers what can be done in it, and nothing else."""
    assert captions(name) == expected


@pytest.mark.parametrize(
    "name", [name for name, scene in SCENES.items() if scene.request.state in TERMINAL]
)
def test_no_terminal_card_has_a_button(name: str) -> None:
    """What has ended cannot be pressed; the audit head shows which rows told it."""
    assert captions(name) == []
    assert "audit chain at entry 214: `3f9a0c112233`" in words(name)


def test_approve_asks_once_more_and_names_what_matters() -> None:
    """The dialog names target, environment, backup and the point of no return."""
    scene = SCENES["awaiting_approval"]
    approve = buttons(card(scene.request, now=scene.now, head=HEAD).blocks)[0]
    dialog = approve["confirm"]

    assert approve["style"] == "primary"
    assert "dc1-nsxt" in dialog["title"]["text"]
    assert "PRODUCTION" in dialog["text"]["text"]
    assert (
        "backup-cluster-2026-03-14T03_00_00UTC.tar of 2026-03-14 03:00 UTC"
        in (dialog["text"]["text"])
    )
    assert "Point of no return: step 2" in dialog["text"]["text"]


def test_where_the_name_is_typed_approve_asks_nothing_itself() -> None:
    """The form that opens is the question; two in a row would be pressed away."""
    scene = SCENES["awaiting_approval"]
    approve = buttons(card(scene.request, now=scene.now, head=HEAD, typed=True).blocks)[0]

    assert approve["action_id"] == Button.APPROVE
    assert "confirm" not in approve


def test_a_request_whose_plan_is_not_known_can_still_be_drawn() -> None:
    """Missing facts leave out their line; they never break the card."""
    scene = SCENES["awaiting_approval"]
    bare = replace(scene.request, plan=None, digest=None, wish=a_wish(incident=None))
    blocks = card(bare, now=scene.now, head=None).blocks

    assert "*Incident:*" not in shown(blocks)
    assert buttons(blocks)[0]["value"] == "R-7QK2M9:-"
    assert buttons(blocks)[0]["confirm"]["text"]["text"] == "Environment: PRODUCTION."


def test_an_operator_card_without_question_and_step_still_reads() -> None:
    """A row that lacks what it should have is shown as far as it goes."""
    scene = SCENES["awaiting_operator"]
    bare = replace(scene.request, question=None, progress=None)

    assert "*awaiting operator*\nThe restore waits" in shown(
        card(bare, now=scene.now, head=None).blocks
    )


def test_an_equal_block_keeps_its_id_and_a_changed_one_gets_another() -> None:
    """Slack shows an update reliably only under a new block_id."""
    before = card(SCENES["awaiting_approval"].request, now=SCENES["approved"].now, head=None)
    after = card(
        SCENES["awaiting_approval-one_vote"].request, now=SCENES["approved"].now, head=None
    )
    ids = [(a["block_id"], b["block_id"]) for a, b in zip(before.blocks, after.blocks, strict=True)]

    assert ids[1][0] != ids[1][1]
    assert ids[2][0] == ids[2][1]


def test_words_of_people_cannot_pass_for_ours() -> None:
    """An incident with markup in it stays a name; a reason stays a quotation, line for line."""
    scene = SCENES["awaiting_approval"]
    wish = a_wish(
        incident="INC-1* :white_check_mark: *approved by @cto",
        reason="lost\n*Approved by* everybody\n```\n> `x`",
    )
    told = shown(card(replace(scene.request, wish=wish), now=scene.now, head=None).blocks)

    assert "*Incident:* `INC-1* :white_check_mark: *approved by @cto`" in told
    reason = told.split("*Reason:*\n")[1].split("\n")[:4]
    assert reason == ["> lost", "> *Approved by* everybody", "> ```", "> &gt; `x`"]


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("rejected", "; the report in the thread has all of it)"),
        ("awaiting_approval", "; see Details)"),
        ("planning", " more characters)"),
    ],
)
def test_what_was_cut_points_only_to_what_there_is(name: str, whole: str) -> None:
    """Details where there is that button; the report where the request has ended."""
    scene = SCENES[name]
    long = replace(
        scene.request,
        requester=UserId("x" * 3500),
        conclusion=tuple("a reason that is long " * 20 for _ in range(12)),
    )
    cut = shown(card(long, now=scene.now, head=None).blocks)

    assert whole in cut
    assert ("see Details" in cut) is ("Details" in whole)


# -- orchestrated restores ----------------------------------------------------------------------


def test_a_listed_backup_shows_its_time_first() -> None:
    """A name of fifty characters breaks on a phone; when it was made is what people compare."""
    told = words("awaiting_approval-guided")

    assert (
        "*Backup:* 2026-03-14 03:00 UTC, made by the manager `nsx.example.com`\n"
        f"`{NODE_ID}:1773457200000`\n"
        "*Changes made after 2026-03-14 03:00 UTC will be lost.*"
    ) in told
    assert "On backup.example.com; the manager restores cluster and node itself" in told


def test_a_backup_that_was_asked_for_by_its_id_shows_its_time_first() -> None:
    """Before there is a plan, too."""
    told = words("planning-guided")

    assert f"asked for:* 2026-03-14 03:00 UTC (`{NODE_ID}:1773457200000`), cluster and" in told


def test_a_warning_stands_before_everything_that_is_approved() -> None:
    """In one line, and in the text of a notification too: the thread alone is overlooked."""
    message = card(SCENES["awaiting_approval-warned"].request, now=minute(1), head=None)

    assert message.blocks[2]["text"]["text"] == f"*Warning:* {WARNING}"
    assert f"*Warning:* {WARNING}\n*Target:*" in message.text
    assert "Warning" not in words("awaiting_approval-guided")


def test_a_warning_stays_until_the_restore_begins_and_no_longer() -> None:
    """From then on the transport nodes are those of the backup."""
    decided = (*ready(GUIDED, WARNING), *approved(GUIDED)[2:])
    ended = lived((*ready(GUIDED, WARNING), e.RequestExpired()))
    begun = lived((*decided, e.RunStarted()))

    told = [
        shown(card(scene.request, now=scene.now, head=None).blocks)
        for scene in (lived(decided), begun, ended)
    ]
    assert [f"*Warning:* {WARNING}" in one for one in told] == [True, False, False]


def test_warnings_of_any_length_leave_the_card_within_its_limits() -> None:
    """Each is one line; what is too long is cut."""
    scene = SCENES["awaiting_approval-warned"]
    request = replace(scene.request, warnings=("A line\nof <many> words. " * 400,) * 20)
    message = card(request, now=scene.now, head=None)

    assert message_blocks(list(message.blocks))
    lines = message.blocks[2]["text"]["text"].split("\n")
    assert all(line.startswith("*Warning:* A line of &lt;many&gt;") for line in lines[:3])


def test_a_global_manager_is_said_plainly() -> None:
    """On the card and in the dialog: it is another thing than a Local Manager."""
    scene = SCENES["awaiting_approval-global_manager"]
    approve = buttons(card(scene.request, now=scene.now, head=HEAD).blocks)[0]

    assert "*Global Manager*, NSX 4.1.2" in words("awaiting_approval-global_manager")
    assert "Global Manager. Backup of 2026-03-14 03:00 UTC" in approve["confirm"]["text"]["text"]
    assert "Global Manager" not in words("awaiting_approval-guided")


def test_what_nobody_is_asked_about_is_part_of_what_leads_approve() -> None:
    """By the manager's own names; where everything is asked about, nothing is said."""
    assert "*Not asked about:* `CM_CHECK`, `ADD_NODES &lt;&amp;&gt;`." in words(
        "awaiting_approval-guided"
    )
    assert "Not asked" not in words("awaiting_approval-global_manager")


def test_approve_of_a_listed_backup_names_what_matters_however_long_its_maker_is_called() -> None:
    """The point of no return is the end of the dialog, and is never cut off."""
    backup = a_listed_backup(address="nsx." * 60)
    scene = lived(ready(a_guided_plan(backup=backup, guided=GLOBAL.guided)))
    approve = buttons(card(scene.request, now=scene.now, head=HEAD).blocks)[0]

    told = approve["confirm"]["text"]["text"]
    assert "Backup of 2026-03-14 03:00 UTC, made by nsx.nsx." in told
    assert "the manager restores cluster and node; later changes will be lost." in told
    assert told.endswith("Point of no return: step 2, Start the restore of the backup.")


def test_the_name_of_a_listed_backup_stands_once() -> None:
    """A step's title repeats it for the plan; on the card it stands beside the backup."""
    steps = (PlannedStep("start", f"Start the restore of {GUIDED.backup.name}", no_return=True),)
    scene = lived(ready(replace(GUIDED, steps=steps)))

    told = shown(card(scene.request, now=scene.now, head=None).blocks)

    assert told.count(GUIDED.backup.name) == 1
    assert "1. Start the restore of *[point of no return]*" in told


def test_a_running_card_says_where_the_manager_is() -> None:
    """In its own words, beside the step of the plan; after the end, what it said last."""
    assert (
        "*running: step 3 of 4, Follow the restore: the manager says step 5 of 11: Restoring Node "
        "(RUNNING)*, since" in words("running-guided")
    )
    assert "Follow the restore: the manager last said step 5 of 11" in words("failed-guided")


def test_suspend_is_offered_while_the_manager_offers_it_and_nobody_has_asked() -> None:
    """It asks once more, and says what happens."""
    suspend = buttons(
        card(SCENES["running-guided"].request, now=SCENES["running-guided"].now, head=None).blocks
    )[0]

    assert captions("running-guided") == ["suspend", "details"]
    assert captions("running-suspend_asked") == ["details"]
    assert captions("awaiting_operator-guided") == ["details"]
    assert suspend["confirm"]["text"]["text"] == (
        "The manager ends its current step, then waits. The restore goes on when a lead "
        "continues. Only a lead can suspend it."
    )
    assert "<@U0BEN> wants to suspend it" in words("running-suspend_asked")


def test_approving_by_name_shows_what_is_not_asked_about() -> None:
    """The form stands for the card's dialog, so it holds what that approves."""
    told = shown(confirm_approval(SCENES["awaiting_approval-guided"].request, CARD)["blocks"])

    assert "`CM_CHECK`" in told
    assert GUIDED.backup.name in told
