"""The journal holds JSON and nothing else, so that no secret and no object gets into it unseen."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.durable.journal import JsonOnly


@pytest.mark.parametrize(
    "value",
    [object(), b"bytes", {1, 2}, Path("/x"), datetime(2026, 1, 1, tzinfo=UTC)],
    ids=["object", "bytes", "set", "path", "time"],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: {"deep": [v]}], ids=["bare", "deep"])
def test_what_is_not_json_is_refused(value: object, wrap: Any) -> None:
    """By its type, without its content."""
    with pytest.raises(TypeError, match="does not belong in the journal"):
        JsonOnly().serialize(wrap(value))


def test_an_error_is_kept_as_its_class_alone() -> None:
    """Its text could hold anything."""
    written = JsonOnly().serialize(ValueError("the password is hunter2"))
    assert "hunter2" not in written
    assert str(JsonOnly().deserialize(written)) == "ValueError"


def test_json_values_come_back_as_they_were() -> None:
    """Tuples as lists; everything else as it was."""
    value = {"a": [1, 2.5, None, True, "x"], "b": {"c": (1,)}}
    read = JsonOnly().deserialize(JsonOnly().serialize(value))
    assert read == {"a": [1, 2.5, None, True, "x"], "b": {"c": [1]}}
