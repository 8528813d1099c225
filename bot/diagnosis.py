"""What the doctor finds, and how it judges people and channels: by the rules of a decision."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from bot.channels import usable
from bot.domain.errors import OutsideError
from bot.domain.standing import Standing, Unreadable, full_member, quorum_reachable
from bot.domain.target import Configuration
from bot.domain.values import PersonId
from bot.ports import Channel, Directory


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was checked, and what was found."""

    about: str
    holds: bool
    said: str

    def as_json(self) -> dict[str, Any]:
        """Return the diagnosis as JSON values."""
        return asdict(self)

    def line(self) -> str:
        """Return the diagnosis as a line of text."""
        return f"{'ok  ' if self.holds else 'FAIL'}  {self.about}: {self.said}"


def well(about: str, said: str) -> Diagnosis:
    """Return what holds."""
    return Diagnosis(about, holds=True, said=said)


def ill(about: str, said: str) -> Diagnosis:
    """Return what does not hold, with what to do."""
    return Diagnosis(about, holds=False, said=said)


def fault(about: str, error: OutsideError) -> Diagnosis:
    """Return what an error says and advises."""
    return ill(about, f"{error.said} {error.advice}")


async def people_found(
    directory: Directory, configuration: Configuration
) -> AsyncIterator[Diagnosis]:
    """Yield what holds of leads, requesters and channels."""
    async for each in _leads(directory, configuration):
        yield each
    if configuration.people.requesters is not None:
        asking = await directory.members(configuration.people.requesters)
        if isinstance(asking, Unreadable):
            yield ill("requesters", f"the group cannot be read: {asking.why}.")
        else:
            yield well("requesters", f"{len(asking)} people may ask")
    for channel in sorted(configuration.channels):
        yield _channel(channel, await directory.channel(channel))


async def _leads(directory: Directory, configuration: Configuration) -> AsyncIterator[Diagnosis]:
    """Judge each lead as a decision would, and whether enough of them are left."""
    leads = await directory.members(configuration.people.leads)
    if isinstance(leads, Unreadable):
        yield ill("leads", f"the group cannot be read: {leads.why}.")
        return
    counted: set[PersonId] = set()
    for user in sorted(leads):
        person = configuration.people.person(user)
        account = await directory.account(user)
        standing = Standing(user, person, configuration.team_id, account, leads)
        finding = full_member(standing)
        if finding.holds:
            counted.add(person)
        else:
            yield ill(f"lead {user}", f"does not count, and would be told: {finding.sentence}")
    yield _quorum(frozenset(counted), configuration.policy.approvals)


_NOBODY = PersonId("")


def _quorum(leads: frozenset[PersonId], approvals: int) -> Diagnosis:
    """Say whether requests can be approved: those of others, and those of the leads."""
    said = f"{len(leads)} persons can approve, {approvals} must."
    if not quorum_reachable(_NOBODY, leads, approvals).holds:
        return ill("leads", f"{said} Nobody's request can be approved: name more leads.")
    if not all(quorum_reachable(lead, leads, approvals).holds for lead in leads):
        return well("leads", f"{said} A lead cannot ask as well: for that, name one more.")
    return well("leads", said)


def _channel(channel: str, seen: Channel | Unreadable) -> Diagnosis:
    about = f"channel {channel}"
    if isinstance(seen, Unreadable):
        advice = " Invite the bot to it, or correct the id." if "not_found" in seen.why else ""
        return ill(about, f"{seen.why}.{advice}")
    finding = usable(channel, seen)
    return well(about, "usable") if finding.holds else ill(about, finding.sentence)
