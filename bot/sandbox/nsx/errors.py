"""Errors an NSX Manager answers with, and their bodies on the wire."""

from http import HTTPStatus

from aiohttp import web

COMMON = "common-services"
"""The module that refuses logins and malformed requests, whatever the request was about."""

BACKUP = "backup-restore"
"""The module that refuses a restore."""


class ApiError(Exception):
    """A request is refused with this HTTP status, NSX error code, module and sentence."""

    def __init__(self, status: int, code: int, module: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.module = module
        self.message = message


def three_key_response(error: ApiError) -> web.Response:
    """Return the body of NSX-T 1.x and 2.0: `module_name`, `error_message`, `error_code`."""
    body = {
        "module_name": error.module,
        "error_message": error.message,
        "error_code": error.code,
    }
    return web.json_response(body, status=error.status)


def full_response(error: ApiError) -> web.Response:
    """Return the body of NSX-T 2.5 and later: an ApiError, with the status as a word besides."""
    body = {
        "httpStatus": HTTPStatus(error.status).name,
        "error_code": error.code,
        "module_name": error.module,
        "error_message": error.message,
    }
    return web.json_response(body, status=error.status)


def not_found(path: str) -> ApiError:
    """Return the answer to a path or an action that this version does not have."""
    return ApiError(404, 404, COMMON, f"The requested resource {path} does not exist.")


def account_locked() -> ApiError:
    """Return the refusal of every login, right or wrong, to a locked account."""
    return ApiError(403, 403, COMMON, "The account is locked. Try again later.")


def token_refused() -> ApiError:
    """Return the refusal of a request whose XSRF token does not belong to a session."""
    return ApiError(403, 98, COMMON, "The XSRF token is invalid or has expired.")


def field_error(field: str, reason: str) -> ApiError:
    """Return the refusal of a body because of one field, named by its path."""
    return ApiError(400, 255, COMMON, f"Field level validation errors: {field} {reason}")
