"""Fingerprints of keys and certificates. Every tool writes them in another form: one is right.

Another form is refused with what to write, and never converted: what approvals are bound to, and
what a manager is sent, is what somebody has read and compared.
"""

import re
from typing import Final

from config.forms import refuse

_MD5: Final = re.compile(r"(MD5:)?[0-9a-f]{2}(:?[0-9a-f]{2}){15}", re.IGNORECASE)
_SHA256: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_ECDSA: Final = "as ssh-keyscan -t ecdsa SERVER | ssh-keygen -l -f - prints it"


def nsxt1(value: object) -> str:
    """Return a host key's fingerprint as NSX-T 1.x wants it: MD5.

    Source: NSX-T 1.1 admin guide, Find the SSH Fingerprint of a Remote Server.
    """
    text = str(value)
    if text.upper().startswith("SHA256:"):
        refuse(
            "must be 32 lower-case hex digits (MD5) for nsxt-1; a SHA256: fingerprint is for NSX-T "
            "2.0 and later and belongs under host_key_sha256"
        )
    if re.fullmatch(r"[0-9a-f]{32}", text) is None:
        refuse("must be 32 lower-case hex digits, without colons and without MD5: in front")
    return text


def nsx(value: object) -> str:
    """Return a host key's fingerprint as NSX-T 2.0 and later want it: SHA-256 of the ECDSA key.

    Source: NSX-T 2.0 admin guide, Find the SSH Fingerprint of a Remote Server; NSX API,
    BackupConfiguration (`ssh_fingerprint`).
    """
    text = str(value)
    if _MD5.fullmatch(text):
        refuse(
            "is MD5, which is for nsxt-1: for nsx it must be SHA256: and 43 characters, of the "
            f"server's ECDSA key, {_ECDSA}"
        )
    if re.search(r"\s", text):
        refuse(f"must be SHA256: and 43 characters without blanks, {_ECDSA}")
    if text.endswith("="):
        refuse(f"must be SHA256: and 43 characters without = at the end, {_ECDSA}")
    if _SHA256.fullmatch(text) is None:
        refuse(f"must be SHA256: and 43 characters, of the server's ECDSA key, {_ECDSA}")
    return text


def sha256(value: object) -> str:
    """Return a host key's fingerprint as `ssh-keygen -l` prints it."""
    if _SHA256.fullmatch(str(value)) is None:
        refuse("must be SHA256: and 43 characters, as ssh-keygen -l prints it, without =")
    return str(value)


def certificate(value: object) -> str:
    """Return the SHA-256 of a certificate."""
    if re.fullmatch(r"[0-9a-f]{64}", str(value)) is None:
        refuse("must be the SHA-256 of a certificate: 64 lower-case hex digits without colons")
    return str(value)
