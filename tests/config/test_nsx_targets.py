"""A target of NSX-T 2.0 and later has its own keys; those of 1.x are refused, and the reverse."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.target import Target
from bot.domain.values import Component, Generation, Scope
from config.errors import ConfigError
from config.file import load, parse

_EXAMPLE = Path(__file__).parents[2] / "config" / "nsx-restore.example.yaml"
_SHA256 = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"

_SMALL = f"""\
slack: {{team_id: T0WORKSPACE, channels: [C0INCIDENT]}}
people: {{leads: {{members: [U0BEN, U0CHI]}}}}
targets:
  dc2-nsx:
    generation: nsx
    environment: production
    manager:
      url: https://nsx.example.com
      username: admin
      password: env:NSX
    backup:
      server: backup.example.com
      directory: /vol0/backups
      fingerprint: {_SHA256}
      username: admin
      password: env:BACKUP
      passphrase: file:/run/secrets/passphrase
"""


def _target(text: str) -> Target:
    return parse(text, name="nsx.yaml", folder=_EXAMPLE.parent).targets["dc2-nsx"]


def _complaints(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        _target(text)
    return caught.value.lines


def _backup(key: str) -> str:
    """The small configuration with one more key below `backup`, in line 18."""
    return f"{_SMALL}      {key}\n"


def _more(key: str) -> str:
    """The small configuration with one more key of the target, in line 18."""
    return f"{_SMALL}    {key}\n"


def test_what_is_not_written_has_a_default() -> None:
    """Sftp, looked at every ten seconds, a Local Manager, and everything is asked about."""
    target = _target(_SMALL)
    assert target.generation is Generation.NSX
    assert target.backup.protocol == "sftp"
    assert target.backup.port == 22
    assert target.timing.poll == timedelta(seconds=10)
    assert target.timing.stable_polls == 3
    assert target.timing.settle == timedelta(seconds=60)
    assert target.timing.stable_timeout == timedelta(minutes=60)
    assert target.timing.request_timeout == timedelta(seconds=30)
    assert target.component is Component.LOCAL
    assert target.advance_unasked == ()


def test_a_part_of_timing_leaves_the_rest_as_it_is() -> None:
    """The ten seconds are not lost by writing another key."""
    timing = _target(_more("timing: {settle: 30s}")).timing
    assert (timing.settle, timing.poll) == (timedelta(seconds=30), timedelta(seconds=10))


def test_the_restore_is_of_cluster_and_node() -> None:
    """What is of 1.x is not there, and the fingerprint is the SHA-256 form."""
    target = _target(_SMALL)
    assert target.scope is Scope.CLUSTER_AND_NODE
    assert target.controllers == ()
    assert target.node_restore_path == ""
    assert target.backup.fingerprint == _SHA256
    assert target.backup.host_key_sha256 is None


def test_a_global_manager_and_instructions_that_need_no_question_can_be_named() -> None:
    """Names are exact, blanks and signs included; in one order, however they are written."""
    written = "advance_unasked: ['Reset hosts: all', \"Edge \\u00e9teint\"]\n    component: global"
    target = _target(_more(written))
    assert target.component is Component.GLOBAL
    assert target.advance_unasked == ("Edge \u00e9teint", "Reset hosts: all")


def test_the_example_shows_both_kinds_of_managers() -> None:
    """A Local and a Global Manager, with the defaults written down."""
    local, above = (load(_EXAMPLE).targets[key] for key in ("dc2-nsx", "global-nsx"))
    small = _target(_SMALL)
    assert (local.component, above.component) == (Component.LOCAL, Component.GLOBAL)
    assert local.generation is above.generation is Generation.NSX
    assert local.timing == small.timing
    assert local.backup.port == small.backup.port
    assert local.backup.protocol == small.backup.protocol
    assert local.backup.directory != above.backup.directory


_WHERE = "as ssh-keyscan -t ecdsa SERVER | ssh-keygen -l -f - prints it"
_OF_MD5 = (
    "is MD5, which is for nsxt-1: for nsx it must be SHA256: and 43 characters, of the server's "
    f"ECDSA key, {_WHERE}"
)
_OTHERWISE = f"must be SHA256: and 43 characters, of the server's ECDSA key, {_WHERE}"
_BLANKS = f"must be SHA256: and 43 characters without blanks, {_WHERE}"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("b508dfc65562e46e95707c25baf246f1", _OF_MD5),
        ("B508DFC65562E46E95707C25BAF246F1", _OF_MD5),
        ("b5:08:df:c6:55:62:e4:6e:95:70:7c:25:ba:f2:46:f1", _OF_MD5),
        ("MD5:b5:08:df:c6:55:62:e4:6e:95:70:7c:25:ba:f2:46:f1", _OF_MD5),
        (f"{_SHA256}=", f"must be SHA256: and 43 characters without = at the end, {_WHERE}"),
        (f"' {_SHA256}'", _BLANKS),
        (f"'{_SHA256} '", _BLANKS),
        (f"'{_SHA256.replace(':', ': ')}'", _BLANKS),
        (f'"{_SHA256}\\n"', _BLANKS),
        (_SHA256.removeprefix("SHA256:"), _OTHERWISE),
        (_SHA256.replace("SHA256", "sha256"), _OTHERWISE),
        (_SHA256[:-1], _OTHERWISE),
        (f"{_SHA256}A", _OTHERWISE),
        (_SHA256.replace("g6", "g_"), _OTHERWISE),
        ("", _OTHERWISE),
    ],
)
def test_another_form_of_the_fingerprint_is_refused_and_never_repaired(
    written: str, complaint: str
) -> None:
    """The sentence says what to write; the value is not repeated."""
    (line,) = _complaints(_SMALL.replace(_SHA256, written))
    assert line == f"nsx.yaml:14: targets.dc2-nsx.backup.fingerprint: {complaint}"


def test_a_sha256_fingerprint_is_refused_for_nsxt1() -> None:
    """The manager would not understand it."""
    (line,) = _complaints(_SMALL.replace("generation: nsx", "generation: nsxt-1"))
    assert line.startswith(
        "nsx.yaml:14: targets.dc2-nsx.backup.fingerprint: must be 32 lower-case hex digits (MD5) "
        "for nsxt-1"
    )


_LISTED = (
    "is for nsxt-1 only: a manager of NSX-T 2.0 and later lists its backups itself; leave it out"
)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("protocol", "scp", "must be sftp: managers of NSX-T 2.0 and later use nothing else"),
        (
            "host_key_sha256",
            _SHA256,
            (
                "is for nsxt-1 only: for nsx, fingerprint is the SHA-256 of the host key already; "
                "leave it out"
            ),
        ),
        ("cluster_files", "'backup-cluster-*'", _LISTED),
        ("node_files", "'backup-node-*'", _LISTED),
        ("directry", "/vol0/backups", "unknown key (did you mean directory?)"),
    ],
)
def test_a_key_of_the_backup_that_is_of_the_other_generation_is_refused(
    key: str, value: str, sentence: str
) -> None:
    """With the reason, at its line."""
    lines = _complaints(_backup(f"{key}: {value}"))
    assert lines == (f"nsx.yaml:18: targets.dc2-nsx.backup.{key}: {sentence}",)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        (
            "scope",
            "cluster",
            "is for nsxt-1 only: a restore of nsx is always of cluster and node; leave it out",
        ),
        (
            "node_restore_path",
            "/api/v1/node/backups?action=restore",
            "is for nsxt-1 only: a restore of nsx brings the node back by itself; leave it out",
        ),
        (
            "controllers",
            "[10.0.0.11]",
            (
                "is for nsxt-1 only: a manager of NSX-T 2.0 and later asks for what it needs on "
                "the way; leave it out"
            ),
        ),
        ("component", "both", "must be one of local, global"),
        ("component", "", "must be one of local, global"),
        ("componet", "local", "unknown key (did you mean component?)"),
        ("advance_unasked", "Reset", "must be a list"),
        ("advance_unasked", "[Reset, Reset]", "names an instruction twice"),
    ],
)
def test_a_mistake_in_a_target_is_named_with_key_and_line(
    key: str, value: str, sentence: str
) -> None:
    """Keys of 1.x, and wrong values of the new ones."""
    lines = _complaints(_more(f"{key}: {value}"))
    assert lines == (f"nsx.yaml:18: targets.dc2-nsx.{key}: {sentence}",)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("''", "must be the exact name of an instruction, 1 to 200 characters"),
        ("' '", "must be the exact name of an instruction, 1 to 200 characters"),
        ('"two\\nlines"', "must be the exact name of an instruction, 1 to 200 characters"),
        ("x" * 201, "must be the exact name of an instruction, 1 to 200 characters"),
        ("'*'", "must be the exact name of one instruction: there is no wildcard"),
        ("all", "must be the exact name of one instruction: there is no wildcard"),
    ],
)
def test_what_cannot_be_the_name_of_an_instruction_is_refused(name: str, sentence: str) -> None:
    """Its place in the list is named."""
    lines = _complaints(_more(f"advance_unasked: [Reset, {name}]"))
    assert lines == (f"nsx.yaml:18: targets.dc2-nsx.advance_unasked[1]: {sentence}",)


def test_the_time_to_become_stable_is_judged_by_the_polls_of_nsx() -> None:
    """Three polls of 20 minutes do not fit into an hour."""
    (line,) = _complaints(_more("timing: {poll: 20m}"))
    assert line.startswith("nsx.yaml:18: targets.dc2-nsx.timing.stable_timeout: must be longer")


def test_a_name_of_two_hundred_characters_is_taken() -> None:
    """The limit is one that is allowed."""
    assert _target(_more(f"advance_unasked: [{'x' * 200}]")).advance_unasked == ("x" * 200,)


def test_all_mistakes_of_a_target_are_listed_with_their_own_lines() -> None:
    """Also where keys of the other generation are among them."""
    text = _backup("protocol: scp").replace(_SHA256, "x").replace("env:NSX", "hunter2")
    lines = _complaints(f"{text}    controllers: []\n")
    places = [re.sub(r"nsx\.yaml:(\d+): targets\.dc2-nsx\.([^:]*):.*", r"\1 \2", x) for x in lines]
    assert places == [
        "10 manager.password",
        "14 backup.fingerprint",
        "18 backup.protocol",
        "19 controllers",
    ]


def test_a_target_called_nsx_has_its_mistakes_at_the_right_place() -> None:
    """A target's key may be the name of a generation."""
    text = _backup("protocol: scp").replace("dc2-nsx", "nsx")
    assert _complaints(text)[0].startswith("nsx.yaml:18: targets.nsx.backup.protocol: must be")


def test_a_manager_is_one_target_in_whatever_generation_it_is_written() -> None:
    """Two restores of one manager must not run at once."""
    twice = _SMALL + _SMALL[_SMALL.index("  dc2-nsx:") :].replace("dc2-nsx", "again")
    (line,) = _complaints(twice)
    assert line.startswith("nsx.yaml:22: targets.again.manager.url: is the manager of dc2-nsx too")


def test_a_sandbox_of_nsx_is_on_the_loopback_too() -> None:
    """The rule is of every target."""
    (line,) = _complaints(_SMALL.replace("production", "sandbox"))
    assert line.startswith("nsx.yaml:8: targets.dc2-nsx.manager.url: must be on the loopback")
