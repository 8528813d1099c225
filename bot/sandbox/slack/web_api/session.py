"""auth.test, bots.info, api.test, apps.connections.open."""

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.tokens import TokenKind
from bot.sandbox.slack.web_api.call import Call


def auth_test(call: Call) -> Json:
    """Who the token belongs to."""
    app = call.app
    if call.kind is TokenKind.APP:
        return {"app_name": app.app_name, "app_id": app.app_id}
    return {
        "url": f"{call.origin}/",
        "team": app.team_domain,
        "user": app.app_name,
        "team_id": app.team_id,
        "user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def bots_info(call: Call) -> Json:
    """bots.info: the one app that is installed here."""
    app = call.app
    if call.args.required("bot") != app.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": app.app_name,
            "app_id": app.app_id,
            "user_id": app.bot_user_id,
        }
    }


def api_test(call: Call) -> Json:
    """Answers, or refuses with the error it was asked for."""
    if "error" in call.args:
        raise SlackError(call.args.text("error"))
    return {"args": {}}


def connections_open(call: Call) -> Json:
    """The address of one socket, good for one connection."""
    return {"url": call.socket_url()}
