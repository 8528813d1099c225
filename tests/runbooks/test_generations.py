"""A manager's version says which restore API it speaks."""

import pytest

from bot.domain.values import Generation
from bot.runbooks.generations import generation_of, names_its_waiting, release_of, wrong_generation


@pytest.mark.parametrize(
    ("version", "generation"),
    [
        ("1.1.0.0.0.4788147", Generation.NSXT_1),
        ("1.0.1", Generation.NSXT_1),
        ("2.0.0.0.0.6522097", Generation.NSX),
        ("2.5.1.0.0.15314288", Generation.NSX),
        ("4.2.1.0.0.24304122", Generation.NSX),
        ("9.1.0.0.0.25081110", Generation.NSX),
        ("10.0.0", Generation.NSX),
        ("", None),
        ("0.9", None),
        ("unknown", None),
        ("19700101.1", None),
    ],
)
def test_the_generation_follows_from_the_version(
    version: str, generation: Generation | None
) -> None:
    """1.x is one, everything from 2.0 on the other; what is no version is neither."""
    assert generation_of(version) is generation


def test_agreement_is_nothing_to_tell() -> None:
    """No sentence."""
    assert wrong_generation("1.1.0", Generation.NSXT_1) is None
    assert wrong_generation("3.2.0", Generation.NSX) is None


def test_a_manager_of_the_other_generation_is_told_with_both() -> None:
    """And with its version, since the address may be the mistake."""
    assert wrong_generation("3.2.0.1", Generation.NSXT_1) == (
        "The manager says it is version 3.2.0.1, which is generation nsx, but the target is "
        "configured as generation nsxt-1. Correct the address or the generation."
    )
    assert wrong_generation("1.1.0", Generation.NSX) == (
        "The manager says it is version 1.1.0, which is generation nsxt-1, but the target is "
        "configured as generation nsx. Correct the address or the generation."
    )


@pytest.mark.parametrize("configured", Generation)
def test_what_is_no_version_fits_nothing(configured: Generation) -> None:
    """It is quoted."""
    assert wrong_generation("", configured) == (
        "The manager says it is version '', which is of no generation that is known. "
        "Find out what it is before anything else."
    )


@pytest.mark.parametrize(
    ("version", "release", "names"),
    [
        ("2.0.0.0.0.6522097", (2, 0), False),
        ("2.4.3", (2, 4), False),
        ("2.5.1.0.0.15314288", (2, 5), True),
        ("2.10.0", (2, 10), True),
        ("9.1.0.0.0.25081110", (9, 1), True),
        ("unknown", None, False),
        ("3", None, False),
    ],
)
def test_from_2_5_on_a_manager_says_what_it_waits_for(
    version: str, release: tuple[int, int] | None, *, names: bool
) -> None:
    """Before, one word stands for both kinds of a suspension; what is unknown counts as before."""
    assert release_of(version) == release
    assert names_its_waiting(version) is names
