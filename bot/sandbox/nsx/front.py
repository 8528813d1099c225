"""What stands in front of a Manager's API in all generations: redirects, limits and the lockout."""

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from bot.sandbox.nsx.errors import COMMON, ApiError, account_locked


class FrontFaults(Protocol):
    """The switches for what a request meets before it comes to the API."""

    unauthorized_after_restart: bool
    locked_out: bool
    redirect_to: str | None
    redirect_status: int
    too_many_requests: int
    retry_after: int | None


def redirected(faults: FrontFaults, request: web.Request) -> web.Response | None:
    """Return the redirect to another server, `None` where none is asked for."""
    if faults.redirect_to is None:
        return None
    target = faults.redirect_to.rstrip("/") + request.path_qs
    return web.Response(status=faults.redirect_status, headers={"Location": target})


def throttled(faults: FrontFaults, form: Callable[[ApiError], web.Response]) -> web.Response | None:
    """Return a 429 in this form of error and count it down, `None` where none is left."""
    if faults.too_many_requests <= 0:
        return None
    faults.too_many_requests -= 1
    message = "The client exceeded the request rate of 100 per second."
    response = form(ApiError(429, 102, COMMON, message))
    if faults.retry_after is not None:
        response.headers["Retry-After"] = str(faults.retry_after)
    return response


def refuse_logins(faults: FrontFaults, *, restarted: bool) -> None:
    """Raise `ApiError` where no login counts: 403 while locked out, 401 after a restart."""
    if faults.locked_out:
        raise account_locked()
    if faults.unauthorized_after_restart and restarted:
        raise ApiError(401, 401, COMMON, "The credentials were incorrect.")
