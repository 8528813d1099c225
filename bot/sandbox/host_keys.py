"""The SSH host keys of the backup server, and which of them an NSX Manager chooses."""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import asyncssh


class KeyType(StrEnum):
    """A host key type, by its name on the wire (RFC 4253, RFC 5656, RFC 8709)."""

    ECDSA_256 = "ecdsa-sha2-nistp256"
    ECDSA_384 = "ecdsa-sha2-nistp384"
    ECDSA_521 = "ecdsa-sha2-nistp521"
    ED25519 = "ssh-ed25519"
    RSA = "ssh-rsa"


NSXT1_KEY_ORDER = (KeyType.ECDSA_256, KeyType.ED25519, KeyType.RSA)
"""The first of these that the server has is the key that counts.

NSX-T 1.1 admin guide, "Find the SSH Fingerprint of a Remote Server": ECDSA with 256 bits, ED25519,
RSA, DSA. DSA is left out: the SSH library no longer offers it.
"""


ECDSA_BITS = {KeyType.ECDSA_256: 256, KeyType.ECDSA_384: 384, KeyType.ECDSA_521: 521}
"""The key types that NSX 2.0 to 9.x use for backups, in their order, with their size."""


def md5_of(key: asyncssh.SSHKey) -> str:
    """Return the NSX-T 1.x form: MD5 of the public key blob, 32 lower-case hex digits."""
    return hashlib.md5(key.public_data, usedforsecurity=False).hexdigest()


def sha256_of(key: asyncssh.SSHKey) -> str:
    """Return the OpenSSH form: `SHA256:` and 43 base64 characters without padding."""
    return key.get_fingerprint("sha256")


class HostKeys:
    """One generated key per type.

    Raises `ValueError` if no type is given, or if a question needs a key that is not there.
    """

    def __init__(self, types: Iterable[KeyType]) -> None:
        self._keys = {kind: asyncssh.generate_private_key(kind) for kind in types}
        if not self._keys:
            raise ValueError("an SSH server needs at least one host key")
        self._first = self._keys

    def rotate(self) -> None:
        """Replace every key by a new one of the same type."""
        self._keys = {kind: asyncssh.generate_private_key(kind) for kind in self._keys}

    def put_back(self) -> None:
        """Return to the first keys."""
        self._keys = self._first

    @property
    def are_first(self) -> bool:
        """Whether these are the first keys."""
        return self._keys is self._first

    def all(self) -> list[asyncssh.SSHKey]:
        """Return the private keys, for the SSH server."""
        return list(self._keys.values())

    def key(self, kind: KeyType | None = None) -> asyncssh.SSHKey:
        """Return the key of this type, or without a type the one an NSX-T 1.x Manager chooses."""
        if kind is not None:
            if kind not in self._keys:
                raise ValueError(f"the server has no {kind} host key")
            return self._keys[kind]
        for choice in NSXT1_KEY_ORDER:
            if choice in self._keys:
                return self._keys[choice]
        raise ValueError("the server has no host key that NSX-T 1.x accepts")

    @property
    def ecdsa(self) -> asyncssh.SSHKey | None:
        """The key that an NSX 2.0 to 9.x Manager uses, if there is one."""
        return next((self._keys[kind] for kind in ECDSA_BITS if kind in self._keys), None)

    @property
    def ecdsa_bits(self) -> int | None:
        """The size of that key."""
        return next((bits for kind, bits in ECDSA_BITS.items() if kind in self._keys), None)
