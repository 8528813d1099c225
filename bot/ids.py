"""Ids that people read aloud; the one place that draws random numbers for them."""

import secrets

from bot.domain.values import ID_ALPHABET, RequestId

_DIGITS = 6


def new_request_id() -> RequestId:
    """Draw the id of a new request, such as `R-7QK2M9`."""
    return RequestId("R-" + "".join(secrets.choice(ID_ALPHABET) for _ in range(_DIGITS)))
