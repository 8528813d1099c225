"""Every story of NSX-T 1.x in the sandbox, played by the real bot, ends as it must."""

from pathlib import Path

import pytest

from tests.scenario.played import play


async def test_denied_ends_with_the_reason_of_the_lead(tmp_path: Path) -> None:
    """One denial ends a request, whoever approved before; the reason is told to everybody."""
    told = await play(tmp_path, "denied")
    assert "The database can be repaired in place" in told.thread


@pytest.mark.long
async def test_expired_ends_without_a_decision_after_reminders(tmp_path: Path) -> None:
    """Nobody decides; the leads are reminded, and time alone only ever refuses."""
    told = await play(tmp_path, "expired")
    assert "Reminder 1" in told.thread
    assert "expired" in told.card


async def test_a_wrong_fingerprint_is_rejected_before_any_password(tmp_path: Path) -> None:
    """A backup server with another host key is refused, and never saw a password."""
    told = await play(tmp_path, "wrong-fingerprint")
    assert told.stage.backups.connections > 0
    assert told.stage.backups.passwords_received == 0
    assert "has another host key" in told.thread


async def test_a_manager_that_is_not_stable_is_rejected_and_quoted(tmp_path: Path) -> None:
    """The very word of the manager stands in the thread."""
    told = await play(tmp_path, "not-stable")
    assert "DEGRADED" in told.thread


@pytest.mark.long
async def test_a_wrong_passphrase_ends_in_failure_with_one_request(tmp_path: Path) -> None:
    """The manager refuses the file; that is a failure, and nothing is sent again."""
    told = await play(tmp_path, "wrong-passphrase")
    assert "failed" in told.card
    assert "passphrase" in told.thread


@pytest.mark.long
async def test_happy_over_http_with_a_long_outage_ends_in_success(tmp_path: Path) -> None:
    """Slack reaches the bot by signed requests; the manager is away, serves HTML and 404.

    `test_thread` has the same story by Socket Mode.
    """
    told = await play(tmp_path, "outage", socket_mode=False)
    assert "That is expected now" in told.thread
    assert "succeeded" in told.card
    assert "Management cluster: STABLE" in told.thread
    assert told.stage.slack.sockets.sockets == []


@pytest.mark.long
async def test_an_unknown_outcome_is_called_so_and_adopted_by_a_lead(tmp_path: Path) -> None:
    """A cut connection is a question to people, never a second request."""
    told = await play(tmp_path, "unknown-outcome")
    assert "Outcome unknown" in told.thread


@pytest.mark.long
async def test_a_crash_in_the_middle_ends_in_success_with_one_request(tmp_path: Path) -> None:
    """The bot is killed while the manager is away, started again, and finishes the restore."""
    told = await play(tmp_path, "crash")
    assert "succeeded" in told.card
