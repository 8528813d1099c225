"""YAML that cannot be read: where and why, without a word from the file."""

import pytest

from config.tree import read_tree


@pytest.mark.parametrize(
    "text",
    [
        "password: !4uhasWak!word",
        "password: !<4uhasWak",
        "password: 4uhasWak\n 'it''s: 4uhasWak'",
        "password: &4uhasWak *x",
        "password: [4uhasWak",
        "password: '4uhasWak'4uhasWak",
        "password: !4uhas'Wak!4uhasWak 'x'",
        "password: |4uhasWak",
        "password: @4uhasWak",
        'password: "4uhasWak\\q4uhasWak"',
        "%4uhasWak 4uhasWak",
    ],
)
def test_what_yaml_quotes_is_not_repeated(text: str) -> None:
    """A password that was written down without quotes can look like YAML to YAML."""
    [complaint] = read_tree(text).complaints
    assert complaint.text.startswith("not readable as YAML")
    assert "4uhas" not in complaint.text


def test_signs_of_yaml_are_named() -> None:
    """They help to find the mistake."""
    [complaint] = read_tree("a: [b\n").complaints
    assert complaint.text.endswith("expected ',' or ']', but got '<stream end>'")
