"""What went wrong with the backup server, in words: what was seen, and what helps."""

import socket
from typing import Final

import asyncssh

from bot.domain.errors import BackupError, Kind
from bot.domain.target import BackupLocation
from bot.runbooks.observations import HostKey

_REACH: Final = "Check its address and port, and that it is up."


def fingerprint_error(location: BackupLocation, seen: HostKey | None) -> BackupError:
    """Return the error for another host key; it names the configured and the seen fingerprints."""
    wanted = location.fingerprint
    if location.host_key_sha256 is not None:
        wanted += f" and {location.host_key_sha256}"
    shown = (
        f"{seen.md5} ({seen.sha256}, {seen.algorithm})" if seen else "no key that can be checked"
    )
    return BackupError(
        Kind.FINGERPRINT,
        f"{_place(location)} has another host key: configured is {wanted}, seen was {shown}.",
        "Find out why before anything else; no password was sent.",
    )


def no_ecdsa_error(location: BackupLocation, seen: HostKey) -> BackupError:
    """Return the error for a server that shows another kind of key where ECDSA is preferred.

    Source of the advice: knowledge base of the vendor, 437603 and 441702 (a backup configuration is
    refused where the SFTP server has no ECDSA key).
    """
    return BackupError(
        Kind.REFUSED,
        f"{_place(location)} has no ECDSA host key, which a manager of NSX-T 2.0 and later needs; "
        f"it showed {seen.algorithm}.",
        "Give the SFTP server an ECDSA host key (ssh-keygen -t ecdsa -b 256), then "
        f"ssh-keyscan -t ecdsa {location.server} must print it.",
    )


def listing_error(error: asyncssh.SFTPError, location: BackupLocation) -> BackupError:
    """Return the error for a directory that could not be listed."""
    match error:
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath() | asyncssh.SFTPNotADirectory():
            return BackupError(
                Kind.MISSING,
                f"{location.server} has no directory {location.directory}.",
                "Correct backup.directory in the configuration.",
            )
        case asyncssh.SFTPPermissionDenied():
            return BackupError(
                Kind.REFUSED,
                f"{location.username} may not list {location.directory} on {location.server}.",
                "Give the account the right to read it.",
            )
        case asyncssh.SFTPConnectionLost() | asyncssh.SFTPNoConnection():
            return _broken_off(location)
        case _:
            return BackupError(
                Kind.REFUSED,
                f"{location.server} could not list {location.directory} (SFTP {error.code}).",
                "Look at the server's log.",
            )


def backup_error(error: Exception, location: BackupLocation) -> BackupError:
    """Return the error for a connection or a login that failed; the original text stays out."""
    match error:
        case TimeoutError():
            return BackupError(
                Kind.UNREACHABLE, f"{_place(location)} did not answer in time.", _REACH
            )
        case socket.gaierror():
            return BackupError(
                Kind.UNREACHABLE,
                f"{location.server} is not known to the name service.",
                "Correct backup.server in the configuration, or the name service.",
            )
        case asyncssh.PermissionDenied():
            return BackupError(
                Kind.AUTH,
                f"{_place(location)} refused the login of {location.username}.",
                "Check user name and password, and that the server lets this account log in with "
                "a password.",
            )
        case asyncssh.KeyExchangeFailed():
            return BackupError(
                Kind.REFUSED,
                f"{_place(location)} has no host key that the manager could use.",
                "Give it one: ssh-keygen -t ecdsa -b 256.",
            )
        case asyncssh.ChannelOpenError():
            return BackupError(
                Kind.REFUSED,
                f"{_place(location)} offers no SFTP, which is needed to list the backups.",
                "Switch the server's SFTP subsystem on.",
            )
        case asyncssh.Error():
            return _broken_off(location)
        case _:
            return BackupError(
                Kind.UNREACHABLE, f"{_place(location)} could not be reached.", _REACH
            )


def _broken_off(location: BackupLocation) -> BackupError:
    return BackupError(
        Kind.UNREACHABLE, f"{_place(location)} broke the connection off.", "Look at its log."
    )


def _place(location: BackupLocation) -> str:
    return f"{location.server}:{location.port}"
