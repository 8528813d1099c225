"""The configuration file is read strictly: every mistake is named with its key and line."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from bot.domain.target import Configuration
from bot.domain.values import Environment, Generation, Scope
from config.errors import ConfigError
from config.file import load, parse

_EXAMPLE = Path(__file__).parents[2] / "config" / "nsx-restore.example.yaml"

_SMALL = """\
slack:
  team_id: T0WORKSPACE
  channels: [C0INCIDENT]
people:
  leads: {members: [U0BEN, U0CHI]}
targets:
  dc1-nsxt:
    environment: production
    manager:
      url: https://nsx.example.com
      username: admin
      password: env:NSX
    backup:
      server: backup.example.com
      directory: /vol0/backups
      fingerprint: b508dfc65562e46e95707c25baf246f1
      username: admin
      password: env:BACKUP
      passphrase: file:/run/secrets/passphrase
"""


def _parse(text: str, folder: Path = _EXAMPLE.parent) -> Configuration:
    return parse(text, name="nsx.yaml", folder=folder)


def _complaints(text: str, folder: Path = _EXAMPLE.parent) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        _parse(text, folder)
    assert str(caught.value) == "\n".join(caught.value.lines)
    return caught.value.lines


def _changed(old: str, new: str) -> str:
    assert _SMALL.count(old) == 1, old
    return _SMALL.replace(old, new)


def _added(section: str) -> str:
    return _SMALL + section


def test_the_example_loads() -> None:
    """What people copy is a valid configuration."""
    configuration = load(_EXAMPLE)
    assert configuration.channels == {"C0INCIDENT"}
    assert configuration.people.aliases == {"U0BEN2": "U0BEN"}
    assert configuration.targets["dc1-nsxt"].controllers == ("10.0.0.11", "10.0.0.12", "10.0.0.13")


def test_the_example_shows_the_defaults() -> None:
    """Leaving the optional keys out gives what the example writes down."""
    small, example = _parse(_SMALL), load(_EXAMPLE)
    target = small.targets["dc1-nsxt"]
    shown = example.targets["dc1-nsxt"]
    assert small.people.requesters is None
    assert small.policy.approvals == example.policy.approvals == 2
    assert small.policy.request_ttl == example.policy.request_ttl == timedelta(minutes=30)
    assert small.policy.start_ttl == example.policy.start_ttl == timedelta(minutes=10)
    assert small.policy.start_delay == example.policy.start_delay == timedelta(seconds=10)
    assert small.policy.remind_after == example.policy.remind_after
    assert small.policy.typed_confirmation is example.policy.typed_confirmation is False
    assert target.generation is shown.generation is Generation.NSXT_1
    assert target.scope is shown.scope is Scope.CLUSTER
    assert target.timing == shown.timing
    assert target.node_restore_path == shown.node_restore_path
    assert target.backup.port == shown.backup.port == 22
    assert target.backup.protocol == shown.backup.protocol == "scp"
    assert target.backup.cluster_files == shown.backup.cluster_files
    assert target.backup.node_files == shown.backup.node_files


def test_an_unknown_key_is_named_with_its_line_and_a_guess() -> None:
    """`pasword` is not silently ignored."""
    lines = _complaints(_changed("      password: env:NSX\n", "      pasword: env:NSX\n"))
    assert (
        "nsx.yaml:12: targets.dc1-nsxt.manager.pasword: unknown key (did you mean password?)"
        in (lines)
    )
    assert "nsx.yaml:9: targets.dc1-nsxt.manager.password: is missing" in lines


def test_all_mistakes_are_listed_in_the_order_of_the_file() -> None:
    """One run shows everything there is to correct."""
    text = (
        _SMALL.replace("C0INCIDENT", "incident")
        .replace("/vol0/backups", "/")
        .replace("scp", "ftp")
        .replace("env:NSX", "hunter2")
    )
    numbers = [int(line.split(":")[1]) for line in _complaints(text)]
    assert numbers == [3, 12, 15]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("T0WORKSPACE", "workspace", "2: slack.team_id: must be a workspace id"),
        ("[C0INCIDENT]", "[]", "3: slack.channels: must not be empty"),
        ("[C0INCIDENT]", "C0INCIDENT", "3: slack.channels: must be a list"),
        ("[C0INCIDENT]", "[D0DIRECT]", "3: slack.channels[0]: must be a channel id"),
        ("[U0BEN, U0CHI]", "['*', U0CHI]", "5: people.leads.members[0]: .*wildcard"),
        ("[U0BEN, U0CHI]", "[everyone]", "5: people.leads.members[0]: .*wildcard"),
        ("[U0BEN, U0CHI]", "[ben]", "5: people.leads.members[0]: must be a user id"),
        ("[U0BEN, U0CHI]", "[]", "5: people.leads: names nobody"),
        ("[U0BEN, U0CHI]", "[U0BEN]", "5: people.leads: names 1 persons, and 2 approvals"),
        ("{members: [U0BEN, U0CHI]}", "{usergroup: '*'}", "5: people.leads.usergroup: must be the"),
        ("{members: [U0BEN, U0CHI]}", "", "5: people.leads: must have keys and values"),
        ("  leads: {members: [U0BEN, U0CHI]}", "  aliases: {}", "4: people.leads: is missing"),
        ("  dc1-nsxt:", "  dc1_NSXT:", "7: targets.dc1_NSXT: must be a key of a-z"),
        ("  dc1-nsxt:", "  ns\u0445-prod:", "7: targets.ns\u0445-prod: must be a key of a-z"),
        (
            "production",
            "prod",
            "8: .*environment: must be one of production, staging, lab, sandbox",
        ),
        ("https://nsx.example.com", "http://nsx.example.com", "10: .*url: must begin with https"),
        ("https://nsx.example.com", "https://a:b@nsx.example.com", "10: .*url: must not hold"),
        ("https://nsx.example.com", "https://nsx.example.com/api", "10: .*url: must end after"),
        ("https://nsx.example.com", "https://ns\u0445.example.com", "10: .*url: .*plain ASCII"),
        ("https://nsx.example.com", "https://127.0.0.1:8443", "10: .*url: is on the loopback"),
        ("https://nsx.example.com", "https://127.1", "10: .*url: must be a host name"),
        ("https://nsx.example.com", "https://2130706433", "10: .*url: must be a host name"),
        ("https://nsx.example.com", "https://0.0.0.0", "10: .*url: must be the address of one"),
        ("https://nsx.example.com", "https://169.254.169.254", "10: .*url: must be the address of"),
        ("https://nsx.example.com", "https://[::ffff:127.0.0.1]", "10: .*url: must be written as"),
        ("https://nsx.example.com", "https://[::1", "10: .*url: is not a URL"),
        ("https://nsx.example.com", "https://nsx.example.com:99999", "10: .*url: is not a URL"),
        (
            "      server: backup.example.com",
            "      server: localhost",
            "14: .*backup.server: is on",
        ),
        ("backup.example.com", "backup.example.com:22", "14: .*server: must be a host name"),
        ("/vol0/backups", "vol0/backups", "15: .*directory: must be an absolute directory"),
        ("/vol0/backups", "/", "15: .*directory: must be an absolute directory"),
        ("/vol0/backups", "/vol0/../etc", "15: .*directory: must not contain"),
        (
            "b508dfc65562e46e95707c25baf246f1",
            "B508DFC65562E46E95707C25BAF246F1",
            "16: .*fingerprint: must be 32 lower-case hex digits",
        ),
        (
            "b508dfc65562e46e95707c25baf246f1",
            "b5:08:df:c6:55:62:e4:6e:95:70:7c:25:ba:f2:46:f1",
            "16: .*fingerprint: must be 32 lower-case hex digits",
        ),
        (
            "b508dfc65562e46e95707c25baf246f1",
            "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
            "16: .*fingerprint: .*belongs under host_key_sha256",
        ),
        ("passphrase: file:/run/", "passphrase: file:run/", "19: .*passphrase: must say where"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(old: str, new: str, complaint: str) -> None:
    """Each wrong value is one line that says where and what."""
    pattern = re.compile(r"nsx\.yaml:" + complaint.replace("[0]", r"\[0\]"))
    lines = _complaints(_changed(old, new))
    assert any(pattern.match(line) for line in lines), lines


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("policy: {approvals: 1}", "policy.approvals: must be 2 or more: two people decide"),
        ("policy: {approvals: 0}", "policy.approvals: must be 2 or more"),
        ("policy: {approvals: -3}", "policy.approvals: must be a whole number"),
        ("policy: {request_ttl: 30}", "policy.request_ttl: must be a duration such as"),
        ("policy: {request_ttl: 0s}", "policy.request_ttl: must be longer than 0s"),
        ("policy: {request_ttl: 25h}", "policy.request_ttl: must not be longer than 24h"),
        ("policy: {remind_after: [5m, 2m]}", "policy.remind_after: must ascend"),
        ("policy: {start_delay: 10m}", "policy.start_delay: must be shorter than start_ttl"),
        ("policy: {typed_confirmation: perhaps}", "policy.typed_confirmation: must be true or"),
        ("policy:", "policy: must have keys and values"),
        ("extra: {}", "extra: unknown key (known: slack, people, policy, targets)"),
    ],
)
def test_a_mistake_in_the_rules_is_refused(section: str, complaint: str) -> None:
    """The rules of approval cannot be written wrongly, and never below two people."""
    (line,) = _complaints(_added(section))
    assert line.startswith(f"nsx.yaml:20: {complaint}")


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("generation: nsxt-2", "generation: must be nsxt-1 (NSX-T 1.x) or nsx (NSX-T 2.0 and"),
        ("generation: NSX", "generation: must be nsxt-1 (NSX-T 1.x) or nsx (NSX-T 2.0 and"),
        ("generation:", "generation: must be nsxt-1 (NSX-T 1.x) or nsx (NSX-T 2.0 and later)"),
        ("component: global", "component: is for nsx only: NSX-T 1.x has no Global Manager; leave"),
        (
            "advance_unasked: []",
            "advance_unasked: is for nsx only: a manager of NSX-T 1.x gives no",
        ),
        ("scope: node", "scope: must be one of cluster, cluster+node"),
        ("node_restore_path: //evil.example.com/", "node_restore_path: must be a path on the"),
        ("timing: {poll: 0s}", "timing.poll: must be longer than 0s"),
        ("timing: {stable_polls: 0}", "timing.stable_polls: must be a whole number from 1"),
        ("timing: {stable_timeout: 60s}", "timing.stable_timeout: must be longer than settle"),
        ("controllers: ['a b']", "controllers[0]: must be a host name or an address"),
    ],
)
def test_a_mistake_in_a_target_is_refused(key: str, complaint: str) -> None:
    """The optional keys of a target are checked like the others."""
    (line,) = _complaints(_added(f"    {key}\n"))
    assert line.startswith(f"nsx.yaml:20: targets.dc1-nsxt.{complaint}")


@pytest.mark.parametrize("indent", ["", "    ", "      "])
def test_a_key_that_looks_like_our_own_sign_is_an_unknown_key(indent: str) -> None:
    """No key that somebody writes is taken for a mark of the reader's."""
    (line,) = _complaints(_added(f'{indent}"[key]": 1\n'))
    assert ".[key]: unknown key (known: " in f".{line.removeprefix('nsx.yaml:20: ')}"


