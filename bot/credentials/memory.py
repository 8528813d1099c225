"""What has been a secret in this process: remembered for one thing, to be taken out of texts."""

from collections.abc import Iterator


class Memory:
    """Every secret that was resolved, those that have been replaced since too; never shown.

    A manager may name a passphrase that has been corrected meanwhile, and a former secret may still
    be in use elsewhere. It lives in memory alone and ends with the process: a secret that was
    replaced before the process began is not known to it.
    """

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}

    def keep(self, secret: str) -> None:
        """Remember a secret; one that is known already is not kept twice."""
        self._secrets[secret] = None

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._secrets))

    def __repr__(self) -> str:
        return f"<{len(self._secrets)} secrets>"
