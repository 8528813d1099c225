"""A secret reference leads to the secret, or to an error that names the reference alone."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.credentials.references import References, _check
from bot.domain.errors import CredentialError
from bot.domain.values import SecretRef

_CANARY = "canary-4uhasWak"


def _file(path: Path, content: bytes = _CANARY.encode(), mode: int = 0o600) -> SecretRef:
    path.write_bytes(content)
    path.chmod(mode)
    return SecretRef(f"file:{path}")


def _refused(ref: str, environment: dict[str, str] | None = None) -> CredentialError:
    with pytest.raises(CredentialError) as caught:
        References(environment or {}).resolve(SecretRef(ref))
    error = caught.value
    assert _CANARY not in f"{error!s} {error!r} {error.said} {error.advice}"
    assert error.__context__ is None or _CANARY not in repr(error.__context__)
    return error


def test_a_variable_of_the_environment_is_the_secret() -> None:
    """`env:NAME` is the value of NAME."""
    assert References({"NAME": _CANARY}).resolve(SecretRef("env:NAME")) == _CANARY


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_is_the_secret_without_its_line_end(tmp_path: Path, end: bytes, mode: int) -> None:
    """Editors end a file with a line end; passwords do not have one. Blanks stay."""
    ref = _file(tmp_path / "secret", b" " + _CANARY.encode() + b" " + end, mode)
    assert References({}).resolve(ref) == f" {_CANARY} "


def test_a_link_to_a_good_file_is_followed(tmp_path: Path) -> None:
    """Orchestrators mount secrets as links."""
    _file(tmp_path / "data")
    (tmp_path / "secret").symlink_to(tmp_path / "data")
    assert References({}).resolve(SecretRef(f"file:{tmp_path / 'secret'}")) == _CANARY


def test_the_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    """A secret that was exchanged is used from the next call on."""
    references = References({})
    ref = _file(tmp_path / "secret", b"old")
    assert references.resolve(ref) == "old"
    _file(tmp_path / "secret", b"new")
    assert references.resolve(ref) == "new"


@dataclass(frozen=True)
class Found:
    """What the system says of a file."""

    st_uid: int
    st_gid: int
    st_mode: int


@pytest.mark.parametrize(
    ("uid", "gid", "mode", "is_taken"),
    [
        (0, 4711, 0o440, True),
        (0, 4711, 0o640, True),
        (0, 4712, 0o440, False),
        (0, 4711, 0o460, False),
        (0, 4711, 0o444, False),
        (1000, 4711, 0o440, False),
    ],
)
def test_a_group_of_ours_may_read_what_root_owns(
    monkeypatch: pytest.MonkeyPatch, *, uid: int, gid: int, mode: int, is_taken: bool
) -> None:
    """So orchestrators hand secrets to a process that is not root; a user's own file stays shut."""
    for name, value in (("geteuid", 1000), ("getegid", 1000), ("getgroups", [4711])):
        monkeypatch.setattr(os, name, lambda value=value: value)
    found = Found(uid, gid, stat.S_IFREG | mode)
    ref = SecretRef("file:/run/secrets/nsx")
    if is_taken:
        _check(ref, found)  # type: ignore[arg-type]
        return
    with pytest.raises(CredentialError, match=f"mode {mode:04o}"):
        _check(ref, found)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_file_open_to_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """Whoever else can read it has the secret too."""
    monkeypatch.setattr(os, "getegid", lambda: 4711)
    monkeypatch.setattr(os, "getgroups", list)
    error = _refused(_file(tmp_path / "secret", mode=mode))
    assert f"mode {mode:04o}" in error.said


def test_the_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only we and root decide what the secret is."""
    ref = _file(tmp_path / "secret")
    if os.geteuid() == 0:
        os.chown(tmp_path / "secret", 4711, 4711)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert "belongs to another user" in _refused(ref).said


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    """A directory, a named pipe (without waiting for a writer), and nothing at all."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a regular file" in _refused(f"file:{tmp_path}").said
    assert "not a regular file" in _refused(f"file:{tmp_path / 'pipe'}").said
    assert "cannot be read (No such file" in _refused(f"file:{tmp_path / 'nothing'}").said
    assert "not a path" in _refused(f"file:{tmp_path}/\0").said


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n"])
def test_an_empty_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty password is a mistake."""
    assert "is empty" in _refused(_file(tmp_path / "secret", content)).said
    assert "is empty" in _refused("env:NAME", {"NAME": content.decode()}).said


def test_what_cannot_be_a_secret_is_refused(tmp_path: Path) -> None:
    """Too large, or not text; the error holds nothing of the content."""
    assert "larger than" in _refused(_file(tmp_path / "large", b"x" * 70_000)).said
    raw = _CANARY.encode() + b"\xff"
    assert "not UTF-8" in _refused(_file(tmp_path / "raw", raw)).said


def test_a_variable_that_is_no_text_is_refused_and_not_remembered() -> None:
    """What is remembered is taken out of the texts of all targets, which only text can be."""
    raw = (_CANARY.encode() + b"\xf6").decode(errors="surrogateescape")
    error = _refused("env:NAME", {"NAME": raw})
    assert str(error) == "env:NAME is not UTF-8 text. Write the secret as text."

    references = References({"NAME": raw, "GOOD": "good"})
    with pytest.raises(CredentialError):
        references.resolve(SecretRef("env:NAME"))
    references.resolve(SecretRef("env:GOOD"))
    assert list(references.known()) == ["good"]


def test_an_unset_variable_is_named() -> None:
    """The reference is named, with what to do."""
    error = _refused("env:NAME", {"OTHER": _CANARY})
    assert str(error) == "env:NAME is not set in the environment. Set it and start again."


@pytest.mark.parametrize("ref", [_CANARY, f"file:{_CANARY}", "env:", f"vault:{_CANARY}", ""])
def test_another_form_is_refused_without_repeating_it(ref: str) -> None:
    """What is no reference may be a secret in the wrong place."""
    assert "neither the form env:NAME nor file:/path" in _refused(ref).said
