"""The environment: tokens, addresses and places, read once at the start."""

import ipaddress
import os
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.values import SecretRef
from config.errors import ConfigError
from config.references import REFERENCE_FORM, is_reference

_PORT_LIMIT: Final = 65_535
_SIGNING_SECRET_FLOOR: Final = 16


class Purpose(StrEnum):
    """What the program is started for; each needs other parts of the environment."""

    SERVE = "serve"
    WEB = "web"
    WORKER = "worker"
    OFFLINE = "offline"
    """Everything that does not talk to Slack: plan, list, show, report, audit, migrate."""


class LogFormat(StrEnum):
    """How log lines are written."""

    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    """From which severity on log lines are written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _problem(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("setting", "{sentence}", {"sentence": sentence})


def _bot_token(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith("xoxb-"):
        raise _problem("is not a bot token: those begin with xoxb-")
    return value


def _app_token(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith("xapp-"):
        raise _problem("is not an app-level token: those begin with xapp-")
    return value


def _signing_secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _SIGNING_SECRET_FLOOR:
        raise _problem(
            f"is too short to be a signing secret (fewer than {_SIGNING_SECRET_FLOOR} characters)"
        )
    return value


def _slack_url(value: str) -> str:
    if not re.fullmatch(r"[!-~]+", value):
        raise _problem("is not a URL: it has blanks or characters that are not ASCII")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _problem("is not a URL") from error
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise _problem("must be a plain URL such as https://slack.com/api/")
    match parts.scheme:
        case "https":
            pass
        case "http" if _is_loopback(host):
            pass
        case "http":
            raise _problem("must begin with https:// (http only to this machine's loopback)")
        case _:
            raise _problem("must begin with https://")
    return value.rstrip("/") + "/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database(value: SecretStr) -> SecretStr:
    if not re.match(r"(sqlite:///|postgresql://)\S", value.get_secret_value()):
        raise _problem("must begin with sqlite:/// or postgresql://")
    if value.get_secret_value().startswith("sqlite:") and "?" in value.get_secret_value():
        raise _problem("must be sqlite:/// and a file alone: SQLite takes no options (from ? on)")
    return value


def _reference(value: str) -> SecretRef:
    if not is_reference(value):
        raise _problem(f"must be a reference to a secret: {REFERENCE_FORM}")
    return SecretRef(value)


def _port(value: object) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > _PORT_LIMIT:
        raise _problem(f"must be a port number, 0 to {_PORT_LIMIT}")
    return int(str(value))


def _level(value: object) -> LogLevel:
    if str(value).upper() not in set(LogLevel):
        raise _problem(f"must be one of {', '.join(LogLevel)}")
    return LogLevel(str(value).upper())


def _format(value: object) -> LogFormat:
    if str(value).lower() not in set(LogFormat):
        raise _problem(f"must be one of {', '.join(LogFormat)}")
    return LogFormat(str(value).lower())


BotToken = Annotated[SecretStr, AfterValidator(_bot_token)]
AppToken = Annotated[SecretStr, AfterValidator(_app_token)]
SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
Port = Annotated[int, BeforeValidator(_port)]


class Settings(BaseSettings):
    """What the environment says. A blank value counts as none.

    Secrets are `SecretStr`; `database_url` too, since it may hold a password. `audit_key` is a
    reference to a secret. `port` 0 lets the system choose.
    """

    model_config = SettingsConfigDict(
        alias_generator=str.upper,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    slack_bot_token: BotToken | None = None
    slack_signing_secret: SigningSecret | None = None
    slack_app_token: AppToken | None = None
    slack_api_url: Annotated[str, AfterValidator(_slack_url)] = "https://slack.com/api/"
    database_url: Annotated[SecretStr, AfterValidator(_database)] = SecretStr(
        "sqlite:///nsx-restore.db"
    )
    nsx_restore_config: Path = Path("config/nsx-restore.yaml")
    host: str = "127.0.0.1"
    port: Port = 3000
    admin_port: Port = 9464
    audit_key: Annotated[SecretRef, AfterValidator(_reference)] | None = None
    log_level: Annotated[LogLevel, BeforeValidator(_level)] = LogLevel.INFO
    log_format: Annotated[LogFormat, BeforeValidator(_format)] = LogFormat.JSON

    @model_validator(mode="before")
    @classmethod
    def _blank_is_none(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value.strip() if isinstance(value, str) else value
            for name, value in values.items()
            if not isinstance(value, str) or value.strip()
        }

    @property
    def given(self) -> frozenset[str]:
        """The names of the variables that have a value, be it by default."""
        return frozenset(name.upper() for name, value in self if value is not None)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A variable whose value is no good; `said` is what is wrong, without the value."""

    name: str
    said: str

    def __str__(self) -> str:
        """Say both in a sentence."""
        return f"{self.name} {self.said}."


