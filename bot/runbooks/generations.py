"""Which restore API a manager speaks, by the version that it says it is."""

import re
from typing import Final

from bot.domain.values import Generation

_MAJOR: Final = re.compile(r"([1-9][0-9]?)\.")

_RELEASE: Final = re.compile(r"(\d+)\.(\d+)")
_TWO_WORDS: Final = (2, 5)


def generation_of(version: str) -> Generation | None:
    """Return the generation of a `product_version`; `None` for what is no version.

    Source: the orchestrated restore begins with the API of 2.0, and the call of 1.x ends there.
    """
    major = _MAJOR.match(version)
    if major is None:
        return None
    return Generation.NSXT_1 if major[1] == "1" else Generation.NSX


def release_of(version: str) -> tuple[int, int] | None:
    """Return the first two numbers of a `product_version`; `None` for what is no version."""
    numbers = _RELEASE.match(version)
    return None if numbers is None else (int(numbers[1]), int(numbers[2]))


def names_its_waiting(version: str) -> bool:
    """Say whether a manager tells a wait for people from a suspension by somebody, by its word.

    In 2.2 one word (`SUSPENDED`) stands for both. The two words are documented from 2.5 on; which
    ones 2.3 and 2.4 have is not. Source: NSX-T 2.2 and 2.5.1 API, GlobalRestoreStatus.
    """
    release = release_of(version)
    return release is not None and release >= _TWO_WORDS


def wrong_generation(version: str, configured: Generation) -> str | None:
    """Say that a manager is of another generation than configured; `None` where it is of this."""
    actual = generation_of(version)
    if actual is configured:
        return None
    if actual is None:
        return (
            f"The manager says it is version {version!r}, which is of no generation that is known. "
            "Find out what it is before anything else."
        )
    return (
        f"The manager says it is version {version}, which is generation {actual}, but the target "
        f"is configured as generation {configured}. Correct the address or the generation."
    )
