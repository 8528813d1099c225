"""The configuration file as sections: its keys, their forms and defaults; see also `targets`."""

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from config import forms
from config.section import Duration, PositiveDuration, Section, User, misplaced
from config.targets import Targets


class Slack(Section):
    """`slack`: the workspace and the channels where the command works."""

    team_id: Annotated[str, BeforeValidator(forms.team)]
    channels: Annotated[list[Annotated[str, BeforeValidator(forms.channel)]], Field(min_length=1)]


class Group(Section):
    """People by Slack user group, by name, or both: the union counts."""

    usergroup: Annotated[str, BeforeValidator(forms.usergroup)] | None = None
    members: list[User] = []

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.usergroup is None and not self.members:
            raise misplaced("", "names nobody: give usergroup, members, or both")
        return self


def _not_blank(value: object) -> object:
    if value is None:
        forms.refuse("names nobody: leave the key out if every full member may ask")
    return value


class People(Section):
    """`people`: who may ask, who may approve, and which accounts are the same human."""

    requesters: Annotated[Group | None, BeforeValidator(_not_blank)] = None
    leads: Group
    aliases: dict[User, User] = {}

    @model_validator(mode="after")
    def _aliases_end_at_a_person(self) -> Self:
        for account, person in self.aliases.items():
            if person in self.aliases:
                raise misplaced(
                    f"aliases.{account}", "must point at a person's main account, not at an alias"
                )
        return self


class Policy(Section):
    """`policy`: the rules of approval. Two people is the floor."""

    approvals: Annotated[int, BeforeValidator(forms.approvals)] = 2
    request_ttl: PositiveDuration = timedelta(minutes=30)
    start_ttl: PositiveDuration = timedelta(minutes=10)
    start_delay: Duration = timedelta(seconds=10)
    remind_after: list[PositiveDuration] = [
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=10),
    ]
    typed_confirmation: Annotated[bool, BeforeValidator(forms.truth)] = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.remind_after != sorted(set(self.remind_after)):
            raise misplaced("remind_after", "must ascend: each reminder later than the one before")
        if self.start_delay >= self.start_ttl:
            raise misplaced(
                "start_delay", "must be shorter than start_ttl, or every approval would lapse"
            )
        return self


class ConfigurationFile(Section):
    """The whole file."""

    slack: Slack
    people: People
    policy: Policy = Policy()
    targets: Targets

    @model_validator(mode="after")
    def _enough_leads(self) -> Self:
        leads = self.people.leads
        persons = {self.people.aliases.get(user, user) for user in leads.members}
        if leads.usergroup is None and len(persons) < self.policy.approvals:
            raise misplaced(
                "people.leads",
                f"names {len(persons)} persons, and {self.policy.approvals} approvals are needed",
            )
        return self

    @model_validator(mode="after")
    def _a_manager_has_one_target(self) -> Self:
        owners: dict[tuple[str, int], str] = {}
        for key, target in self.targets.items():
            owner = owners.setdefault(forms.url_place(target.manager.url), key)
            if owner != key:
                raise misplaced(
                    f"targets.{key}.manager.url",
                    f"is the manager of {owner} too; a manager has one target, or it could be "
                    "restored twice at once",
                )
        return self


def values(section: Section) -> Any:
    """Return a section as JSON values, lists of people sorted: the same rules, the same values."""
    return _sorted(section.model_dump(mode="json"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(value)
    return value
