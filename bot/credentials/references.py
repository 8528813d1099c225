"""`env:NAME` and `file:/path`: secrets that the owner keeps outside of the configuration."""

import os
import stat
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

from bot.credentials.memory import Memory
from bot.domain.errors import CredentialError, Kind
from bot.domain.values import SecretRef

_SIZE_LIMIT: Final = 65_536
_OTHERS: Final = 0o077
_ROOT: Final = 0


class References:
    """Resolves references anew each time; what was resolved is remembered only to be hidden.

    A file must be a regular one, owned by us or by root, and closed to group and others. One that
    root owns may be readable by a group of ours, as orchestrators mount secrets for a process that
    is not root (Kubernetes: `fsGroup`). Symbolic links to such a file are followed.

    Args:
        environment: where `env:` looks; the process's own unless told otherwise.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._memory = Memory()

    def resolve(self, ref: SecretRef) -> str:
        """Return the secret behind a reference, without the line ends after it.

        Raises:
            CredentialError: the reference leads nowhere; the text names it, never a value.
        """
        scheme, _, place = ref.partition(":")
        match scheme:
            case "env" if place:
                secret = self._environment.get(place)
                if secret is None:
                    _fail(ref, "is not set in the environment", "Set it and start again.")
                if not _is_text(secret):
                    _no_text(ref)
            case "file" if place.startswith("/"):
                secret = _file(ref, place)
            case _:
                # A text of another form may be a secret written in the wrong place: not repeated.
                raise CredentialError(
                    Kind.MISSING,
                    "A secret reference has neither the form env:NAME nor file:/path.",
                    "Correct it in the configuration file.",
                )
        secret = secret.rstrip("\r\n")
        if not secret:
            _fail(ref, "is empty", "Put the secret there.")
        self._memory.keep(secret)
        return secret

    def known(self) -> Iterable[str]:
        """Return all that was resolved so far, and what will be; see `Memory`."""
        return self._memory


def _file(ref: SecretRef, path: str) -> str:
    try:
        # Non-blocking, so that a named pipe cannot hold us up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a path"
        _fail(ref, f"cannot be read ({why})", "Check the path and its owner.")
    try:
        _check(ref, os.fstat(descriptor))
        content = os.read(descriptor, _SIZE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(content) > _SIZE_LIMIT:
        _fail(ref, f"is larger than {_SIZE_LIMIT} bytes", "Point it at the secret alone.")
    secret = _decoded(content)
    if secret is None:
        _no_text(ref)
    return secret


def _is_text(value: str) -> bool:
    """Say whether a variable's value is text: bytes that are none stand in it as surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        # It carries the value, as below.
        return False
    return True


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        # It carries the content, so it must not become the context of another error.
        return None


def _check(ref: SecretRef, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        _fail(ref, "is not a regular file", "Point it at the file with the secret.")
    if found.st_uid not in {os.geteuid(), _ROOT}:
        _fail(ref, "belongs to another user", "Make this program's user or root its owner.")
    if found.st_mode & _OTHERS & ~_allowed(found):
        mode = stat.S_IMODE(found.st_mode)
        advice = "Set its mode to 0600 or 0400 (or 0440, if root owns it and its group is ours)."
        _fail(ref, f"is open to others (mode {mode:04o})", advice)


def _allowed(found: os.stat_result) -> int:
    """Return which of the bits for others may be set after all."""
    ours = found.st_gid in {os.getegid(), *os.getgroups()}
    return stat.S_IRGRP if found.st_uid == _ROOT and ours else 0


def _no_text(ref: SecretRef) -> NoReturn:
    _fail(ref, "is not UTF-8 text", "Write the secret as text.")


def _fail(ref: SecretRef, seen: str, advice: str) -> NoReturn:
    raise CredentialError(Kind.MISSING, f"{ref} {seen}.", advice) from None
