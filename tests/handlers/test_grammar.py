"""What can be typed, and that nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.values import RequestId, Scope
from bot.runbooks.preflight import names_no_file
from handlers import grammar as g
from handlers.slack_text import decoded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", g.OpenForm()),
        ("   ", g.OpenForm()),
        ("help", g.Help()),
        ("HELP me", g.Help()),
        ("list", g.ListOpen()),
        ("status", g.ListOpen()),
        ("status r-7qk2m9", g.Status(RequestId("R-7QK2M9"))),
        ("history", g.History(None)),
        ("history dc1-nsxt", g.History("dc1-nsxt")),
        ("targets", g.Targets()),
        ("backups dc1-nsxt", g.Backups("dc1-nsxt")),
        ("plan dc1-nsxt", g.PlanOnly("dc1-nsxt", "latest")),
        ("plan dc1-nsxt backup=b.tar", g.PlanOnly("dc1-nsxt", "b.tar")),
        ("report R-7QK2M9", g.Report(RequestId("R-7QK2M9"))),
        ("cancel R-7QK2M9", g.Cancel(RequestId("R-7QK2M9"))),
        ("frobnicate it", g.Unknown("frobnicate")),
        ("request dc1 reason=why", g.FileRequest("dc1", "latest", None, None, "why")),
        (
            "request dc1 scope=cluster+node incident=INC-1 backup=/vol0/b.tar reason=a b=c  d",
            g.FileRequest("dc1", "/vol0/b.tar", Scope.CLUSTER_AND_NODE, "INC-1", "a b=c  d"),
        ),
        (
            "request dc1 backup=latest scope=cluster reason=x\ny",
            g.FileRequest("dc1", "latest", Scope.CLUSTER, None, "x\ny"),
        ),
    ],
)
def test_what_is_understood(text: str, expected: g.Typed) -> None:
    """Each command is one value; pairs come in any order, and `reason=` takes the rest."""
    assert g.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "request",
        "request reason=why",
        "request dc1",
        "request dc1 reason= ",
        "request dc1 why",
        "request dc1 reason",
        "request Dc1 reason=why",
        "request dc1. reason=why",
        "request -dc1 reason=why",
        "request " + "d" * 41 + " reason=why",
        "request nsх reason=why",  # noqa: RUF001 - a Cyrillic letter
        "request dc1 backup= reason=why",
        "request dc1 backup=/vol0/backups/ reason=why",
        "plan dc1 backup=/vol0/backups/",
        "request dc1 reason=why backup=b.tar",
        "request dc1 reason=why\nscope=cluster",
        "request dc1 reason= incident=INC-1 it is broken",
        "request dc1 scope=node reason=why",
        "request dc1 scope=node+cluster reason=why",
        "request dc1 scope=CLUSTER reason=why",
        "request dc1 incident= reason=why",
        "request dc1 incident=a incident=b reason=why",
        "request dc1 reason=" + "x" * 301,
        "request dc1 reason=nul\x00",
        "request dc1 reason=zero\u200bwidth",
        "request dc1 reason=right\u202eleft",
        "request dc1 reason=tag\U000e0041",
        "plan",
        "plan dc1 scope=cluster",
        "plan dc1 dc2",
        "status now",
        "status R-7QK2M0",
        "status R-7QK2M9 R-7QK2M9",
        "report",
        "cancel",
        "backups",
        "history DC1",
        "targets all",
        "x" * 2001,
    ],
)
def test_what_is_refused(text: str) -> None:
    """Everything else is refused with a sentence that ends."""
    wrong = g.parse(text)
    assert isinstance(wrong, g.Wrong)
    assert wrong.sentence.endswith((".", "..."))
    assert len(wrong.sentence) < 300


def test_what_follows_the_reason_is_the_reason() -> None:
    """A pair after it would be lost in the words, and another backup be restored."""
    wrong = g.parse("request dc1 reason=it is broken backup=/vol0/b.tar")
    assert isinstance(wrong, g.Wrong)
    assert wrong.sentence == (
        "Put reason= last: what follows it is the reason, and has backup= in it."
    )


@pytest.mark.parametrize("backup", ["", "/vol0/backups/", "/"])
def test_a_backup_that_names_no_file_is_refused_as_the_checks_do(backup: str) -> None:
    """At once, and in the same words."""
    wrong = g.parse(f"request dc1 backup={backup} reason=why")
    assert isinstance(wrong, g.Wrong)
    assert wrong.sentence == names_no_file(backup)


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &lt;b&gt; &amp;lt; c", "a <b> &lt; c"),
        ("<@U0BEN|ben> and <@U0CHI>", "@U0BEN and @U0CHI"),
        ("<#C0INCIDENT|incident>", "#C0INCIDENT"),
        ("<!here> <!subteam^S0LEADS|@leads> <!channel|channel>", "@here @S0LEADS @channel"),
        ("<https://evil.example|https://good.example>", "https://evil.example"),
        ("<http://nsx.example.com|nsx.example.com>", "nsx.example.com"),
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("<https://example.com/?a=1&amp;b=2>", "https://example.com/?a=1&b=2"),
        ("<odd|thing> <>", "<odd|thing> <>"),
        ("e\u0301\tx\r\ny", "é x\ny"),
    ],
)
def test_slack_text_becomes_what_was_typed(sent: str, typed: str) -> None:
    """Entities stand for ids and addresses, never for the label that somebody chose."""
    assert decoded(sent) == typed


@given(st.text(max_size=400))
def test_parsing_is_total(text: str) -> None:
    """No text makes the parser fail, and what it lets through keeps to the limits."""
    for prefix in ("", "request dc1 reason=", "request ", "request dc1 ", "status "):
        command = g.parse(prefix + text)
        if isinstance(command, g.FileRequest):
            assert 0 < len(command.reason) <= 300
            assert not set(command.reason) & set("\u202e\u200b\x00")


JOINED = "\U0001f469\u200d\U0001f692"
"""A firefighter: two characters and what joins them."""


def test_a_reason_may_be_written_as_people_write() -> None:
    """Emoji and several scripts are spelt with joiners; nowhere else do they belong."""
    typed = g.parse(f"request dc1-nsxt reason=call the {JOINED}")
    assert isinstance(typed, g.FileRequest)
    assert typed.wish(Scope.CLUSTER).reason == f"call the {JOINED}"
    for text in (
        f"request dc1-nsxt backup=a{JOINED} reason=x",
        f"request dc1-nsxt incident=a{JOINED} reason=x",
        f"request dc1{JOINED} reason=x",
    ):
        assert isinstance(g.parse(text), g.Wrong)
