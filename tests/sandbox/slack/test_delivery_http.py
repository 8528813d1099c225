"""Deliveries over HTTP: encoding, signature, deadline, and the attacks one can ask for."""

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack import Outcome, Person, Signing, SlackServer, Workspace
from bot.sandbox.slack.delivery_http import signature

CHANNEL = "C0INCIDENT"


def verified(server: SlackServer, raw: Any) -> bool:
    """Whether slack_sdk's verifier accepts the last request."""
    body, headers = raw.requests[-1]
    return SignatureVerifier(server.app.signing_secret).is_valid_request(body, headers)


def test_the_signature_is_slacks_own_example() -> None:
    """The worked example of "Verifying requests from Slack"."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = signature("8f742231b10e8888abcd99yyyzzz85a5", 1531420618, body)
    assert signed == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


async def test_a_command_is_a_form(server: SlackServer, raw: Any, ana: Person) -> None:
    """Every field of a slash command, `is_enterprise_install` as a string, and a signature."""
    delivery = await ana.slash(CHANNEL, "/nsx-restore", "status R-7QK2M9")
    assert delivery.ok
    body, headers = raw.requests[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert fields == {
        "token": "legacy-verification-token",
        "team_id": "T0WORKSPACE",
        "team_domain": "sandbox",
        "channel_id": CHANNEL,
        "channel_name": "incident",
        "user_id": "U0ANA",
        "user_name": "ana",
        "command": "/nsx-restore",
        "text": "status R-7QK2M9",
        "api_app_id": "A0NSXRESTORE",
        "is_enterprise_install": "false",
        "response_url": delivery.payload["response_url"],
        "trigger_id": delivery.payload["trigger_id"],
    }
    assert verified(server, raw)


async def test_signatures_are_wrong_on_demand(server: SlackServer, raw: Any, ana: Person) -> None:
    """Stale, from the future, with another secret."""
    for signing in (Signing(age=301), Signing(age=-302), Signing(secret="other")):
        server.signing = signing
        await ana.slash(CHANNEL, "/nsx-restore")
        assert not verified(server, raw)
    server.signing = Signing(age=290)
    await ana.slash(CHANNEL, "/nsx-restore")
    assert verified(server, raw)


async def test_a_replay_is_exact(server: SlackServer, raw: Any, ana: Person) -> None:
    """The same bytes with the same signature; raw bytes can be posted too."""
    delivery = await ana.slash(CHANNEL, "/nsx-restore")
    await server.resend(delivery)
    assert raw.requests[0][0] == raw.requests[1][0]
    assert raw.requests[0][1]["X-Slack-Signature"] == raw.requests[1][1]["X-Slack-Signature"]
    await server.post_raw(b"anything", {"X-Slack-Signature": "v0=00"})
    assert raw.requests[2][0] == b"anything"
    assert not verified(server, raw)


async def test_three_seconds_and_not_more(
    server: SlackServer, raw: Any, workspace: Workspace
) -> None:
    """A late answer is shown as operation_timeout, at three seconds of real time."""
    raw.delay = 3.5
    started = time.monotonic()
    people = [server.person(user) for user in ("U0ANA", "U0BEN")]
    late = await asyncio.gather(*(one.slash(CHANNEL, "/nsx-restore") for one in people))
    assert 2.9 < time.monotonic() - started < 3.4
    assert {one.error for one in late} == {"operation_timeout"}
    assert workspace.violations == ["slash_commands /nsx-restore: not acked within 3 s"] * 2


@pytest.mark.parametrize("status", [201, 302, 404, 500])
async def test_only_200_is_an_ack(raw: Any, workspace: Workspace, ana: Person, status: int) -> None:
    """Any other status is shown as dispatch_failed at once, and never sent again."""
    raw.status = status
    delivery = await ana.slash(CHANNEL, "/nsx-restore")
    assert delivery.error == "dispatch_failed"
    assert delivery.receipt is not None
    assert delivery.receipt.status == status
    assert workspace.violations == [
        f"slash_commands /nsx-restore: HTTP {status} in place of an ack",
    ]
    assert len(raw.requests) == 1


async def test_an_app_that_is_down(server: SlackServer, workspace: Workspace, ana: Person) -> None:
    """Nobody listens: dispatch_failed, and no rule was broken by the app."""
    server.deliver_over_http("http://127.0.0.1:9/slack/events")
    delivery = await ana.slash(CHANNEL, "/nsx-restore")
    assert delivery.receipt is not None
    assert (delivery.error, delivery.receipt.outcome) == ("dispatch_failed", Outcome.UNREACHABLE)
    assert workspace.violations == []


async def test_an_ack_in_the_channel(raw: Any, ana: Person, ben: Person) -> None:
    """`in_channel` is for everybody; the default is for the one who typed."""
    raw.body = {"response_type": "in_channel", "text": "for all"}
    await ana.slash(CHANNEL, "/nsx-restore")
    raw.body = {"text": "for ana"}
    await ana.slash(CHANNEL, "/nsx-restore")
    assert [m.text for m in ben.sees(CHANNEL)] == ["for all"]
    assert [m.text for m in ana.sees(CHANNEL)] == ["for all", "for ana"]


async def test_an_ack_with_wrong_blocks_is_not_shown(
    raw: Any, workspace: Workspace, ana: Person
) -> None:
    """Blocks are checked wherever they come in."""
    raw.body = {"text": "x", "blocks": [{"type": "banner"}]}
    await ana.slash(CHANNEL, "/nsx-restore")
    assert ana.sees(CHANNEL) == []
    assert "command ack: invalid_blocks" in workspace.violations[0]
