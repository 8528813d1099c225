"""The client survives whatever comes over the wire, and tells exactly what is known afterwards."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import CredentialError, Kind, ManagerError
from bot.nsx.client import HttpManagers
from bot.ports import NsxManager
from bot.runbooks.observations import ClusterStatus, ManagerFacts, Reply, Schedule
from bot.sandbox.authority import Authority
from tests.fakes import FakeCredentials
from tests.nsx.places import (
    CANARIES,
    CLUSTER_RESTORE,
    PASSPHRASE,
    PASSWORD,
    SSH_PASSWORD,
    a_restore_file,
    managers,
    trusted,
)
from tests.nsx.raw_server import (
    Answering,
    RawServer,
    api_error,
    cut,
    dripping,
    mute_server,
    raw_server,
    replying,
    saying,
    silence,
    spoiling,
)

_SOON = 0.3
"""Seconds, as a request's deadline where a test waits for it to pass."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the targets name."""
    return Authority(tmp_path)


class Wire:
    """A manager that gives one answer to everything, and what the client makes of it."""

    def __init__(self, authority: Authority, answer: Answering, seconds: float = 5.0) -> None:
        self._authority = authority
        self._answer = answer
        self._seconds = seconds
        self.server = RawServer()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[NsxManager]:
        """Serve, and open the client under test for it."""
        context = self._authority.issue("127.0.0.1")
        async with raw_server(context, self._answer) as self.server:
            target = trusted(self.server.url, self._authority, seconds=self._seconds)
            async with managers()(target) as manager:
                yield manager

    async def status(self) -> ClusterStatus:
        """Read the cluster status."""
        async with self.open() as manager:
            return await manager.cluster_status()

    async def facts(self) -> ManagerFacts:
        """Read version and identity."""
        async with self.open() as manager:
            return await manager.facts()

    async def uptime(self) -> int | None:
        """Read the uptime."""
        async with self.open() as manager:
            return await manager.uptime()

    async def error(self) -> ManagerError:
        """Return the error that a read ends in."""
        with pytest.raises(ManagerError) as caught:
            await self.status()
        return caught.value

    async def restore(self, path: str = CLUSTER_RESTORE, **changes: Any) -> Reply:
        """Send a restore request."""
        async with self.open() as manager:
            return await manager.restore(path, a_restore_file(**changes))


_SLOW_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


_SLOW_FROM_THE_START = dripping(b"", _SLOW_HEAD + b"{" * 100_000, _SOON / 10)
_SLOW_BODY = dripping(_SLOW_HEAD, b"{" * 100_000, _SOON / 10)


# -- reads --------------------------------------------------------------------------------------


async def test_a_read_is_one_request_with_basic_authentication(authority: Authority) -> None:
    """Exactly one GET, JSON both ways, nothing compressed, no cookie."""
    wire = Wire(authority, replying(200, b"{}"))
    await wire.status()
    (request,) = wire.server.received
    lines = request.lower().split(b"\r\n")
    assert lines[0] == b"get /api/v1/cluster/status http/1.1"
    assert b"accept: application/json" in lines
    assert b"accept-encoding: identity" in lines
    assert sum(line.startswith(b"authorization: basic ") for line in lines) == 1
    assert b"cookie" not in request.lower()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", ClusterStatus("UNKNOWN", "UNKNOWN", ())),
        (
            b'{"mgmt_cluster_status":null,"control_cluster_status":null}',
            ClusterStatus("UNKNOWN", "UNKNOWN", ()),
        ),
        (
            b'{"mgmt_cluster_status":{"status":null,"online_nodes":null}}',
            ClusterStatus("UNKNOWN", "UNKNOWN", ()),
        ),
        (
            b'{"mgmt_cluster_status":{"status":"PURPLE","online_nodes":[{"uuid":"422E-A"},{}]}}',
            ClusterStatus("PURPLE", "UNKNOWN", ("422e-a", "unknown")),
        ),
        (
            (
                b'{"mgmt_cluster_status":{"online_nodes":[{"mgmt_cluster_listen_ip_address":" "},'
                b'{"mgmt_cluster_listen_ip_address":null},{"uuid":"B",'
                b'"mgmt_cluster_listen_ip_address":"10.0.0.5"}]}}'
            ),
            ClusterStatus("UNKNOWN", "UNKNOWN", ("unknown", "unknown", "b"), ("10.0.0.5",)),
        ),
        (
            b'{"control_cluster_status":{"status":"NO_CONTROLLERS","more":1},"new":[]}',
            ClusterStatus("UNKNOWN", "NO_CONTROLLERS", ()),
        ),
    ],
)
async def test_a_status_is_read_leniently(
    authority: Authority, body: bytes, status: ClusterStatus
) -> None:
    """Missing, null, additional and unlisted values pass; ids come in lower case."""
    assert await Wire(authority, replying(200, body)).status() == status