def test_a_key_given_twice_is_refused() -> None:
    """The second value does not silently win."""
    (line,) = _complaints(_added("slack: {team_id: T1, channels: [C1]}\n"))
    assert line == "nsx.yaml:20: slack: given twice, first in line 1"


@pytest.mark.parametrize(
    ("secret", "where"),
    [
        ("hunter2", "env:NSX"),
        ("correct horse battery staple", "env:NSX"),
        ("{hunter2: hunter2}", "env:NSX"),
        ("file:hunter2", "file:/run/secrets/passphrase"),
        ("[hunter2]", "env:BACKUP"),
    ],
)
def test_a_literal_secret_is_refused_without_being_repeated(secret: str, where: str) -> None:
    """Secrets are references; a secret in the file does not get into a log through an error."""
    lines = _complaints(_changed(where, secret))
    assert "must say where the secret is, not what it is" in lines[0]
    assert not any("hunter2" in line or "horse" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "nsx.yaml:1: is empty"),
        ("# nothing\n", "nsx.yaml:1: is empty"),
        ("slack: [\n", "nsx.yaml:2: not readable as YAML"),
        ("a: 1\n---\nb: 2\n", "nsx.yaml:2: not readable as YAML"),
        ("a: &x {b: 1}\nc: *x\n", "nsx.yaml:2: anchors and aliases"),
        ("a: \x00", "nsx.yaml:1: not readable as YAML"),
        ("[" * 500 + "]" * 500, "nsx.yaml:1: not readable as YAML: it is nested too deeply"),
        ("? [a, b]\n: c\n", "nsx.yaml:1: a key must be a single word"),
        ("just words", "nsx.yaml:1: must have keys and values"),
    ],
)
def test_what_is_no_configuration_is_refused_with_a_line(text: str, complaint: str) -> None:
    """No input makes the reader fail in another way than with complaints."""
    assert _complaints(text)[0].startswith(complaint)


