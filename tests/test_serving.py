"""Where we listen: an address that cannot be used is named with the variable to change."""

import socket

import pytest
from starlette.applications import Starlette

from bot.serving import CannotListenError, serving


async def _refused(host: str, port: int) -> CannotListenError:
    with pytest.raises(CannotListenError) as caught:
        async with serving(Starlette(), host=host, port=port, name="PORT"):
            pass
    return caught.value


async def test_a_port_that_is_taken_is_named() -> None:
    """Another port helps."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        error = await _refused("127.0.0.1", taken.getsockname()[1])
    assert error.advice == "Set PORT to another one, or end what listens there."


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "2001:db8::1", "no-such-host.invalid", "a..b", "127.0.0.1:3000", "x" * 70]
)
async def test_a_host_that_is_not_ours_is_named(host: str) -> None:
    """Another port would not help."""
    error = await _refused(host, 0)
    assert host in error.said
    assert error.advice.startswith("Set HOST to an address of this machine")