@pytest.mark.parametrize(
    "answer",
    [
        replying(200, b""),
        replying(204, b""),
        replying(200, b"<html><body>Loading ...</body></html>", "Content-Type: text/html"),
        replying(200, b"OK"),
        replying(200, b'["STABLE"]'),
        replying(200, b'{"mgmt_cluster_status":{"status":"STA'),
        replying(200, b'{"mgmt_cluster_status":"STABLE"}'),
        replying(200, b'{"mgmt_cluster_status":{"status":7}}'),
        replying(200, b'{"mgmt_cluster_status":{"status":"' + b"A" * 5000 + b'"}}'),
        replying(200, b"[" * 100_000 + b"]" * 100_000),
        replying(200, b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
        replying(200, b"9" * 100_000),
        replying(200, b"\xff\xfe{}"),
        replying(200, b"{}", length=10),
        replying(200, b"x" * 2_000_000),
        replying(200, b"\x1f\x8b", "Content-Encoding: gzip"),
        spoiling(_SLOW_HEAD + b"{"),
    ],
    ids=range(17),
)
async def test_a_good_status_with_a_senseless_body_is_malformed(
    authority: Authority, answer: Answering
) -> None:
    """Empty, HTML, text, cut, deep, huge, compressed: one kind of error, and no crash."""
    assert (await Wire(authority, answer).error()).kind is Kind.MALFORMED


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (api_error(400, 255, "uri is bad"), Kind.REFUSED, 'HTTP 400: "uri is bad"'),
        (api_error(401, 401), Kind.AUTH, "account is not locked"),
        (replying(401, b"<html>"), Kind.AUTH, "HTTP 401 Unauthorized"),
        (api_error(403, 403), Kind.AUTH, "account is not locked"),
        (api_error(403, 98), Kind.SESSION, "session"),
        (api_error(403, 289), Kind.REFUSED, "the right to do this"),
        (replying(403, b"<html>"), Kind.REFUSED, "HTTP 403 Forbidden"),
        (api_error(404, 404), Kind.MISSING, "restarting, or it is not an NSX-T 1.x Manager"),
        (api_error(408, 1), Kind.BUSY, "busy"),
        (api_error(429, 102), Kind.BUSY, "busy"),
        (api_error(500, 99), Kind.AUTH, "account is not locked"),
        (api_error(500, 607), Kind.UNREACHABLE, "error code 607"),
        (replying(502, b"<html>Bad Gateway"), Kind.UNREACHABLE, "HTTP 502 Bad Gateway"),
        (replying(503, b"\x00\xff"), Kind.UNREACHABLE, "HTTP 503 Service Unavailable"),
        (replying(599, b"[]"), Kind.UNREACHABLE, "HTTP 599"),
        (replying(418, b"", length=None), Kind.REFUSED, "HTTP 418"),
    ],
    ids=range(16),
)
async def test_the_status_decides_whatever_the_body(
    authority: Authority, answer: Answering, kind: Kind, words: str
) -> None:
    """A body that cannot be read never hides the status; the advice fits what happened."""
    error = await Wire(authority, answer).error()
    assert error.kind is kind
    assert words in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_names_the_other_host(
    authority: Authority, status: int
) -> None:
    """Credentials do not travel to where a redirect points."""
    async with raw_server(authority.issue("127.0.0.1"), replying(200, b"{}")) as other:
        location = f"Location: https://me:secret@localhost:{other.port}/x?token=1"
        error = await Wire(authority, replying(status, b"", location)).error()
        assert other.received == []
    assert error.kind is Kind.REDIRECT
    assert "localhost" in error.said
    assert "secret" not in str(error)
    assert "token" not in str(error)


