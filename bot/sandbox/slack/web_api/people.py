"""users.* and usergroups.*: who people are and which group they are in."""

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.rates import RateLimited
from bot.sandbox.slack.web_api.call import Call

GROUP_RETRY_AFTER = 30


def users_info(call: Call) -> Json:
    """users.info."""
    user = call.workspace.people.user(call.args.required("user"))
    if not user.visible_to_bot:
        raise SlackError("user_not_visible")
    return {"user": user.as_json(call.app.team_id)}


def users_list(call: Call) -> Json:
    """users.list."""
    users = [u for u in call.workspace.people.all() if u.visible_to_bot]
    members = [user.as_json(call.app.team_id) for user in users]
    return {**call.page(members, "members", 200), "cache_ts": int(call.workspace.clock())}


def usergroups_list(call: Call) -> Json:
    """usergroups.list; a plan without user groups refuses the whole list."""
    groups = call.workspace.people.groups()
    if any(group.error == "plan_upgrade_required" for group in groups):
        raise SlackError("plan_upgrade_required")
    listed = [group.as_json(call.app.team_id) for group in groups]
    if call.args.flag("include_users"):
        listed = [
            {**shown, "users": list(group.members)}
            for shown, group in zip(listed, groups, strict=True)
        ]
    return {"usergroups": listed}


def usergroups_users_list(call: Call) -> Json:
    """usergroups.users.list; people who left the workspace are not listed."""
    group = call.workspace.people.group(call.args.required("usergroup"))
    if isinstance(group.error, int):
        raise RateLimited(GROUP_RETRY_AFTER)
    if group.error is not None:
        raise SlackError(group.error)
    everybody = {user.id: user for user in call.workspace.people.all()}
    return {"users": [m for m in group.members if m in everybody and not everybody[m].deleted]}
