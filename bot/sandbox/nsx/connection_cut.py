"""A request whose connection ends before its answer."""

from aiohttp import web


class ConnectionCut(Exception):  # noqa: N818 (nobody erred)
    """The request gets no answer; its connection ends."""


def cut(request: web.Request) -> web.Response:
    """End the connection of a request; what is returned is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
