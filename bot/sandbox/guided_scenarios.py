"""The stories of NSX 2.0 and later, whose manager restores by itself and asks on the way."""

from dataclasses import replace
from functools import partial
from typing import Final

from bot.runbooks.guided_checklist import CHECKLIST
from bot.runbooks.guided_instructions import caption
from bot.sandbox.cast import Cast, Chosen, going_on
from bot.sandbox.nsx.guided_durations import Durations
from bot.sandbox.nsx.guided_faults import Failure, StartFault
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, OTHER_MANAGERS, TRANSPORT_NODES
from bot.sandbox.scenario import Scenario
from bot.sandbox.stage import GUIDED_TARGET, LEADS, GuidedSetting, Setting, Stage

Answer = tuple[str, str]
"""Who answers, and by which button."""

CHECKED: Final = (
    "Manager nodes joined",
    "Certificates applied",
    "Compute managers connected",
    "DNS servers and search domains set",
    "Accounts and principals checked",
)
"""What the operator has done of the checklist after a restore; the rest is named in the report."""

SEEN_TO: Final = {
    caption(COMPUTE_MANAGERS.name): ("vcenter-01.example.com",),
    caption(TRANSPORT_NODES.name): ("esx-07.example.com",),
}
"""Of what the manager asks about, what a lead says is seen to, by the captions of the fields."""

PROMPTS: Final = (COMPUTE_MANAGERS.at(5), TRANSPORT_NODES.at(5), OTHER_MANAGERS)
"""Two questions at once, then one more."""


def _choose(text: str) -> Chosen:
    if "only people can do" in text:
        return {CHECKLIST: CHECKED}
    return {name: nodes for name, nodes in SEEN_TO.items() if name.split(":")[0] in text}


async def _restored(_stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    return await cast.operate(card.ts, choose=_choose)


def _prompted(text: str) -> Answer:
    """Add the other nodes later; say of everything else that it is seen to."""
    later = "SIM_ADD_MANAGER_NODES" in text
    return (LEADS[2], "continue_without") if later else going_on(text)


async def _prompts(_stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    return await cast.operate(card.ts, _prompted, _choose)


def _corrected(stage: Stage, text: str) -> Answer:
    """Put the right passphrase behind its reference, then have the step done again."""
    if "failed at a step" not in text:
        return going_on(text)
    stage.set_secret("passphrase", stage.secret("passphrase"))
    return LEADS[2], "retry_updated"


async def _passphrase(stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    return await cast.operate(card.ts, partial(_corrected, stage), _choose)


def _another_passphrase(stage: Stage) -> None:
    stage.set_secret("passphrase", "Of-another-backup-1")


def _retried(text: str) -> Answer:
    return (LEADS[2], "retry") if "failed at a step" in text else going_on(text)


async def _failures(_stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    return await cast.operate(card.ts, _retried, _choose)


def _fails_twice(stage: Stage) -> None:
    stage.guided.faults.failures = (Failure(step=6, times=2),)


def _serves_503(stage: Stage) -> None:
    stage.guided.faults.gateway_status = 503


def _start(stage: Stage, *, fate: StartFault) -> None:
    stage.guided.faults.start_post = fate


def _looked(text: str) -> Answer:
    """Answer as people who have seen that the manager restores nothing."""
    return (LEADS[2], "give_up") if "Outcome unknown" in text else going_on(text)


async def _given_up(_stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    return await cast.operate(card.ts, _looked, _choose)


async def _crash(stage: Stage, cast: Cast) -> str:
    card = await cast.file(target=GUIDED_TARGET)
    await cast.approve(card.ts)
    await cast.until_guided(partial(_restarts, stage))
    await stage.bot.kill()
    await stage.start_bot()
    return await cast.operate(card.ts, choose=_choose)


def _restarts(stage: Stage) -> bool:
    """Whether its restore runs while nobody serves its port."""
    guided = stage.guided
    return guided.phase is RestoreState.RUNNING and not guided.state()["listening"]


LONG: Final = Durations(
    away=240.0, bad_gateway=90.0, starting_json=60.0, starting_text=60.0, nothing_mapped=20.0
)

_HAPPY: Final = Scenario(
    "guided-happy",
    "NSX 2.0 and later: the manager restores by itself, asks nothing, and is brought back to work.",
    _restored,
    "succeeded",
    1,
    target=GUIDED_TARGET,
)

GUIDED: Final = (
    _HAPPY,
    replace(
        _HAPPY,
        name="guided-prompts",
        story="The manager asks two things at once and one more; leads choose, or go on without.",
        play=_prompts,
        setting=Setting(guided=GuidedSetting(prompts=PROMPTS)),
    ),
    replace(
        _HAPPY,
        name="guided-wrong-passphrase",
        story="The passphrase is of another backup: a lead corrects the secret, and retries.",
        play=_passphrase,
        prepare=_another_passphrase,
    ),
    replace(
        _HAPPY,
        name="guided-failed-retry",
        story="A step of the manager's restore fails twice; a lead has it retried twice.",
        play=_failures,
        prepare=_fails_twice,
    ),
    replace(
        _HAPPY,
        name="guided-outage",
        story="The manager's restarts take long: nobody answers, then 503 as HTML, JSON and text.",
        setting=Setting(guided=GuidedSetting(durations=LONG)),
        prepare=_serves_503,
    ),
    replace(
        _HAPPY,
        name="guided-unknown-start",
        story="The connection is cut while the start is sent: the manager's status proves it ours.",
        prepare=partial(_start, fate=StartFault.CUT_AFTER_ACCEPTING),
    ),
    replace(
        _HAPPY,
        name="guided-unproven-start",
        story="The start is cut on its way, and nothing proves it: a lead looks, and gives up.",
        play=_given_up,
        ends="failed",
        prepare=partial(_start, fate=StartFault.CUT_BEFORE_ACCEPTING),
    ),
    replace(
        _HAPPY,
        name="guided-crash",
        story="The bot is killed while the manager restarts in its restore, and started again.",
        play=_crash,
    ),
)
