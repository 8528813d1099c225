"""The written form of a reference to a secret: where it is, never what it is."""

import re
from typing import Final

REFERENCE_FORM: Final = "env:NAME or file:/absolute/path"

_REFERENCE: Final = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f\x7f]*[^/\x00-\x1f\x7f]"
)


def is_reference(text: str) -> bool:
    """Tell whether a text has the form of a reference."""
    return _REFERENCE.fullmatch(text) is not None
