"""HTTP mode: what Slack signed gets in, nothing else does, and nothing makes the door fall over."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.blocks import modals
from bot.clock import SystemClock
from bot.domain.request import State
from bot.runbooks.observations import OfferedBackup
from bot.serving import serving
from bot.slack.bolt import build_bolt
from bot.slack.clients import new_session, web_client
from bot.slack.signature import is_signed, sign
from bot.slack.web import BODY_LIMIT, web_app
from tests.builders import (
    CARD,
    CHANNEL,
    NOON,
    a_field,
    a_form_question,
    a_request,
    a_target,
    an_option,
)

SECRET = "the signing secret"
NOW = NOON
STAMP = str(int(NOW.timestamp()))
BODY = b"command=%2Fnsx-restore&text=help"
FORM = "application/x-www-form-urlencoded"


class Door:
    """A running endpoint, and how many payloads came through it."""

    def __init__(self, session: aiohttp.ClientSession, port: int, came: list[object]) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}/slack/events"
        self.came = came

    async def post(
        self, body: bytes, headers: dict[str, str], content_type: str | None = FORM
    ) -> int:
        """Post, and return the status."""
        named = {"Content-Type": content_type} if content_type else {}
        async with self._session.post(self._url, data=body, headers=headers | named) as answer:
            await answer.read()
            return answer.status

    async def get(self) -> int:
        """Get, and return the status."""
        async with self._session.get(self._url) as answer:
            return answer.status


@asynccontextmanager
async def a_door() -> AsyncIterator[Door]:
    """The real endpoint with the real Bolt behind it, noting every payload."""
    came: list[object] = []
    async with new_session() as session:
        bolt: AsyncApp = build_bolt("xoxb-1", SECRET, web_client(session, "xoxb-1", "http://[::1]"))

        async def note(ack: object, body: object) -> None:
            came.append(body)
            await ack()  # type: ignore[operator]

        bolt.command("/nsx-restore")(note)
        bolt.action("approve")(note)
        app = web_app(bolt, SECRET, SystemClock().now)
        async with serving(app, host="127.0.0.1", port=0, name="PORT") as port:
            yield Door(session, port, came)


def _signed(body: bytes = BODY, *, ahead: int = 0, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time()) + ahead)
    signature = sign(secret, stamp, body)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}


def test_our_signature_is_slack_sdks() -> None:
    """We sign exactly as slack_sdk does."""
    theirs = SignatureVerifier(SECRET).generate_signature(timestamp=STAMP, body=BODY)
    assert sign(SECRET, STAMP, BODY) == theirs


@pytest.mark.parametrize(
    ("age", "holds"), [(0, True), (300, True), (301, False), (-60, True), (-61, False)]
)
def test_the_window(age: int, holds: bool) -> None:  # noqa: FBT001 - one row of a table
    """From five minutes old to one minute ahead."""
    now = datetime.fromtimestamp(NOW.timestamp() + age, UTC)
    assert is_signed(SECRET, STAMP, sign(SECRET, STAMP, BODY), BODY, now) is holds


@given(timestamp=st.text(max_size=40), signature=st.text(max_size=100))
def test_no_header_text_is_let_in_or_raises(timestamp: str, signature: str) -> None:
    """Whatever stands in the headers, the answer is no."""
    assert not is_signed(SECRET, timestamp, signature, BODY, NOW)
    assert not is_signed(SECRET, STAMP, signature, BODY, NOW)
    assert not is_signed(SECRET, timestamp, sign(SECRET, STAMP, BODY), BODY, NOW)


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_every_bit_of_the_body_is_signed(position: int, bit: int) -> None:
    """One changed bit is another body."""
    changed = bytearray(BODY)
    changed[position] ^= 1 << bit
    assert not is_signed(SECRET, STAMP, sign(SECRET, STAMP, BODY), bytes(changed), NOW)


def forged() -> Iterator[dict[str, str]]:
    """Headers of every sort that is not right."""
    good = _signed()
    stamp, signature = good.values()
    timestamps = [
        "", "abc", "1.0", "-1", "+1", "0", "9" * 5000, f" {stamp} x", stamp + "0", stamp[:-1],
        f"0{stamp}", hex(int(stamp)), f"{int(stamp) - 301}", f"{int(stamp) + 120}", "NaN", "1e9",
        stamp.replace(stamp[0], "\u0661", 1).encode().decode("latin-1"),
    ]  # fmt: skip
    signatures = [
        "", "v0=", "v0", "v1=" + signature[3:], signature[3:], signature.upper(), signature[:-1],
        signature + "0", "v0=" + "0" * 64, "v0=" + "g" * 64, "v0=\xe9" + "a" * 63,
        f"v0={'a' * 64},{signature}", "V0=" + signature[3:], "x" * 5000,
        sign("another secret", stamp, BODY), sign("", stamp, BODY), sign(SECRET, stamp, b""),
        sign(SECRET, str(int(stamp) - 1), BODY), sign(SECRET, stamp, BODY + b" "),
    ]  # fmt: skip
    for timestamp in timestamps:
        yield {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
        for wrong in signatures[:6]:
            yield {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": wrong}
    for wrong in signatures:
        yield {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": wrong}
    for digit in range(3, len(signature)):
        other = "0" if signature[digit] != "0" else "1"
        changed = signature[:digit] + other + signature[digit + 1 :]
        yield {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": changed}
    yield {}
    yield {"X-Slack-Request-Timestamp": stamp}
    yield {"X-Slack-Signature": signature}


async def test_forgeries_reach_nobody_and_break_nothing() -> None:
    """Hundreds of forged requests: each is refused with 401, and Bolt sees none of them."""
    async with a_door() as door:
        table = list(forged())
        assert len(table) > 200
        for batch in range(0, len(table), 50):
            statuses = await asyncio.gather(
                *(door.post(BODY, headers) for headers in table[batch : batch + 50])
            )
            assert set(statuses) == {401}
        assert not door.came


async def test_an_unsigned_ssl_check_reaches_nobody() -> None:
    """`ssl_check=1` is no way round the signature (bolt-python#1494)."""
    async with a_door() as door:
        assert await door.post(b"ssl_check=1&" + BODY, {}) == 401
        assert await door.post(BODY + b"&ssl_check=1", _signed()) == 401
        assert not door.came


async def test_what_slack_signed_comes_through_once_each() -> None:
    """A signed command and a signed press reach Bolt, whole."""
    press = {"type": "block_actions", "actions": [{"action_id": "approve", "block_id": "b"}]}
    body = urlencode({"payload": json.dumps(press)}).encode()
    async with a_door() as door:
        assert await door.post(BODY, _signed()) == 200
        assert await door.post(body, _signed(body)) == 200
        assert len(door.came) == 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe", FORM),
        (b"payload=%7B", FORM),
        (b"payload=[1]", FORM),
        (b"payload=5", FORM),
        (b"payload=", FORM),
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b"null", "application/json; charset=utf-8"),
        (b"[" * 20_000, "application/json"),
        (b"payload=" + b"[" * 20_000, FORM),
        (b"", "application/json"),
    ],
)
async def test_signed_nonsense_is_refused_not_broken(body: bytes, content_type: str) -> None:
    """Even with a good signature a body that is no payload is a 400, never a 500."""
    async with a_door() as door:
        assert await door.post(body, _signed(body), content_type) == 400
        assert not door.came


