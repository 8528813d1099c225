"""What stands in Slack, and in the audit, after a restore that went well."""

import contextlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.scenarios import SCENARIOS
from bot.sandbox.stage import CHANNEL, REQUESTER
from tests.scenario.checks import cards, check_end
from tests.scenario.command_line import run
from tests.scenario.theatre import Scene, thread_faults

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Played:
    """A scene after a whole restore."""

    scene: Scene
    ts: str

    @property
    def files(self) -> dict[str, str]:
        """The text of each report file by the end of its name."""
        [message] = [m for m in self.scene.replies(self.ts) if m.files]
        return {file.name.rpartition(".")[2]: file.content.decode() for file in message.files}

    @property
    def head(self) -> dict[str, Any]:
        """The audit head of the report."""
        head: dict[str, Any] = json.loads(self.files["json"])["audit_head"]
        return head

    @property
    def head_on_card(self) -> tuple[str, str]:
        """Number and first digits of the audit head, as the card shows them."""
        text = self.scene.cast.card(self.ts).full_text
        found = re.search(r"audit chain at entry (\d+): `([0-9a-f]+)`", text)
        assert found is not None, text
        return found[1], found[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(scene: Scene) -> AsyncIterator[Played]:
    """Play a whole restore once."""
    happy = SCENARIOS["happy"]
    ended = await happy.play(scene.stage, scene.cast)
    await check_end(scene, happy, ended)
    [ts] = cards(scene)
    yield Played(scene, ts)


async def test_happy_over_socket_mode_ends_in_success(played: Played) -> None:
    """Two leads approve and the restore runs to its proof."""
    assert "succeeded" in played.scene.cast.card(played.ts).text
    assert played.scene.stage.manager.node_restore_posts == 1


async def test_the_thread_is_complete_and_in_order(played: Played) -> None:
    """Each line has the next number: no gap, no double."""
    assert thread_faults(played.scene, played.ts) == []
    assert played.scene.stage.workspace.violations == []


async def test_start_questions_and_end_are_in_the_channel_too(played: Played) -> None:
    """Whoever reads only the channel learns when people are needed and how it ended."""
    channel = played.scene.stage.workspace.messages(CHANNEL, viewer=REQUESTER)
    shown = [m.full_text for m in channel if m.broadcast]
    assert "has started" in shown[0]
    assert shown[-1].startswith("*succeeded*")
    asked = [text for text in shown if "Answered by" in text]
    assert len(asked) == len(shown) - 2 == 5


async def test_the_card_ends_without_buttons_and_shows_the_audit_head(played: Played) -> None:
    """The head on the card is the one of the report, which was written after it."""
    card = played.scene.cast.card(played.ts)
    assert card.action_ids == []
    assert "succeeded" in card.text
    seq, digits = played.head_on_card
    assert int(seq) == played.head["seq"]
    assert played.head["mac"].startswith(digits)


async def test_the_report_files_stand_in_the_thread_with_the_head(played: Played) -> None:
    """Both forms name the request and hold the whole head, so that either can be the anchor."""
    assert set(played.files) == {"md", "json"}
    for text in played.files.values():
        assert played.scene.request_id(played.ts) in text
        assert played.head["mac"] in text


async def test_the_audit_verifies_with_the_head_of_the_report(played: Played) -> None:
    """The chain is whole, and leads to what was noted outside."""
    anchor = f"{played.head['seq']}:{played.head['mac']}"
    ran = await run(played.scene.stage.environment(), "audit", "verify", "--anchor", anchor)
    assert (ran.code, ran.err) == (0, "")
    assert "intact" in ran.out


async def test_the_audit_verifies_with_the_head_of_the_card(played: Played) -> None:
    """What the card shows of the head is enough; other digits in its place are not."""
    environment = played.scene.stage.environment()
    seq, digits = played.head_on_card
    ran = await run(environment, "audit", "verify", "--anchor", f"{seq}:{digits}")
    assert (ran.code, ran.err) == (0, "")
    other = "0" * len(digits)
    ran = await run(environment, "audit", "verify", "--anchor", f"{seq}:{other}")
    assert ran.refused
    assert f"Row {seq} is not the one that was noted outside." in ran.err


async def test_the_audit_notices_an_edited_row(played: Played, tmp_path: Path) -> None:
    """Whoever changes a row in the file, around the triggers, is found at that row."""
    stage = played.scene.stage
    copy = tmp_path / "edited.db"
    with (
        contextlib.closing(sqlite3.connect(stage.directory / "nsx-restore.db")) as original,
        contextlib.closing(sqlite3.connect(copy)) as edited,
    ):
        original.backup(edited)
        triggers = edited.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            edited.execute(f'DROP TRIGGER "{name}"')
        edited.execute("UPDATE audit SET actor = 'U0EVE' WHERE seq = 5")
        edited.commit()
    environment = {**stage.environment(), "DATABASE_URL": f"sqlite:///{copy}"}
    ran = await run(environment, "audit", "verify")
    assert ran.refused
    assert "Row 5 was changed" in ran.err


async def test_the_bot_ends_politely(played: Played) -> None:
    """SIGTERM: it leaves with exit status 0, and says nothing of trouble."""
    bot = played.scene.stage.bot
    assert await bot.stop() == 0, bot.tail()
    assert "Traceback" not in bot.log.read_text()
    await played.scene.stage.start_bot()
