"""What can be set on the control panel: one table of faults, which the page draws as it is."""

from collections.abc import Iterator
from typing import Final

from bot.sandbox.page.guided_knobs import guided_knobs
from bot.sandbox.page.knob import Knob, Setting, number
from bot.sandbox.page.nsxt_knobs import nsxt_knobs
from bot.sandbox.slack.faults import Fault, http_status, rate_limited
from bot.sandbox.stage import TARGET, Stage

BACKUP: Final = "Backup server"
SLACK: Final = "Slack"
REHEARSAL: Final = "Rehearsal"

SLACK_METHODS: Final = ("chat.postMessage", "chat.update", "chat.postEphemeral")
SLACK_TROUBLE: Final[dict[str, Fault]] = {"429": rate_limited(5), "500": http_status(500)}


def knobs(stage: Stage) -> Iterator[Knob]:
    """Yield every fault of this stage, in the order in which they are drawn."""
    yield _speed(stage)
    yield from nsxt_knobs(stage)
    yield from guided_knobs(stage)
    yield from _backup(stage)
    yield _slack(stage)


def _speed(stage: Stage) -> Knob:
    def put(value: Setting) -> None:
        stage.manager.speed = stage.guided.speed = number(value)

    return Knob(
        "speed",
        REHEARSAL,
        "Speed",
        "How many seconds pass for the managers in a real one, from now on. How often the bot "
        "looks, and how long it waits before it asks people, were set when the demo started.",
        "number",
        lambda: stage.manager.speed,
        put,
        unit="x",
        least=0.1,
        most=1000.0,
    )


def _backup(stage: Stage) -> Iterator[Knob]:
    def put_key(value: Setting) -> None:
        if bool(value) == stage.backups.has_first_host_key:
            (stage.backups.rotate_host_key if value else stage.backups.put_back_host_key)()

    def put_removed(value: Setting) -> None:
        if bool(value) is not bool(stage.stock.missing):
            (stage.stock.remove_newest if value else stage.stock.put_back)()

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
        f"The newest cluster backup of {TARGET} is gone; off puts it back as it was.",
        "switch",
        lambda: bool(stage.stock.missing),
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
