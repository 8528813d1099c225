"""The payloads of commands, clicks, views and events, field by field as Slack sends them."""

from dataclasses import dataclass

from bot.sandbox.slack.channels import Channel
from bot.sandbox.slack.form_values import initial_values
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.people import User
from bot.sandbox.slack.tokens import AppCredentials
from bot.sandbox.slack.views import View

VERIFICATION_TOKEN = "legacy-verification-token"  # noqa: S105 - Slack's own field, proves nothing


@dataclass(frozen=True, slots=True)
class PayloadWriter:
    """Writes the payloads of one app in one workspace."""

    app: AppCredentials

    def command(
        self,
        user: User,
        channel: Channel,
        command: tuple[str, str],
        *,
        trigger_id: str,
        response_url: str,
    ) -> Json:
        """A slash command: `command` is its name and its text. Every value is a string."""
        name, text = command
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": user.payload_team_id or user.team_id or self.app.team_id,
            "team_domain": self.app.team_domain,
            "channel_id": channel.id,
            "channel_name": "privategroup" if channel.is_private else channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": text,
            "api_app_id": self.app.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": trigger_id,
        }

    def message_action(
        self,
        user: User,
        message: Message,
        channel: Channel,
        action: Json,
        *,
        trigger_id: str,
        response_url: str,
    ) -> Json:
        """block_actions from a message; the message itself is left out for an ephemeral."""
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.is_ephemeral,
        }
        if message.thread_ts is not None or message.reply_count:
            container["thread_ts"] = message.thread_ts or message.ts
        payload = {
            **self._head("block_actions", user, trigger_id),
            "container": container,
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": initial_values(message.blocks)},
            "response_url": response_url,
            "actions": [action],
        }
        if not message.is_ephemeral:
            payload["message"] = {**message.as_json(), "app_id": self.app.app_id}
        return payload

    def view_action(self, user: User, view: View, action: Json, *, trigger_id: str) -> Json:
        """block_actions from a modal or App Home: a `view`, no channel, no message."""
        return {
            **self._head("block_actions", user, trigger_id),
            "container": {"type": "view", "view_id": view.id},
            "view": self.view(view),
            "actions": [action],
        }

    def submission(self, user: User, view: View, *, trigger_id: str) -> Json:
        """view_submission."""
        return {
            **self._head("view_submission", user, trigger_id),
            "view": self.view(view),
            "response_urls": [],
        }

    def closed(self, user: User, view: View, *, is_cleared: bool) -> Json:
        """view_closed."""
        payload = self._head("view_closed", user, "")
        del payload["trigger_id"]
        return {**payload, "view": self.view(view), "is_cleared": is_cleared}

    def suggestion(self, user: User, view: View, control: tuple[str, str], query: str) -> Json:
        """block_suggestion: `control` is the block_id and the action_id."""
        block_id, action_id = control
        payload = self._head("block_suggestion", user, "")
        del payload["trigger_id"]
        return {
            **payload,
            "container": {"type": "view", "view_id": view.id},
            "view": self.view(view),
            "block_id": block_id,
            "action_id": action_id,
            "value": query,
        }

    def event(self, event: Json, event_id: str, at: float, *, shared: bool) -> Json:
        """The wrapper of the Events API around one event."""
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": self.app.team_id,
            "api_app_id": self.app.app_id,
            "type": "event_callback",
            "event": event,
            "event_id": event_id,
            "event_time": int(at),
            "event_context": f"context-{event_id}",
            "is_ext_shared_channel": shared,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": self.app.team_id,
                    "user_id": self.app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                },
            ],
        }

    def view(self, view: View) -> Json:
        """The view object of a payload."""
        app = self.app
        return view.as_json(team_id=app.team_id, app_id=app.app_id, bot_id=app.bot_id)

    def _head(self, kind: str, user: User, trigger_id: str) -> Json:
        team = user.payload_team_id or user.team_id or self.app.team_id
        return {
            "type": kind,
            "team": {"id": self.app.team_id, "domain": self.app.team_domain},
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": team},
            "api_app_id": self.app.app_id,
            "token": VERIFICATION_TOKEN,
            "trigger_id": trigger_id,
            "enterprise": None,
            "is_enterprise_install": False,
        }
