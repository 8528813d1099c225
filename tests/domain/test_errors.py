"""Errors of the outside read as sentences and keep their parts."""

import pytest

from bot.domain.errors import (
    BackupError,
    CredentialError,
    Kind,
    ManagerError,
    OutsideError,
    PlaceSetError,
    SlackError,
    StoreError,
    sentence,
)


@pytest.mark.parametrize(
    ("words", "said"),
    [("It is gone", "It is gone."), ("Is it gone?", "Is it gone?"), ("Gone.", "Gone.")],
)
def test_the_words_of_others_end_as_one_sentence(words: str, said: str) -> None:
    """With a stop of ours only where they have none of their own."""
    assert sentence(words) == said


@pytest.mark.parametrize("error", [ManagerError, BackupError, CredentialError, SlackError])
def test_an_error_says_what_was_seen_and_what_helps(error: type[OutsideError]) -> None:
    """Both in its text, each on its own."""
    raised = error(Kind.UNREACHABLE, "It does not answer.", "Check the address.")

    assert isinstance(raised, OutsideError)
    assert str(raised) == "It does not answer. Check the address."
    assert (raised.kind, raised.said, raised.advice) == (
        Kind.UNREACHABLE,
        "It does not answer.",
        "Check the address.",
    )


def test_a_database_that_cannot_be_used_is_unreachable_unless_it_is_said() -> None:
    """Most often it is away; a missing or foreign schema is told apart."""
    away = StoreError("The database does not answer.", "It is tried again.")
    empty = StoreError("It has no schema.", "Run migrate.", Kind.MISSING)

    assert (away.kind, empty.kind) == (Kind.UNREACHABLE, Kind.MISSING)
    assert str(empty) == "It has no schema. Run migrate."


def test_a_place_that_is_set_is_a_refusal_with_advice() -> None:
    """Whoever set it is to be asked, not overruled."""
    error = PlaceSetError("Somebody set one.")

    assert (error.kind, error.said) == (Kind.REFUSED, "Somebody set one.")
    assert error.advice == "See that it is the right one, and file the request again."
