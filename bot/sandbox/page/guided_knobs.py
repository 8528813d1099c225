"""What can happen with the manager of NSX 2.0 and later, as the control panel sets it.

The manager itself may be another one after it was put back to fresh; its faults stay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bot.sandbox.nsx.guided_faults import Failure, Faults, StartFault
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_prompts import (
    COMPUTE_MANAGERS,
    DOCUMENTED_PROMPTS,
    TRANSPORT_NODES,
    UNKNOWN_PROMPT,
    Prompt,
)
from bot.sandbox.page.knob import Group, Knob, Setting, number
from bot.sandbox.stage import GUIDED_TARGET, Stage

VISITORS_PROMPTS: Final = (COMPUTE_MANAGERS, TRANSPORT_NODES)
"""What it asks on the page unless a scenario says otherwise: a visitor is to see the form."""

PROMPTS: Final[Mapping[str, tuple[str, tuple[Prompt, ...]]]] = {
    "none": ("nothing", ()),
    "two": ("two things, one after the other", VISITORS_PROMPTS),
    "documented": ("the four things of the guide", DOCUMENTED_PROMPTS),
    "at once": ("two things at once", (COMPUTE_MANAGERS.at(5), TRANSPORT_NODES.at(5))),
    "unknown": ("something that no document has", (UNKNOWN_PROMPT,)),
}
"""What the manager can be made to ask: how that is called, and the questions."""

FAILURES: Final[Mapping[str, tuple[str, Failure | None]]] = {
    "none": ("does not fail", None),
    "once": ("fails once", Failure(step=6, times=1)),
    "twice": ("fails twice", Failure(step=6, times=2)),
    "always": ("fails at each retry", Failure(step=6, times=None)),
    "heals": (
        "fails until the service restarts",
        Failure(step=6, times=None, heals_by_restart=True),
    ),
}

STEPS: Final = 11.0
"""So many steps the manager's restore has."""

FATES: Final = {
    StartFault.NONE: "is answered",
    StartFault.CUT_BEFORE_ACCEPTING: "is cut before it arrives",
    StartFault.CUT_AFTER_ACCEPTING: "arrives, is cut before the answer",
    StartFault.HANG_AFTER_ACCEPTING: "arrives, is never answered",
    StartFault.LOST_AFTER_ACCEPTING: "arrives, a proxy answers 502",
}

VERSIONS: Final = {
    Profile.V2_2: "2.2, with the oldest words",
    Profile.V2_5: "2.5.1",
    Profile.V4: "4.2",
    Profile.V9_1: "9.1",
}

NEXT: Final = "once it is put back to fresh."

FORMS: Final = (
    ("away", "Outage", "How long nothing answers in each restart, in its own time."),
    ("bad_gateway", "HTML page after that", "How long a proxy answers with a page of its own."),
    ("starting_json", "Then 503 in JSON", "How long its services say so while they start."),
    ("starting_text", "Then 503 as text", "How long they say so in plain text."),
)
"""What stands at its port in a restart: name of the duration, caption, explanation."""

ANOTHER_PASSPHRASE: Final = "Of-another-backup-1"  # noqa: S105 - opens nothing, which is its use


HERE: Final = Group(GUIDED_TARGET)


def guided_knobs(stage: Stage) -> Iterator[Knob]:
    """Yield everything that can be set about it."""
    yield _prompts(stage)
    yield from _failures(stage.guided.faults)
    yield _passphrase(stage)
    yield from _requests(stage.guided.faults)
    yield from _restart(stage)
    yield from _deployment(stage)


def _prompts(stage: Stage) -> Knob:
    known = dict(PROMPTS)
    given = stage.setting.guided.prompts
    if given not in [prompts for _, prompts in known.values()]:
        known["scenario"] = ("what the scenario has it ask", given)

    def get() -> str:
        return next(key for key, (_, prompts) in known.items() if prompts == stage.guided.prompts)

    def put(value: Setting) -> None:
        stage.guided.prompts = known[str(value)][1]

    return HERE.choice(
        "nsx_prompts",
        "It asks people",
        "What its restore stops for, at steps that have not ended yet; a lead answers in the "
        "thread, with a form.",
        get=get,
        put=put,
        choices={key: words for key, (words, _) in known.items()},
    )


