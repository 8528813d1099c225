"""views.*: opening, pushing and changing modals, publishing App Home."""

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.views import View
from bot.sandbox.slack.web_api.call import Call


def open_view(call: Call) -> Json:
    """views.open: a trigger opens one modal."""
    source = _source(call)
    trigger = call.workspace.tickets.spend_trigger(call.args.required("trigger_id"))
    return _reply(call, call.workspace.stacks.open(trigger.user, source))


def push_view(call: Call) -> Json:
    """views.push: a trigger that came from a modal puts one on top of it."""
    source = _source(call)
    trigger = call.workspace.tickets.spend_trigger(call.args.required("trigger_id"))
    if trigger.view_id is None:
        raise SlackError("invalid_trigger_id")
    return _reply(call, call.workspace.stacks.push(trigger.user, source))


def update_view(call: Call) -> Json:
    """views.update, by `view_id` or `external_id`, under a `hash` if one is given."""
    stacks = call.workspace.stacks
    source = _source(call)
    if "view_id" in call.args:
        view = stacks.find(call.args.text("view_id"))
    else:
        view = stacks.by_external_id(call.args.required("external_id"))
    return _reply(call, stacks.update(view, source, expected_hash=call.args.text("hash") or None))


def publish_view(call: Call) -> Json:
    """views.publish: the App Home of one person."""
    source = _source(call)
    user = call.workspace.people.user(call.args.required("user_id"))
    if not call.app.home_tab:
        raise SlackError("not_enabled")
    expected = call.args.text("hash") or None
    return _reply(call, call.workspace.stacks.publish(user.id, source, expected_hash=expected))


def _source(call: Call) -> Json:
    view = call.args.json("view")
    if not isinstance(view, dict):
        raise SlackError(
            "invalid_arguments",
            messages=("[ERROR] missing required field: view [json-pointer:/view]",),
        )
    return view


def _reply(call: Call, view: View) -> Json:
    app = call.app
    shown = view.as_json(team_id=app.team_id, app_id=app.app_id, bot_id=app.bot_id)
    return {"view": shown}
