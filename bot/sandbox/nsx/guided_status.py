"""ClusterRestoreStatus: how a restore looks on the wire."""

from typing import Any

from bot.sandbox.nsx.guided_actions import Action, offered
from bot.sandbox.nsx.guided_faults import Faults, OtherRestore, StatusForm
from bot.sandbox.nsx.guided_plan import RestorePlan
from bot.sandbox.nsx.guided_profile import AT_WORK, Profile, RestoreState, StepStatus, status_word
from bot.sandbox.nsx.guided_prompts import OpenPrompt
from bot.sandbox.nsx.guided_restore import GuidedRestore

_OPTIONAL = (
    "restore_start_time",
    "restore_end_time",
    "total_steps",
    "step",
    "instructions",
    "endpoints",
)
_UNHEARD_OF = "SIM_UNHEARD_OF"
_OTHER_ID = "0f5b1f7e-5b6c-5d54-9a6e-2f7d7b0c9a11"


def restore_document(restore: GuidedRestore, profile: Profile, faults: Faults) -> dict[str, Any]:
    """Return the status of this Manager's own restore."""
    state = restore.state
    if faults.restore_unavailable and state is RestoreState.INITIAL:
        state = RestoreState.NOT_AVAILABLE
    document: dict[str, Any] = {
        "id": restore.id,
        "restore_start_time": restore.started_ms,
        "restore_end_time": restore.ended_ms,
        "total_steps": restore.plan.total_steps,
        "status": _status(_word(state, profile, faults), restore.reason),
        "instructions": [_instruction(prompt, faults) for prompt in restore.open],
        "endpoints": _endpoints(restore.offered),
    }
    if restore.chosen is not None:
        document["backup_timestamp"] = restore.chosen.backup.timestamp
    if restore.step:
        document["step"] = _step(restore.step, restore.step_status, restore.reason)
    return _formed(document | _around(state, profile), faults)


def other_document(other: OtherRestore, profile: Profile, faults: Faults) -> dict[str, Any]:
    """Return the status of a restore that somebody else began."""
    over = other.state is RestoreState.SUCCESS
    document: dict[str, Any] = {
        "id": _OTHER_ID,
        "backup_timestamp": other.backup_timestamp,
        "restore_start_time": other.backup_timestamp + 3_600_000,
        "restore_end_time": other.backup_timestamp + 7_200_000 if over else None,
        "total_steps": 11,
        "status": _status(_word(other.state, profile, faults), ""),
        "step": _step(11 if over else 3, StepStatus.SUCCESS if over else StepStatus.RUNNING, ""),
        "instructions": [],
        "endpoints": _endpoints(offered(other.state, profile, faults)),
    }
    return _formed(document | _around(other.state, profile), faults)


def _word(state: RestoreState, profile: Profile, faults: Faults) -> str:
    if state is RestoreState.RUNNING and faults.status_word is not None:
        return faults.status_word
    return status_word(state, profile)


def _status(word: str, reason: str) -> dict[str, str]:
    return {"value": word, "description": reason or word.capitalize().replace("_", " ")}


def _step(number: int, status: StepStatus, reason: str) -> dict[str, Any]:
    word = RestorePlan.step_word(number)
    return {
        "step_number": number,
        "value": word,
        "description": word.capitalize().replace("_", " "),
        "status": _status(status.value, reason),
    }


def _instruction(prompt: OpenPrompt, faults: Faults) -> dict[str, Any]:
    if faults.unknown_instruction:
        return {"id": prompt.id, "name": _UNHEARD_OF}
    return prompt.shown()


def _endpoints(actions: tuple[Action, ...]) -> list[dict[str, str]]:
    return [{"action": "POST", "href": action.href, "rel": "self"} for action in actions]


def _around(state: RestoreState, profile: Profile) -> dict[str, Any]:
    """Return what else is allowed meanwhile; compute managers are to be left alone."""
    if not profile.has(Profile.V4):
        return {}
    busy = state in AT_WORK or state.name.startswith("SUSPENDED")
    return {"not_allowed_actions": ["VC_UPDATES"] if busy else [], "allowed_actions": []}


def _formed(document: dict[str, Any], faults: Faults) -> dict[str, Any]:
    match faults.status_form:
        case StatusForm.NULLS:
            return document | dict.fromkeys(_OPTIONAL)
        case StatusForm.MISSING:
            return {key: value for key, value in document.items() if key not in _OPTIONAL}
        case _:
            return document
