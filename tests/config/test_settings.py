"""The environment is read once, and what is wrong with it is one line that says what to do."""

import os
import re

import pytest

from config.errors import ConfigError
from config.settings import (
    LogFormat,
    LogLevel,
    Purpose,
    Settings,
    load_settings,
    missing,
    read_settings,
)

_NAMES = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_APP_TOKEN",
    "SLACK_API_URL",
    "DATABASE_URL",
    "NSX_RESTORE_CONFIG",
    "PORT",
    "HOST",
    "ADMIN_PORT",
    "AUDIT_KEY",
    "LOG_LEVEL",
    "LOG_FORMAT",
)
_WEB = {
    "SLACK_BOT_TOKEN": "xoxb-1-canary",
    "SLACK_SIGNING_SECRET": "0123456789abcdef-canary",
    "AUDIT_KEY": "env:THE_KEY",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _NAMES:
        monkeypatch.delenv(name, raising=False)


def _load(
    monkeypatch: pytest.MonkeyPatch, purpose: Purpose = Purpose.OFFLINE, **environment: str
) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(purpose)


def test_the_names_are_exactly_those_of_the_interface() -> None:
    """No prefix, and no name more or less."""
    assert {name.upper() for name in Settings.model_fields} == set(_NAMES)


def test_a_plan_needs_no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing set, everything that stays away from Slack runs on defaults."""
    settings = _load(monkeypatch)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url.get_secret_value() == "sqlite:///nsx-restore.db"
    assert str(settings.nsx_restore_config) == "config/nsx-restore.yaml"
    assert (settings.host, settings.port, settings.admin_port) == ("127.0.0.1", 3000, 9464)
    assert (settings.log_level, settings.log_format) == (LogLevel.INFO, LogFormat.JSON)


@pytest.mark.parametrize("blank", ["", "  ", None])
@pytest.mark.parametrize("name", list(_WEB))
def test_a_needed_value_that_is_missing_or_blank_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, blank: str | None
) -> None:
    """The start stops with one line that begins with the name and says what to set."""
    environment = _WEB | {name: blank}
    with pytest.raises(ConfigError) as caught:
        _load(monkeypatch, Purpose.WEB, **{k: v for k, v in environment.items() if v is not None})
    (line,) = caught.value.lines
    assert line.startswith(f"{name} is missing: set it to ")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("purpose", "names"),
    [
        (Purpose.SERVE, ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "AUDIT_KEY"]),
        (Purpose.WEB, ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "AUDIT_KEY"]),
        (Purpose.WORKER, ["SLACK_BOT_TOKEN", "AUDIT_KEY"]),
    ],
)
def test_all_that_is_missing_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, purpose: Purpose, names: list[str]
) -> None:
    """Whoever sets up the bot learns at once what is still to be set, and what to."""
    with pytest.raises(ConfigError) as caught:
        _load(monkeypatch, purpose)
    (line,) = caught.value.lines
    assert re.findall(r"(\w+) is missing: set it to ", line) == names
    assert "\n" not in line


def test_what_is_wrong_and_what_is_missing_are_told_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All mistakes of the environment in one go; what is wrong is not said to be missing too."""
    with pytest.raises(ConfigError) as caught:
        _load(monkeypatch, Purpose.WORKER, SLACK_BOT_TOKEN="canary", PORT="x", LOG_LEVEL="LOUD")
    (line,) = caught.value.lines
    for said in ("SLACK_BOT_TOKEN is not a", "PORT must", "LOG_LEVEL must", "AUDIT_KEY is missing"):
        assert said in line
    assert "SLACK_BOT_TOKEN is missing" not in line


def test_an_examination_reads_whatever_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is no error then, and can be named; nor is what is wrong."""
    settings, malformed = read_settings()
    names = [each.name for each in missing(Purpose.SERVE, settings.given)]
    assert names == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "AUDIT_KEY"]
    assert malformed == ()
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "canary")
    monkeypatch.setenv("SLACK_API_URL", os.fsdecode(b"https://\xff"))
    monkeypatch.setenv("AUDIT_KEY", "env:KEY")
    settings, malformed = read_settings()
    assert {each.name: each.said for each in malformed} == {
        "SLACK_BOT_TOKEN": "is not a bot token: those begin with xoxb-",
        "SLACK_API_URL": "is not UTF-8 text",
        "PORT": "must be a port number, 0 to 65535",
    }
    assert (settings.slack_bot_token, settings.port) == (None, 3000)
    assert settings.audit_key == "env:KEY"


def test_socket_mode_needs_no_signing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app-level token takes the place of the signing secret."""
    environment = _WEB | {"SLACK_SIGNING_SECRET": " ", "SLACK_APP_TOKEN": "xapp-1"}
    assert _load(monkeypatch, Purpose.WEB, **environment).slack_app_token is not None


def test_a_worker_hears_nothing_from_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine side alone needs the bot token and no way in."""
    _load(monkeypatch, Purpose.WORKER, SLACK_BOT_TOKEN="xoxb-1", AUDIT_KEY="file:/key")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-canary", "those begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-canary", "those begin with xapp-"),
        ("SLACK_SIGNING_SECRET", "canary", "too short"),
        ("SLACK_API_URL", "http://slack.canary.com/api/", "must begin with https://"),
        ("SLACK_API_URL", "http://127.0.0.1.canary.com/", "must begin with https://"),
        ("SLACK_API_URL", "https://me:canary@slack.com/", "must be a plain URL"),
        ("SLACK_API_URL", "ftp://canary", "must begin with https://"),
        ("SLACK_API_URL", "https://[canary", "is not a URL"),
        ("DATABASE_URL", "mysql://me:canary@db/x", "sqlite:/// or postgresql://"),
        ("DATABASE_URL", "sqlite:///canary.db?timeout=5", "SQLite takes no options"),
        ("PORT", "canary", "must be a port number"),
        ("ADMIN_PORT", "65536", "must be a port number"),
        ("AUDIT_KEY", "canary", "env:NAME or file:/absolute/path"),
        ("LOG_LEVEL", "canary", "must be one of DEBUG, INFO, WARNING, ERROR"),
        ("LOG_FORMAT", "canary", "must be one of json, console"),
    ],
)
def test_a_wrong_value_is_named_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    """One line: the name and what is wrong; not the value, which may be a secret."""
    with pytest.raises(ConfigError) as caught:
        _load(monkeypatch, Purpose.OFFLINE, **{name: value})
    (line,) = caught.value.lines
    assert line.startswith(f"{name} ")
    assert sentence in line
    assert "canary" not in line


@pytest.mark.parametrize("name", ["DATABASE_URL", "NSX_RESTORE_CONFIG", "SLACK_BOT_TOKEN"])
def test_what_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Bytes that are no UTF-8 are refused where they come in, whichever variable has them."""
    with pytest.raises(ConfigError) as caught:
        _load(monkeypatch, Purpose.OFFLINE, **{name: os.fsdecode(b"sqlite:///a\xff.db")})
    assert caught.value.lines == (f"{name} is not UTF-8 text.",)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_slack_on_the_loopback_may_be_without_tls(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """A stand-in on this machine is spoken to over http; the slash at the end is added."""
    url = _load(monkeypatch, SLACK_API_URL=f"http://{host}/api").slack_api_url
    assert url == f"http://{host}/api/"


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the representation nor the JSON of the settings holds a secret."""
    settings = _load(
        monkeypatch, Purpose.WEB, **_WEB, DATABASE_URL="postgresql://me:canary@localhost/x"
    )
    assert "canary" not in repr(settings) + str(settings) + settings.model_dump_json()
