"""What can go wrong with the database, as one sentence to people and one of advice."""

from bot.domain.errors import Kind, OutsideError


class StoreError(OutsideError):
    """The database cannot be used. Names it without its password.

    `MISSING`: it has no schema yet, or an old one. `MALFORMED`: not a URL or a schema we know.
    """

    def __init__(self, said: str, advice: str, kind: Kind = Kind.UNREACHABLE) -> None:
        """Keep the parts, and read as one text."""
        super().__init__(kind, said, advice)
