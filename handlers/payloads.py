"""Slack's JSON ends here: payloads in, small typed values out.

Source: docs.slack.dev/reference/interaction-payloads, and Implementing slash commands.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.blocks.actions import parse_value
from bot.domain.plan import ShortDigest
from bot.domain.request import Choice, Place
from bot.domain.values import RequestId, UserId

User = Annotated[str, StringConstraints(pattern=r"\A[UW][A-Z0-9]{1,30}\z")]
ChannelId = Annotated[str, StringConstraints(pattern=r"\A[CGD][A-Z0-9]{1,30}\z")]
Ts = Annotated[str, StringConstraints(pattern=r"\A[0-9]{1,12}\.[0-9]{1,9}\z")]
Opaque = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Url = Annotated[str, StringConstraints(pattern=r"\Ahttps?://\S{1,500}\z")]

_VALUE_LIMIT: Final = 100


_Model = TypeVar("_Model", bound=BaseModel)


class MalformedError(ValueError):
    """A payload that is not what Slack documents. Names the place, never the content."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Named(_Part):
    """Something with an id."""

    id: Opaque


class Actor(_Part):
    """Who did it. In Enterprise Grid `team_id` may be an `E...` id."""

    id: User
    team_id: str | None = None


class Command(_Part):
    """A slash command."""

    team_id: Opaque
    user_id: User
    channel_id: ChannelId
    text: str = ""
    trigger_id: Opaque
    response_url: Url

    @property
    def user(self) -> UserId:
        """Who typed it."""
        return UserId(self.user_id)


class _Spot(_Part):
    channel_id: ChannelId
    message_ts: Ts


class _Action(_Part):
    action_id: Opaque
    block_id: Annotated[str, StringConstraints(max_length=255)] = ""
    value: Annotated[str, StringConstraints(max_length=_VALUE_LIMIT)] = ""


class Press(_Part):
    """A button of a message was pressed."""

    user: Actor
    container: _Spot
    actions: Annotated[tuple[_Action, ...], Field(min_length=1, max_length=1)]
    trigger_id: Opaque
    response_url: Url

    @property
    def by(self) -> UserId:
        """Who pressed it."""
        return UserId(self.user.id)

    @property
    def place(self) -> Place:
        """The message that it stands on."""
        return Place(self.container.channel_id, self.container.message_ts)

    @property
    def action_id(self) -> str:
        """Which button it is."""
        return self.actions[0].action_id

    @property
    def block_id(self) -> str:
        """In which row of buttons it stands."""
        return self.actions[0].block_id

    @property
    def subject(self) -> tuple[RequestId, ShortDigest | None]:
        """Which request and plan the button stands for. Raises `MalformedError`."""
        return subject(self.actions[0].value)


class _Option(_Part):
    value: Annotated[str, StringConstraints(max_length=2000)]


