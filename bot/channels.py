"""Which channels a restore can be asked for in, besides being configured."""

from bot.domain.standing import Finding, Unreadable
from bot.ports import Channel


def usable(channel: str, seen: Channel | Unreadable) -> Finding:
    """A request needs a channel of this workspace alone, that the bot can post to."""
    rule = "usable_channel"
    if isinstance(seen, Unreadable):
        return Finding.no(
            rule,
            f"This channel could not be read ({seen.why}). Invite the bot to it and try again.",
        )
    if seen.is_archived:
        return Finding.no(rule, f"The channel {channel} is archived. Use a living one.")
    if seen.is_ext_shared:
        return Finding.no(
            rule,
            "This channel is shared with another organization; a restore is not decided there. "
            "Use a channel of this workspace alone.",
        )
    if not seen.is_member:
        return Finding.no(rule, "The bot is not in this channel. Invite it and try again.")
    return Finding.yes(rule)
