"""A backup source that really logs in to the named server over SSH, as a Manager does."""

from dataclasses import dataclass
from typing import cast

import asyncssh

from bot.sandbox.backup_files import HEAD_BYTES, BackupKind
from bot.sandbox.backup_source import BackupRefused, RestoreFile, check_seal
from bot.sandbox.host_keys import NSXT1_KEY_ORDER, md5_of


class _ExpectOneKey(asyncssh.SSHClient):
    """Accepts the host key with the requested fingerprint and no other."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 (the library's signature)
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        return md5_of(key) == self._fingerprint


@dataclass(frozen=True, slots=True)
class OverSsh:
    """Connects to whatever server the request names; the host key is checked before the login.

    `seconds` (wall time) is how long the Manager tries before it gives the server up.
    """

    seconds: float = 10.0

    async def check(self, wanted: RestoreFile, kind: BackupKind) -> None:
        """Read the beginning of the file over SFTP; raise `BackupRefused` for what went wrong."""
        check_seal(await self._head(wanted), wanted, kind)

    async def _head(self, wanted: RestoreFile) -> bytes:
        try:
            async with (
                asyncssh.connect(
                    wanted.server,
                    wanted.port,
                    username=wanted.username,
                    password=wanted.password,
                    client_factory=lambda: _ExpectOneKey(wanted.fingerprint),
                    known_hosts=([], [], []),
                    server_host_key_algs=[str(kind) for kind in NSXT1_KEY_ORDER],
                    client_keys=None,
                    agent_path=None,
                    config=None,
                    connect_timeout=self.seconds,
                    login_timeout=self.seconds,
                ) as connection,
                connection.start_sftp_client() as sftp,
                sftp.open(wanted.uri, "rb", encoding=None) as file,
            ):
                return cast(bytes, await file.read(HEAD_BYTES))
        except asyncssh.HostKeyNotVerifiable as error:
            raise BackupRefused(
                "restore_file.protocol.ssh_fingerprint", "the server has another host key"
            ) from error
        except asyncssh.PermissionDenied as error:
            raise BackupRefused(
                "restore_file.protocol.authentication_scheme", "the server refused the login"
            ) from error
        except asyncssh.SFTPError as error:
            raise BackupRefused("restore_file.uri", "no such file on the server") from error
        except (asyncssh.Error, OSError) as error:
            raise BackupRefused("restore_file.server", "the server cannot be reached") from error
