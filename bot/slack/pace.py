"""How fast Slack may be spoken to: explicit figures, and the buckets that keep to them.

Source: docs.slack.dev/apis/web-api/rate-limits: `chat.postMessage` about one a second and channel,
"short bursts of >1 allowed", several hundred a minute and workspace; tiers are counted per method
and workspace.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

_MANY: Final = 200
"""Buckets, beyond which those that are full are forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls at once, then so many a second."""

    burst: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The figures. With the defaults no minute, not even the first, sees more than Slack documents.

    That is `burst + 60 * per_second` calls at most: 50 edits (tier 3), 100 private texts (tier 4),
    60 posts in a channel and 300 in all channels together.
    `edits_of_card` is for one card: what a click brings about is shown at once, and a run that
    moves fast does not flicker. `first_wait` and `longest_wait` are seconds and bound the doubling
    after trouble on the way; `slow` is for what only a person can put right.
    """

    posts_in_channel: Rate = Rate(burst=3, per_second=0.95)
    posts: Rate = Rate(burst=30, per_second=4.0)
    updates: Rate = Rate(burst=11, per_second=0.65)
    private: Rate = Rate(burst=19, per_second=1.35)
    edits_of_card: Rate = Rate(burst=3, per_second=1 / 3)
    first_wait: float = 1.0
    longest_wait: float = 60.0
    slow: float = 60.0

    @classmethod
    def unhurried(cls) -> Self:
        """Return figures that never make anybody wait: for tests against a Slack without limits."""
        free = Rate(burst=10_000, per_second=10_000.0)
        return cls(
            posts_in_channel=free,
            posts=free,
            updates=free,
            private=free,
            edits_of_card=free,
            first_wait=0.1,
            longest_wait=1.0,
        )

    def wait_after(self, attempts: int) -> float:
        """Return the seconds to wait after so many failed attempts."""
        doubled = self.first_wait * 2.0 ** min(attempts, 16)
        return min(doubled, self.longest_wait)


@dataclass(slots=True)
class Bucket:
    """Holds up to `rate.burst` calls, and gains `rate.per_second` of them."""

    rate: Rate
    level: float = field(init=False)
    filled_at: datetime | None = None

    def __post_init__(self) -> None:
        """Begin full."""
        self.level = self.rate.burst

    def wait(self, now: datetime) -> float:
        """Return the seconds until one call fits; 0 when it fits now."""
        if self.filled_at is not None:
            gained = max((now - self.filled_at).total_seconds(), 0.0) * self.rate.per_second
            self.level = min(self.rate.burst, self.level + gained)
        self.filled_at = now
        return 0.0 if self.level >= 1.0 else (1.0 - self.level) / self.rate.per_second

    def take(self) -> None:
        """Count one call."""
        self.level -= 1.0


class Pacer:
    """Says when something may be sent, and counts it when it is."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._held: dict[str, datetime] = {}

    def hold(self, method: str, until: datetime) -> None:
        """Send nothing by this method until then: Slack said so."""
        self._held[method] = max(until, self._held.get(method, until))

    def ready_at(self, method: str, place: str, card: str | None, now: datetime) -> datetime:
        """Return when a call may be made; `now` or before means at once.

        `card` is the one that the call edits, if it edits one.
        """
        self._forget_full(now)
        waits = [bucket.wait(now) for bucket in self._of(method, place, card)]
        ready = now + timedelta(seconds=max(waits, default=0.0))
        return max(ready, self._held.get(method, ready))

    def _forget_full(self, now: datetime) -> None:
        """Forget cards and channels that rest: a new bucket is as full as theirs."""
        if len(self._buckets) > _MANY:
            self._buckets = {
                key: bucket
                for key, bucket in self._buckets.items()
                if bucket.wait(now) > 0 or bucket.level < bucket.rate.burst
            }

    def take(self, method: str, place: str, card: str | None) -> None:
        """Count a call that is about to be made."""
        for bucket in self._of(method, place, card):
            bucket.take()

    def _of(self, method: str, place: str, card: str | None) -> list[Bucket]:
        pace = self._pace
        rates: dict[str, list[tuple[str, Rate]]] = {
            "chat.postMessage": [("", pace.posts), (place, pace.posts_in_channel)],
            "chat.update": [("", pace.updates)],
            "chat.postEphemeral": [("", pace.private)],
        }
        limits = rates.get(method, [])
        if card is not None:
            limits.append((card, pace.edits_of_card))
        return [self._buckets.setdefault((method, what), Bucket(rate)) for what, rate in limits]