def _failures(faults: Faults) -> Iterator[Knob]:
    step = 6

    def at() -> int:
        return faults.failures[0].step if faults.failures else step

    def get() -> str:
        if not faults.failures:
            return "none"
        now = replace(faults.failures[0], step=6)
        return next((key for key, (_, failure) in FAILURES.items() if failure == now), "once")

    def put(value: Setting) -> None:
        failure = FAILURES[str(value)][1]
        faults.failures = () if failure is None else (replace(failure, step=at()),)

    def put_step(value: Setting) -> None:
        nonlocal step
        step = int(number(value))
        faults.failures = tuple(replace(failure, step=step) for failure in faults.failures)

    yield HERE.choice(
        "nsx_failure",
        "A step",
        "Whether a step of its restore fails, and what helps.",
        get=get,
        put=put,
        choices={key: words for key, (words, _) in FAILURES.items()},
    )
    yield Knob(
        "nsx_failure_step",
        GUIDED_TARGET,
        "That step is",
        "Which of its steps fails.",
        "number",
        at,
        put_step,
        unit="of 11",
        least=1.0,
        most=STEPS,
    )


def _passphrase(stage: Stage) -> Knob:
    right = stage.secret("passphrase")
    file = stage.directory / "passphrase"

    def put(value: Setting) -> None:
        stage.set_secret("passphrase", ANOTHER_PASSPHRASE if value else right)

    return HERE.switch(
        "nsx_passphrase",
        "Wrong passphrase",
        "The reference of the configuration names the passphrase of another backup; off puts the "
        "right one behind it. Both targets use it.",
        get=lambda: file.read_text() != right,
        put=put,
    )


def _requests(faults: Faults) -> Iterator[Knob]:
    def put_start(value: Setting) -> None:
        faults.start_post = StartFault(str(value))

    def put_list(value: Setting) -> None:
        faults.list_empty = bool(value)

    def put_suspend(value: Setting) -> None:
        faults.suspend_not_offered = bool(value)

    def put_cancel(value: Setting) -> None:
        faults.cancel_not_offered = bool(value)

    yield HERE.choice(
        "nsx_start",
        "The start request",
        "What becomes of it; it is never sent a second time.",
        get=lambda: faults.start_post.value,
        put=put_start,
        choices={fate.value: words for fate, words in FATES.items()},
    )
    yield HERE.switch(
        "nsx_list_empty",
        "No backup is listed",
        "As when the server's key has another size than when the backups were made.",
        get=lambda: faults.list_empty,
        put=put_list,
    )
    yield HERE.switch(
        "nsx_suspend_withheld",
        "No suspending",
        "The manager does not offer to suspend its restore.",
        get=lambda: faults.suspend_not_offered,
        put=put_suspend,
    )
    yield HERE.switch(
        "nsx_cancel_withheld",
        "No cancelling",
        "The manager does not offer to cancel a restore that stands still.",
        get=lambda: faults.cancel_not_offered,
        put=put_cancel,
    )


def _restart(stage: Stage) -> Iterator[Knob]:
    faults = stage.guided.faults

    def put_page(value: Setting) -> None:
        faults.gateway_status = int(str(value))

    def put_refused(value: Setting) -> None:
        faults.unauthorized_after_restart = bool(value)

    for name, label, told in FORMS:
        yield _length(stage, name, label, told)
    yield HERE.choice(
        "nsx_proxy_page",
        "That HTML page is",
        "The status of the proxy's page.",
        get=lambda: str(faults.gateway_status),
        put=put_page,
        choices={"502": "502 Bad Gateway", "503": "503 Service Unavailable"},
    )
    yield HERE.switch(
        "nsx_unauthorized",
        "401 after a restart",
        "Once it has restarted, the manager refuses every login.",
        get=lambda: faults.unauthorized_after_restart,
        put=put_refused,
    )


def _length(stage: Stage, name: str, label: str, told: str) -> Knob:
    def get() -> float:
        return float(getattr(stage.guided.durations, name))

    def put(value: Setting) -> None:
        setattr(stage.guided.durations, name, number(value))

    return HERE.seconds(f"nsx_{name}", label, told, get=get, put=put)


def _deployment(stage: Stage) -> Iterator[Knob]:
    def put_profile(value: Setting) -> None:
        stage.guided_setting = replace(stage.guided_setting, profile=Profile(str(value)))

    def put_nodes(value: Setting) -> None:
        stage.guided_setting = replace(stage.guided_setting, nodes=int(str(value)))

    yield HERE.choice(
        "nsx_profile",
        "Its version",
        f"With its words and orders, {NEXT}",
        get=lambda: stage.guided_setting.profile.value,
        put=put_profile,
        choices={profile.value: words for profile, words in VERSIONS.items()},
    )
    yield HERE.choice(
        "nsx_nodes",
        "The backed-up cluster",
        f"With three nodes the other two must join before it is stable again, {NEXT}",
        get=lambda: str(stage.guided_setting.nodes),
        put=put_nodes,
        choices={"1": "had one node", "3": "had three nodes"},
    )
