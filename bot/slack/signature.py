"""Slack's signature over the raw bytes, checked before anything else looks at them.

Source: docs.slack.dev/authentication/verifying-requests-from-slack. Bolt's own check comes after
this one; alone it raises on timestamps that are no number and on signatures that are not ASCII,
and takes requests dated up to five minutes ahead.
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Final

TIMESTAMP: Final = re.compile(r"[0-9]{10}")
SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")

OLDEST: Final = 300
"""Seconds that a request may be old: Slack's own bound."""

NEWEST: Final = 60
"""Seconds that a request may be ahead of our clock."""


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Say whether Slack signed these bytes a moment ago. Never raises."""
    if not TIMESTAMP.fullmatch(timestamp) or not SIGNATURE.fullmatch(signature):
        return False
    age = now.timestamp() - int(timestamp)
    if not -NEWEST <= age <= OLDEST:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body), signature)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
