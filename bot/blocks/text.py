"""Words for people. The one place where text from outside is made harmless.

Slack reads `<@U...>`, `<!channel>` and `<url|label>` in its markup as commands, so that text of
people and of other systems passes `escape` (markup) or `plain` (plain text) before it is shown.
Source: docs.slack.dev/messaging/formatting-message-text, Escaping text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from bot.domain.shortening import remark

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Unicode categories that can reorder or hide text: control, format, surrogate, private."""

JOINERS: Final = frozenset("\u200c\u200d")
"""Format characters that emoji and several scripts are spelt with; they reorder nothing."""

_TOKEN: Final = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
"""What may not be cut in two: our own markup, an escaped character, a character."""

_USER: Final = re.compile(r"[UW][A-Z0-9]{1,30}")
_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
_KILO: Final = 1000


def plain(text: str) -> str:
    """Return text whose hidden characters are visible: line breaks stay, the rest becomes U+FFFD.

    Right-to-left overrides and their like could make a sentence read as another one.
    """
    lines = re.sub("\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text).replace("\t", " ")
    return "".join(_visible(character) for character in lines)


def _visible(character: str) -> str:
    if character == "\n" or character in JOINERS:
        return character
    return "\ufffd" if unicodedata.category(character) in _HIDDEN else character


def escape(text: str) -> str:
    """Return `plain` text in which Slack finds no mention, no link and no date.

    `*`, `_`, `~`, backticks and `:emoji:` still change how it looks: where foreign words could
    pass for ours, they go through `code` or `quoted`.
    """
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def in_one_line(text: str) -> str:
    """Return escaped text without line breaks: what a manager says of itself, within a sentence."""
    return " ".join(escape(text).split())


def quoted(text: str) -> str:
    """Return foreign text as a quotation: no line of it can pass for one of ours."""
    return "\n".join(f"> {line}" for line in escape(text).split("\n"))


def code(text: str) -> str:
    """Return a foreign name in one line and in fixed width; backticks would end it."""
    return f"`{escape(text).replace('`', chr(0xFFFD)).replace(chr(10), ' ')}`"


def mention(user: str) -> str:
    """Return a mention of an account, or the escaped text if it is not an account's id."""
    return f"<@{user}>" if _USER.fullmatch(user) else escape(user)


def mentions(users: Iterable[str]) -> str:
    """Return mentions of several accounts, each once, in the order given."""
    return ", ".join(mention(user) for user in dict.fromkeys(users))


def usergroup(group: str) -> str:
    """Return a mention of a user group; everybody in it is called."""
    return f"<!subteam^{group}>" if re.fullmatch(r"S[A-Z0-9]{1,30}", group) else "Leads"


def channel(channel_id: str) -> str:
    """Return a link to a channel."""
    return f"<#{channel_id}>" if re.fullmatch(r"[CG][A-Z0-9]{1,30}", channel_id) else "the channel"


def when(at: datetime) -> str:
    """Return a time of day in the reader's own time zone; the fallback is UTC."""
    return f"<!date^{int(at.timestamp())}^{{time}}|{at:%H:%M} UTC>"


def when_exactly(at: datetime) -> str:
    """Return a time of day with seconds."""
    return f"<!date^{int(at.timestamp())}^{{time_secs}}|{at:%H:%M:%S} UTC>"


def moment(at: datetime) -> str:
    """Return a day and a time of day, for what may be days away from the reader."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{stamp(at)}>"


def stamp(at: datetime) -> str:
    """Return a moment where there is no markup: `2017-03-01 14:32 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def ago(delta: timedelta) -> str:
    """Return a length of time in its two largest units: `3 hours`, `2 days 4 hours`."""
    left = int(delta.total_seconds())
    words: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds) if left > 0 else (0, 0)
        if count:
            words.append(counted(count, unit))
        elif words:
            break
    return " ".join(words[:2]) or "less than a second"


def seconds(count: float) -> timedelta:
    """Return a number of seconds as a length of time."""
    return timedelta(seconds=count)


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Return `1 lead`, `2 leads`; `nouns` where the plural is another one."""
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or f'{noun}s'}"


def size(count: int) -> str:
    """Return a size in bytes as people read it: `17 bytes`, `812 kB`, `1.4 GB`."""
    if count < _KILO:
        return counted(count, "byte")
    amount = count / _KILO
    if round(amount) < _KILO:
        return f"{amount:.0f} kB"
    amount /= _KILO
    return f"{amount:.1f} MB" if amount < _KILO else f"{amount / _KILO:.1f} GB"


def bullets(lines: Iterable[str]) -> str:
    """Return finished lines as a list."""
    return "\n".join(f"• {line}" for line in lines)


def listed(title: str, lines: Iterable[str]) -> str:
    """Return foreign sentences as a list under a title, on lines of their own; or nothing."""
    told = bullets(map(escape, lines))
    return f"\n{title}\n{told}" if told else ""


def fit(text: str, limit: int, whole: str = "") -> str:
    """Return finished markup in at most `limit` characters, never cut silently.

    Neither our own markup nor an escaped character is cut in two. For what is missing, and for
    `whole`, see `remark`.
    """
    if len(text) <= limit:
        return text
    tokens = _TOKEN.findall(text)
    room = limit - len(remark(len(tokens), limit, whole))
    kept = 0
    while room >= len(tokens[kept]):
        room -= len(tokens[kept])
        kept += 1
    return "".join(tokens[:kept]) + remark(len(tokens) - kept, limit, whole)


def divided(text: str, limit: int) -> list[str]:
    """Return all of a finished markup in parts of at most `limit` characters.

    A part ends where a line does, or else a word; see `fit` for what is never cut in two.
    """
    parts: list[str] = []
    while text := text.strip():
        tokens = _TOKEN.findall(text)
        end = _break(tokens, limit)
        parts.append("".join(tokens[:end]).rstrip())
        text = "".join(tokens[end:])
    return parts


def _break(tokens: Sequence[str], limit: int) -> int:
    """Return how many tokens make a part: at the end of a line or a word, if one is near."""
    ends = list(accumulate(map(len, tokens)))
    end = bisect_right(ends, limit)
    if end == len(tokens):
        return end
    for mark in ("\n", " "):
        for last in range(end, end // 2 - 1, -1):
            if tokens[last] == mark:
                return last
    return end


def fit_lines(lines: Sequence[str], limit: int) -> list[str]:
    """Return as many whole lines, from the first one on, as fit into `limit` characters."""
    kept: list[str] = []
    for line in lines:
        limit -= len(line) + 1
        if limit < 0:
            break
        kept.append(line)
    return kept


def packed(lines: Iterable[str], limit: int) -> list[str]:
    """Return lines joined into as few texts as possible, each of at most `limit` characters."""
    texts: list[str] = []
    for line in (fit(line, limit) for line in lines):
        if texts and len(texts[-1]) + 1 + len(line) <= limit:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts
