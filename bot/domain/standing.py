"""Facts about a person, read fresh from Slack, and what they allow.

Slack's flags are evidence, not proof: an absent flag is unknown, and unknown means no.
"""

from dataclasses import dataclass
from typing import Final

from bot.domain.target import Group
from bot.domain.values import PersonId, UserId


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account as `users.info` shows it.

    `team_id` is where the account lives; `None` when Slack did not say.
    """

    user: UserId
    team_id: str | None
    deleted: bool = False
    is_bot: bool = False
    is_app_user: bool = False
    is_workflow_bot: bool = False
    is_connector_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that could not be read; `why` is a sentence. Fails closed wherever it is used."""

    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One account at one moment: the person behind it, its flags, and who the leads are."""

    user: UserId
    person: PersonId
    home_team: str
    account: Account | Unreadable
    leads: frozenset[UserId] | Unreadable


def is_unreadable(standing: Standing) -> bool:
    """Say whether Slack could not tell who somebody is, or who the leads are."""
    return isinstance(standing.account, Unreadable) or isinstance(standing.leads, Unreadable)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found. `sentence` is what people, log and audit are shown."""

    rule: str
    holds: bool
    sentence: str

    @classmethod
    def yes(cls, rule: str) -> "Finding":
        """The rule holds; nothing needs to be said."""
        return cls(rule, holds=True, sentence="")

    @classmethod
    def no(cls, rule: str, sentence: str) -> "Finding":
        """The rule forbids it, for this reason."""
        return cls(rule, holds=False, sentence=sentence)


_ASK: Final = "Ask a full member of this workspace to do it."


def full_member(standing: Standing) -> Finding:
    """Only full, human, active members of the home workspace take part (Slack: user object)."""
    rule = "full_member"
    account = standing.account
    if isinstance(account, Unreadable):
        return Finding.no(
            rule,
            f"Slack could not say who you are ({account.why}), so this does not count. "
            "Try again in a moment.",
        )
    sentence = _why_not(account, standing.home_team)
    return Finding.no(rule, f"{sentence} {_ASK}") if sentence else Finding.yes(rule)


def _why_not(account: Account, home_team: str) -> str | None:
    if account.deleted:
        return "Your account is deactivated; deactivated people take no part in a restore."
    if account.is_bot or account.is_app_user or account.is_workflow_bot or account.is_connector_bot:
        return "Bots and apps take no part in a restore; a person must do this."
    if account.is_ultra_restricted:
        return "You are a single-channel guest; guests take no part in a restore."
    if account.is_restricted:
        return "You are a guest of this workspace; guests take no part in a restore."
    if account.is_stranger or account.team_id != home_team:
        return "You belong to another organization; external people take no part in a restore."
    return None


def is_lead(standing: Standing) -> Finding:
    """The account, or the person behind it, is in the group of leads right now."""
    rule = "is_lead"
    if isinstance(standing.leads, Unreadable):
        return Finding.no(
            rule,
            f"The group of leads could not be read ({standing.leads.why}), so nobody can decide "
            "just now. Try again in a moment.",
        )
    if {standing.user, UserId(standing.person)} & standing.leads:
        return Finding.yes(rule)
    return Finding.no(
        rule, "You are not in the group of leads, so you cannot decide this. Ask a lead."
    )


def may_request(
    standing: Standing, requesters: Group | None, members: frozenset[UserId] | Unreadable
) -> Finding:
    """Whoever asks is a full member, and in the group of requesters where one is configured.

    `members` is that group as it was read just now; it is not looked at when there is none.
    """
    rule = "may_request"
    person = full_member(standing)
    if not person.holds or requesters is None:
        return person
    if isinstance(members, Unreadable):
        return Finding.no(
            rule,
            f"The group of people who may ask could not be read ({members.why}). "
            "Try again in a moment.",
        )
    if {standing.user, UserId(standing.person)} & members:
        return Finding.yes(rule)
    return Finding.no(
        rule,
        "You are not among the people who may ask for a restore. "
        "Ask somebody who is on call to file it.",
    )


def may_look(
    standing: Standing, requesters: Group | None, members: frozenset[UserId] | Unreadable
) -> Finding:
    """Whoever has the manager or the backup server looked at is a full member who takes part.

    Each look logs in there, and logins that fail could lock an account. Where a group of
    requesters is configured, those and the leads take part; `members` is that group as it was
    read just now. It is not looked at when there is none, and neither are the leads.
    """
    rule = "may_look"
    person = full_member(standing)
    if not person.holds or requesters is None:
        return person
    mine = {standing.user, UserId(standing.person)}
    groups = (members, standing.leads)
    if any(not isinstance(group, Unreadable) and mine & group for group in groups):
        return Finding.yes(rule)
    for group in groups:
        if isinstance(group, Unreadable):
            return Finding.no(
                rule,
                f"The groups of people who take part could not be read ({group.why}). "
                "Try again in a moment.",
            )
    return Finding.no(
        rule,
        "You are not among the people who may ask for a restore or decide about one, so nothing "
        "is looked at for you. Ask somebody who is on call.",
    )


def quorum_reachable(
    requester: PersonId, lead_persons: frozenset[PersonId], approvals: int
) -> Finding:
    """Refuse at once what nobody could approve: enough leads besides the requester must exist."""
    others = len(lead_persons - {requester})
    if others >= approvals:
        return Finding.yes("quorum_reachable")
    return Finding.no(
        "quorum_reachable",
        f"This needs {approvals} leads other than you, and the group of leads has {others}. "
        "Ask the owner of the bot to add leads.",
    )
