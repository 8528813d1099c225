"""users.*, usergroups.*, conversations.*: what the app can find out, through slack_sdk."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import Person, Workspace

CHANNEL = "C0INCIDENT"


async def refused(call: Any) -> str:
    """The error name with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


@pytest.mark.parametrize(
    "flag",
    [
        *("deleted", "is_bot", "is_app_user", "is_restricted", "is_ultra_restricted"),
        *("is_stranger", "is_workflow_bot", "is_connector_bot"),
    ],
)
async def test_every_kind_of_account_is_told(
    client: AsyncWebClient, workspace: Workspace, flag: str
) -> None:
    """A flag that is set is in the reply, and it may change between two reads."""
    before = (await client.users_info(user="U0BEN"))["user"]
    assert not before.get(flag)
    workspace.set_user("U0BEN", **{flag: True})
    assert (await client.users_info(user="U0BEN"))["user"][flag] is True


async def test_flags_may_be_absent(client: AsyncWebClient, workspace: Workspace) -> None:
    """`is_stranger` is there for strangers only; any flag can be left out."""
    assert "is_stranger" not in (await client.users_info(user="U0BEN"))["user"]
    workspace.set_user("U0BEN", is_restricted=None)
    assert "is_restricted" not in (await client.users_info(user="U0BEN"))["user"]


