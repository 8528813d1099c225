"""Who is who, read fresh from a strict Slack; whatever is odd is unreadable."""

import asyncio
from typing import Any

import pytest

from bot.domain.standing import Account, Unreadable, full_member
from bot.domain.target import Group
from bot.domain.values import UserId
from bot.sandbox.slack import api_error, http_status, not_json, rate_limited
from bot.slack.directory import SlackDirectory
from tests.builders import ANA, BEN, CHANNEL, CHI, DEE, TEAM, a_standing
from tests.handlers.world import World

BOTH = Group("S0LEADS", frozenset({UserId("U0STATIC")}))
TROUBLE = [
    api_error("internal_error"),
    api_error("missing_scope"),
    not_json(),
    not_json(""),
    not_json("[]"),
    not_json('{"ok": true}'),
    rate_limited(30),
    http_status(404),
]


@pytest.fixture
def directory(world: World) -> SlackDirectory:
    """The directory of the local workspace."""
    return SlackDirectory(world.clients.reads)


async def test_a_full_member(directory: SlackDirectory) -> None:
    """Somebody ordinary has no flag, and the home team."""
    assert await directory.account(ANA) == Account(ANA, TEAM)


@pytest.mark.parametrize(
    "flag",
    [
        "deleted",
        "is_bot",
        "is_app_user",
        "is_restricted",
        "is_ultra_restricted",
        "is_stranger",
        "is_workflow_bot",
        "is_connector_bot",
    ],
)
async def test_every_flag_is_seen(world: World, directory: SlackDirectory, flag: str) -> None:
    """Each flag that Slack knows comes through, and makes no full member."""
    world.workspace.set_user(BEN, **{flag: True})
    account = await directory.account(BEN)
    assert isinstance(account, Account)
    assert getattr(account, flag) is True
    assert not full_member(a_standing(BEN, account=account)).holds


async def test_a_foreign_team_is_seen(world: World, directory: SlackDirectory) -> None:
    """A person of another workspace has that workspace's id."""
    world.workspace.set_user(BEN, team_id="T0OTHER")
    account = await directory.account(BEN)
    assert isinstance(account, Account)
    assert account.team_id == "T0OTHER"


async def test_who_is_not_there_is_unreadable(world: World, directory: SlackDirectory) -> None:
    """Unknown and invisible people cannot be read."""
    world.workspace.set_user(BEN, visible_to_bot=False)
    for user in (UserId("U0NOBODY"), BEN):
        assert isinstance(await directory.account(user), Unreadable)


async def test_a_group_is_the_union(directory: SlackDirectory) -> None:
    """The user group and the names of the configuration count together."""
    assert await directory.members(BOTH) == frozenset({BEN, CHI, DEE, UserId("U0STATIC")})


async def test_names_alone_need_no_slack(world: World, directory: SlackDirectory) -> None:
    """Without a user group nothing is asked."""
    assert await directory.members(Group(None, frozenset({BEN}))) == frozenset({BEN})
    assert not world.workspace.requests


@pytest.mark.parametrize("error", ["plan_upgrade_required", "no_such_subteam", 429])
async def test_an_unreadable_group_is_unreadable_whole(
    world: World, directory: SlackDirectory, error: str | int
) -> None:
    """If the user group cannot be read, the names do not stand for it."""
    world.workspace.fail_usergroup("S0LEADS", error)
    seen = await directory.members(BOTH)
    assert isinstance(seen, Unreadable)
    assert "U0" not in seen.why


async def test_every_read_is_fresh(world: World, directory: SlackDirectory) -> None:
    """What changed between two decisions is seen by the second."""
    assert BEN in (await _members(directory))
    world.workspace.set_usergroup_members("S0LEADS", [CHI])
    assert BEN not in (await _members(directory))


async def _members(directory: SlackDirectory) -> frozenset[UserId]:
    seen = await directory.members(BOTH)
    assert not isinstance(seen, Unreadable)
    return seen


async def test_reads_at_the_same_moment_are_one_call(
    world: World, directory: SlackDirectory
) -> None:
    """Twenty decisions at once ask for the group once."""
    seen = await asyncio.gather(*(directory.members(BOTH) for _ in range(20)))
    assert len(set(map(str, map(sorted, map(_readable, seen))))) == 1
    assert len(world.workspace.calls("usergroups.users.list")) == 1


async def test_a_decision_joins_no_read_that_began_before_it(
    world: World, directory: SlackDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is taken out of the group while it is read for others does not decide any more.

    Those who come meanwhile share the next read.
    """
    ask = world.clients.reads.usergroups_users_list
    read, go_on = asyncio.Event(), asyncio.Event()

    async def held(**arguments: Any) -> Any:
        reply = await ask(**arguments)
        read.set()
        await go_on.wait()
        return reply

    monkeypatch.setattr(world.clients.reads, "usergroups_users_list", held)
    before = asyncio.create_task(_members(directory))
    await read.wait()
    world.workspace.set_usergroup_members("S0LEADS", [CHI])
    after = [asyncio.create_task(_members(directory)) for _ in range(3)]
    await asyncio.sleep(0)
    go_on.set()

    assert BEN in await before
    assert all(BEN not in seen for seen in await asyncio.gather(*after))
    assert len(world.workspace.calls("usergroups.users.list")) == 2


async def test_a_read_that_breaks_holds_up_no_other(
    directory: SlackDirectory, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each one that shared it hears of it; the next read is another."""
    ask = world.clients.reads.usergroups_users_list

    async def broken(**_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(world.clients.reads, "usergroups_users_list", broken)
    both = (_members(directory), _members(directory))
    seen = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in seen] == [RuntimeError, RuntimeError]
    monkeypatch.setattr(world.clients.reads, "usergroups_users_list", ask)

    assert BEN in await _members(directory)


def _readable(seen: frozenset[UserId] | Unreadable) -> frozenset[UserId]:
    assert not isinstance(seen, Unreadable)
    return seen


@pytest.mark.parametrize("fault", TROUBLE, ids=str)
async def test_trouble_is_never_a_yes(world: World, directory: SlackDirectory, fault: Any) -> None:
    """Whatever Slack answers instead, people, groups and channels are unreadable, with a reason."""
    for method in ("users.info", "usergroups.users.list", "conversations.info"):
        world.workspace.faults.next(method, fault, fault)
    for seen in (
        await directory.account(BEN),
        await directory.members(BOTH),
        await directory.channel(CHANNEL),
    ):
        assert isinstance(seen, Unreadable)
        assert seen.why
        assert not seen.why.endswith(".")


@pytest.mark.parametrize("flag", ["is_ext_shared", "is_pending_ext_shared"])
async def test_shared_channels(world: World, directory: SlackDirectory, flag: str) -> None:
    """A channel that is shared, or about to be, counts as shared."""
    world.workspace.set_channel(CHANNEL, **{flag: True})
    seen = await directory.channel(CHANNEL)
    assert not isinstance(seen, Unreadable)
    assert seen.is_ext_shared


async def test_channels(world: World, directory: SlackDirectory) -> None:
    """Archived, left and unknown channels are told apart."""
    seen = await directory.channel(CHANNEL)
    assert not isinstance(seen, Unreadable)
    assert seen.is_member
    assert not seen.is_archived
    world.workspace.set_channel(CHANNEL, is_archived=True)
    world.workspace.leave(CHANNEL, "U0NSXBOT")
    seen = await directory.channel(CHANNEL)
    assert not isinstance(seen, Unreadable)
    assert seen.is_archived
    assert not seen.is_member
    assert isinstance(await directory.channel("C0NOTHING"), Unreadable)
