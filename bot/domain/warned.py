"""Which warnings are new to those who decided: they are compared by kind, not by count."""

import re
from collections.abc import Iterable
from typing import Final

_COUNT: Final = re.compile(r"\d+|(?<=\w)s\b")
"""What changes in a sentence with a count: the number, and the plural."""


def unseen(seen: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """Return the warnings among `found` of which none of the kind is among `seen`, in order.

    `12 transport nodes` are of one kind with `13 transport nodes` and `1 transport node`.
    """
    known = {_kind(warning) for warning in seen}
    return tuple(warning for warning in found if _kind(warning) not in known)


def _kind(warning: str) -> str:
    return _COUNT.sub("", warning)
