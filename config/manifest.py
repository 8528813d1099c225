"""The Slack app's manifest, for HTTP or for Socket Mode.

Source: https://docs.slack.dev/reference/app-manifest
"""

from typing import Any, Final

import yaml

BOT_SCOPES: Final = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:write",
    "usergroups:read",
    "users:read",
)
"""What the bot may do. Without `chat:write.public`, so that it must be invited to a channel; the
two `history` scopes are for finding its own message again after a crash."""

_DESCRIPTION: Final = "Restores an NSX Manager from its backup, once two leads have approved."


def manifest(request_url: str | None) -> dict[str, Any]:
    """Return the manifest.

    Args:
        request_url: where Slack sends commands, clicks and events, such as
            `https://bot.example.com/slack/events`; `None` for Socket Mode, which has no address.
    """
    return {
        "display_information": {"name": "nsx-restore", "description": _DESCRIPTION},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                # Without this tab the bot cannot send direct messages.
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "nsx-restore", "always_online": True},
            "slash_commands": [_command(request_url)],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": _address("request_url", request_url)
            | {"bot_events": ["app_home_opened", "app_mention"]},
            "interactivity": {"is_enabled": True}
            | _address("request_url", request_url)
            | _address("message_menu_options_url", request_url),
            "org_deploy_enabled": False,
            "socket_mode_enabled": request_url is None,
            "token_rotation_enabled": False,
        },
    }


def manifest_yaml(request_url: str | None) -> str:
    """Return the manifest as Slack's page "Create an app from a manifest" takes it."""
    return yaml.safe_dump(manifest(request_url), sort_keys=False, allow_unicode=True)


def _command(request_url: str | None) -> dict[str, Any]:
    return {
        "command": "/nsx-restore",
        "description": "Restore an NSX Manager from its backup",
        "usage_hint": "[request TARGET reason=... | status | list | help]",
        # Slack then writes people and channels as ids, which cannot be forged by a display name.
        "should_escape": True,
    } | _address("url", request_url)


def _address(key: str, url: str | None) -> dict[str, str]:
    return {} if url is None else {key: url}
