"""From a control on the screen to the `actions[]` entry of a payload."""

from dataclasses import replace

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.errors import NotClickable
from bot.sandbox.slack.form_values import entered
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message

BUTTON_FIELDS = frozenset({"type", "text", "value", "style", "url"})


def find_in_message(message: Message, action_id: str, block_id: str | None) -> tuple[str, Json]:
    """The block_id and the one control that is meant. Raises `NotClickable`."""
    found = [
        (block, element)
        for block, element in message.controls()
        if element["action_id"] == action_id and block_id in {None, block}
    ]
    if not found:
        raise NotClickable(f"no {action_id} on the message {message.ts}: {message.action_ids}")
    if len(found) > 1:
        raise NotClickable(f"several controls are called {action_id}; name the block_id")
    return found[0]


def action_of(element: Json, block_id: str, at: float, value: str | None) -> Json:
    """The entry for one press; `value` chooses an option. Raises `NotClickable`."""
    kind = element["type"]
    if kind == "button":
        if value is not None:
            raise NotClickable("a button offers no choice")
        shown = {name: part for name, part in element.items() if name in BUTTON_FIELDS}
    else:
        shown = entered(element, value, [])
    return {
        **shown,
        "action_id": element["action_id"],
        "block_id": block_id,
        "action_ts": f"{at:.6f}",
    }


def cancelled(element: Json) -> Delivery:
    """Cancel in the confirm dialog: nothing is sent. Raises `NotClickable` without a dialog."""
    if "confirm" not in element:
        raise NotClickable(f"{element['action_id']} shows no dialog that could be cancelled")
    return Delivery(ok=True, sent=False, dialog=element["confirm"])


def confirmed(element: Json, delivery: Delivery) -> Delivery:
    """The delivery, with the dialog that was confirmed before it, if any."""
    return replace(delivery, dialog=element.get("confirm"))