def load_settings(purpose: Purpose) -> Settings:
    """Read the environment and see that all is there that this purpose needs.

    Raises:
        ConfigError: one line that names every variable to set or to correct.
    """
    settings, malformed = read_settings()
    absent = missing(purpose, {name for name in _NAMES if os.environ.get(name, "").strip()})
    if malformed or absent:
        raise ConfigError((" ".join(map(str, (*malformed, *absent))),))
    return settings


def read_settings() -> tuple[Settings, tuple[Malformed, ...]]:
    """Read what holds of the environment, whatever is `missing` from it, and name what is wrong.

    A malformed variable is read as if it were not set.
    """
    no_text = [Malformed(name, "is not UTF-8 text") for name in _NAMES if not _is_text(name)]
    try:
        return _without(no_text), tuple(no_text)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    wrong = [*no_text, *(Malformed(str(each["loc"][0]), each["msg"]) for each in found)]
    return _without(wrong), tuple(wrong)


def _without(wrong: Iterable[Malformed]) -> Settings:
    """Read the environment as if these were blank."""
    blank: dict[str, Any] = {each.name: "" for each in wrong}
    return Settings(**blank)


_NAMES: Final = tuple(map(str.upper, Settings.model_fields))


def _is_text(name: str) -> bool:
    try:
        os.environ.get(name, "").encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8 stand in the environment as surrogates
        return False
    return True


@dataclass(frozen=True, slots=True)
class Missing:
    """A variable that is needed, and that is not there or blank; `advice` says what to set."""

    name: str
    advice: str

    def __str__(self) -> str:
        """Say both in a sentence."""
        return f"{self.name} is missing: {self.advice}"


_AUDIT_KEY: Final = Missing(
    "AUDIT_KEY",
    "set it to where the key of the audit chain is, such as "
    "file:/run/secrets/audit (any long random text; openssl rand -hex 32 makes one).",
)
_BOT_TOKEN: Final = Missing(
    "SLACK_BOT_TOKEN",
    'set it to the bot token (xoxb-...) from the Slack app\'s page "OAuth & Permissions".',
)
_WAY_IN: Final = Missing(
    "SLACK_SIGNING_SECRET",
    "set it to the signing secret from the Slack app's page "
    '"Basic Information", or set SLACK_APP_TOKEN (xapp-...) to use Socket Mode.',
)
_SLACK: Final = frozenset({Purpose.SERVE, Purpose.WEB, Purpose.WORKER})
_HEARS: Final = _SLACK - {Purpose.WORKER}


def missing(purpose: Purpose, given: AbstractSet[str]) -> tuple[Missing, ...]:
    """Return every variable that this purpose needs and that is not among the `given`."""
    absent = []
    if purpose in _SLACK and _BOT_TOKEN.name not in given:
        absent.append(_BOT_TOKEN)
    if purpose in _HEARS and given.isdisjoint({_WAY_IN.name, "SLACK_APP_TOKEN"}):
        absent.append(_WAY_IN)
    if purpose in _SLACK and _AUDIT_KEY.name not in given:
        absent.append(_AUDIT_KEY)
    return tuple(absent)
