"""What every `Credentials` does: references to files and variables, and the stand-in in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.credentials.references import References
from bot.domain.errors import CredentialError, Kind
from bot.domain.values import SecretRef
from bot.ports import Credentials
from tests.fakes import FakeCredentials

SECRET = "4uhasWak"


@dataclass
class Case:
    """Something that resolves `there`, whose secret can be exchanged."""

    credentials: Credentials
    there: SecretRef
    exchange: Callable[[str], object]


@pytest.fixture(params=["env:", "file:", "in memory"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each claim holds for all."""
    name = SecretRef("env:SECRET")
    kept: dict[str, str] = {}
    if request.param == "env:":
        made = Case(References(kept), name, lambda secret: kept.update(SECRET=secret))
    elif request.param == "file:":
        path = tmp_path / "secret"
        path.touch(mode=0o600)
        made = Case(References({}), SecretRef(f"file:{path}"), path.write_text)
    else:
        made = Case(FakeCredentials(kept), name, lambda secret: kept.update({name: secret}))
    made.exchange(SECRET)
    return made


def test_a_reference_leads_to_its_secret(case: Case) -> None:
    """As it is now: one that was exchanged is used from the next call on."""
    assert case.credentials.resolve(case.there) == SECRET
    case.exchange("another")
    assert case.credentials.resolve(case.there) == "another"


def test_what_was_resolved_stays_known_so_that_it_can_be_hidden(case: Case) -> None:
    """Also after it was exchanged; nothing is known before, and each is known once."""
    known = case.credentials.known()
    assert list(known) == []
    case.credentials.resolve(case.there)
    case.exchange("another")
    case.credentials.resolve(case.there)
    case.credentials.resolve(case.there)
    assert sorted(known) == sorted([SECRET, "another"])


def test_what_is_known_is_not_shown(case: Case) -> None:
    """Neither by the credentials nor by what they give for hiding."""
    case.credentials.resolve(case.there)
    known = case.credentials.known()
    assert SECRET not in f"{case.credentials!r} {case.credentials!s} {known!r} {known!s}"


def test_a_reference_that_leads_nowhere_is_named(case: Case) -> None:
    """Kind `missing`, with advice, and no secret."""
    with pytest.raises(CredentialError) as caught:
        case.credentials.resolve(SecretRef("env:NOTHING"))
    assert caught.value.kind is Kind.MISSING
    assert "env:NOTHING" in caught.value.said
    assert caught.value.advice
    assert SECRET not in str(caught.value)


def test_a_text_that_is_no_reference_is_not_resolved(case: Case) -> None:
    """A secret that stands in the place of its reference leads nowhere."""
    with pytest.raises(CredentialError):
        case.credentials.resolve(SecretRef(SECRET))
