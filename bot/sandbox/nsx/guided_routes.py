"""Which calls a 2.0 to 9.x Manager has, by version, by component and under which prefixes.

The vendor's own client for NSX 9.1 says under which prefixes a call exists; the API descriptions
of 2.0 and 2.5.1 say which calls their versions have.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from aiohttp import web

from bot.sandbox.nsx.errors import not_found
from bot.sandbox.nsx.guided_profile import Component, Profile

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

API = "/api/v1"
_POLICY = "/policy/api/v1"
_GLOBAL = "/global-manager/api/v1"


class Family(Enum):
    """Where a call is found."""

    BACKUP = auto()
    """Backup and restore: under every prefix of its component."""
    NODE = auto()
    """The appliance itself: under `/api/v1` on both components."""
    LOCAL = auto()
    """What only a Local Manager manages: under `/api/v1` there."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, present from one version on; `action` is the value of its query `action`."""

    method: str
    path: str
    handle: Handle
    action: str | None = None
    family: Family = Family.NODE
    since: Profile = Profile.V2_2


class Routes:
    """The calls that one Manager has."""

    def __init__(self, calls: Iterable[Call], profile: Profile, component: Component) -> None:
        self._calls = {
            (call.method, prefix + call.path, call.action): call
            for call in calls
            if profile.has(call.since)
            for prefix in _prefixes(call.family, profile, component)
        }

    def find(self, request: web.Request) -> Call:
        """Return the call; raise `ApiError` with 404 if this Manager has no such call."""
        key = (request.method, request.path, request.query.get("action"))
        if key not in self._calls:
            raise not_found(request.path_qs)
        return self._calls[key]


def _prefixes(family: Family, profile: Profile, component: Component) -> tuple[str, ...]:
    if family is Family.LOCAL and component is Component.GLOBAL:
        return ()
    if family is not Family.BACKUP:
        return (API,)
    if component is Component.GLOBAL:
        return (_GLOBAL,)
    return (API, _POLICY) if profile.has(Profile.V4) else (API,)


def is_start(request: web.Request) -> bool:
    """Say whether this is an order to start a restore, under whatever prefix."""
    path = request.path.endswith("/api/v1/cluster/restore")
    return request.method == "POST" and path and request.query.get("action") == "start"


def is_restore_status(request: web.Request) -> bool:
    """Say whether this asks for the status of the restore."""
    return request.method == "GET" and request.path == f"{API}/cluster/restore/status"


def is_health(request: web.Request) -> bool:
    """Say whether this is the health probe."""
    return request.method == "GET" and request.path == f"{API}/reverse-proxy/node/health"
