"""No secret leaves the bot, in any form, whatever goes wrong."""

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from bot.sandbox.nsx.restart_faults import CertificateAfterRestart
from bot.sandbox.ssh_sessions import SshFault
from bot.sandbox.stage import LEADS, SECRETS, Stage
from tests.scenario.command_line import run
from tests.scenario.theatre import Scene, a_scene

AWKWARD = '/+ %&="\\ä'
"""Characters that change when a text is quoted, escaped or encoded."""


CONTROL = "no-secret-0815"
"""Stands in each reason, and must be found where a secret must not."""


async def test_no_secret_is_to_be_found_anywhere(tmp_path: Path) -> None:
    """Refusals, a login that stops working, a certificate of a stranger: none quotes a secret."""
    canaries = {name: f"{secrets.token_hex(8)}{AWKWARD}{name}" for name in SECRETS}
    async with a_scene(
        tmp_path, secrets=canaries, environment={"LOG_LEVEL": "DEBUG"}, socket_mode=True
    ) as scene:
        await provoke(scene)
        texts = {**written(scene.stage), **shown(scene.stage), **await printed(scene.stage)}
        app = scene.stage.app
        every = {**canaries, "bot token": app.bot_token, "app token": app.app_token}
        leaks = [
            f"{name} as {form} in {place}"
            for name, secret in every.items()
            for form, hidden in forms(secret)
            for place, text in texts.items()
            if hidden in text
        ]
        assert leaks == []
        found = {place for place, text in texts.items() if CONTROL.encode() in text}
        assert {"messages", "calls"} <= found
        assert found & {"nsx-restore.db", "nsx-restore.db-wal"}
        assert any(place.endswith("-report.json") for place in found)


async def provoke(scene: Scene) -> None:
    """Let restores fail in the ways that make others write error texts."""
    faults = scene.stage.faults
    scene.stage.backups.fault = SshFault.REFUSE_LOGIN
    card = await scene.cast.file(f"reason={CONTROL}")
    assert await scene.cast.until_end(card.ts) == "rejected"
    scene.stage.backups.fault = SshFault.NONE

    faults.refuse_passphrase = True
    ts = await scene.awaiting(f"reason={CONTROL}")
    await scene.cast.approve(ts)
    assert await scene.cast.until_end(ts) == "failed"
    faults.refuse_passphrase = False

    faults.unauthorized_after_restart = True
    await given_up(scene)
    faults.unauthorized_after_restart = False

    faults.certificate_after_restart = CertificateAfterRestart.SELF_SIGNED
    await given_up(scene)


async def given_up(scene: Scene) -> None:
    """Begin a restore, and have a lead give up at the question that its trouble leads to."""
    ts = await scene.awaiting(f"reason={CONTROL}")
    await scene.cast.approve(ts)
    question = await scene.until(
        lambda: next((m for m in scene.replies(ts) if "give_up" in m.action_ids), None)
    )
    assert "This step needs a person" in question.full_text
    await scene.press(LEADS[2], question.ts, "give_up", says="Your answer for")
    assert await scene.cast.until_end(ts) == "failed"
    await scene.until_report(ts)


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Yield what a secret looks like where it leaks, as far as it can be searched for."""
    raw = secret.encode()
    yield "itself", raw
    yield "hex", raw.hex().encode()
    yield "JSON", json.dumps(secret)[1:-1].encode()
    yield "JSON in UTF-8", json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield "URL", quote(secret, safe="").encode()
    yield "form", quote_plus(secret).encode()
    yield "repr", repr(secret)[1:-1].encode()
    for offset in range(3):
        # Whatever stands before it shifts the digits; the ones at both ends depend on neighbours.
        digits = base64.b64encode(b"x" * offset + raw)
        yield f"base64 at {offset}", digits[4 if offset else 0 : -4]
        yield f"base64url at {offset}", digits[4 if offset else 0 : -4].translate(_URL_SAFE)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def written(stage: Stage) -> dict[str, bytes]:
    """Return all files that the bot wrote or reads, but those that the secrets are kept in."""
    kept = {stage.directory / name for name in SECRETS}
    stocked = stage.directory / "backups"
    files = {
        str(path.relative_to(stage.directory)): path.read_bytes()
        for path in stage.directory.rglob("*")
        if path.is_file() and path not in kept and stocked not in path.parents
    }
    assert {"bot.log", "nsx-restore.db", "nsx-restore.db-wal", "nsx-restore.db.journal"} <= set(
        files
    )
    process = stage.bot._process
    assert process is not None
    files["command line"] = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    return files


def shown(stage: Stage) -> dict[str, bytes]:
    """Return everything that ever reached Slack."""
    messages = [
        message
        for channel in stage.workspace.channels.all()
        for message in stage.workspace.book.everything(channel.id)
    ]
    told = [message.as_json(include_metadata=True) for message in messages]
    calls = [{"method": call.method, **call.args} for call in stage.workspace.requests]
    files = {file.name: file.content for message in messages for file in message.files}
    assert len(files) >= 4
    return {
        "messages": json.dumps(told, ensure_ascii=False, default=repr).encode(),
        "calls": json.dumps(calls, ensure_ascii=False, default=repr).encode(),
        **files,
    }


async def printed(stage: Stage) -> dict[str, bytes]:
    """Return what the command line prints, also about a target that is in trouble."""
    commands = (("list",), ("audit", "export"), ("doctor",), ("plan", "sandbox-nsxt"))
    ran = {" ".join(words): await run(stage.environment(), *words) for words in commands}
    return {words: (each.out + each.err).encode() for words, each in ran.items()}
