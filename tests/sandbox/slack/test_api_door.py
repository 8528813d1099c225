"""Tokens, scopes, rates, scripted trouble and the record of calls, seen from slack_sdk."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import (
    AppCredentials,
    Person,
    RateLimits,
    SlackServer,
    Workspace,
    api_error,
    drop_after_effect,
    drop_before_effect,
    http_status,
    not_json,
    rate_limited,
    slow,
)
from bot.sandbox.slack.tokens import TokenKind
from bot.sandbox.slack.web_api import METHODS

CHANNEL = "C0INCIDENT"


async def refused(call: Any) -> str:
    """The error name with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def with_token(client: AsyncWebClient, token: str | None) -> AsyncWebClient:
    """The same client with another token."""
    return AsyncWebClient(
        token=token, base_url=client.base_url, session=client.session, retry_handlers=[]
    )


async def test_tokens_are_told_apart(client: AsyncWebClient, server: SlackServer) -> None:
    """Missing, unknown, revoked, and of the wrong kind."""
    assert await refused(with_token(client, None).users_list()) == "not_authed"
    assert await refused(with_token(client, "xoxb-other").users_list()) == "invalid_auth"
    app_client = with_token(client, server.app.app_token)
    assert await refused(app_client.users_list()) == "not_allowed_token_type"
    bot_for_socket = client.apps_connections_open(app_token=server.app.bot_token)
    assert await refused(bot_for_socket) == "not_allowed_token_type"
    server.tokens.revoke(server.app.bot_token)
    assert await refused(client.auth_test()) == "token_revoked"


async def test_auth_test_names_the_app_and_its_scopes(
    client: AsyncWebClient, server: SlackServer
) -> None:
    """The scopes are in the `x-oauth-scopes` header."""
    reply = await client.auth_test()
    assert (reply["user_id"], reply["bot_id"]) == ("U0NSXBOT", "B0NSXBOT")
    assert set(reply.headers["x-oauth-scopes"].split(",")) == server.app.scopes


async def test_an_app_token_names_the_app(client: AsyncWebClient, server: SlackServer) -> None:
    """auth.test answers it too; api.test needs no token and fails on request."""
    reply = await with_token(client, server.app.app_token).auth_test()
    assert reply["app_id"] == server.app.app_id
    nobody = with_token(client, None)
    await nobody.api_test()
    assert await refused(nobody.api_test(error="my_error")) == "my_error"


async def test_pages_have_bounds(client: AsyncWebClient) -> None:
    """A limit beyond a thousand, a cursor that was never given, a number that is none."""
    assert await refused(client.users_list(limit=1001)) == "invalid_limit"
    assert await refused(client.users_list(cursor="later")) == "invalid_cursor"
    wrong = client.api_call("users.list", params={"limit": "many"})
    assert await refused(wrong) == "invalid_arguments"
    when = client.conversations_history(channel=CHANNEL, oldest="yesterday")
    assert await refused(when) == "invalid_arguments"


@pytest.mark.parametrize(
    ("method", "scope", "arguments"),
    [
        ("chat.postMessage", "chat:write", {"channel": CHANNEL, "text": "x"}),
        ("users.info", "users:read", {"user": "U0ANA"}),
        ("usergroups.users.list", "usergroups:read", {"usergroup": "S0LEADS"}),
        ("conversations.info", "channels:read", {"channel": CHANNEL}),
        ("conversations.history", "channels:history", {"channel": CHANNEL}),
        ("conversations.open", "im:write", {"users": "U0ANA"}),
        ("files.getUploadURLExternal", "files:write", {"filename": "a", "length": 1}),
        ("reactions.add", "reactions:write", {"channel": CHANNEL, "timestamp": "1", "name": "x"}),
    ],
)
async def test_every_method_needs_its_scope(
    workspace: Workspace, method: str, scope: str, arguments: dict[str, Any]
) -> None:
    """Without it the answer is `missing_scope`, which names what is needed."""
    app = AppCredentials(scopes=AppCredentials().scopes - {scope})
    async with SlackServer(workspace, app=app) as server:
        client = AsyncWebClient(token=app.bot_token, base_url=server.api_url)
        with pytest.raises(SlackApiError) as caught:
            await client.api_call(method, params=arguments)
    assert caught.value.response["error"] == "missing_scope"
    assert scope in caught.value.response["needed"]


async def test_an_unknown_method_is_refused(client: AsyncWebClient, workspace: Workspace) -> None:
    """Whatever is not in the table of methods is `unknown_method`."""
    assert "pins.add" not in METHODS
    assert await refused(client.api_call("pins.add")) == "unknown_method"
    assert workspace.violations == ["pins.add: unknown_method"]


async def test_reads_take_no_json(client: AsyncWebClient) -> None:
    """Slack ignores a JSON body where it documents a form; broken JSON is named."""
    wrong = client.api_call("users.info", json={"user": "U0ANA"})
    assert await refused(wrong) == "invalid_arguments"


async def test_broken_bodies_are_named(server: SlackServer, session: aiohttp.ClientSession) -> None:
    """`invalid_json`, `json_not_object`, `invalid_form_data`."""
    cases = {
        ("application/json", b"{"): "invalid_json",
        ("application/json", b"[]"): "json_not_object",
        ("text/plain", b"channel=C0INCIDENT"): "invalid_form_data",
        ("application/x-www-form-urlencoded", b"\xff"): "invalid_form_data",
    }
    url = f"{server.api_url}chat.postMessage"
    for (content_type, body), error in cases.items():
        headers = {
            "Content-Type": content_type,
            "Authorization": f"Bearer {server.app.bot_token}",
        }
        async with session.post(url, data=body, headers=headers) as response:
            assert (await response.json())["error"] == error


