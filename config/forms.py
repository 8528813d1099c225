"""The forms that values of the configuration file must have; each refusal says what to write.

A refusal never repeats the value, which may be a secret in the wrong place.
"""

import ipaddress
import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Final, NoReturn
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from bot.domain.values import TARGET_KEY
from config.references import REFERENCE_FORM, is_reference

_UNITS: Final = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
}
_DAY: Final = timedelta(days=1)
_PORT_LIMIT: Final = 65_535
_HTTPS_PORT: Final = 443
_NAME_LIMIT: Final = 200
_WILDCARDS: Final = frozenset({"*", "@here", "@channel", "@everyone", "everyone", "all", "any"})
_HOST: Final = re.compile(
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


def refuse(sentence: str) -> NoReturn:
    """Raise the error that shows this sentence."""
    raise PydanticCustomError("form", "{sentence}", {"sentence": sentence})


def duration(value: object) -> timedelta:
    """`500ms`, `5s`, `30m`, `2h`; at most a day."""
    found = re.fullmatch(r"([0-9]{1,9})(ms|s|m|h)", str(value))
    if found is None:
        refuse("must be a duration such as 500ms, 5s, 30m or 2h")
    length = int(found[1]) * _UNITS[found[2]]
    if length > _DAY:
        refuse("must not be longer than 24h")
    return length


def positive_duration(value: object) -> timedelta:
    """Return a duration longer than nothing."""
    length = duration(value)
    if not length:
        refuse("must be longer than 0s")
    return length


def user(value: object) -> str:
    """Return a Slack user id (Slack: `U` or `W` and upper-case letters and digits)."""
    if str(value).strip().lower() in _WILDCARDS:
        refuse("must be a user id such as U0ANA: a wildcard would make everybody one of them")
    if re.fullmatch(r"[UW][A-Z0-9]{2,}", str(value)) is None:
        refuse("must be a user id such as U0ANA (Slack: profile, Copy member ID), not a name")
    return str(value)


def usergroup(value: object) -> str:
    """Return a Slack user group id."""
    if re.fullmatch(r"S[A-Z0-9]+", str(value)) is None:
        refuse("must be the id of a user group such as S0LEADS, not its name or a wildcard")
    return str(value)


def channel(value: object) -> str:
    """Return a Slack channel id; direct messages (`D...`) are no place for a restore."""
    if re.fullmatch(r"[CG][A-Z0-9]+", str(value)) is None:
        refuse("must be a channel id such as C0INCIDENT (Slack: channel details, at the end)")
    return str(value)


def team(value: object) -> str:
    """Return a Slack workspace id."""
    if re.fullmatch(r"[TE][A-Z0-9]+", str(value)) is None:
        refuse("must be a workspace id such as T0WORKSPACE")
    return str(value)


def secret_reference(value: object) -> str:
    """Return a reference to a secret; the secret itself is refused without repeating it."""
    if not isinstance(value, str) or not is_reference(value):
        refuse(f"must say where the secret is, not what it is: {REFERENCE_FORM}")
    return value


def manager_url(value: object) -> str:
    """Return `https://host[:port]`."""
    text = str(value)
    if re.fullmatch(r"[!-~]+", text) is None or not text.lower().startswith("https://"):
        refuse("must begin with https:// and be plain ASCII without blanks")
    try:
        parts = urlsplit(text)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        refuse("is not a URL")
    if parts.username is not None or parts.password is not None:
        refuse("must not hold a user name or a password: use username and password")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "?" in text or "#" in text:
        refuse("must end after the host and port")
    checked = host(name)
    bracketed = f"[{checked}]" if ":" in checked else checked
    return f"https://{bracketed}" + (f":{port}" if port is not None else "")


def url_host(url: str) -> str:
    """Return the host of a URL that `manager_url` returned."""
    return urlsplit(url).hostname or ""


def url_place(url: str) -> tuple[str, int]:
    """Return host and port of a URL that `manager_url` returned, however it is written."""
    return url_host(url), urlsplit(url).port or _HTTPS_PORT


def host(value: object) -> str:
    """Return a host name or address: ASCII, lower case, in one of the usual forms.

    Other spellings of addresses (`127.1`, `0x7f000001`) and addresses that reach nobody or only
    this network's neighbours are refused, so that what is written is what is reached.
    """
    name = str(value).lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        last = name.rpartition(".")[2]
        if _HOST.fullmatch(name) is None or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
            refuse("must be a host name or an address, without a scheme, a port or a user")
        return name
    if address.is_unspecified or address.is_multicast or address.is_link_local:
        refuse("must be the address of one machine (not unspecified, multicast or link-local)")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        refuse("must be written as an IPv4 address")
    return str(address)


def is_loopback(name: str) -> bool:
    """Tell whether a checked host is this machine: 127.0.0.0/8, ::1, localhost."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def port(value: object) -> int:
    """Return a TCP port."""
    if re.fullmatch(r"[0-9]{1,5}", str(value)) is None or not 1 <= int(str(value)) <= _PORT_LIMIT:
        refuse(f"must be a port, 1 to {_PORT_LIMIT}")
    return int(str(value))


def count(value: object) -> int:
    """Return a whole number from 1 to 100."""
    if re.fullmatch(r"[0-9]{1,3}", str(value)) is None or not 1 <= int(str(value)) <= 100:  # noqa: PLR2004
        refuse("must be a whole number from 1 to 100")
    return int(str(value))


def approvals(value: object) -> int:
    """Return how many leads must say yes: two or more."""
    if re.fullmatch(r"[0-9]{1,2}", str(value)) is None:
        refuse("must be a whole number, 2 or more")
    if int(str(value)) < 2:  # noqa: PLR2004
        refuse("must be 2 or more: two people decide about a restore, and nothing lowers that")
    return int(str(value))


def truth(value: object) -> bool:
    """Return `true` or `false`."""
    if str(value) not in {"true", "false"}:
        refuse("must be true or false")
    return str(value) == "true"


def login(value: object) -> str:
    """Return a user name as Basic authentication can carry it (RFC 7617: no colon)."""
    if (
        re.fullmatch(r"[^\s:\x00-\x1f\x7f](?:[^:\x00-\x1f\x7f]*[^\s:\x00-\x1f\x7f])?", str(value))
        is None
    ):
        refuse("must be a user name: not blank, and without a colon")
    return str(value)


def directory(value: object) -> str:
    """Return the absolute directory of the backups, without a slash at its end."""
    text = str(value)
    if re.fullmatch(r"/[\w\-.+~%/]+", text, re.ASCII) is None or not text.strip("/"):
        refuse("must be an absolute directory such as /vol0/backups, not / and without blanks")
    if {".", ".."} & set(text.split("/")):
        refuse("must not contain . or .. as a part")
    return str(PurePosixPath("/" + text.strip("/")))


def file_pattern(value: object) -> str:
    """Return a pattern of file names."""
    if re.fullmatch(r"[^/\s\x00-\x1f\x7f]+", str(value)) is None:
        refuse("must be a pattern of file names such as backup-cluster-*, without a directory")
    return str(value)


def api_path(value: object) -> str:
    """Return a path on the manager, with or without a query."""
    if re.fullmatch(r"/api/[\w\-./]+(\?[\w\-=&]+)?", str(value), re.ASCII) is None or ".." in str(
        value
    ):
        refuse("must be a path on the manager such as /api/v1/node/backups?action=restore")
    return str(value)


def target_key(value: object) -> str:
    """Return the key of a target."""
    if TARGET_KEY.fullmatch(str(value)) is None:
        refuse("must be a key of a-z, 0-9 and -, at most 40 characters, as in dc1-nsxt")
    return str(value)


def instruction(value: object) -> str:
    """Return the name of a manager's instruction, exactly as it is."""
    text = str(value)
    if text.strip().lower() in _WILDCARDS:
        refuse("must be the exact name of one instruction: there is no wildcard")
    if not text.strip() or not text.isprintable() or len(text) > _NAME_LIMIT:
        refuse(f"must be the exact name of an instruction, 1 to {_NAME_LIMIT} characters")
    return text
