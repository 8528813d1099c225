"""The bodies of a 2.0 to 9.x Manager's calls, checked as strictly as their description allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.nsx.body_checks import members, text, truth, whole
from bot.sandbox.nsx.errors import BACKUP, ApiError, field_error
from bot.sandbox.nsx.guided_profile import Profile
from bot.sandbox.nsx.guided_prompts import OpenPrompt

_LAST_MS = 253_402_300_799_999
_SSH_PORT = 22
_ID_LENGTH = 64
_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class StartRequest:
    """InitiateClusterRestoreRequest."""

    node_id: str
    timestamp: int
    address: str | None


def parse_start(body: Any, profile: Profile) -> StartRequest:
    """Return the request; raise `ApiError` with 400 for the first bad field."""
    addresses: tuple[str, ...] = ()
    if profile.has(Profile.V4):
        addresses = ("ip_address", "ipv6_address")
    elif profile.has(Profile.V2_5):
        addresses = ("ip_address",)
    given = members(
        body,
        "InitiateClusterRestoreRequest",
        required=("node_id", "timestamp"),
        optional=addresses,
    )
    for name in addresses:
        if name in given:
            text(given[name], name)
    return StartRequest(
        node_id=text(given["node_id"], "node_id"),
        timestamp=whole(given["timestamp"], "timestamp", 0, _LAST_MS),
        address=given.get("ip_address"),
    )


def check_advance(body: Any, waiting: Sequence[OpenPrompt]) -> dict[str, Any]:
    """Return an AdvanceClusterRestoreRequest that answers every open question, and only those.

    Raises `ApiError` with 400 for the first thing that is wrong.
    """
    given = members(body, "AdvanceClusterRestoreRequest", required=("data",))
    if not isinstance(given["data"], list):
        raise field_error("data", "is not a list")
    asked = {prompt.id: prompt for prompt in waiting}
    answered: set[str] = set()
    for number, item in enumerate(given["data"]):
        path = f"data[{number}]"
        answer = members(item, path, required=("id", "resources"))
        identity = text(answer["id"], f"{path}.id")
        if identity not in asked or identity in answered:
            raise field_error(f"{path}.id", "is of no open instruction that waits for an answer")
        answered.add(identity)
        _check_resources(answer["resources"], f"{path}.resources", asked[identity])
    if answered != set(asked):
        missing = ", ".join(sorted(set(asked) - answered))
        raise ApiError(400, 29_240, BACKUP, f"These instructions have no answer: {missing}")
    return given


def _check_resources(value: Any, path: str, prompt: OpenPrompt) -> None:
    if not isinstance(value, list):
        raise field_error(path, "is not a list")
    own = {resource.id for resource in prompt.prompt.resources}
    for number, item in enumerate(value):
        here = f"{path}[{number}]"
        resource = members(
            item,
            here,
            required=("selected",),
            optional=("target_id", "target_type", "target_display_name", "is_valid"),
        )
        truth(resource["selected"], f"{here}.selected")
        if "is_valid" in resource:
            truth(resource["is_valid"], f"{here}.is_valid")
        _check_length(resource, "target_id", here, _ID_LENGTH)
        _check_length(resource, "target_type", here, _NAME_LENGTH)
        _check_length(resource, "target_display_name", here, _NAME_LENGTH)
        if resource.get("target_id") not in own:
            raise field_error(f"{here}.target_id", "is no resource of this instruction")


def _check_length(resource: Mapping[str, Any], key: str, path: str, longest: int) -> None:
    if key in resource and len(text(resource[key], f"{path}.{key}")) > longest:
        raise field_error(f"{path}.{key}", f"is longer than {longest}")


def parse_fingerprint_request(body: Any) -> tuple[str, int]:
    """Return server and port of a RemoteServerFingerprintRequest."""
    given = members(
        body, "RemoteServerFingerprintRequest", required=("server",), optional=("port",)
    )
    port = whole(given.get("port", _SSH_PORT), "port", 1, 65_535)
    return text(given["server"], "server"), port


def parse_management(body: Any) -> tuple[bool, int]:
    """Return `publish_fqdns` and the revision of a ManagementConfig."""
    given = members(body, "ManagementConfig", required=("publish_fqdns", "_revision"))
    return (
        truth(given["publish_fqdns"], "publish_fqdns"),
        whole(given["_revision"], "_revision", 0, _LAST_MS),
    )
