"""What a page asks for: each act is one of the things that a `Person` does at their client."""

from typing import Annotated, Any, Final, Literal, TypeAlias, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.person import Person

Value: TypeAlias = str | list[str] | None
"""What a person enters: a text, an option's value, several of them, or nothing."""


class _Act(BaseModel):
    """One frame of the page; `id` comes back in the reply."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: int


class Slash(_Act):
    """Type a slash command."""

    do: Literal["slash"]
    channel: str
    command: str
    text: str = ""
    thread_ts: str | None = None


class Say(_Act):
    """Write a message; the page has escaped `&<>` and named people by id, as a client does."""

    do: Literal["say"]
    channel: str
    text: str = Field(min_length=1)
    thread_ts: str | None = None


class Press(_Act):
    """Press a control of a message; its confirm dialog, if any, was answered yes."""

    do: Literal["press"]
    channel: str
    ts: str
    action_id: str
    block_id: str | None = None
    value: str | None = None


class Fill(_Act):
    """Enter something into a control of a view."""

    do: Literal["fill"]
    view: str
    block_id: str
    action_id: str
    value: Value = None


class ViewPress(_Act):
    """Press a button of a view."""

    do: Literal["view_press"]
    view: str
    action_id: str
    block_id: str | None = None


class Submit(_Act):
    """Press the submit button of the modal on top, with what is filled in by block_id."""

    do: Literal["submit"]
    view: str
    values: dict[str, Value] = Field(default_factory=dict)


class Close(_Act):
    """Cancel the modal on top, or close the whole stack."""

    do: Literal["close"]
    view: str
    all: bool = False


class Home(_Act):
    """Open the app's Home tab."""

    do: Literal["home"]


class PanelAct(_Act):
    """Set a fault of the control panel, or start one of its actions."""

    do: Literal["panel"]
    act: Literal["fault", "action"]
    key: str
    value: str | bool | int | float | None = None


PersonAct: TypeAlias = Slash | Say | Press | Fill | ViewPress | Submit | Close | Home
Act: TypeAlias = PersonAct | PanelAct

ACT: Final[TypeAdapter[Act]] = TypeAdapter(Annotated[Act, Field(discriminator="do")])
"""Reads an act from parsed JSON. Raises `ValidationError`."""


async def perform(act: PersonAct, person: Person) -> Delivery:
    """Do it as this person.

    Raises what `Person` does: `NotVisible`, `NotClickable`, `CannotAct`, `SlackError`.
    """
    match act:
        case Slash():
            return await person.slash(act.channel, act.command, act.text, thread_ts=act.thread_ts)
        case Say():
            await person.say(act.channel, act.text, thread_ts=act.thread_ts)
            return Delivery(ok=True)
        case Press():
            return await person.click(
                act.channel, act.ts, act.action_id, value=act.value, block_id=act.block_id
            )
        case Fill():
            return await person.choose(act.view, act.block_id, act.action_id, act.value)
        case ViewPress():
            return await person.click_in_view(act.view, act.action_id, block_id=act.block_id)
        case Submit():
            return await person.submit(act.view, act.values)
        case Close():
            return await person.close_view(act.view, whole_stack=act.all)
        case Home():
            await person.open_home()
            return Delivery(ok=True)
        case _:
            assert_never(act)


def number_of(frame: Any) -> int | None:
    """The `id` of a frame that is no act, as far as it has one."""
    number = frame.get("id") if isinstance(frame, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None
