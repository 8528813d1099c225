"""A backup server on the loopback: a real SSH daemon with backup files, host keys and faults."""

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from bot.sandbox.backup_files import BackupDirectory
from bot.sandbox.backup_source import KnownServer
from bot.sandbox.host_keys import HostKeys, KeyType, md5_of, sha256_of
from bot.sandbox.listed_backup import ListedBackup
from bot.sandbox.ssh_sessions import Desk, Files, Login, SshFault

_LOOPBACK = "127.0.0.1"
_DEFAULT_SIZE = 64 * 1024


class SshBackupServer:
    """An SSH server on 127.0.0.1 with SFTP and SCP, chrooted to `root`; it runs no commands.

    It listens while the `async with` block lasts, on a port the system chose, with one host key per
    type of `key_types`. `directory` is where the backups are, as a client sees it. `fault` may be
    set at any time and holds for what begins after that.
    """

    def __init__(
        self,
        root: Path,
        *,
        password: str,
        username: str = "backup",
        directory: str = "/vol0/backups",
        key_types: Iterable[KeyType] = (KeyType.ECDSA_256,),
    ) -> None:
        self.username = username
        self.directory = directory
        self._desk = Desk(username=username, password=password, root=root)
        self._keys = HostKeys(key_types)
        self._files = BackupDirectory(root, directory)
        self._socket: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._socket = socket.create_server((_LOOPBACK, 0))
        self._socket.settimeout(0)
        self._start(self._accept(self._socket))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._desk.open):
            connection.abort()
            await connection.wait_closed()
        if self._socket is not None:
            self._socket.close()

    @property
    def fault(self) -> SshFault:
        """What is wrong with the server at the moment."""
        return self._desk.fault

    @fault.setter
    def fault(self, fault: SshFault) -> None:
        self._desk.fault = fault

    @property
    def passwords_received(self) -> int:
        """In how many login attempts a password reached the server."""
        return self._desk.passwords_received

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self._desk.connections

    @property
    def host(self) -> str:
        """The address it listens on."""
        return _LOOPBACK

    @property
    def port(self) -> int:
        """The port it listens on; raises `RuntimeError` outside the `async with` block."""
        if self._socket is None:
            raise RuntimeError("the backup server is not running")
        return int(self._socket.getsockname()[1])

    @property
    def facts(self) -> KnownServer:
        """What a Manager stand-in checks a restore request against; it follows later changes."""
        return KnownServer(
            hosts=(_LOOPBACK, "localhost"),
            port=self.port,
            username=self.username,
            password=self._desk.password,
            keys=self._keys,
            files=self._files,
            fault=lambda: self.fault,
        )

    def fingerprint_md5(self, key_type: KeyType | None = None) -> str:
        """32 lower-case hex digits, of the key an NSX-T 1.x Manager chooses unless told which."""
        return md5_of(self._keys.key(key_type))

    def fingerprint_sha256(self, key_type: KeyType | None = None) -> str:
        """`SHA256:` and base64, of the key an NSX-T 1.x Manager chooses unless told which."""
        return sha256_of(self._keys.key(key_type))

    def fingerprint_ecdsa(self) -> str:
        """`SHA256:` and base64, of the key an NSX 2.0 to 9.x Manager uses.

        Raises `ValueError` if the server has no ECDSA key.
        """
        key = self._keys.ecdsa
        if key is None:
            raise ValueError("the server has no ECDSA host key")
        return sha256_of(key)

    def rotate_host_key(self) -> None:
        """Give new connections new host keys, as a reinstalled or an impostor server has."""
        self._keys.rotate()

    def put_back_host_key(self) -> None:
        """Give new connections the first host keys again."""
        self._keys.put_back()

    @property
    def has_first_host_key(self) -> bool:
        """Whether the server has the host keys that it began with."""
        return self._keys.are_first

    def backup_names(self) -> list[str]:
        """The names of the files that are there, in alphabetical order."""
        return self._files.names()

    def add_backup(
        self, name: str, passphrase: str, mtime: dt.datetime, size: int = _DEFAULT_SIZE
    ) -> str:
        """Write a backup of `size` bytes and return its path; a name with `node` is a node backup.

        Raises `FileExistsError` if the name is taken, `ValueError` if `size` is too small.
        """
        return self._files.add(name, passphrase, mtime, size)

    def stock(self, *backups: ListedBackup, size: int = _DEFAULT_SIZE) -> None:
        """Write the files of listed backups (NSX 2.0 to 9.x), each where its node would put it.

        Raises `FileExistsError` if one of them is there already.
        """
        for backup in backups:
            self._files.add(backup.name, backup.passphrase, backup.made_at, size)

    def replace(
        self, name: str, passphrase: str, mtime: dt.datetime, size: int = _DEFAULT_SIZE
    ) -> str:
        """Put another backup under the same name; raise `FileNotFoundError` if there is none."""
        return self._files.replace(name, passphrase, mtime, size)

    def remove(self, name: str) -> None:
        """Delete a backup; raise `FileNotFoundError` if there is none of that name."""
        self._files.remove(name)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            self._desk.connections += 1
            self._start(self._talk(connection))

    async def _talk(self, connection: socket.socket) -> None:
        if self.fault in {SshFault.CLOSE_AT_BANNER, SshFault.HANG_AT_BANNER}:
            with connection:
                if self.fault is SshFault.HANG_AT_BANNER:
                    await asyncio.Event().wait()
                return
        # A client that leaves early, for instance because of the host key, is no error here.
        with contextlib.suppress(asyncssh.Error, OSError):
            await asyncssh.run_server(
                connection,
                server_factory=lambda: Login(self._desk),
                server_host_keys=self._keys.all(),
                sftp_factory=lambda channel: Files(channel, self._desk),
                allow_scp=True,
                gss_host=None,
                login_timeout=0,
            )

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