class _Entry(_Part):
    """The state of one field: a text, or a chosen option, or several of them."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_options: tuple[_Option, ...] | None = None

    @property
    def text(self) -> str:
        chosen = self.selected_option
        return chosen.value if chosen else self.value or ""


class _Block(_Part):
    block_id: Annotated[str, StringConstraints(max_length=255)] = ""


class _State(_Part):
    values: dict[str, dict[str, _Entry]] = Field(default_factory=dict)


class View(_Part):
    """A modal as its person has it."""

    id: Opaque
    hash: Opaque
    callback_id: str = ""
    private_metadata: Annotated[str, StringConstraints(max_length=3000)] = ""
    blocks: tuple[_Block, ...] = ()
    state: _State = _State()

    @property
    def block_ids(self) -> tuple[str, ...]:
        """The ids of all blocks, top to bottom."""
        return tuple(block.block_id for block in self.blocks)

    def has(self, action_id: str) -> bool:
        """Say whether the form has such a field."""
        return any(action_id in fields for fields in self.state.values.values())

    def chosen(self, action_id: str) -> Mapping[str, tuple[str, ...]]:
        """Return the values that are chosen in all fields of this action, by `block_id`."""
        return {
            block_id: tuple(option.value for option in fields[action_id].selected_options or ())
            for block_id, fields in self.state.values.items()
            if action_id in fields
        }

    def entered(self, action_id: str) -> tuple[str, str]:
        """Return `block_id` and text of a field; the text is empty where there is none."""
        for block_id, fields in self.state.values.items():
            if action_id in fields:
                return block_id, fields[action_id].text
        return action_id, ""

    def metadata(self) -> Mapping[str, str]:
        """Return what we put into the form ourselves. Raises `MalformedError`."""
        try:
            read = json.loads(self.private_metadata or "{}")
        except ValueError:
            read = None
        if isinstance(read, dict) and all(isinstance(one, str) for one in read.values()):
            return read
        raise MalformedError("private_metadata")


class Submission(_Part):
    """A form was sent."""

    user: Actor
    view: View

    @property
    def by(self) -> UserId:
        """Who sent it."""
        return UserId(self.user.id)

    @property
    def key(self) -> str:
        """The same for every repeat of the same submission."""
        return f"view:{self.view.id}:{self.view.hash}"


class _Chosen(_Part):
    action_ts: Opaque
    selected_option: _Option


class Chosen(_Part):
    """An option of an open form was chosen."""

    user: Actor
    view: View
    trigger_id: Opaque
    actions: Annotated[tuple[_Chosen, ...], Field(min_length=1, max_length=1)]

    @property
    def by(self) -> UserId:
        """Who chose it."""
        return UserId(self.user.id)

    @property
    def value(self) -> str:
        """What was chosen."""
        return self.actions[0].selected_option.value

    @property
    def at(self) -> str:
        """When; later choices have later stamps."""
        return self.actions[0].action_ts


class _HomeEvent(_Part):
    user: User
    tab: str = "home"


class HomeOpened(_Part):
    """Somebody opened the Home or Messages tab."""

    event: _HomeEvent


class _Mention(_Part):
    user: User
    channel: ChannelId


class Mentioned(_Part):
    """Somebody wrote to the bot in a channel."""

    event: _Mention


class _Origin(_Part):
    """Where any payload comes from; every kind says it in other words."""

    team_id: str | None = None
    team: Named | None = None
    api_app_id: str | None = None
    channel_id: str | None = None
    channel: Named | None = None
    user: Actor | str | None = None
    user_id: str | None = None
    trigger_id: Opaque | None = None


class Origin(_Part):
    """Workspace of the app, person and their workspace, app and channel, where they are told.

    `trigger_id` is unique for each thing that somebody does.
    """

    team: str | None
    user: str | None
    user_team: str | None
    trigger_id: str | None
    app_id: str | None
    channel: str | None


def origin(body: Mapping[str, Any]) -> Origin:
    """Return where a payload comes from. Raises `MalformedError`."""
    seen = read(_Origin, body)
    person = seen.user if isinstance(seen.user, Actor) else None
    return Origin(
        team=seen.team.id if seen.team else seen.team_id,
        user=person.id if person else seen.user_id,
        user_team=person.team_id if person else None,
        trigger_id=seen.trigger_id,
        app_id=seen.api_app_id,
        channel=seen.channel.id if seen.channel else seen.channel_id,
    )


def subject(value: str) -> tuple[RequestId, ShortDigest | None]:
    """Return which request and plan a value stands for. Raises `MalformedError`."""
    parsed = parse_value(value)
    if parsed is None:
        raise MalformedError("value")
    return parsed


def form_subject(view: View) -> tuple[Place, RequestId, ShortDigest | None]:
    """Return which message opened a form, and for what. Raises `MalformedError`."""
    metadata = view.metadata()
    spot = read(_Spot, {"channel_id": metadata.get("channel"), "message_ts": metadata.get("ts")})
    request_id, digest = subject(metadata.get("value", ""))
    return Place(spot.channel_id, spot.message_ts), request_id, digest


def form_question(view: View) -> tuple[str, Choice]:
    """Return which question a form was opened for, and which answer it is.

    Raises `MalformedError`.
    """
    metadata = view.metadata()
    question, choice = metadata.get("question"), metadata.get("choice")
    if not question or choice not in set(Choice):
        raise MalformedError("private_metadata")
    return question, Choice(choice)


def read(model: type[_Model], body: Mapping[str, Any]) -> _Model:
    """Return the part of a payload that a model names. Raises `MalformedError`."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        places = {".".join(map(str, one["loc"])) for one in error.errors(include_input=False)}
        raise MalformedError(f"{model.__name__}: {', '.join(sorted(places))}") from None
