"""Text as people typed it, out of the form in which Slack sends it.

Source: docs.slack.dev/messaging/formatting-message-text: `&`, `<` and `>` arrive escaped, and with
"escape channels, users, and links" people, channels and links arrive as `<...|label>`.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

_ENTITY: Final = re.compile(r"<([^<>|\n]*)(?:\|([^<>\n]*))?>")
_SCHEMES: Final = ("http://", "https://", "mailto:", "tel:")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that nobody sees: controls, formats (right-to-left marks, zero-width
characters), surrogates, private use, unassigned, line and paragraph separators."""


def decoded(text: str) -> str:
    """Return what was typed: entities by id or address, then the three escapes, in NFC."""
    plain = _ENTITY.sub(lambda match: _entity(match[1], match[2]), text)
    plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return tidied(plain)


def tidied(text: str) -> str:
    """Return a text in NFC, with one kind of line break and without tabs and outer blanks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", lines).strip()


def hidden(text: str, allowed: Collection[str] = ()) -> str | None:
    """Return the code point of the first character nobody can see, such as `U+202E`, or `None`."""
    for character in text:
        if (
            character != "\n"
            and character not in allowed
            and unicodedata.category(character) in _HIDDEN
        ):
            return f"U+{ord(character):04X}"
    return None


def _entity(target: str, label: str | None) -> str:
    """A label may say anything, so it stands only for what it cannot misstate."""
    match target[:1]:
        case "@" | "#":
            return target
        case "!":
            return "@" + target[1:].removeprefix("subteam^").split("^")[0]
        case _:
            return _address(target, label)


def _address(target: str, label: str | None) -> str:
    """A link that Slack made of a bare name (`nsx.example.com`) becomes that name again."""
    scheme = next((one for one in _SCHEMES if target.startswith(one)), None)
    if scheme is None:
        return f"<{target}|{label}>" if label is not None else f"<{target}>"
    return label if label and target.removeprefix(scheme) == label else target
