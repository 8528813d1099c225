"""What every section of the configuration file is, and the values that several of them hold."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from config import fingerprints, forms

Duration = Annotated[timedelta, BeforeValidator(forms.duration)]
PositiveDuration = Annotated[timedelta, BeforeValidator(forms.positive_duration)]
User = Annotated[str, BeforeValidator(forms.user)]
Secret = Annotated[str, BeforeValidator(forms.secret_reference)]
Login = Annotated[str, BeforeValidator(forms.login)]
Host = Annotated[str, BeforeValidator(forms.host)]
Sha256Fingerprint = Annotated[str, BeforeValidator(fingerprints.sha256)]

MISPLACED: Final = "misplaced"
"""The type of an error that several keys share: it names the `key` under which it is shown."""


def misplaced(key: str, sentence: str) -> PydanticCustomError:
    """Return the error that shows this sentence under a key of the section (`""`: the section)."""
    return PydanticCustomError(MISPLACED, "{sentence}", {"key": key, "sentence": sentence})


class Section(BaseModel):
    """A part of the file: an unknown key is refused, and no error repeats a value.

    `refused` are keys that are known elsewhere, each with the sentence that is said about it here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    refused: ClassVar[Mapping[str, str]] = {}