async def test_people_who_are_not_there(client: AsyncWebClient, workspace: Workspace) -> None:
    """Unknown and invisible accounts have their own errors; a foreign one its own team."""
    workspace.add_user("U0FAR", "far", team_id="T0PARTNER", is_stranger=True)
    workspace.add_user("U0HID", "hid", visible_to_bot=False)
    assert (await client.users_info(user="U0FAR"))["user"]["team_id"] == "T0PARTNER"
    assert await refused(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await refused(client.users_info(user="U0HID")) == "user_not_visible"


async def test_users_are_listed_in_pages(client: AsyncWebClient) -> None:
    """A cursor leads from page to page and is empty at the end."""
    pages = [page["members"] async for page in await client.users_list(limit=3)]
    ids = [[user["id"] for user in page] for page in pages]
    assert ids == [
        ["U0ANA", "U0BEN", "U0CHI"],
        ["U0NSXBOT"],
    ]


async def test_a_group_changes_under_the_app(client: AsyncWebClient, workspace: Workspace) -> None:
    """Membership is what it is at the moment of the call; who left the workspace is not in it."""
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0BEN", "U0CHI"]
    workspace.set_usergroup_members("S0LEADS", ["U0CHI", "U0ANA"])
    workspace.set_user("U0CHI", deleted=True)
    assert (await client.usergroups_users_list(usergroup="S0LEADS"))["users"] == ["U0ANA"]
    (group,) = (await client.usergroups_list(include_users=True))["usergroups"]
    assert (group["handle"], group["users"]) == ("leads", ["U0CHI", "U0ANA"])


async def test_groups_fail_as_scripted(client: AsyncWebClient, workspace: Workspace) -> None:
    """A plan without groups, an unknown group, a full minute."""
    assert await refused(client.usergroups_users_list(usergroup="S0NONE")) == "no_such_subteam"
    workspace.fail_usergroup("S0LEADS", "plan_upgrade_required")
    paid = client.usergroups_users_list(usergroup="S0LEADS")
    assert await refused(paid) == "plan_upgrade_required"
    assert await refused(client.usergroups_list()) == "plan_upgrade_required"
    workspace.fail_usergroup("S0LEADS", 429)
    with pytest.raises(SlackApiError) as caught:
        await client.usergroups_users_list(usergroup="S0LEADS")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "30"
    workspace.fail_usergroup("S0LEADS", None)
    await client.usergroups_users_list(usergroup="S0LEADS")


async def test_channels_tell_what_they_are(client: AsyncWebClient, workspace: Workspace) -> None:
    """Shared, pending, private, archived; and members in pages."""
    shown = (await client.conversations_info(channel=CHANNEL))["channel"]
    assert (shown["is_member"], shown["is_ext_shared"], shown["is_private"]) == (True, False, False)
    workspace.set_channel(CHANNEL, is_ext_shared=True, is_pending_ext_shared=True)
    shown = (await client.conversations_info(channel=CHANNEL))["channel"]
    assert (shown["is_ext_shared"], shown["is_pending_ext_shared"]) == (True, True)
    first = await client.conversations_members(channel=CHANNEL, limit=3)
    assert first["members"] == ["U0ANA", "U0BEN", "U0CHI"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_members(channel=CHANNEL, limit=3, cursor=cursor)
    assert (rest["members"], rest["response_metadata"]["next_cursor"]) == (["U0NSXBOT"], "")


async def test_private_channels_do_not_exist_for_outsiders(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """`channel_not_found` until the bot is invited; a public one can be seen but not read."""
    workspace.add_channel("C0SECRET", "secret", ["U0ANA"], is_private=True)
    workspace.add_channel("C0OTHER", "other", ["U0ANA"])
    assert await refused(client.conversations_info(channel="C0SECRET")) == "channel_not_found"
    assert (await client.conversations_info(channel="C0OTHER"))["channel"]["is_member"] is False
    assert await refused(client.conversations_history(channel="C0OTHER")) == "not_in_channel"
    workspace.join("C0SECRET", "U0NSXBOT")
    assert (await client.conversations_info(channel="C0SECRET"))["channel"]["is_private"] is True


async def test_history_runs_backwards(
    client: AsyncWebClient, workspace: Workspace, clock: Any
) -> None:
    """Newest first, without replies and ephemerals, between `oldest` and `latest`, in pages."""
    stamps = []
    for number in range(4):
        clock.advance(10)
        posted = await client.chat_postMessage(channel=CHANNEL, text=str(number))
        stamps.append(posted["ts"])
    await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=stamps[0])
    await client.chat_postEphemeral(channel=CHANNEL, user="U0ANA", text="psst")

    async def texts(**arguments: Any) -> list[str]:
        page = await client.conversations_history(channel=CHANNEL, **arguments)
        return [message["text"] for message in page["messages"]]

    assert await texts() == ["3", "2", "1", "0"]
    assert await texts(oldest=stamps[1]) == ["3", "2"]
    assert await texts(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert await texts(oldest=stamps[1], latest=stamps[2], inclusive=True) == ["2", "1"]
    first = await client.conversations_history(channel=CHANNEL, limit=3)
    assert first["has_more"] is True
    assert await texts(limit=3, cursor=first["response_metadata"]["next_cursor"]) == ["0"]
    assert workspace.violations == []


async def test_replies_run_forwards(client: AsyncWebClient, ana: Person) -> None:
    """The parent first, whatever `oldest` says; metadata only when it is asked for."""
    metadata = {"event_type": "nsx_restore_event", "event_payload": {"seq": 1}}
    parent = (await client.chat_postMessage(channel=CHANNEL, text="parent"))["ts"]
    first = await client.chat_postMessage(
        channel=CHANNEL, text="one", thread_ts=parent, metadata=metadata
    )
    await ana.say(CHANNEL, "two", thread_ts=parent)
    page = await client.conversations_replies(channel=CHANNEL, ts=parent)
    assert [message["text"] for message in page["messages"]] == ["parent", "one", "two"]
    assert page["messages"][0]["reply_count"] == 2
    assert all("metadata" not in message for message in page["messages"])
    page = await client.conversations_replies(
        channel=CHANNEL, ts=parent, oldest=first["ts"], include_all_metadata=True
    )
    assert [message["text"] for message in page["messages"]] == ["parent", "two"]
    page = await client.conversations_replies(channel=CHANNEL, ts=parent, include_all_metadata=True)
    assert page["messages"][1]["metadata"] == metadata
    assert (
        await refused(client.conversations_replies(channel=CHANNEL, ts="1.000001"))
        == "thread_not_found"
    )


async def test_a_direct_message_is_opened_once(client: AsyncWebClient) -> None:
    """The same person gives the same channel; nobody and the departed give errors."""
    first = (await client.conversations_open(users="U0ANA"))["channel"]["id"]
    again = (await client.conversations_open(users=["U0ANA"]))["channel"]["id"]
    assert first == again
    assert first.startswith("D")
    assert await refused(client.conversations_open(users="U0NOBODY")) == "user_not_found"
    assert await refused(client.conversations_open(users="U0ANA,U0BEN")) == "missing_scope"


async def test_reactions_are_added_once(client: AsyncWebClient, ana: Person) -> None:
    """A second time is `already_reacted`; a name has a form."""
    ts = (await client.chat_postMessage(channel=CHANNEL, text="one"))["ts"]
    await client.reactions_add(channel=CHANNEL, timestamp=ts, name="white_check_mark")
    assert ana.sees(CHANNEL)[0].reactions == (("white_check_mark", "U0NSXBOT"),)
    again = client.reactions_add(channel=CHANNEL, timestamp=ts, name="white_check_mark")
    assert await refused(again) == "already_reacted"
    wrong = client.reactions_add(channel=CHANNEL, timestamp=ts, name="White Check")
    assert await refused(wrong) == "invalid_name"


async def test_the_bot_is_told_with_its_app(client: AsyncWebClient) -> None:
    """`bots.info` names the app of the bot that `auth.test` tells; there is no other bot."""
    bot_id = (await client.auth_test())["bot_id"]
    assert (await client.bots_info(bot=bot_id))["bot"]["app_id"] == "A0NSXRESTORE"
    assert await refused(client.bots_info(bot="B0OTHER")) == "bot_not_found"
