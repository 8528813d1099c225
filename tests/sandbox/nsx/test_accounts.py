"""Who may call: Basic auth and sessions as documented for NSX, with XSRF token and lockout."""

import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.nsxt1 import Nsxt1Manager

STATUS = "/api/v1/cluster/status"
CLUSTER = "/api/v1/cluster/backups?action=restore"

Order = Callable[..., dict[str, Any]]


async def _get(manager: Nsxt1Manager, trust: ssl.SSLContext, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=manager.url, verify=trust) as anybody:
        return await anybody.get(STATUS, **options)


async def _log_in(client: httpx.AsyncClient, password: str = "VMware1!") -> httpx.Response:  # noqa: S107
    form = {"j_username": "admin", "j_password": password}
    return await client.post("/api/session/create", data=form)


async def test_nobody_gets_in_without_a_login(manager: Nsxt1Manager, trust: ssl.SSLContext) -> None:
    """No login, a wrong one and a malformed one are all 401 with the 1.x error body."""
    for options in (
        {},
        {"auth": ("admin", "wrong")},
        {"auth": ("root", "VMware1!")},
        {"headers": {"Authorization": "Basic ???"}},
    ):
        reply = await _get(manager, trust, **options)
        assert reply.status_code == 401
        assert reply.json().keys() == {"module_name", "error_message", "error_code"}


async def test_unknown_paths_are_hidden_from_strangers(
    manager: Nsxt1Manager, client: httpx.AsyncClient, trust: ssl.SSLContext
) -> None:
    """A path that 1.x does not have is 404 for the account and 401 for others."""
    for path in ("/api/v1/cluster/restore/status", "/api/v1/cluster/backups", "/"):
        assert (await client.get(path)).status_code == 404
    async with httpx.AsyncClient(base_url=manager.url, verify=trust) as anybody:
        assert (await anybody.get("/api/v1/cluster/restore/status")).status_code == 401


async def test_five_wrong_passwords_lock_the_account(
    manager: Nsxt1Manager, client: httpx.AsyncClient, trust: ssl.SSLContext
) -> None:
    """Then the right password is refused as well, with 403 and error code 403."""
    for _ in range(5):
        await _get(manager, trust, auth=("admin", "wrong"))

    reply = await client.get(STATUS)

    assert (reply.status_code, reply.json()["error_code"]) == (403, 403)


async def test_a_right_password_ends_the_count(
    manager: Nsxt1Manager, client: httpx.AsyncClient, trust: ssl.SSLContext
) -> None:
    """Only wrong passwords in a row lock the account."""
    for _ in range(2):
        for _ in range(4):
            await _get(manager, trust, auth=("admin", "wrong"))
        assert (await client.get(STATUS)).status_code == 200


async def test_a_session_needs_cookie_and_token(
    manager: Nsxt1Manager, trust: ssl.SSLContext
) -> None:
    """The cookie alone is refused with error code 98; with the token it is a login."""
    async with httpx.AsyncClient(base_url=manager.url, verify=trust) as client:
        created = await _log_in(client)
        token = {"X-XSRF-TOKEN": created.headers["X-XSRF-TOKEN"]}

        alone = await client.get(STATUS)
        both = await client.get(STATUS, headers=token)
        await client.post("/api/session/destroy", headers=token)
        ended = await client.get(STATUS, headers=token)

    assert "JSESSIONID" in created.headers["Set-Cookie"]
    assert "Secure" in created.headers["Set-Cookie"]
    assert (alone.status_code, alone.json()["error_code"]) == (403, 98)
    assert both.status_code == 200
    assert (ended.status_code, ended.json()["error_code"]) == (403, 98)


async def test_a_wrong_session_login_is_403(manager: Nsxt1Manager, trust: ssl.SSLContext) -> None:
    """The session endpoint refuses with 403, unlike Basic auth, and records no password."""
    async with httpx.AsyncClient(base_url=manager.url, verify=trust) as client:
        reply = await _log_in(client, "wrong-password")

    assert (reply.status_code, reply.json()["error_code"]) == (403, 403)
    assert "wrong-password" not in repr(manager.requests)


async def test_a_restart_ends_every_session(
    manager: Nsxt1Manager, client: httpx.AsyncClient, trust: ssl.SSLContext, order: Order
) -> None:
    """After a restore an old session is refused with error code 98; a new one works."""
    async with httpx.AsyncClient(base_url=manager.url, verify=trust) as session:
        old = {"X-XSRF-TOKEN": (await _log_in(session)).headers["X-XSRF-TOKEN"]}
        await client.post(CLUSTER, json=order())
        await manager.until(lambda: manager.stable_again_at is not None)

        refused = await session.get(STATUS, headers=old)
        new = {"X-XSRF-TOKEN": (await _log_in(session)).headers["X-XSRF-TOKEN"]}

        assert (refused.status_code, refused.json()["error_code"]) == (403, 98)
        assert (await session.get(STATUS, headers=new)).status_code == 200


@pytest.mark.parametrize("password", ["VMware1!", "a&b+c%d=e"])
def test_the_password_is_in_no_representation(password: str) -> None:
    """What keeps a password does not print it."""
    accounts = Accounts(username="admin", password=password, now=lambda: 0.0)

    assert password not in repr(accounts)