@pytest.mark.parametrize("location", ["", "Location: https://[bad", "Location: /elsewhere"])
async def test_a_redirect_to_nowhere_is_refused_too(authority: Authority, location: str) -> None:
    """An odd `Location` is no way to crash the client."""
    headers = [location] if location else []
    assert (await Wire(authority, replying(307, b"", *headers)).error()).kind is Kind.REDIRECT


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(_SLOW_FROM_THE_START, Kind.UNREACHABLE), (_SLOW_BODY, Kind.MALFORMED)],
    ids=["from the start", "in the body"],
)
async def test_one_byte_after_another_is_cut_at_the_deadline(
    authority: Authority, answer: Answering, kind: Kind
) -> None:
    """The deadline is for the whole answer, not for each read."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await Wire(authority, answer, _SOON).error()).kind is kind
    assert loop.time() - began < 10 * _SOON


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (silence, "did not answer in time"),
        (cut, "broke the connection off"),
        (saying(b""), "broke the connection off"),
        (saying(b"SSH-2.0-OpenSSH\r\n"), "broke the connection off"),
        (saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000), "broke the connection off"),
        (spoiling(), "broke the connection off"),
        (spoiling(b"HTTP/1.1 200 OK\r\n"), "broke the connection off"),
    ],
    ids=["silence", "cut", "end", "another protocol", "endless headers", "bad record", "then bad"],
)
async def test_no_answer_is_told_as_such(
    authority: Authority, answer: Answering, words: str
) -> None:
    """Silence and a broken connection are what a restarting manager shows."""
    error = await Wire(authority, answer, _SOON * 3).error()
    assert error.kind is Kind.UNREACHABLE
    assert words in error.said


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}", "https://nsx.invalid:{port}"])
async def test_an_address_where_nobody_is(authority: Authority, url: str) -> None:
    """A refused connection and an unknown name."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        target = trusted(url.format(port=bound.getsockname()[1]), authority)
        async with managers()(target) as manager:
            with pytest.raises(ManagerError, match="could not be reached") as caught:
                await manager.cluster_status()
            reply = await manager.restore(CLUSTER_RESTORE, a_restore_file())
    assert caught.value.kind is Kind.UNREACHABLE
    assert reply.outcome == "refused"
    assert "never sent" in reply.said


async def test_a_port_that_never_speaks_is_left_in_time(authority: Authority) -> None:
    """A restarting manager may accept and say nothing: no verdict on TLS, no connection kept."""
    async with mute_server() as (port, ended):
        target = trusted(f"https://127.0.0.1:{port}", authority, seconds=_SOON)
        async with managers()(target) as manager:
            with pytest.raises(ManagerError, match="could not be reached in time") as caught:
                await manager.cluster_status()
            reply = await manager.restore(CLUSTER_RESTORE, a_restore_file())
            arrived = [await asyncio.wait_for(ended.get(), 5) for _ in range(2)]
    assert caught.value.kind is Kind.UNREACHABLE
    assert reply.outcome == "refused"
    assert b"Authorization" not in b"".join(arrived)


async def test_facts_need_a_version_and_nothing_else(authority: Authority) -> None:
    """The version decides about a restore; older managers may not tell their id."""
    answer = replying(200, b'{"product_version":"1.1.0.0.0.4788147"}')
    assert await Wire(authority, answer).facts() == ManagerFacts("1.1.0.0.0.4788147", "unknown")
    with pytest.raises(ManagerError) as caught:
        await Wire(authority, replying(200, b'{"product_version":null}')).facts()
    assert caught.value.kind is Kind.MALFORMED


async def test_an_uptime_that_is_not_told_is_none(authority: Authority) -> None:
    """Absent in 1.x perhaps: 404, or no such key. Other errors are errors."""
    assert await Wire(authority, api_error(404, 404)).uptime() is None
    assert await Wire(authority, replying(200, b"{}")).uptime() is None
    assert await Wire(authority, replying(200, b'{"uptime":123456789012}')).uptime() == 123456789012
    with pytest.raises(ManagerError):
        await Wire(authority, replying(503, b"")).uptime()


# -- the schedule -------------------------------------------------------------------------------


async def test_the_schedule_is_put_back_with_one_key_changed(authority: Authority) -> None:
    """What is unknown to us stays as it was, and the result is read once more."""
    stored = {"backup_enabled": True, "new_in_9": {"a": [1, None]}, "inventory_interval": 240}

    async def answer(writer: asyncio.StreamWriter) -> None:
        await replying(200, json.dumps(stored).encode())(writer)

    wire = Wire(authority, answer)
    async with wire.open() as manager:
        # This manager says 200 and does not do it: only the second read can tell.
        assert await manager.set_schedule(enabled=False) == Schedule(enabled=True)
    methods = [request.split(b" ")[0] for request in wire.server.received]
    assert methods == [b"GET", b"PUT", b"GET"]
    sent = json.loads(wire.server.received[1].partition(b"\r\n\r\n")[2])
    assert sent == stored | {"backup_enabled": False}


@pytest.mark.parametrize("status", [409, 412])
async def test_a_schedule_that_somebody_else_wrote_in_between_is_read_once_more(
    authority: Authority, status: int
) -> None:
    """A stale revision: read again, change that, write it; and no third time."""
    revision = 0

    async def answer(writer: asyncio.StreamWriter) -> None:
        nonlocal revision
        reading = wire.server.received[-1].startswith(b"GET")
        revision += reading
        stored = {"backup_enabled": True, "_revision": revision}
        await replying(200 if reading else status, json.dumps(stored).encode())(writer)

    wire = Wire(authority, answer)
    async with wire.open() as manager:
        with pytest.raises(ManagerError, match=str(status)):
            await manager.set_schedule(enabled=False)
    assert [request.split(b" ")[0] for request in wire.server.received] == [
        b"GET",
        b"PUT",
        b"GET",
        b"PUT",
    ]
    assert b'"_revision":2' in wire.server.received[-1]


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_schedule_that_is_as_wanted_is_only_read(
    authority: Authority, *, enabled: bool
) -> None:
    """What a person switched by hand is not written again: a manager may refuse to be written."""
    wire = Wire(authority, replying(200, json.dumps({"backup_enabled": enabled}).encode()))
    async with wire.open() as manager:
        assert await manager.set_schedule(enabled=enabled) == Schedule(enabled)
    assert [request.split(b" ")[0] for request in wire.server.received] == [b"GET"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"backup_enabled":null}',
        b'{"backup_enabled":"no"}',
        b'{"backup_enabled":true,"x":NaN}',
    ],
)
async def test_a_schedule_that_is_not_told_is_malformed(authority: Authority, body: bytes) -> None:
    """Whether backups are off is never guessed, and nothing is written."""
    wire = Wire(authority, replying(200, body))
    async with wire.open() as manager:
        with pytest.raises(ManagerError) as caught:
            await manager.set_schedule(enabled=False)
    assert caught.value.kind is Kind.MALFORMED
    assert len(wire.server.received) == 1


# -- the restore --------------------------------------------------------------------------------


@pytest.mark.parametrize(("port", "shown"), [(22, {}), (2222, {"port": 2222})])
async def test_the_restore_request_is_the_guides(
    authority: Authority, port: int, shown: dict[str, int]
) -> None:
    """NSX-T 1.1 admin guide, Restore a cluster backup, step 2: this body and no other key."""
    wire = Wire(authority, replying(200, b""))
    assert (await wire.restore(port=port)).outcome == "accepted"
    (request,) = wire.server.received
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/cluster/backups?action=restore HTTP/1.1\r\n")
    assert json.loads(body) == {
        "restore_file": {
            "file_store": "remote",
            "passphrase": PASSPHRASE,
            "server": "192.0.2.20",
            **shown,
            "uri": "/vol0/backups/backup-cluster-20170301.tar.gz",
            "protocol": {
                "name": "scp",
                "ssh_fingerprint": "b508dfc65562e46e95707c25baf246f1",
                "authentication_scheme": {
                    "scheme_name": "password",
                    "username": "backup",
                    "password": SSH_PASSWORD,
                },
            },
        }
    }


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (replying(200, b""), "accepted"),
        (replying(202, b'{"status":"accepted"}'), "accepted"),
        (replying(204, b""), "accepted"),
        (replying(200, b"<html>"), "accepted"),
        (replying(200, b"{", length=500), "accepted"),
        (api_error(400, 255), "refused"),
        (replying(400, b"{", length=500), "refused"),
        (api_error(401, 401), "refused"),
        (api_error(403, 403), "refused"),
        (api_error(404, 404), "refused"),
        (api_error(409, 1), "refused"),
        (api_error(408, 1), "unknown"),
        (api_error(429, 102), "unknown"),
        (api_error(500, 255), "unknown"),
        (replying(502, b"<html>"), "unknown"),
        (replying(503, b""), "unknown"),
        (replying(301, b"", "Location: https://evil.example.com/"), "refused"),
        (replying(307, b"", "Location: https://evil.example.com/"), "refused"),
        (silence, "unknown"),
        (cut, "unknown"),
        (saying(b""), "unknown"),
        (saying(b"garbage\r\n\r\n"), "unknown"),
        (_SLOW_FROM_THE_START, "unknown"),
        (_SLOW_BODY, "accepted"),
        (spoiling(), "unknown"),
        (spoiling(b"HTTP/1.1 400 Bad"), "unknown"),
        (spoiling(_SLOW_HEAD + b"{"), "accepted"),
    ],
    ids=range(27),
)
async def test_a_restore_request_is_sent_once_whatever_comes_back(
    authority: Authority, answer: Answering, outcome: str
) -> None:
    """`refused` only where nothing can have begun; `unknown` where it may have; never twice."""
    wire = Wire(authority, answer, _SOON * 3)
    reply = await wire.restore()
    assert reply.outcome == outcome
    assert reply.said
    assert len(wire.server.received) == 1


