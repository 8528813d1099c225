"""Who is who, asked of Slack anew for every decision; what cannot be read is said to be so."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.standing import Account, Unreadable
from bot.domain.target import Group
from bot.domain.values import UserId
from bot.ports import Channel
from bot.slack.failures import CALL_FAILED, failure

_Model = TypeVar("_Model", bound=BaseModel)

_Reading = asyncio.Task[frozenset[UserId] | Unreadable]

_ODD = Unreadable("Slack's answer was incomplete or not understood")


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _User(_Read):
    """The user object (docs.slack.dev/reference/objects/user-object).

    An absent `team_id` stays unknown, and unknown people take no part.
    """

    id: StrictStr
    team_id: StrictStr | None = None
    deleted: StrictBool = False
    is_bot: StrictBool = False
    is_app_user: StrictBool = False
    is_workflow_bot: StrictBool = False
    is_connector_bot: StrictBool = False
    is_restricted: StrictBool = False
    is_ultra_restricted: StrictBool = False
    is_stranger: StrictBool = False


class _Members(_Read):
    users: tuple[StrictStr, ...]


class _Channel(_Read):
    """The channel object. What a request depends on must be there."""

    id: StrictStr
    name: StrictStr = ""
    is_archived: StrictBool
    is_ext_shared: StrictBool
    is_pending_ext_shared: StrictBool = False
    is_member: StrictBool


class SlackDirectory:
    """The `Directory` of one workspace. Nothing is kept from one decision to the next.

    Reads of the same group that wait at the same moment are one call (`usergroups.users.list`
    allows about 20 a minute); nobody is handed a read that began before they asked.
    """

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._next: dict[str, _Reading] = {}
        self._under_way: dict[str, _Reading] = {}

    async def account(self, user: UserId) -> Account | Unreadable:
        """Return the flags of one account."""
        try:
            reply = await self._client.users_info(user=user)
        except CALL_FAILED as error:
            return _unreadable(error)
        seen = _read(_User, reply.get("user"))
        if seen is None or seen.id != user:
            return _ODD
        return Account(user=user, **seen.model_dump(exclude={"id"}))

    async def members(self, group: Group) -> frozenset[UserId] | Unreadable:
        """Return the union of a user group's members and those named in the configuration.

        A configured user group that cannot be read makes the whole unreadable: nobody knows then
        who was taken out of it.
        """
        if group.usergroup is None:
            return group.members
        listed = await self._shared(group.usergroup)
        return listed if isinstance(listed, Unreadable) else listed | group.members

    async def channel(self, channel: str) -> Channel | Unreadable:
        """Return what a channel is; one that is about to be shared counts as shared."""
        try:
            reply = await self._client.conversations_info(channel=channel)
        except CALL_FAILED as error:
            return _unreadable(error)
        seen = _read(_Channel, reply.get("channel"))
        if seen is None or seen.id != channel:
            return _ODD
        shared = seen.is_ext_shared or seen.is_pending_ext_shared
        return Channel(seen.id, seen.name, seen.is_archived, shared, seen.is_member)

    async def _shared(self, usergroup: str) -> frozenset[UserId] | Unreadable:
        """Join the read that is sent next, or have one sent; never one that is under way."""
        task = self._next.get(usergroup)
        if task is None:
            before = self._under_way.get(usergroup)
            task = asyncio.create_task(self._read(usergroup, before), name=f"read {usergroup}")
            self._next[usergroup] = task
            task.add_done_callback(partial(self._forget, usergroup))
        return await asyncio.shield(task)

    async def _read(
        self, usergroup: str, before: _Reading | None
    ) -> frozenset[UserId] | Unreadable:
        """Wait for the read under way, then read; those who come meanwhile wait for the next."""
        if before is not None:
            await asyncio.wait({before})
        self._under_way[usergroup] = self._next.pop(usergroup)
        return await self._listed(usergroup)

    def _forget(self, usergroup: str, task: _Reading) -> None:
        for reads in (self._next, self._under_way):
            if reads.get(usergroup) is task:
                del reads[usergroup]

    async def _listed(self, usergroup: str) -> frozenset[UserId] | Unreadable:
        try:
            reply = await self._client.usergroups_users_list(
                usergroup=usergroup, include_disabled=False
            )
        except CALL_FAILED as error:
            return _unreadable(error)
        seen = _read(_Members, {"users": reply.get("users")})
        return _ODD if seen is None else frozenset(map(UserId, seen.users))


def _read(model: type[_Model], value: Any) -> _Model | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _unreadable(error: BaseException) -> Unreadable:
    seen = failure(error)
    match seen.code:
        case "plan_upgrade_required" | "no_such_subteam":
            return Unreadable(
                f"Slack answered {seen.code}: name the people under members in the configuration "
                "and take the usergroup out"
            )
        case "ratelimited":
            return Unreadable("Slack is answering too many questions just now")
        case _ if seen.refused:
            return Unreadable(f"Slack answered {seen.code}")
        case _:
            return Unreadable("Slack could not be reached")
