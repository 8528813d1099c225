"""The table of limits for what stands inside a rich_text block."""

from bot.sandbox.slack.block_schema import (
    Anything,
    Field,
    Fields,
    Flag,
    Items,
    Number,
    Str,
    Typed,
    must,
)

RICH_INLINE = frozenset(
    f"rich.{name}"
    for name in (
        *("text", "link", "user", "usergroup", "channel"),
        *("emoji", "broadcast", "color", "date", "team"),
    )
)
RICH_PARTS = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"},
)

_STYLE: Fields = {"style": Field(Anything())}

RICH_TEXT: dict[str, Fields] = {
    "rich_text_section": {"elements": must(Items(Typed(RICH_INLINE), None, 0))},
    "rich_text_quote": {
        "elements": must(Items(Typed(RICH_INLINE))),
        "border": Field(Number(0, 1)),
    },
    "rich_text_preformatted": {
        "elements": must(Items(Typed(frozenset({"rich.text", "rich.link"})))),
        "border": Field(Number(0, 1)),
        "language": Field(Str()),
    },
    "rich_text_list": {
        "elements": must(Items(Typed(frozenset({"rich_text_section"})))),
        "style": must(Str(one_of=frozenset({"bullet", "ordered"}))),
        "indent": Field(Number(0, 8)),
        "offset": Field(Number()),
        "border": Field(Number(0, 1)),
    },
    "rich.text": {"text": must(Str()), **_STYLE},
    "rich.link": {
        "url": must(Str()),
        "text": Field(Str()),
        "unsafe": Field(Flag()),
        **_STYLE,
    },
    "rich.user": {"user_id": must(Str()), **_STYLE},
    "rich.usergroup": {"usergroup_id": must(Str()), **_STYLE},
    "rich.channel": {"channel_id": must(Str()), **_STYLE},
    "rich.team": {"team_id": must(Str()), **_STYLE},
    "rich.emoji": {
        "name": must(Str()),
        "unicode": Field(Str()),
        "skin_tone": Field(Number(1, 6)),
        **_STYLE,
    },
    "rich.broadcast": {
        "range": must(Str(one_of=frozenset({"here", "channel", "everyone"}))),
        **_STYLE,
    },
    "rich.color": {"value": must(Str())},
    "rich.date": {
        "timestamp": must(Number()),
        "format": must(Str()),
        "url": Field(Str()),
        "fallback": Field(Str()),
        **_STYLE,
    },
}
