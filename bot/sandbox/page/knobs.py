"""What can be set on the control panel: one table of faults, which the page draws as it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.slack.faults import Fault, http_status, rate_limited
from bot.sandbox.slack.json_types import Json
from bot.sandbox.stage import Stage

Setting: TypeAlias = str | bool | int | float | None


@dataclass(frozen=True, slots=True)
class Knob:
    """One fault: how it is drawn, how it is read, and how it is set."""

    key: str
    group: str
    label: str
    help: str
    type: Literal["switch", "number", "choice"]
    get: Callable[[], Setting]
    put: Callable[[Setting], None]
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    least: float = 0.0
    most: float = 0.0

    def as_json(self) -> Json:
        """The fault with its value now."""
        shown: Json = {
            "key": self.key,
            "group": self.group,
            "label": self.label,
            "help": self.help,
            "type": self.type,
            "value": self.get(),
        }
        if self.type == "choice":
            shown["choices"] = [{"value": value, "label": label} for value, label in self.choices]
        if self.type == "number":
            shown |= {"unit": self.unit, "min": self.least, "max": self.most}
        return shown

    def set(self, value: Setting) -> None:
        """Set the fault. Raises `ValueError` with a sentence for what it does not take."""
        match self.type:
            case "switch":
                is_right = isinstance(value, bool)
            case "choice":
                is_right = value in {known for known, _ in self.choices}
            case "number":
                is_right = self._is_in_range(value)
        if not is_right:
            raise ValueError(f"{self.label}: {self._takes()}")
        self.put(value)

    def _is_in_range(self, value: Setting) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.least <= value <= self.most

    def _takes(self) -> str:
        match self.type:
            case "switch":
                return "it is either on or off."
            case "choice":
                return f"one of {', '.join(value for value, _ in self.choices)}."
            case "number":
                return f"a number from {self.least:g} to {self.most:g}."


MANAGER: Final = "Manager"
BACKUP: Final = "Backup server"
SLACK: Final = "Slack"
REHEARSAL: Final = "Rehearsal"

HOUR: Final = 3600.0
SLACK_METHODS: Final = ("chat.postMessage", "chat.update", "chat.postEphemeral")
SLACK_TROUBLE: Final[dict[str, Fault]] = {"429": rate_limited(5), "500": http_status(500)}


def knobs(stage: Stage) -> Iterator[Knob]:
    """Yield every fault of this stage, in the order in which they are drawn."""
    yield _speed(stage)
    yield from _manager(stage)
    yield from _restart(stage)
    yield from _backup(stage)
    yield _slack(stage)


def _speed(stage: Stage) -> Knob:
    manager = stage.manager

    def put(value: Setting) -> None:
        manager.speed = _number(value)

    return Knob(
        "speed",
        REHEARSAL,
        "Speed",
        "How many seconds pass for the manager in a real one, from now on. How often the bot "
        "looks, and how long it waits before it asks people, were set when the demo started.",
        "number",
        lambda: manager.speed,
        put,
        unit="x",
        least=0.1,
        most=1000.0,
    )


def _manager(stage: Stage) -> Iterator[Knob]:
    faults = stage.faults

    def put_word(value: Setting) -> None:
        faults.management_status = None if value == "STABLE" else str(value)

    def put_passphrase(value: Setting) -> None:
        faults.refuse_passphrase = bool(value)

    def put_post(value: Setting) -> None:
        faults.cluster_post = PostFault(str(value))

    yield Knob(
        "management_status",
        MANAGER,
        "Management cluster",
        "The word that the manager says while nothing is being restored.",
        "choice",
        lambda: faults.management_status or "STABLE",
        put_word,
        choices=tuple((word, word) for word in ("STABLE", "DEGRADED", "UNSTABLE")),
    )
    yield Knob(
        "wrong_passphrase",
        MANAGER,
        "Wrong passphrase",
        "The manager refuses the backup: its passphrase does not open it.",
        "switch",
        lambda: faults.refuse_passphrase,
        put_passphrase,
    )
    yield Knob(
        "cluster_post",
        MANAGER,
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
        durations.away = _number(value)

    def put_proxy(value: Setting) -> None:
        durations.bad_gateway = _number(value)

    def put_page(value: Setting) -> None:
        faults.gateway_status = int(str(value))

    def put_refused(value: Setting) -> None:
        faults.unauthorized_after_restart = bool(value)

    yield Knob(
        "outage",
        MANAGER,
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
        MANAGER,
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
        MANAGER,
        "That page is",
        "The status of the proxy's page.",
        "choice",
        lambda: str(faults.gateway_status),
        put_page,
        choices=(("502", "502 Bad Gateway"), ("503", "503 Service Unavailable")),
    )
    yield Knob(
        "unauthorized",
        MANAGER,
        "401 after the restart",
        "Once it has restarted, the manager refuses every login.",
        "switch",
        lambda: faults.unauthorized_after_restart,
        put_refused,
    )


def _backup(stage: Stage) -> Iterator[Knob]:
    def put_key(value: Setting) -> None:
        if bool(value) == stage.backups.has_first_host_key:
            (stage.backups.rotate_host_key if value else stage.backups.put_back_host_key)()

    def put_removed(value: Setting) -> None:
        if bool(value) is not bool(stage.missing_backups):
            (stage.remove_newest_backup if value else stage.put_backups_back)()

    yield Knob(
        "host_key",
        BACKUP,
        "Another host key",
        "The server shows another host key than the configured one, as an impostor would.",
        "switch",
        lambda: not stage.backups.has_first_host_key,
        put_key,
    )
    yield Knob(
        "backup_removed",
        BACKUP,
        "Newest backup removed",
        "The newest cluster backup is gone; off puts it back as it was.",
        "switch",
        lambda: bool(stage.missing_backups),
        put_removed,
    )


def _slack(stage: Stage) -> Knob:
    faults = stage.workspace.faults
    now = "none"

    def put(value: Setting) -> None:
        nonlocal now
        now = str(value)
        for method in SLACK_METHODS:
            faults.clear(method)
            if now in SLACK_TROUBLE:
                faults.always(method, SLACK_TROUBLE[now])

    return Knob(
        "slack_trouble",
        SLACK,
        "Messages of the bot",
        "What Slack answers when the bot posts or edits a message.",
        "choice",
        lambda: now,
        put,
        choices=(
            ("none", "are taken"),
            ("429", "meet 429, come again in 5 s"),
            ("500", "meet a 500"),
        ),
    )


def _number(value: Setting) -> float:
    if value is None:
        raise ValueError("a number is wanted")
    return float(value)