def test_text_is_not_reinterpreted() -> None:
    """A fingerprint of digits alone is a fingerprint, not a number."""
    digits = "0123456789012345678901234567890" + "1"
    configuration = _parse(_changed("b508dfc65562e46e95707c25baf246f1", digits))
    assert configuration.targets["dc1-nsxt"].backup.fingerprint == digits


def test_a_sandbox_is_on_the_loopback_and_nowhere_else() -> None:
    """A sandbox target cannot reach a real manager, and a real one cannot be a sandbox."""
    sandbox = _changed("production", "sandbox")
    (line,) = _complaints(sandbox)
    assert line.startswith("nsx.yaml:10: targets.dc1-nsxt.manager.url: must be on the loopback")
    local = sandbox.replace("https://nsx.example.com", "https://127.0.0.1:8443")
    local = local.replace("server: backup.example.com", "server: 127.0.0.1")
    assert _parse(local).targets["dc1-nsxt"].environment is Environment.SANDBOX


def test_the_authority_is_found_beside_the_file(tmp_path: Path) -> None:
    """`ca_file` is relative to the configuration file's folder and has to be a certificate."""
    text = _changed(
        "      username: admin\n      password: env:NSX",
        "      username: admin\n      ca_file: corp-ca.pem\n      password: env:NSX",
    )
    (line,) = _complaints(text, tmp_path)
    assert line.startswith("nsx.yaml:12: targets.dc1-nsxt.manager.ca_file: cannot be read")
    (tmp_path / "corp-ca.pem").write_text("-----BEGIN PRIVATE KEY-----")
    (line,) = _complaints(text, tmp_path)
    assert line.endswith("holds no certificate in PEM form")
    trustme.CA().cert_pem.write_to_path(tmp_path / "corp-ca.pem")
    target = _parse(text, tmp_path).targets["dc1-nsxt"]
    assert target.manager.ca_file == str(tmp_path / "corp-ca.pem")


