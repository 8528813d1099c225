"""What every `Directory` does: ours on a strict Slack, and the stand-in in memory."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.standing import Account, Unreadable
from bot.domain.target import Group
from bot.domain.values import UserId
from bot.ports import Channel, Directory
from bot.sandbox.slack import api_error
from bot.slack.directory import SlackDirectory
from tests.builders import ANA, BEN, CHANNEL, CHI, DEE, TEAM, an_account
from tests.fakes import FakeDirectory
from tests.handlers.world import a_world

LEADS = Group("S0LEADS", frozenset({UserId("U0STATIC")}))
NAMED = Group(None, frozenset({BEN}))
INCIDENT = Channel(CHANNEL, "incident", is_archived=False, is_ext_shared=False, is_member=True)


@dataclass
class Case:
    """A workspace and its switches."""

    directory: Directory
    deactivate_ben: Callable[[], None]
    leave_chi_alone: Callable[[], None]
    """Take everybody but CHI out of the user group."""
    break_slack: Callable[[], None]


@pytest.fixture(params=["on Slack", "in memory"])
async def case(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> AsyncIterator[Case]:
    """Each claim holds for both."""
    if request.param == "in memory":
        yield _in_memory()
        return
    async with _on_slack(Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))) as made:
        yield made


def _in_memory() -> Case:
    fake = FakeDirectory(
        accounts={user: an_account(user) for user in (ANA, BEN, CHI, DEE)},
        usergroups={"S0LEADS": frozenset({BEN, CHI, DEE})},
        channels={CHANNEL: INCIDENT},
    )

    def break_slack() -> None:
        fake.unreadable = Unreadable("Slack could not be reached")

    return Case(
        fake,
        lambda: fake.accounts.update({BEN: an_account(BEN, deleted=True)}),
        lambda: fake.usergroups.update({"S0LEADS": frozenset({CHI})}),
        break_slack,
    )


@asynccontextmanager
async def _on_slack(database: Path) -> AsyncIterator[Case]:
    async with a_world(database) as world:
        workspace = world.workspace

        def break_slack() -> None:
            for method in ("users.info", "usergroups.users.list", "conversations.info"):
                workspace.faults.always(method, api_error("internal_error"))

        yield Case(
            SlackDirectory(world.clients.reads),
            lambda: workspace.set_user(BEN, deleted=True),
            lambda: workspace.set_usergroup_members("S0LEADS", [CHI]),
            break_slack,
        )


async def test_people_channels_and_groups_are_read(case: Case) -> None:
    """A group is the union of the user group and the people named."""
    assert await case.directory.account(ANA) == Account(ANA, TEAM)
    assert await case.directory.channel(CHANNEL) == INCIDENT
    assert _readable(await case.directory.members(LEADS)) == {BEN, CHI, DEE, UserId("U0STATIC")}


async def test_every_read_is_fresh(case: Case) -> None:
    """What changed since the last decision is seen by the next."""
    assert BEN in _readable(await case.directory.members(LEADS))
    case.deactivate_ben()
    case.leave_chi_alone()
    account = await case.directory.account(BEN)
    assert isinstance(account, Account)
    assert account.deleted
    assert BEN not in _readable(await case.directory.members(LEADS))


async def test_what_is_not_there_is_unreadable(case: Case) -> None:
    """Nobody, no group, no channel: a reason instead, never an empty answer."""
    for seen in (
        await case.directory.account(UserId("U0NOBODY")),
        await case.directory.members(Group("S0NOTHING", frozenset({BEN}))),
        await case.directory.channel("C0NOTHING"),
    ):
        assert isinstance(seen, Unreadable)
        assert seen.why


async def test_trouble_is_never_an_answer(case: Case) -> None:
    """The people named do not stand in for a group that cannot be read."""
    case.break_slack()
    for seen in (
        await case.directory.account(BEN),
        await case.directory.members(LEADS),
        await case.directory.channel(CHANNEL),
    ):
        assert isinstance(seen, Unreadable)


async def test_names_alone_need_no_slack(case: Case) -> None:
    """A group without a user group is who was named, whatever Slack does."""
    case.break_slack()
    assert _readable(await case.directory.members(NAMED)) == {BEN}


def _readable(seen: frozenset[UserId] | Unreadable) -> frozenset[UserId]:
    assert not isinstance(seen, Unreadable)
    return seen
