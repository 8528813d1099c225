"""Who may not approve is told so privately, with the reason, and nothing changes."""

import dataclasses
import json
from typing import Any, Final

import pytest

from bot.sandbox.slack import Message, Person, drop_before_effect, slow
from bot.sandbox.stage import CHANNEL, GUEST, LEADS, OUTSIDER, REQUESTER
from tests.scenario.theatre import Scene, leads_by_group_alone

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANAS_OTHER: Final = "U0ANA2"
BENS_OTHER: Final = "U0BEN2"
STRANGER: Final = "U0EXT"
BEN, CHI, DEE = LEADS


def _people(configuration: dict[str, Any]) -> None:
    leads_by_group_alone(configuration)
    configuration["people"]["aliases"] = {ANAS_OTHER: REQUESTER, BENS_OTHER: BEN}


SCENE: Final = {"amend": _people}


@pytest.fixture(autouse=True)
def cast_as_it_was(scene: Scene) -> None:
    """Everybody is who they were; nobody's read fails."""
    workspace = scene.stage.workspace
    known = {user.id for user in workspace.people.all()}
    for user in {ANAS_OTHER, BENS_OTHER, STRANGER} - known:
        workspace.add_user(user, user.removeprefix("U0").lower())
        workspace.join(CHANNEL, user)
    workspace.set_user(STRANGER, is_stranger=True, team_id="T0PARTNER")
    workspace.set_user(DEE, deleted=False, is_bot=False)
    workspace.set_usergroup_members("S0LEADS", [*LEADS, ANAS_OTHER, BENS_OTHER])
    workspace.fail_usergroup("S0LEADS", None)
    workspace.faults.clear()


async def refused(scene: Scene, ts: str, user: str, says: str, **press: Any) -> None:
    """Have somebody press Approve, be told no, and see that nothing has changed."""
    before = scene.rows()
    await scene.press(user, ts, "approve", says=says, **press)
    assert scene.rows() == before
    assert scene.stage.manager.restore_posts == 0


async def test_the_requester_cannot_approve(scene: Scene) -> None:
    """Two people means two others."""
    ts = await scene.awaiting()
    says = "You asked for this restore, so you cannot approve it. Two other leads must."
    await refused(scene, ts, REQUESTER, says)
    await scene.finish(ts)


async def test_the_requesters_second_account_cannot_approve(scene: Scene) -> None:
    """An alias is the same person, even where that account is in the group of leads."""
    ts = await scene.awaiting()
    says = "This account and the requester's belong to the same person"
    await refused(scene, ts, ANAS_OTHER, says)
    await scene.finish(ts)


async def test_the_same_lead_counts_once(scene: Scene) -> None:
    """Neither a second press nor the second account of the same lead adds a vote."""
    ts = await scene.awaiting()
    await scene.press(BEN, ts, "approve", says="1 of 2 approvals")
    await scene.until_told(ts, "1 of 2 approvals")
    await refused(scene, ts, BEN, "already. Another lead must approve.")
    await refused(scene, ts, BENS_OTHER, "with your other account; a person counts once.")
    await scene.finish(ts)


async def test_a_guest_cannot_approve(scene: Scene) -> None:
    """Guests take no part, even if somebody put them into the group."""
    scene.stage.workspace.set_usergroup_members("S0LEADS", [*LEADS, GUEST])
    ts = await scene.awaiting()
    await refused(scene, ts, GUEST, "You are a guest of this workspace")
    await scene.finish(ts)


async def test_somebody_of_another_organization_cannot_approve(scene: Scene) -> None:
    """External people take no part, whichever workspace the payload names; it is audited."""
    workspace = scene.stage.workspace
    workspace.set_usergroup_members("S0LEADS", [*LEADS, STRANGER])
    ts = await scene.awaiting()
    await refused(scene, ts, STRANGER, "You belong to another organization")
    workspace.set_user(STRANGER, payload_team_id="T0WORKSPACE")
    await refused(scene, ts, STRANGER, "You belong to another organization")
    workspace.set_user(STRANGER, payload_team_id=None)
    await scene.finish(ts)


