"""The stories that can be rehearsed: those of NSX-T 1.x, and all of them by their names."""

from typing import Final

from bot.sandbox.cast import Cast, adopting
from bot.sandbox.guided_scenarios import GUIDED
from bot.sandbox.nsx.nsxt1_faults import PostFault
from bot.sandbox.nsx.nsxt1_lifecycle import Durations, Phase
from bot.sandbox.scenario import Scenario
from bot.sandbox.stage import LEADS, Setting, Stage


async def _happy(_stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    await cast.approve(card.ts)
    return await cast.operate(card.ts)


async def _denied(_stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    await cast.until_state(card.ts, "awaiting approval")
    await cast.press(LEADS[0], card.ts, "approve")
    await cast.deny(LEADS[1], card.ts, "The database can be repaired in place; no restore needed.")
    return await cast.until_end(card.ts)


async def _undecided(_stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    return await cast.until_end(card.ts)


async def _wrong_fingerprint(stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    end = await cast.until_end(card.ts)
    if stage.backups.passwords_received:
        return "a password was sent to a server with another host key"
    return end


def _another_host_key(stage: Stage) -> None:
    stage.backups.rotate_host_key()


def _degraded(stage: Stage) -> None:
    stage.faults.management_status = "DEGRADED"


def _passphrase_refused(stage: Stage) -> None:
    stage.faults.refuse_passphrase = True


def _cut(stage: Stage) -> None:
    stage.faults.cluster_post = PostFault.CUT_AFTER_ACCEPTING


async def _unknown_outcome(_stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    await cast.approve(card.ts)
    await cast.adopt(LEADS[2], card.ts)
    return await cast.operate(card.ts)


async def _crash(stage: Stage, cast: Cast) -> str:
    card = await cast.file()
    await cast.approve(card.ts)
    await cast.until_manager(lambda: stage.manager.phase is Phase.AWAY)
    await stage.bot.kill()
    await stage.start_bot()
    return await cast.operate(card.ts, adopting)


SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "happy",
            "Two leads approve; the restore runs; the operator does what is done by hand.",
            _happy,
            "succeeded",
            1,
        ),
        Scenario(
            "denied", "One lead approves, another denies with a reason.", _denied, "denied", 0
        ),
        Scenario(
            "expired",
            "Nobody decides in time.",
            _undecided,
            "expired",
            0,
            Setting(policy={"request_ttl": "3s", "remind_after": ["1s", "2s"]}),
        ),
        Scenario(
            "wrong-fingerprint",
            "The backup server has another host key: no password is sent to it.",
            _wrong_fingerprint,
            "rejected",
            0,
            prepare=_another_host_key,
        ),
        Scenario(
            "not-stable",
            "The manager is DEGRADED before the restore, and is quoted.",
            _undecided,
            "rejected",
            0,
            prepare=_degraded,
        ),
        Scenario(
            "wrong-passphrase",
            "The manager refuses the restore, since the passphrase is wrong.",
            _happy,
            "failed",
            1,
            prepare=_passphrase_refused,
        ),
        Scenario(
            "outage",
            "The manager is away for long, serves HTML, and comes back; the bot waits it out.",
            _happy,
            "succeeded",
            1,
            Setting(durations=Durations(away=240.0, bad_gateway=30.0, nothing_mapped=20.0)),
        ),
        Scenario(
            "unknown-outcome",
            "The connection is cut while the restore is sent: people find out, a lead adopts it.",
            _unknown_outcome,
            "succeeded",
            1,
            prepare=_cut,
        ),
        Scenario(
            "crash",
            "The bot is killed in the middle of the restore and started again.",
            _crash,
            "succeeded",
            1,
        ),
        *GUIDED,
    )
}
