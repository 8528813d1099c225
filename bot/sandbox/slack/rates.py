"""Rate limits of the Web API: token buckets on the workspace's clock.

Slack, "Rate limits": tiers are counted per method, per app and workspace; `chat.postMessage` has
its own rule of about one message a second and channel, with short bursts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.errors import SlackError

TIER_OF = {
    "apps.connections.open": "tier3",
    "chat.update": "tier3",
    "chat.delete": "tier3",
    "chat.postEphemeral": "tier4",
    "views.open": "tier4",
    "views.update": "tier4",
    "views.push": "tier4",
    "views.publish": "tier4",
    "users.info": "tier4",
    "users.list": "tier2",
    "usergroups.list": "tier2",
    "usergroups.users.list": "tier2",
    "bots.info": "tier3",
    "conversations.info": "tier3",
    "conversations.members": "tier4",
    "conversations.open": "tier3",
    "conversations.history": "tier3",
    "conversations.replies": "tier3",
    "reactions.add": "tier3",
    "files.getUploadURLExternal": "tier4",
    "files.completeUploadExternal": "tier4",
}
"""The tier of each method; the methods not named here are Slack's "special" ones."""


class RateLimited(SlackError):  # noqa: N818 - Slack's own word
    """HTTP 429; `retry_after` in whole seconds, as the header carries it."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Calls per minute of each tier, and the rule for posts. The defaults are Slack's."""

    tier1: int = 1
    tier2: int = 20
    tier3: int = 50
    tier4: int = 100
    special: int = 600
    posts_per_second: float = 1.0
    """Per channel; Slack: "generally, one per second"."""
    post_burst: int = 5
    """Posts a channel takes at once before the rule above bites; Slack gives no number."""
    posts_per_minute: int = 300
    """For the whole workspace; Slack: "several hundred messages per minute"."""

    def per_minute(self, method: str) -> int:
        """Calls of `method` that a minute allows."""
        match TIER_OF.get(method):
            case "tier2":
                return self.tier2
            case "tier3":
                return self.tier3
            case "tier4":
                return self.tier4
            case _:
                return self.special


@dataclass(slots=True)
class _Bucket:
    """Holds up to `capacity` calls and gains `refill` of them a second."""

    capacity: float
    refill: float
    level: float
    filled_at: float

    def wait(self, now: float) -> float:
        """Seconds until one call fits; 0 when it fits now."""
        gained = max(0.0, now - self.filled_at) * self.refill
        self.level = min(self.capacity, self.level + gained)
        self.filled_at = now
        return 0.0 if self.level >= 1.0 else (1.0 - self.level) / self.refill


class RateLimiter:
    """Counts the calls of the one app in the one workspace."""

    def __init__(self, limits: RateLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def admit(self, method: str, channel: str) -> None:
        """Count one call. Raises `RateLimited` when the minute, or the channel, is full."""
        if method == "chat.postMessage":
            limits = self._limits
            self._spend(
                (("post", ""), limits.posts_per_minute, limits.posts_per_minute / 60),
                (("post", channel), limits.post_burst, limits.posts_per_second),
            )
        else:
            allowed = self._limits.per_minute(method)
            self._spend(((method, ""), allowed, allowed / 60))

    def _spend(self, *rules: tuple[tuple[str, str], float, float]) -> None:
        now = self._clock()
        buckets = [
            self._buckets.setdefault(key, _Bucket(capacity, refill, capacity, now))
            for key, capacity, refill in rules
        ]
        longest = max(bucket.wait(now) for bucket in buckets)
        if longest > 0:
            raise RateLimited(max(1, math.ceil(longest)))
        for bucket in buckets:
            bucket.level -= 1.0
