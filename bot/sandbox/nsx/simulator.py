"""What the Manager simulators of all generations are: an HTTPS server with a time of its own."""

from collections.abc import Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from aiohttp import web

from bot.sandbox.authority import Authority
from bot.sandbox.nsx.accounts import Accounts
from bot.sandbox.nsx.recording import RecordedRequest, Recording
from bot.sandbox.nsx.restart_faults import RestartFaults
from bot.sandbox.nsx.simulated_time import Changes, SimulatedTime, Time
from bot.sandbox.nsx.tls_services import TlsServices


class Appliance(Protocol):
    """What goes on inside a Manager."""

    async def end(self) -> None:
        """Stop everything that is going on."""
        ...


class Api(Protocol):
    """What answers the requests."""

    @property
    def app(self) -> web.Application:
        """What a listener serves."""
        ...

    def end(self) -> None:
        """Release the requests that hang."""
        ...


A = TypeVar("A", bound=Appliance)
B = TypeVar("B", bound=Api)


class Simulator(Generic[A, B]):
    """A Manager on 127.0.0.1 that runs while the `async with` block lasts.

    It is made inside a running event loop. `authority` issues its certificate; `speed` simulated
    seconds pass in a real one unless a `time` of one's own is given; `port` 0 is one that the
    system chooses. Whoever inherits makes `_appliance` and `_api` of the other parts.
    """

    _appliance: A
    _api: B

    def __init__(
        self,
        *,
        authority: Authority,
        username: str,
        password: str,
        faults: RestartFaults,
        speed: float,
        time: Time | None,
        port: int = 0,
    ) -> None:
        self._wanted_port = port
        self._changes = Changes()
        self._recording = Recording()
        self._own_time = SimulatedTime(speed)
        self._time = time or self._own_time
        self._accounts = Accounts(username=username, password=password, now=self._time.now)
        self._services = TlsServices(accounts=self._accounts, authority=authority, faults=faults)

    async def __aenter__(self) -> Self:
        await self._services.open(self._api.app, self._wanted_port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._appliance.end()
        self._api.end()
        await self._services.close()

    @property
    def port(self) -> int:
        """The port, the same for the whole life of the simulator."""
        return self._services.port

    @property
    def url(self) -> str:
        """The base URL; the certificate is for `127.0.0.1` and `localhost`."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificate_sha256(self) -> str:
        """The digest of the certificate served now, 64 lower-case hex digits."""
        return self._services.certificate_sha256

    @property
    def requests(self) -> list[RecordedRequest]:
        """Everything that arrived, in order, without secrets."""
        return self._recording.requests

    @property
    def speed(self) -> float:
        """How many simulated seconds pass in a real one, unless it was given a `time`."""
        return self._own_time.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._own_time.speed = speed

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition about this simulator holds; it is looked at on every change."""
        await self._changes.until(condition)