async def test_a_refusal_is_told_in_the_managers_own_words(authority: Authority) -> None:
    """With the code, and for a passphrase with what helps."""
    message = "restore_file.passphrase: it does not open\n this backup"
    reply = await Wire(authority, api_error(400, 255, message)).restore()
    assert reply.said.startswith(
        'The manager refused: HTTP 400: "restore_file.passphrase: it does not open this backup" '
        "(error code 255)."
    )
    assert "Put the right passphrase behind its reference" in reply.said


async def test_a_manager_that_repeats_secrets_is_not_repeated(authority: Authority) -> None:
    """Neither as they are, nor in another spelling; and a long text is cut."""
    message = f"{PASSWORD} {SSH_PASSWORD} {PASSPHRASE}\x1b[31m" + "long " * 200
    reply = await Wire(authority, api_error(400, 255, message)).restore()
    assert reply.said.count("[secret]") == 3
    assert not any(canary in reply.said for canary in CANARIES)
    assert "\x1b" not in reply.said
    assert len(reply.said) < 500


@pytest.mark.parametrize(
    "changes",
    [
        {"server": " "},
        {"uri": "/vol0/backups/"},
        {"uri": ""},
        {"ssh_fingerprint": "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"},
        {"ssh_fingerprint": "B508DFC65562E46E95707C25BAF246F1"},
    ],
)
async def test_an_incomplete_restore_request_is_not_sent(
    authority: Authority, changes: dict[str, str]
) -> None:
    """The blanks of the guide's example are refused here, and the field is named."""
    wire = Wire(authority, replying(200, b""))
    reply = await wire.restore(**changes)
    assert reply.outcome == "refused"
    assert next(iter(changes)) in reply.said
    assert wire.server.received == []


async def test_a_path_cannot_lead_to_another_host(authority: Authority) -> None:
    """Whatever the configured node path is, the request goes to the manager."""
    wire = Wire(authority, replying(200, b""))
    await wire.restore("//evil.example.com/api?action=restore")
    (request,) = wire.server.received
    assert f"Host: 127.0.0.1:{wire.server.port}\r\n".encode() in request


# -- opening, and secrets -----------------------------------------------------------------------


async def test_a_reference_that_leads_nowhere_stops_the_opening(authority: Authority) -> None:
    """Nothing is connected without the password."""
    with pytest.raises(CredentialError, match="env:NSX_PASSWORD"):
        async with HttpManagers(FakeCredentials({}))(trusted("https://127.0.0.1:9", authority)):
            pass


async def test_no_secret_is_logged_or_shown(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Over good and bad answers alike: not in logs, errors, replies or representations."""
    caplog.set_level(logging.DEBUG)
    seen = [repr(a_restore_file())]
    answers = [replying(200, b"{}"), api_error(401, 401, PASSWORD), cut, replying(200, b"?")]
    for answer in answers:
        wire = Wire(authority, answer)
        seen.append((await wire.restore()).said)
        try:
            seen.append(repr(await wire.status()))
        except ManagerError as error:
            seen += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
    async with managers()(trusted("https://127.0.0.1:9", authority)) as manager:
        seen += [repr(manager), repr(managers())]
    text = "\n".join([caplog.text, *seen])
    assert not [canary for canary in CANARIES if canary in text]
    assert "Basic " not in text
    assert not [
        record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))
    ]