async def test_doubled_headers_and_other_methods_are_refused() -> None:
    """Two signatures are as good as none; only POST is answered."""
    async with a_door() as door:
        headers = _signed()
        async with aiohttp.ClientSession() as session:
            doubled = [*headers.items(), ("X-Slack-Signature", headers["X-Slack-Signature"])]
            async with session.post(door._url, data=BODY, headers=doubled) as answer:
                assert answer.status == 401
        assert await door.get() == 405
        assert not door.came


async def test_a_body_that_is_too_long_is_refused_before_it_is_read() -> None:
    """Beyond the limit the answer is 413, signed or not."""
    body = b"text=" + b"x" * BODY_LIMIT
    async with a_door() as door:
        assert await door.post(body, _signed(body)) == 413
        assert await door.post(body, {}) == 413
        assert not door.came


def test_the_largest_form_fits() -> None:
    """A form with as many backups as Slack takes, all with the longest names, comes back whole."""
    names = [f"/{n:03}".ljust(150, "/") for n in range(120)]
    listed = [OfferedBackup(name, name, NOON, 10**9) for name in names]
    view = modals.file_request(
        [a_target()], channel=CHANNEL, chosen="dc1-nsxt", backups=listed, initial=None
    )
    payload = json.dumps({"view": view, "values": ["x" * 300] * 10}, ensure_ascii=True)
    assert len(urlencode({"payload": payload})) < 0.9 * BODY_LIMIT


@pytest.mark.parametrize("label", ["esx-{}", "{}" + "長" * 70, '"{}"' * 20])
def test_the_largest_form_of_a_question_fits_with_everything_chosen(label: str) -> None:
    """It comes back with all its options, and those that are chosen a second time."""
    nodes = tuple(an_option(n, label=label.replace("{}", str(n))) for n in range(5000))
    question = a_form_question(a_field(options=nodes))
    request = a_request(State.AWAITING_OPERATOR, question=question)
    view = modals.answer_prompt(request, question, question.offers[0], CARD)
    values = {
        block["block_id"]: {"chosen": {"selected_options": block["element"]["options"]}}
        for block in view["blocks"]
        if block["type"] == "input"
    }
    payload = json.dumps({"view": {**view, "state": {"values": values}}}, ensure_ascii=True)
    assert len(urlencode({"payload": payload})) < 0.9 * BODY_LIMIT


def test_an_empty_secret_is_refused_at_the_start() -> None:
    """Bolt would notice it only at the first request."""
    with pytest.raises(ValueError, match="empty"):
        build_bolt("xoxb-1", "  ", web_client(None, "xoxb-1", "http://[::1]"))  # type: ignore[arg-type]
