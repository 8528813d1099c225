"""What stands at an appliance's port while its services start: a proxy with nothing behind it.

The forms are those that clients of NSX report around a restart; no public page lists them.
"""

from http import HTTPStatus

from aiohttp import web

from bot.sandbox.nsx.errors import COMMON, ApiError, not_found, three_key_response

_PAGE = (
    "<html>\r\n<head><title>{said}</title></head>\r\n"
    "<body><center><h1>{said}</h1></center></body>\r\n</html>\r\n"
)


def bad_gateway(status: int) -> web.Response:
    """Return a proxy's own page, such as 502 Bad Gateway."""
    page = _PAGE.format(said=f"{status} {HTTPStatus(status).phrase}")
    return web.Response(status=status, text=page, content_type="text/html")


def starting() -> ApiError:
    """Return the API's own word that it is not ready."""
    message = "The service is starting. Some appliance components are not functioning properly."
    return ApiError(503, 503, COMMON, message)


def starting_json() -> web.Response:
    """Return that word in the form of 1.x."""
    return three_key_response(starting())


def starting_text() -> web.Response:
    """Return the servlet container's word that it is not ready."""
    return web.Response(status=503, text="Service Unavailable\n")


def nothing_mapped(path: str) -> web.Response:
    """Return what a container says before its applications are loaded."""
    return three_key_response(not_found(path))
