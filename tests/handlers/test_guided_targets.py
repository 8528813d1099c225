"""What is asked for at a target whose manager restores by itself (2.0 and later)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.blocks import report
from bot.domain.values import Generation, Scope
from bot.runbooks.guided_preflight import TOLD
from bot.runbooks.observations import BackupPlace, Census, ListedRestore
from bot.sandbox.slack import View, delivery
from bot.sandbox.slack.delivery import Outbound
from bot.sweeper import Sweeper
from handlers import wishes
from tests.builders import (
    ANA,
    BEN,
    CHANNEL,
    NODE_ID,
    REQUEST_ID,
    SHA256,
    a_backup_location,
    a_target,
)
from tests.fakes import FakeEngine, FakeGuidedManager
from tests.handlers.world import World, a_world

COMMAND = "/nsx-restore"
NSX = a_target(
    key="dc3-nsx",
    generation=Generation.NSX,
    backup=a_backup_location(fingerprint=SHA256, protocol="sftp"),
)
AT = "1773457200000"


@pytest.fixture
async def two(database_file: Path) -> AsyncIterator[World]:
    """A world with a target of each generation."""
    targets = {one.key: one for one in (a_target(), NSX)}
    async with (
        a_world(database_file, targets=targets) as world,
        world.hearing("socket"),
        world.telling(),
    ):
        yield world


@pytest.mark.parametrize("backup", ["latest", f"{NODE_ID}:{AT}", AT])
async def test_a_backup_is_asked_for_by_node_and_moment(two: World, backup: str) -> None:
    """Or by the moment alone; the scope is always both, whatever the configuration says."""
    await two.ana.slash(CHANNEL, COMMAND, f"request dc3-nsx backup={backup} reason=lost")
    await two.told(ANA, "is filed")
    wish = (await two.ledger.get(REQUEST_ID)).wish
    assert (wish.backup, wish.scope) == (backup, Scope.CLUSTER_AND_NODE)


@pytest.mark.parametrize("command", ["request dc3-nsx {} reason=lost", "plan dc3-nsx {}"])
@pytest.mark.parametrize(
    ("backup", "words"),
    [
        ("1773457200", "counts seconds"),
        (f"{NODE_ID}:1773457200", "counts seconds"),
        ("177345720000", "13 digits"),
        ("backup-cluster-2026-03-14.tar", "NODE:TIMESTAMP"),
        (f"a:b:{AT}", "NODE:TIMESTAMP"),
    ],
)
async def test_what_the_manager_cannot_have_listed_is_refused_at_once(
    two: World, command: str, backup: str, words: str
) -> None:
    """With the reason; nothing is stored and nobody is asked."""
    await two.ana.slash(CHANNEL, COMMAND, command.format(f"backup={backup}"))
    await two.told(ANA, words)
    assert not await two.ledger.requests()
    assert not two.backups.passwords_received


async def test_a_scope_is_refused_with_the_reason(two: World) -> None:
    """The other generation has one."""
    sent = await two.ana.slash(CHANNEL, COMMAND, "request dc3-nsx scope=cluster reason=lost")
    assert "always both" in sent.text
    assert not await two.ledger.requests()
    await two.ana.slash(CHANNEL, COMMAND, "request dc1-nsxt scope=cluster reason=lost")
    await two.told(ANA, "is filed")


async def _chosen(world: World, key: str) -> View:
    await world.ana.slash(CHANNEL, COMMAND)
    modal = await world.until(
        lambda: view if (view := world.ana.modal()).callback_id == "file_request" else None
    )
    await world.ana.choose(modal.id, "target", "target", key)
    await world.until(lambda: f"backup:{key}" in str(world.ana.modal().blocks) or None)
    return world.ana.modal()


async def test_the_form_asks_for_no_scope(two: World) -> None:
    """And what is filed has both."""
    modal = await _chosen(two, "dc3-nsx")
    assert "scope" not in str([block["block_id"] for block in modal.blocks])
    assert (await two.ana.submit(modal.id, {"reason": "lost"})).ok
    await two.told(ANA, "is filed")
    assert (await two.ledger.get(REQUEST_ID)).wish.scope is Scope.CLUSTER_AND_NODE


@pytest.mark.parametrize(
    ("block", "action", "value", "words"),
    [
        ("scope:dc3-nsx", "scope", "cluster", "always both"),
        ("backup:dc3-nsx", "backup", "1773457200", "counts seconds"),
        ("backup:dc3-nsx", "backup", "b.tar", "NODE:TIMESTAMP"),
    ],
)
async def test_forged_fields_are_refused_under_their_name(
    two: World, block: str, action: str, value: str, words: str
) -> None:
    """What the form does not offer is not taken from it either."""
    modal = await _chosen(two, "dc3-nsx")
    sent = await two.ana.submit(modal.id, {"reason": " " * 5})
    values = dict(sent.payload["view"]["state"]["values"])
    values[block] = {action: {"selected_option": {"value": value}}}
    receipt = await two.slack.deliver(_submission(sent.payload, values))
    assert isinstance(receipt.body, dict)
    assert words in receipt.body["errors"][block]


async def test_the_form_of_another_generation_is_refused(two: World) -> None:
    """The target was changed and its fields are not there yet: its backup says so."""
    modal = await _chosen(two, "dc3-nsx")
    sent = await two.ana.submit(modal.id, {"reason": " " * 5})
    values = dict(sent.payload["view"]["state"]["values"])
    values["target"] = {"target": {"selected_option": {"value": "dc1-nsxt"}}}
    values["reason"] = {"reason": {"value": "lost"}}
    receipt = await two.slack.deliver(_submission(sent.payload, values))
    assert isinstance(receipt.body, dict)
    assert receipt.body["errors"] == {
        "backup:dc3-nsx": "This list belongs to another target. Choose the target once more."
    }


def _submission(payload: Any, values: dict[str, Any]) -> Outbound:
    view = {**payload["view"], "state": {"values": values}}
    return Outbound(delivery.Kind.INTERACTIVE, {**payload, "view": view}, accepts_response=True)


def test_other_targets_name_files() -> None:
    """The rule is of one generation alone."""
    assert wishes.wrong_backup_of(a_target(), "1773457200") is None
    assert wishes.scope_of(a_target(scope=Scope.CLUSTER_AND_NODE), None) is Scope.CLUSTER_AND_NODE
    assert wishes.scope_of(None, None) is Scope.CLUSTER


@pytest.fixture
async def fresh(two: World) -> World:
    """Its manager is fresh: it knows no backup server, and lists one backup once it does."""
    manager = FakeGuidedManager(listed=[ListedRestore(NODE_ID, int(AT), "10.20.0.5")])
    two.managers.guided_manager = manager
    return two


async def _telling_rows(world: World) -> list[tuple[str, str | None]]:
    rows = [row for row in await world.rows() if row["action"] == "telling_backup_server"]
    assert all(row["details"]["target"] == "dc3-nsx" for row in rows)
    return [(row["actor"], row["request_id"]) for row in rows]


@pytest.mark.parametrize("command", ["backups dc3-nsx", "plan dc3-nsx"])
async def test_a_look_that_tells_the_manager_its_server_is_audited_and_says_so(
    fresh: World, command: str
) -> None:
    """Under the name of who looked; the second look has nothing to tell."""
    await fresh.ana.slash(CHANNEL, COMMAND, command)
    await fresh.told(ANA, TOLD)
    assert await _telling_rows(fresh) == [(ANA, None)]
    await fresh.ben.slash(CHANNEL, COMMAND, "backups dc3-nsx")
    assert TOLD not in await fresh.told(BEN, AT)
    assert await _telling_rows(fresh) == [(ANA, None)]


async def test_the_form_says_that_it_told_the_manager_its_server(fresh: World) -> None:
    """Below the list that came of it, and there is a row."""
    modal = await _chosen(fresh, "dc3-nsx")
    assert TOLD in str(modal.blocks)
    assert await _telling_rows(fresh) == [(ANA, None)]


async def test_the_checks_of_a_request_tell_the_manager_its_server_in_the_requests_own_rows(
    fresh: World,
) -> None:
    """Its report has the row, and its thread says so beside the plan."""
    await fresh.ana.slash(CHANNEL, COMMAND, "request dc3-nsx reason=lost")
    await fresh.told(ANA, "is filed")
    await _planned(fresh)
    assert await _telling_rows(fresh) == [("bot", REQUEST_ID)]
    story, head = await fresh.service.story(REQUEST_ID)
    text = report.markdown(await fresh.ledger.get(REQUEST_ID), story, head)
    assert "telling backup server" in text
    thread = await fresh.in_time(
        lambda: [one.text for one in fresh.workspace.book.everything(CHANNEL) if TOLD in one.text]
    )
    assert thread


async def _planned(world: World) -> None:
    """Have the checks of the request made."""
    sweeper = Sweeper(
        service=world.service,
        ledger=world.ledger,
        inbox=world.inbox,
        preflight=world.preflight,
        engine=FakeEngine(),
        clock=world.clock,
        background=world.background,
    )
    await sweeper.plan(await world.ledger.get(REQUEST_ID))


async def test_a_manager_that_seems_to_be_at_work_is_a_warning_on_the_card(two: World) -> None:
    """And in the answer to `plan`: whoever decides reads it where they decide."""
    location = NSX.backup
    two.managers.guided_manager = FakeGuidedManager(
        listed=[ListedRestore(NODE_ID, int(AT), "10.20.0.5")],
        counts=Census(12, 0),
        place=BackupPlace(location.server, location.port, location.directory, SHA256),
    )
    warning = "is this the manager in production?"
    await two.ana.slash(CHANNEL, COMMAND, "request dc3-nsx reason=lost")
    await two.told(ANA, "is filed")
    await _planned(two)

    card = await two.in_time(
        lambda: [one for one in two.workspace.book.everything(CHANNEL) if "Approve" in str(one)]
    )
    assert f"*Warning:* The manager knows 12 transport nodes. A fresh one has none: {warning}" in (
        str(card[0].blocks)
    )
    await two.ben.slash(CHANNEL, COMMAND, "plan dc3-nsx")
    await two.told(BEN, warning)
