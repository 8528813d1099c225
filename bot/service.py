"""The verbs of the product: what people can do with requests, wherever they do it.

No Slack and no HTTP here: an intent comes in, parsed and stored; facts are read fresh; the ledger
judges and writes; the person is told privately what came of it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.blocks import replies
from bot.channels import usable
from bot.domain.errors import NotFoundError, OutsideError
from bot.domain.intents import CancelIntent, FileIntent, Intent
from bot.domain.request import Request
from bot.domain.standing import (
    Finding,
    Standing,
    Unreadable,
    may_look,
    may_request,
    quorum_reachable,
)
from bot.domain.target import Configuration, Target
from bot.domain.values import RequestId, UserId
from bot.meaning import Act, channel_of, command_of
from bot.ports import (
    Applied,
    AuditEntry,
    AuditHead,
    Directory,
    Filing,
    Inbox,
    Ledger,
    Looker,
    Outbox,
    Signature,
    Tried,
)
from bot.preflight import Preflight
from bot.runbooks.observations import Offered, Trouble
from bot.runbooks.preflight import NotReady, Ready
from bot.turns import Turns

log = structlog.get_logger()

AT_ONCE: Final = 4
"""Intents decided at the same time. The others wait, stored, so that in a rush the next one need
not queue behind them for the database before it is stored and acked."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who wants to look at something, and where; `key` is unique for each look."""

    key: str
    user: UserId
    channel: str