async def test_calls_are_recorded_without_tokens(
    client: AsyncWebClient, server: SlackServer, session: aiohttp.ClientSession
) -> None:
    """Method, kind of token, arguments, time and outcome; a token in a form is taken out."""
    await client.chat_postMessage(channel=CHANNEL, text="one")
    await refused(client.users_info(user="U0NOBODY"))
    form = {"token": server.app.bot_token, "user": "U0ANA"}
    async with session.post(f"{server.api_url}users.info", data=form) as response:
        assert (await response.json())["ok"] is True
    posted, unknown, formed = server.workspace.requests
    assert (posted.method, posted.token, posted.outcome) == (
        "chat.postMessage",
        TokenKind.BOT,
        "ok",
    )
    assert posted.args["text"] == "one"
    assert posted.at == server.workspace.clock()
    assert unknown.outcome == "user_not_found"
    assert formed.args == {"user": "U0ANA"}


async def test_posts_are_one_a_second_after_a_burst(client: AsyncWebClient, clock: Any) -> None:
    """Five at once, then one for every second that passes."""
    for number in range(5):
        await client.chat_postMessage(channel=CHANNEL, text=str(number))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=CHANNEL, text="6")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    clock.advance(1)
    await client.chat_postMessage(channel=CHANNEL, text="6")
    await client.chat_postMessage(channel="U0ANA", text="another channel")


async def test_groups_are_read_20_times_a_minute(client: AsyncWebClient, clock: Any) -> None:
    """Tier 2, for each method by itself."""
    for _ in range(20):
        await client.usergroups_users_list(usergroup="S0LEADS")
    assert await refused(client.usergroups_users_list(usergroup="S0LEADS")) == "ratelimited"
    await client.usergroups_list()
    clock.advance(3)
    await client.usergroups_users_list(usergroup="S0LEADS")


async def test_limits_can_be_stated(clock: Any) -> None:
    """A load test states its own; the tier of an edit is counted over all messages."""
    workspace = Workspace(clock=clock, limits=RateLimits(tier3=2))
    workspace.add_channel(CHANNEL, "incident", ["U0NSXBOT"])
    async with SlackServer(workspace, app=AppCredentials()) as server:
        client = AsyncWebClient(token=server.app.bot_token, base_url=server.api_url)
        for number in range(3):
            ts = (await client.chat_postMessage(channel=CHANNEL, text="x"))["ts"]
            update = client.chat_update(channel=CHANNEL, ts=ts, text="y")
            if number < 2:
                await update
            else:
                assert await refused(update) == "ratelimited"


async def test_trouble_comes_as_scripted(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """Each fault is met once, in order; then the method works."""
    workspace.faults.next(
        "chat.postMessage",
        http_status(503),
        rate_limited(7),
        not_json(),
        api_error("internal_error"),
        slow(0.01),
    )
    post: dict[str, Any] = {"channel": CHANNEL, "text": "one"}
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(**post)
    assert caught.value.response.status_code == 503
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(**post)
    assert caught.value.response.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError, match="non-JSON"):
        await client.chat_postMessage(**post)
    assert await refused(client.chat_postMessage(**post)) == "internal_error"
    assert ana.sees(CHANNEL) == []
    await client.chat_postMessage(**post)
    assert len(ana.sees(CHANNEL)) == 1
    outcomes = [call.outcome for call in workspace.calls("chat.postMessage")]
    assert outcomes == ["http 503", "ratelimited", "not json", "internal_error", "ok"]


async def test_a_cut_connection_before_and_after(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """The caller sees the same; only the workspace knows what was done."""
    workspace.faults.next("chat.postMessage", drop_before_effect(), drop_after_effect())
    for posted in (0, 1):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=CHANNEL, text="one")
        assert len(ana.sees(CHANNEL)) == posted
    outcomes = [call.outcome for call in workspace.requests]
    assert outcomes == ["dropped before effect", "dropped after effect: ok"]


async def test_the_default_retry_doubles_a_post(
    client: AsyncWebClient, workspace: Workspace, ana: Person
) -> None:
    """slack_sdk repeats after a cut connection, although the post took effect."""
    workspace.faults.next("chat.postMessage", drop_after_effect())
    client.retry_handlers.append(AsyncConnectionErrorRetryHandler())
    await client.chat_postMessage(channel=CHANNEL, text="one")
    assert len(ana.sees(CHANNEL)) == 2


async def test_a_standing_fault_ends_when_cleared(
    client: AsyncWebClient, workspace: Workspace
) -> None:
    """`always` holds for every call, `*` for every method, until `clear`."""
    workspace.faults.always("*", api_error("fatal_error"))
    workspace.faults.next("users.info", api_error("user_not_visible"))
    assert workspace.faults.pending("users.info") == 1
    assert await refused(client.users_info(user="U0ANA")) == "user_not_visible"
    assert await refused(client.users_info(user="U0ANA")) == "fatal_error"
    assert await refused(client.auth_test()) == "fatal_error"
    workspace.faults.clear()
    await client.users_info(user="U0ANA")


def test_secrets_stay_out_of_reprs() -> None:
    """Neither tokens nor the signing secret can be read from a repr."""
    app = AppCredentials(bot_token="xoxb-hush", app_token="xapp-hush", signing_secret="hush")
    assert "hush" not in repr(app)


def test_tokens_have_their_prefix() -> None:
    """A bot token in the app token's place is a mistake that is caught at once."""
    with pytest.raises(ValueError, match="xapp-"):
        AppCredentials(app_token="xoxb-1")


def test_only_loopback_is_served(workspace: Workspace) -> None:
    """Any other address is refused before a port is opened."""
    with pytest.raises(ValueError, match="loopback"):
        SlackServer(workspace, host="0.0.0.0", app=AppCredentials())  # noqa: S104