@pytest.mark.parametrize(
    ("flag", "says"),
    [("deleted", "Your account is deactivated"), ("is_bot", "Bots and apps take no part")],
)
async def test_what_an_account_is_when_it_is_judged_counts(
    scene: Scene, flag: str, says: str
) -> None:
    """An account that is deactivated, or turns out to be a bot, right after its click is refused.

    `users.info` answers late here, so that it tells what is so after the click.
    """
    workspace = scene.stage.workspace
    ts = await scene.awaiting()
    before = scene.rows()
    workspace.faults.next("users.info", slow(0.5))
    person: Person = scene.stage.person(DEE)

    async def click() -> Any:
        delivery = await person.click(CHANNEL, ts, "approve")
        workspace.set_user(DEE, **{flag: True})
        return delivery

    await scene.hears(DEE, click(), says)
    assert scene.rows() == before
    await scene.finish(ts)


async def test_who_is_no_longer_in_the_group_cannot_approve(scene: Scene) -> None:
    """Membership is read at the click, not remembered."""
    ts = await scene.awaiting()
    scene.stage.workspace.set_usergroup_members("S0LEADS", [BEN, CHI])
    await refused(scene, ts, DEE, "You are not in the group of leads")
    await refused(scene, ts, OUTSIDER, "You are not in the group of leads")
    await scene.finish(ts)


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (429, "Slack is answering too many questions just now"),
        ("plan_upgrade_required", "name the people under members in the configuration"),
        ("no_such_subteam", "Slack answered no_such_subteam"),
        ("internal_error", "Slack could not be reached"),
    ],
)
async def test_a_group_that_cannot_be_read_approves_nothing(
    scene: Scene, trouble: str | int, says: str
) -> None:
    """Unknown means no, with the reason and what helps."""
    ts = await scene.awaiting()
    scene.stage.workspace.fail_usergroup("S0LEADS", trouble)
    await refused(scene, ts, BEN, "The group of leads could not be read (Slack")
    scene.stage.workspace.fail_usergroup("S0LEADS", trouble)
    await refused(scene, ts, BEN, says)
    scene.stage.workspace.fail_usergroup("S0LEADS", None)
    await scene.finish(ts)


async def test_an_account_that_cannot_be_read_approves_nothing(scene: Scene) -> None:
    """A cut connection to Slack is no proof of anybody."""
    ts = await scene.awaiting()
    scene.stage.workspace.faults.always("users.info", drop_before_effect())
    await refused(scene, ts, BEN, "Slack could not say who you are")
    scene.stage.workspace.faults.clear()
    await scene.finish(ts)


async def test_the_copy_of_a_card_that_ended_decides_nothing(scene: Scene) -> None:
    """A client that still shows the buttons of a closed request is told that it is closed."""
    ts = await scene.awaiting()
    copy = scene.cast.card(ts)
    await scene.finish(ts)
    await refused(scene, ts, BEN, "has ended already (withdrawn", stale=copy)


async def test_a_button_for_another_plan_decides_nothing(scene: Scene) -> None:
    """The digest in the button is compared with the row, never trusted."""
    ts = await scene.awaiting()
    forged = with_digest(scene.cast.card(ts), "0000-0000")
    await refused(scene, ts, BEN, "The plan has changed: this button stands for", stale=forged)
    await scene.finish(ts)


async def test_a_look_alike_of_the_card_decides_nothing(scene: Scene) -> None:
    """A vote counts only when pressed on the message that the bot posted for the request."""
    ts = await scene.awaiting()
    other = await scene.stage.person(OUTSIDER).say(CHANNEL, "Please approve here")
    alike = dataclasses.replace(scene.cast.card(ts), ts=other.ts)
    says = "This is not the current message of the request."
    await refused(scene, ts, BEN, says, stale=alike)
    await scene.finish(ts)


def with_digest(card: Message, digest: str) -> Message:
    """Return a copy of a card whose buttons stand for another plan."""
    values = {str(element["value"]) for _, element in card.controls() if "value" in element}
    text = json.dumps(card.blocks)
    for value in values:
        text = text.replace(value, f"{value.partition(':')[0]}:{digest}")
    return dataclasses.replace(card, blocks=json.loads(text))
