"""The Web API methods the workspace knows; any other name is `unknown_method`."""

from bot.sandbox.slack.web_api import (
    chat,
    conversations,
    files,
    people,
    reactions,
    session,
    views,
)
from bot.sandbox.slack.web_api.call import Method

METHODS: dict[str, Method] = {
    "api.test": session.api_test,
    "auth.test": session.auth_test,
    "bots.info": session.bots_info,
    "apps.connections.open": session.connections_open,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.permalink,
    "views.open": views.open_view,
    "views.push": views.push_view,
    "views.update": views.update_view,
    "views.publish": views.publish_view,
    "users.info": people.users_info,
    "users.list": people.users_list,
    "usergroups.list": people.usergroups_list,
    "usergroups.users.list": people.usergroups_users_list,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "conversations.open": conversations.open_direct,
    "files.getUploadURLExternal": files.get_upload_url,
    "files.completeUploadExternal": files.complete_upload,
    "reactions.add": reactions.add,
}
