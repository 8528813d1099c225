"""Logs and figures: one hook, fed with each event after it is committed.

Names of people and hosts are never labels, and never logged beyond ids.
"""

import logging
import sys
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.domain.events import Event, RequestFiled, StepCompleted
from bot.domain.request import ACTIVE, TERMINAL, Request
from bot.domain.values import RequestId

QUIET: Final = (
    "alembic",
    "httpx",
    "httpcore",
    "asyncssh",
    "slack_bolt",
    "slack_sdk",
    "aiohttp.access",
    "dbos",
    "uvicorn",
)
"""Libraries whose INFO lines can hold addresses or bodies: only their warnings are kept."""

log = structlog.get_logger()


class Metrics:
    """The figures of `/metrics`, in a registry of their own.

    Those that no event brings are there only where they are measured: on the worker that leads.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "nsx_restore_requests", "Requests that ended", ["outcome"], registry=self.registry
        )
        self._active = Gauge("nsx_restore_active", "Requests that hold a target", registry=None)
        self.step_seconds = Histogram(
            "nsx_restore_step_seconds",
            "Duration of a step of a run",
            ["runbook", "step"],
            buckets=(1, 5, 15, 60, 300, 900, 1800, 3600, 7200),
            registry=self.registry,
        )
        self.ack_seconds = Histogram(
            "nsx_restore_ack_seconds",
            "From the arrival of a Slack payload to its acknowledgement",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
            registry=self.registry,
        )
        self._outbox_lag = Gauge(
            "nsx_restore_outbox_lag_seconds",
            "Age of the oldest message that Slack does not show yet",
            registry=None,
        )
        self._is_measured = False
        self.audit_entries = Counter(
            "nsx_restore_audit_entries",
            "Audit rows written by this process",
            registry=self.registry,
        )

    def on_event(
        self, request_id: RequestId, event: Event, before: Request, after: Request
    ) -> None:
        """Count and log one committed event."""
        if after.state in TERMINAL and before.state in ACTIVE:
            self.requests.labels(outcome=after.state.value).inc()
        if isinstance(event, StepCompleted) and after.plan is not None:
            labels = self.step_seconds.labels(runbook=after.plan.runbook, step=event.key)
            labels.observe(event.seconds)
        log.info(
            "restore.filed" if isinstance(event, RequestFiled) else "restore.state_changed",
            request_id=request_id,
            event_type=type(event).__name__,
            before=before.state.value,
            after=after.state.value,
        )

    def on_rows(self, count: int) -> None:
        """Count the audit rows of a commit, refusals and claims too."""
        self.audit_entries.inc(count)

    def measured(self, *, outbox_lag: float, active: int) -> None:
        """Take a reading: seconds, and a count."""
        self._outbox_lag.set(outbox_lag)
        self._active.set(active)
        if not self._is_measured:
            self._is_measured = True
            self.registry.register(self._outbox_lag)
            self.registry.register(self._active)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self.registry)


def configure_logs(level: str, *, json: bool) -> None:
    """Set up structured logs on standard error: one line for each event, no locals, no secrets."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        # Colours are for a terminal: in a file they are noise.
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
