"""Backup files as an NSX Manager leaves them on a server: real archives on a real disk.

A file is a gzip-compressed tar whose first member, `backup.json`, says what kind of backup it is
and proves the passphrase by a salted digest. The rest up to the wanted size is zero padding, which
gzip allows and which costs no disk.
"""

import datetime as dt
import gzip
import hashlib
import hmac
import io
import json
import os
import secrets
import tarfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Self

HEAD_BYTES = 4096
"""How much of a file has to be read to know its kind and to try a passphrase."""

_ROUNDS = 1_000


class BackupKind(StrEnum):
    """Which restore a file is for."""

    CLUSTER = "cluster"
    NODE = "node"

    @classmethod
    def of(cls, name: str) -> Self:
        """Read the kind from a name such as `backup-node-20170301.tar.gz`; folders say nothing."""
        return cls("node" if "node" in PurePosixPath(name).name else "cluster")


@dataclass(frozen=True, slots=True)
class Seal:
    """What the beginning of a backup file tells: its kind, and whether a passphrase opens it."""

    kind: BackupKind
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, kind: BackupKind, passphrase: str) -> Self:
        """Seal a new backup with this passphrase."""
        salt = secrets.token_bytes(16)
        return cls(kind, salt, _digest(passphrase, salt))

    @classmethod
    def read(cls, head: bytes) -> Self:
        """Read the first `HEAD_BYTES` of a file; raise `ValueError` if it is no backup."""
        try:
            plain = zlib.decompressobj(wbits=31).decompress(head)
            with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
                member = archive.extractfile("backup.json")
                told = json.loads(member.read()) if member else {}
            return cls(
                BackupKind(told["kind"]),
                bytes.fromhex(told["salt"]),
                bytes.fromhex(told["digest"]),
            )
        except (zlib.error, tarfile.TarError, KeyError) as error:
            raise ValueError("not a backup file") from error

    def opens(self, passphrase: str) -> bool:
        """Say whether the backup was made with this passphrase."""
        return hmac.compare_digest(_digest(passphrase, self.salt), self.digest)

    def archive(self) -> bytes:
        """Return the bytes a file begins with."""
        told = {"kind": self.kind, "salt": self.salt.hex(), "digest": self.digest.hex()}
        content = json.dumps(told).encode()
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("backup.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        return gzip.compress(buffer.getvalue(), mtime=0)


def _digest(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS)


class BackupDirectory:
    """The directory on the server that holds the backups, e.g. `/vol0/backups` below `root`."""

    def __init__(self, root: Path, directory: str) -> None:
        self.root = root
        self.directory = directory
        self._path(directory).mkdir(parents=True, exist_ok=True)

    def add(self, name: str, passphrase: str, mtime: dt.datetime, size: int) -> str:
        """Write a new file of `size` bytes and return its path on the server.

        Raises `FileExistsError` for a name that is there, `ValueError` for too small a size.
        """
        path = self._path(f"{self.directory}/{name}")
        if path.exists():
            raise FileExistsError(name)
        return self._write(name, passphrase, mtime, size)

    def replace(self, name: str, passphrase: str, mtime: dt.datetime, size: int) -> str:
        """Put other content under a name that is there; raise `FileNotFoundError` if it is not."""
        self.remove(name)
        return self._write(name, passphrase, mtime, size)

    def names(self) -> list[str]:
        """The names of the files that are there, in alphabetical order."""
        return sorted(path.name for path in self._path(self.directory).iterdir() if path.is_file())

    def remove(self, name: str) -> None:
        """Delete a file; raise `FileNotFoundError` if it is not there."""
        self._path(f"{self.directory}/{name}").unlink()

    def has_directory(self, server_path: str) -> bool:
        """Say whether there is such a directory on the server."""
        return self._path(server_path).is_dir()

    def has_file(self, server_path: str) -> bool:
        """Say whether there is such a file on the server."""
        return self._path(server_path).is_file()

    def write(self, server_path: str, passphrase: str, mtime: dt.datetime, size: int) -> None:
        """Write a backup anywhere on the server, as a Manager does; folders are made on the way."""
        content = Seal.of(BackupKind.of(server_path), passphrase).archive()
        if size < len(content):
            raise ValueError(f"a backup file has at least {len(content)} bytes")
        path = self._path(server_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            file.truncate(size)
        os.utime(path, (mtime.timestamp(), mtime.timestamp()))

    def head(self, server_path: str) -> bytes:
        """Read the beginning of a file; raise `FileNotFoundError` if there is no such file."""
        path = self._path(server_path)
        if not path.is_file():
            raise FileNotFoundError(server_path)
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)

    def _write(self, name: str, passphrase: str, mtime: dt.datetime, size: int) -> str:
        server_path = f"{self.directory}/{name}"
        self.write(server_path, passphrase, mtime, size)
        return server_path

    def _path(self, server_path: str) -> Path:
        """Map a path on the server to the disk, as a chroot does: `..` never leaves the root."""
        inside = os.path.normpath(PurePosixPath("/") / server_path)
        return self.root / inside.lstrip("/")