def test_blank_requesters_do_not_open_the_door() -> None:
    """`requesters:` with nothing after it is not "every member"."""
    (line,) = _complaints(_changed("  leads:", "  requesters:\n  leads:"))
    assert line.startswith("nsx.yaml:5: people.requesters: names nobody")


def test_aliases_count_as_one_person() -> None:
    """Two accounts of one human are not two leads."""
    text = _changed("[U0BEN, U0CHI]}", "[U0BEN, U0CHI]}\n  aliases: {U0CHI: U0BEN}")
    assert "names 1 persons" in _complaints(text)[0]


def test_an_alias_of_an_alias_is_refused() -> None:
    """Aliases end at a person, so that nobody is missed or counted twice."""
    text = _changed("[U0BEN, U0CHI]}", "[U0BEN, U0CHI]}\n  aliases: {U0AAA: U0BBB, U0BBB: U0CCC}")
    (line,) = _complaints(text)
    assert line.startswith("nsx.yaml:6: people.aliases.U0AAA: must point at a person's main")


def test_the_policy_version_names_the_rules() -> None:
    """It follows every change of rules and people, and nothing else: not order, not targets."""
    before = _parse(_SMALL).policy.version
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert _parse(_changed("[U0BEN, U0CHI]", "[U0CHI, U0BEN]")).policy.version == before
    assert _parse(_changed("/vol0/backups", "/vol1")).policy.version == before
    assert _parse(_added("policy: {approvals: 2}")).policy.version == before
    assert _parse(_added("policy: {request_ttl: 31m}")).policy.version != before
    assert _parse(_changed("[U0BEN, U0CHI]", "[U0CHI, U0DEE]")).policy.version != before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """One line: which file, and how to get one."""
    with pytest.raises(ConfigError, match=r"nsx\.yaml: cannot be read \(No such file") as caught:
        load(tmp_path / "nsx.yaml")
    assert "; copy config/nsx-restore.example.yaml there, or set" in str(caught.value)
    (tmp_path / "nsx.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(tmp_path / "nsx.yaml")


def _with_another(url: str) -> str:
    target = _SMALL[_SMALL.index("  dc1-nsxt:") :]
    another = target.replace("dc1-nsxt", "dc1-again").replace("https://nsx.example.com", url)
    return _SMALL + another


@pytest.mark.parametrize(
    "url",
    [
        "https://nsx.example.com",
        "https://NSX.example.com/",
        "https://nsx.example.com:443",
    ],
)
def test_a_manager_belongs_to_one_target(url: str) -> None:
    """A target has one active request; two targets on one manager would allow two restores."""
    (line,) = _complaints(_with_another(url))

    assert line == (
        "nsx.yaml:23: targets.dc1-again.manager.url: is the manager of dc1-nsxt too; a manager "
        "has one target, or it could be restored twice at once"
    )


def test_other_ports_are_other_managers() -> None:
    """What differs in host or port is another manager."""
    assert len(_parse(_with_another("https://nsx.example.com:8443")).targets) == 2