class Service:
    """Everything a person can ask of the bot."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        ledger: Ledger,
        inbox: Inbox,
        outbox: Outbox,
        directory: Directory,
        preflight: Preflight,
        new_id: Callable[[], RequestId],
    ) -> None:
        self.configuration = configuration
        self._ledger = ledger
        self._inbox = inbox
        self._outbox = outbox
        self._directory = directory
        self._preflight = preflight
        self._new_id = new_id
        self._deciding = asyncio.Semaphore(AT_ONCE)
        self._turns = Turns()
        self._under_way: set[str] = set()

    async def receive(self, key: str, intent: Intent) -> bool:
        """Store what somebody did, before Slack hears "ok"; say whether it is new."""
        return await self._inbox.store(key, intent)

    async def perform(self, key: str, intent: Intent) -> None:
        """Judge a stored intent, write what follows, tell the person. Safe to repeat.

        What is meant for one request is judged in the order of these calls, which is to be the
        order in which it was stored: a slow Slack lets no later press overtake an earlier one.
        What this process is at already, or has in its queue, is not begun a second time.
        """
        if key in self._under_way:
            return
        self._under_way.add(key)
        try:
            if isinstance(intent, FileIntent):
                async with self._deciding:
                    await self._close(key, intent, await self._file(key, intent))
            else:
                await self._in_turn(key, intent)
        finally:
            self._under_way.remove(key)

    async def tell_broken(self, key: str, intent: Intent) -> None:
        """Tell whoever did it, once, that the bot broke on it."""
        await self._outbox.tell(
            f"{key}:broke", intent.user, channel_of(intent), replies.not_finished()
        )

    async def _in_turn(self, key: str, intent: Act) -> None:
        """Ask Slack who it is at once; then wait for those who came before, and judge."""
        with self._turns.place(intent.request_id) as turn:
            async with self._deciding:
                actor = await self._standing(intent.user)
            await turn.wait()
            async with self._deciding:
                await self._close(key, intent, await self._decide(key, intent, actor))

    async def _close(self, key: str, intent: Intent, text: str) -> None:
        await self._outbox.tell(key, intent.user, channel_of(intent), text)
        await self._inbox.done(key)

    async def standings(self, users: Sequence[UserId]) -> list[Standing]:
        """Read who these people are, fresh; the group of leads is read once for all of them."""
        people = self.configuration.people
        leads, accounts = await asyncio.gather(
            self._directory.members(people.leads),
            asyncio.gather(*map(self._directory.account, users)),
        )
        return [
            Standing(user, people.person(user), self.configuration.team_id, account, leads)
            for user, account in zip(users, accounts, strict=True)
        ]

    async def _standing(self, user: UserId) -> Standing:
        return (await self.standings([user]))[0]

    # -- filing ---------------------------------------------------------------------------------

    async def _file(self, key: str, intent: FileIntent) -> str:
        signature = Signature(key=key, actor=intent.user)
        tried = Tried("File", intent.channel, intent.wish)
        refusal = await self._may_file(intent)
        if refusal is not None:
            # After a crash it may have been filed already: what was decided first stands.
            return _filed(await self._ledger.refuse(None, refusal, signature, tried))
        target = self.configuration.targets[intent.wish.target]
        filed = await self._ledger.file(
            Filing(
                id=self._new_id(),
                wish=intent.wish,
                environment=target.environment,
                requester=intent.user,
                requester_person=self.configuration.people.person(intent.user),
                team=self.configuration.team_id,
                channel=intent.channel,
            ),
            signature,
        )
        return _filed(filed)

    async def _may_file(self, intent: FileIntent) -> Finding | None:
        if intent.wish.target not in self.configuration.targets:
            return Finding.no("known_target", self.unknown_target(intent.wish.target))
        place = usable(intent.channel, await self._directory.channel(intent.channel))
        if not place.holds:
            return place
        people, standing = self.configuration.people, await self._standing(intent.user)
        members: frozenset[UserId] | Unreadable = frozenset()
        if people.requesters is not None:
            members = await self._directory.members(people.requesters)
        allowed = may_request(standing, people.requesters, members)
        if not allowed.holds:
            return allowed
        reachable = self._quorum(standing)
        return None if reachable.holds else reachable

    def _quorum(self, requester: Standing) -> Finding:
        if isinstance(requester.leads, Unreadable):
            return Finding.no(
                "quorum_reachable",
                f"The group of leads could not be read ({requester.leads.why}), so nobody could "
                "approve this. Try again in a moment.",
            )
        people = self.configuration.people
        persons = frozenset(people.person(user) for user in requester.leads)
        return quorum_reachable(requester.person, persons, self.configuration.policy.approvals)

    # -- deciding -------------------------------------------------------------------------------

    async def _decide(self, key: str, intent: Act, actor: Standing) -> str:
        place = None if isinstance(intent, CancelIntent) else intent.place
        try:
            request = await self._ledger.get(intent.request_id)
        except NotFoundError:
            said = replies.not_found(intent.request_id)
            signature = Signature(key, intent.user, place)
            await self._ledger.refuse(
                intent.request_id, Finding.no("known_request", said), signature
            )
            return said
        command = command_of(intent, actor, request)
        applied = await self._ledger.apply(request.id, command, Signature(key, intent.user, place))
        return replies.receipt(applied.request, command, applied.decision)

    # -- reading --------------------------------------------------------------------------------

    def unknown_target(self, key: str) -> str:
        """Say which targets there are instead."""
        return replies.unknown_target(key, sorted(self.configuration.targets))

    def target(self, key: str) -> Target | None:
        """Return a configured target."""
        return self.configuration.targets.get(key)

    async def request(self, request_id: RequestId) -> Request | None:
        """Return a request, or `None` if there is none with this id."""
        try:
            return await self._ledger.get(request_id)
        except NotFoundError:
            return None

    async def requests(
        self, *, active: bool = False, target: str | None = None, limit: int = 20
    ) -> Sequence[Request]:
        """Return requests, newest first."""
        return await self._ledger.requests(active=active, target=target, limit=limit)

    async def story(self, request_id: RequestId) -> tuple[Sequence[AuditEntry], AuditHead | None]:
        """Return all that happened to a request, and the head of the audit chain."""
        return await self._ledger.story(request_id), await self._ledger.head()

    async def backups(self, target: Target, visitor: Visitor) -> Offered | Trouble | Finding:
        """Return the backups of a target, newest first; a finding: not for this person."""
        if refusal := await self._may_look(visitor, "Backups"):
            return refusal
        return await self._preflight.offered(target, Looker(visitor.user))

    async def plan(
        self, target: Target, backup: str, visitor: Visitor
    ) -> Ready | NotReady | Finding:
        """Return what a request would plan now; a finding: not for this person. Files nothing."""
        if refusal := await self._may_look(visitor, "Plan"):
            return refusal
        looker = Looker(visitor.user)
        return await self._preflight.look(target.key, target.scope, backup, looker)

    async def _may_look(self, visitor: Visitor, what: str) -> Finding | None:
        """Judge who wants something looked at outside; a refusal is audited."""
        people, user = self.configuration.people, visitor.user
        if people.requesters is None:
            account = await self._directory.account(user)
            nobody: frozenset[UserId] = frozenset()
            team = self.configuration.team_id
            standing = Standing(user, people.person(user), team, account, nobody)
            finding = may_look(standing, None, nobody)
        else:
            members = await self._directory.members(people.requesters)
            finding = may_look(await self._standing(user), people.requesters, members)
        if finding.holds:
            return None
        tried = Tried(what, visitor.channel)
        await self.refuse(None, finding, Signature(visitor.key, user), tried)
        return finding

    async def refuse(
        self,
        request_id: RequestId | None,
        finding: Finding,
        signature: Signature,
        tried: Tried,
    ) -> None:
        """Audit what was refused before it became an intent.

        Nothing was changed, so an outage of the database is only logged.
        """
        try:
            await self._ledger.refuse(request_id, finding, signature, tried)
        except OutsideError as error:
            log.warning("refusal.not_audited", rule=finding.rule, said=error.said)


def _filed(decided: Applied | Finding) -> str:
    if isinstance(decided, Finding):
        return replies.refused(decided)
    return replies.filed(decided.request)
