"""The Slack app's manifest has what the bot needs, for both ways of hearing from Slack."""

import yaml

from bot.sandbox.slack.tokens import BOT_SCOPES as GRANTED
from config.manifest import BOT_SCOPES, manifest, manifest_yaml

_URL = "https://bot.example.com/slack/events"


def test_the_scopes_are_those_the_bot_is_tried_with() -> None:
    """The stand-in for Slack grants exactly the scopes of the manifest, so none is missing."""
    assert set(BOT_SCOPES) == GRANTED
    assert "chat:write.public" not in BOT_SCOPES


def test_socket_mode_has_no_address() -> None:
    """Slack refuses a manifest with both."""
    text = manifest_yaml(None)
    assert "url" not in text
    assert yaml.safe_load(text)["settings"]["socket_mode_enabled"] is True


def test_over_http_everything_goes_to_one_address() -> None:
    """Commands, clicks, options and events."""
    made = manifest(_URL)
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    assert made["features"]["slash_commands"][0]["url"] == _URL
    assert settings["event_subscriptions"]["request_url"] == _URL
    assert settings["interactivity"]["request_url"] == _URL
    assert settings["interactivity"]["message_menu_options_url"] == _URL


def test_what_is_easily_forgotten_is_on() -> None:
    """Escaping, interactivity, the Home tab, and the tab without which no message arrives."""
    made = manifest(None)
    home = made["features"]["app_home"]
    assert made["features"]["slash_commands"][0]["should_escape"] is True
    assert made["settings"]["interactivity"]["is_enabled"] is True
    assert home["home_tab_enabled"] is True
    assert home["messages_tab_enabled"] is True
