"""People act as a Slack client lets them: on what they see, built from what is stored."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import (
    AppCredentials,
    CannotAct,
    NotClickable,
    NotVisible,
    Person,
    SlackServer,
    Workspace,
)

CHANNEL = "C0INCIDENT"


def plain(text: str) -> dict[str, Any]:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


DIALOG = {
    "title": plain("Sure?"),
    "text": plain("Restore dc1"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
APPROVE = {
    "type": "button",
    "action_id": "approve",
    "value": "R-7QK2M9",
    "text": plain("Approve"),
    "confirm": DIALOG,
}
DENY = {"type": "button", "action_id": "deny", "text": plain("Deny")}
MENU = {
    "type": "overflow",
    "action_id": "more",
    "options": [{"text": plain("Details"), "value": "details"}],
}


def card(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    """Blocks with these controls."""
    return [{"type": "actions", "block_id": "votes", "elements": list(elements)}]


async def post(client: AsyncWebClient, *elements: dict[str, Any], **more: Any) -> str:
    """Post a card and give its ts."""
    reply = await client.chat_postMessage(
        channel=CHANNEL, text="card", blocks=card(*elements), **more
    )
    return str(reply["ts"])


async def test_a_click_carries_the_stored_button(
    client: AsyncWebClient, raw: Any, ben: Person
) -> None:
    """Value, ids, message, container and person, as block_actions documents them."""
    ts = await post(client, APPROVE, DENY)
    delivery = await ben.click(CHANNEL, ts, "approve")
    payload = raw.payload()
    assert payload["type"] == "block_actions"
    assert payload["team"] == {"id": "T0WORKSPACE", "domain": "sandbox"}
    assert payload["user"] == {
        "id": "U0BEN",
        "username": "ben",
        "name": "ben",
        "team_id": "T0WORKSPACE",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": CHANNEL,
        "is_ephemeral": False,
    }
    assert payload["channel"] == {"id": CHANNEL, "name": "incident"}
    assert payload["message"]["blocks"][0]["elements"][0] == APPROVE
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action == {
        "type": "button",
        "block_id": "votes",
        "action_id": "approve",
        "value": "R-7QK2M9",
        "text": plain("Approve"),
    }
    assert payload["api_app_id"] == "A0NSXRESTORE"
    assert delivery.dialog == DIALOG


async def test_cancel_sends_nothing(client: AsyncWebClient, raw: Any, ben: Person) -> None:
    """And a button without a dialog cannot be cancelled."""
    ts = await post(client, APPROVE, DENY)
    delivery = await ben.click(CHANNEL, ts, "approve", confirm=False)
    assert (delivery.ok, delivery.sent, raw.requests) == (True, False, [])
    with pytest.raises(NotClickable, match="no dialog"):
        await ben.click(CHANNEL, ts, "deny", confirm=False)


async def test_a_button_that_is_gone(client: AsyncWebClient, raw: Any, ben: Person) -> None:
    """Cannot be pressed, except by a client that still shows the old message."""
    ts = await post(client, APPROVE)
    old = ben.sees(CHANNEL)[0]
    await client.chat_update(channel=CHANNEL, ts=ts, text="closed")
    with pytest.raises(NotClickable):
        await ben.click(CHANNEL, ts, "approve")
    assert raw.requests == []
    await ben.click(CHANNEL, ts, "approve", stale=old)
    assert raw.payload()["actions"][0]["value"] == "R-7QK2M9"


async def test_the_same_action_in_two_blocks(client: AsyncWebClient, raw: Any, ben: Person) -> None:
    """One has to say which block is meant."""
    blocks = [
        {"type": "actions", "block_id": name, "elements": [DENY | {"value": name}]}
        for name in ("first", "second")
    ]
    reply = await client.chat_postMessage(channel=CHANNEL, text="card", blocks=blocks)
    with pytest.raises(NotClickable, match="block_id"):
        await ben.click(CHANNEL, reply["ts"], "deny")
    await ben.click(CHANNEL, reply["ts"], "deny", block_id="second")
    assert raw.payload()["actions"][0]["value"] == "second"


async def test_menus_offer_what_is_in_them(client: AsyncWebClient, raw: Any, ben: Person) -> None:
    """The chosen option is in the payload; another one cannot be chosen."""
    ts = await post(client, MENU)
    await ben.click(CHANNEL, ts, "more", value="details")
    assert raw.payload()["actions"][0]["selected_option"]["value"] == "details"
    with pytest.raises(NotClickable, match="no option"):
        await ben.click(CHANNEL, ts, "more", value="delete")


async def test_a_click_in_a_thread_names_the_thread(
    client: AsyncWebClient, raw: Any, ben: Person
) -> None:
    """In the container and in the message."""
    parent = await post(client, DENY)
    reply = await post(client, DENY, thread_ts=parent)
    await ben.click(CHANNEL, reply, "deny")
    payload = raw.payload()
    assert payload["container"]["thread_ts"] == parent
    assert payload["message"]["thread_ts"] == parent


async def test_an_ephemeral_is_pressed_by_its_reader(
    client: AsyncWebClient, raw: Any, ana: Person, ben: Person
) -> None:
    """Its payload carries no message; nobody else can press it."""
    reply = await client.chat_postEphemeral(
        channel=CHANNEL, user="U0ANA", text="card", blocks=card(DENY)
    )
    await ana.click(CHANNEL, reply["message_ts"], "deny")
    payload = raw.payload()
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    with pytest.raises(NotVisible):
        await ben.click(CHANNEL, reply["message_ts"], "deny")


async def test_a_foreign_account_names_its_own_team(
    client: AsyncWebClient, server: SlackServer, workspace: Workspace, raw: Any
) -> None:
    """`team` is the app's workspace, `user.team_id` the clicker's; Grid may show an E… id."""
    workspace.add_user("U0FAR", "far", team_id="T0PARTNER", is_stranger=True)
    workspace.join(CHANNEL, "U0FAR")
    workspace.set_user("U0BEN", payload_team_id="E0GRID")
    ts = await post(client, DENY)
    await server.person("U0FAR").click(CHANNEL, ts, "deny")
    assert raw.payload()["team"]["id"] == "T0WORKSPACE"
    assert raw.payload()["user"]["team_id"] == "T0PARTNER"
    await server.person("U0BEN").click(CHANNEL, ts, "deny")
    assert raw.payload()["user"]["team_id"] == "E0GRID"


async def test_commands_that_slack_itself_refuses(
    raw: Any, server: SlackServer, workspace: Workspace, ana: Person
) -> None:
    """In threads, unknown ones, and those of external people: nothing reaches the app."""
    parent = await ana.say(CHANNEL, "hello")
    raw.requests.clear()
    workspace.add_user("U0FAR", "far", team_id="T0PARTNER", is_stranger=True)
    workspace.join(CHANNEL, "U0FAR")
    refused = [
        await ana.slash(CHANNEL, "/nsx-restore", thread_ts=parent.ts),
        await ana.slash(CHANNEL, "/other"),
        await server.person("U0FAR").slash(CHANNEL, "/nsx-restore"),
    ]
    errors = [one.error for one in refused]
    assert errors == [
        "not_supported_in_threads",
        "not_a_valid_command",
        "not_a_valid_command",
    ]
    assert not any(one.sent for one in refused)
    assert raw.requests == []


async def test_names_are_escaped(raw: Any, ana: Person) -> None:
    """`should_escape`: names that exist become ids, the rest stays; `& < >` are escaped."""
    await ana.slash(CHANNEL, "/nsx-restore", "ask @ben in #incident not a@b.c @nobody <b> & x")
    assert raw.payload()["text"] == (
        "ask <@U0BEN|ben> in <#C0INCIDENT|incident> not a@b.c @nobody &lt;b&gt; &amp; x"
    )


async def test_a_private_channel_is_nameless(raw: Any, workspace: Workspace, ana: Person) -> None:
    """Slack calls it `privategroup` in a command."""
    workspace.add_channel("C0SECRET", "secret", ["U0ANA"], is_private=True)
    await ana.slash("C0SECRET", "/nsx-restore")
    assert raw.payload()["channel_name"] == "privategroup"


async def test_who_cannot_act(server: SlackServer, workspace: Workspace) -> None:
    """Unknown and deleted accounts, and everything that is not a human."""
    for flag in ("deleted", "is_bot", "is_workflow_bot", "is_connector_bot"):
        workspace.add_user(f"U0{flag.upper()}", flag, **{flag: True})
        with pytest.raises(CannotAct):
            server.person(f"U0{flag.upper()}")
    with pytest.raises(CannotAct):
        server.person("U0NOBODY")
    ana = server.person("U0ANA")
    workspace.set_user("U0ANA", deleted=True)
    with pytest.raises(CannotAct):
        await ana.slash(CHANNEL, "/nsx-restore")


async def test_what_a_person_cannot_see(
    server: SlackServer, workspace: Workspace, ana: Person
) -> None:
    """Private channels of others; for guests every channel they were not put into."""
    workspace.add_user("U0GUEST", "guest", is_restricted=True)
    workspace.add_channel("C0SECRET", "secret", ["U0BEN"], is_private=True)
    workspace.add_channel("C0OPEN", "open", ["U0BEN"])
    with pytest.raises(NotVisible):
        ana.sees("C0SECRET")
    assert ana.sees("C0OPEN") == []
    with pytest.raises(NotVisible):
        server.person("U0GUEST").sees("C0OPEN")
    with pytest.raises(NotVisible):
        ana.sees("C0NOWHERE")


async def test_where_a_person_can_write(workspace: Workspace, ana: Person) -> None:
    """In channels they joined that are not archived."""
    workspace.add_channel("C0OPEN", "open", ["U0BEN"])
    with pytest.raises(CannotAct):
        await ana.say("C0OPEN", "hello")
    workspace.join("C0OPEN", "U0ANA")
    await ana.say("C0OPEN", "hello")
    workspace.set_channel("C0OPEN", is_archived=True)
    with pytest.raises(CannotAct):
        await ana.slash("C0OPEN", "/nsx-restore")


async def test_a_closed_home_tab(workspace: Workspace) -> None:
    """It cannot be opened, and publishing says `not_enabled`."""
    app = AppCredentials(home_tab=False)
    async with SlackServer(workspace, app=app) as server:
        assert await server.person("U0ANA").open_home() is None
        client = AsyncWebClient(token=app.bot_token, base_url=server.api_url)
        with pytest.raises(Exception, match="not_enabled"):
            await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": []})
