"""What can go wrong with the manager of NSX-T 1.x, as the control panel sets it."""

from collections.abc import Iterator

from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.page.knob import HOUR, Knob, Setting, number
from bot.sandbox.stage import TARGET, Stage


def nsxt_knobs(stage: Stage) -> Iterator[Knob]:
    """Yield every fault of the manager of NSX-T 1.x."""
    yield from _requests(stage)
    yield from _restart(stage)


def _requests(stage: Stage) -> Iterator[Knob]:
    faults = stage.faults

    def put_word(value: Setting) -> None:
        faults.management_status = None if value == "STABLE" else str(value)

    def put_passphrase(value: Setting) -> None:
        faults.refuse_passphrase = bool(value)

    def put_post(value: Setting) -> None:
        faults.cluster_post = PostFault(str(value))

    yield Knob(
        "management_status",
        TARGET,
        "Management cluster",
        "The word that the manager says while nothing is being restored.",
        "choice",
        lambda: faults.management_status or "STABLE",
        put_word,
        choices=tuple((word, word) for word in ("STABLE", "DEGRADED", "UNSTABLE")),
    )
    yield Knob(
        "wrong_passphrase",
        TARGET,
        "Wrong passphrase",
        "The manager refuses the backup: its passphrase does not open it.",
        "switch",
        lambda: faults.refuse_passphrase,
        put_passphrase,
    )
    yield Knob(
        "cluster_post",
        TARGET,
        "The restore request",
        "What becomes of the connection while the cluster restore is sent.",
        "choice",
        lambda: faults.cluster_post.value,
        put_post,
        choices=(
            (PostFault.NONE.value, "is answered"),
            (PostFault.CUT_BEFORE_ACCEPTING.value, "is cut before it arrives"),
            (PostFault.CUT_AFTER_ACCEPTING.value, "arrives, is cut before the answer"),
        ),
    )


def _restart(stage: Stage) -> Iterator[Knob]:
    faults, durations = stage.faults, stage.manager.durations

    def put_away(value: Setting) -> None:
        durations.away = number(value)

    def put_proxy(value: Setting) -> None:
        durations.bad_gateway = number(value)

    def put_page(value: Setting) -> None:
        faults.gateway_status = int(str(value))

    def put_refused(value: Setting) -> None:
        faults.unauthorized_after_restart = bool(value)

    yield Knob(
        "outage",
        TARGET,
        "Outage",
        "How long nothing answers while the manager restarts, in its own time; for the next "
        "restart.",
        "number",
        lambda: durations.away,
        put_away,
        unit="s",
        most=HOUR,
    )
    yield Knob(
        "proxy_seconds",
        TARGET,
        "HTML page while starting",
        "How long the proxy answers with a page of its own after that, in the manager's time.",
        "number",
        lambda: durations.bad_gateway,
        put_proxy,
        unit="s",
        most=HOUR,
    )
    yield Knob(
        "proxy_page",
        TARGET,
        "That page is",
        "The status of the proxy's page.",
        "choice",
        lambda: str(faults.gateway_status),
        put_page,
        choices=(("502", "502 Bad Gateway"), ("503", "503 Service Unavailable")),
    )
    yield Knob(
        "unauthorized",
        TARGET,
        "401 after the restart",
        "Once it has restarted, the manager refuses every login.",
        "switch",
        lambda: faults.unauthorized_after_restart,
        put_refused,
    )
