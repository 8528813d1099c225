"""Health and figures for machines, on loopback: `/healthz`, `/readyz`, `/metrics`.

Bodies name no host and no person.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.telemetry import Metrics

Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns each part with its word; the word `fail` anywhere means not ready."""

FAIL = "fail"


def admin_app(metrics: Metrics, readiness: Readiness) -> Starlette:
    """Return the application behind `ADMIN_PORT`."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_request: Request) -> Response:
        parts = await readiness()
        return JSONResponse(dict(parts), status_code=503 if FAIL in parts.values() else 200)

    async def figures(_request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", figures),
        ]
    )
