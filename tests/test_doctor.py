"""The doctor finds what would fail on the night it is needed, and says what to do."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import Parts
from bot.clock import SystemClock
from bot.diagnosis import Diagnosis
from bot.doctor import examine
from bot.domain.target import Group, People
from bot.domain.values import SecretRef, UserId
from bot.ports import BackupServer, Managers
from bot.sandbox.slack import AppCredentials, http_status
from config.settings import Settings
from tests.builders import BEN, CHANNEL, CHI, DEE, a_configuration, a_policy
from tests.fakes import FakeBackupServer, FakeCredentials, FakeManagers
from tests.hand_clock import HandClock
from tests.handlers.world import GUS, World, a_world

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SECRETS = FakeCredentials({"env:KEY": "an audit key of thirty-two bytes"})


@dataclass(frozen=True)
class Elsewhere(Parts):
    """The outside of a bot whose managers and backup servers are in memory."""

    def backups(self) -> BackupServer:
        """Return a backup server."""
        return FakeBackupServer(SECRETS, "the password")

    def managers(self) -> Managers:
        """Return the way to a manager."""
        return FakeManagers()


@dataclass
class Patient:
    """A bot whose set-up is looked at."""

    world: World
    database: Path

    async def findings(self, parts: Parts | None = None, **changes: Any) -> dict[str, Diagnosis]:
        """Return what is found about Slack, by what it is about; `changes` are configuration."""
        app = self.world.slack.app
        settings = Settings(
            SLACK_BOT_TOKEN=SecretStr(app.bot_token),
            SLACK_APP_TOKEN=SecretStr(app.app_token),
            SLACK_API_URL=self.world.slack.api_url,
            DATABASE_URL=SecretStr(f"sqlite:///{self.database}"),
            AUDIT_KEY=SecretRef("env:KEY"),
        )
        configuration = a_configuration(targets={}, **changes)
        found = await examine(settings, configuration, parts or Elsewhere(SystemClock(), SECRETS))
        return {each.about: each for each in found}

    async def findings_of(self, **environment: Any) -> dict[str, Diagnosis]:
        """Return what is found where the environment says no more than this."""
        settings, parts = Settings(**environment), Elsewhere(SystemClock(), SECRETS)
        found = await examine(settings, a_configuration(targets={}), parts)
        return {each.about: each for each in found}


@pytest.fixture
async def patient(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Patient]:
    """Everything is well, to begin with."""
    database = Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))
    async with a_world(database) as world:
        yield Patient(world, database)


def _ill(found: dict[str, Diagnosis]) -> dict[str, str]:
    return {about: each.said for about, each in found.items() if not each.holds}


def leads(*users: UserId, usergroup: str | None = None) -> People:
    """Return people of whom these are the leads."""
    return People(requesters=None, leads=Group(usergroup, frozenset(users)), aliases={})


async def test_nothing_is_found_where_all_is_well(patient: Patient) -> None:
    """Tokens, workspace, scopes, clock, leads and channel are each looked at."""
    found = await patient.findings()
    assert _ill(found) == {}
    assert set(found) == {
        *(
            "configuration",
            "environment",
            "database",
            "audit key",
            "slack",
            "socket mode",
            "scopes",
            "clock",
            "leads",
        ),
        f"channel {CHANNEL}",
    }


async def test_all_that_is_missing_is_named_and_all_else_is_checked(patient: Patient) -> None:
    """Nobody comes back three times for three variables; the app token is judged all the same."""
    app = patient.world.slack.app
    found = await patient.findings_of(
        SLACK_APP_TOKEN=SecretStr(app.app_token),
        SLACK_API_URL=patient.world.slack.api_url,
        DATABASE_URL=SecretStr(f"sqlite:///{patient.database}"),
    )
    assert set(_ill(found)) == {"SLACK_BOT_TOKEN", "AUDIT_KEY", "slack", "leads"}
    assert found["AUDIT_KEY"].said.startswith("missing; set it to where the key")
    assert found["slack"].said.startswith("not checked: ")
    assert found["socket mode"].holds
    assert found["database"].holds


async def test_without_any_way_in_the_rest_of_slack_is_checked(patient: Patient) -> None:
    """The signing secret cannot be checked from here; whether there is one can."""
    app = patient.world.slack.app
    found = await patient.findings_of(
        SLACK_BOT_TOKEN=SecretStr(app.bot_token),
        SLACK_API_URL=patient.world.slack.api_url,
        DATABASE_URL=SecretStr(f"sqlite:///{patient.database}"),
        AUDIT_KEY=SecretRef("env:NOT_THERE"),
    )
    assert set(_ill(found)) == {"SLACK_SIGNING_SECRET", "audit key"}
    assert found["leads"].holds
    assert found["database"].holds


@pytest.mark.parametrize("migrated", [True, False])
async def test_a_key_that_serve_would_refuse_is_found(patient: Patient, *, migrated: bool) -> None:
    """A short one, before the database is set up and while its chain is empty."""
    if not migrated:
        patient.database.unlink()
    parts = Elsewhere(SystemClock(), FakeCredentials({"env:KEY": "short"}))
    found = await patient.findings(parts)
    assert found["database"].holds is migrated
    assert _ill(found)["audit key"].startswith("The audit key has 5 bytes. Let AUDIT_KEY lead to")


async def test_what_is_said_of_a_key_is_true_of_an_empty_chain(patient: Patient) -> None:
    """With nothing to compare it with, it is not the key of anything yet."""
    assert (await patient.findings())["audit key"].said == "good; the chain is still empty"


async def test_a_wrong_workspace_is_found(patient: Patient) -> None:
    """Both ids are named."""
    found = await patient.findings(team_id="T0OTHER")
    assert "T0OTHER" in _ill(found)["slack"]
    assert patient.world.slack.app.team_id in _ill(found)["slack"]


async def test_a_clock_that_is_off_is_found(patient: Patient) -> None:
    """Expiry and signatures need it."""
    found = await patient.findings(Elsewhere(HandClock(LONG_AGO), SECRETS))
    assert list(_ill(found)) == ["clock"]
    assert "Synchronise" in found["clock"].said


async def test_missing_scopes_are_named(sqlite_template: Path, tmp_path: Path) -> None:
    """With where they come from."""
    full = AppCredentials()
    app = replace(full, scopes=full.scopes - {"usergroups:read", "files:write"})
    database = Path(shutil.copy(sqlite_template, tmp_path / "bot.db"))
    async with a_world(database, app=app) as world:
        found = await Patient(world, database).findings(people=leads(BEN, CHI, DEE))
    assert list(_ill(found)) == ["scopes"]
    assert "missing: files:write, usergroups:read. Update the app" in found["scopes"].said


@pytest.mark.parametrize("which", ["bot", "app"])
async def test_a_token_that_is_refused_is_named(patient: Patient, which: str) -> None:
    """And nothing is said to be well that could not be asked."""
    app = patient.world.slack.app
    patient.world.slack.tokens.revoke(app.bot_token if which == "bot" else app.app_token)
    found = await patient.findings(people=leads(BEN, CHI, DEE))
    if which == "app":
        assert list(_ill(found)) == ["socket mode"]
        assert "SLACK_APP_TOKEN: token_revoked" in found["socket mode"].said
    else:
        assert list(_ill(found)) == ["slack", "leads"]
        assert "SLACK_BOT_TOKEN: token_revoked" in found["slack"].said


async def test_a_slack_that_is_down_is_no_reason_to_invite_the_bot(patient: Patient) -> None:
    """What could not be asked is said to be so."""
    patient.world.workspace.faults.always("conversations.info", http_status(503))
    said = _ill(await patient.findings())[f"channel {CHANNEL}"]
    assert said == "Slack could not be reached."


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"is_archived": True}, "is archived"),
        ({"is_ext_shared": True}, "shared with another organization"),
        (None, "The bot is not in this channel"),
    ],
)
async def test_a_channel_that_cannot_be_used_is_found(
    patient: Patient, state: dict[str, bool] | None, said: str
) -> None:
    """With what is wrong about it."""
    workspace = patient.world.workspace
    if state is None:
        workspace.leave(CHANNEL, "U0NSXBOT")
    else:
        workspace.set_channel(CHANNEL, **state)
    found = await patient.findings()
    assert list(_ill(found)) == [f"channel {CHANNEL}"]
    assert said in found[f"channel {CHANNEL}"].said


async def test_a_channel_that_is_not_there_is_found(patient: Patient) -> None:
    """An id with a mistake looks like a channel without the bot."""
    said = _ill(await patient.findings(channels=frozenset({"C0NOTHING"})))["channel C0NOTHING"]
    assert said == "Slack answered channel_not_found. Invite the bot to it, or correct the id."


async def test_a_group_that_cannot_be_read_is_found(patient: Patient) -> None:
    """Nobody could decide anything."""
    patient.world.workspace.fail_usergroup("S0LEADS", "no_such_subteam")
    assert "no_such_subteam" in _ill(await patient.findings())["leads"]


def _gone(world: World) -> None:
    world.workspace.set_user(DEE, deleted=True)


def _a_bot(world: World) -> None:
    world.workspace.set_user(DEE, is_bot=True)


def _a_stranger(world: World) -> None:
    world.workspace.set_user(DEE, team_id="T0OTHER")


def _invisible(world: World) -> None:
    world.workspace.set_user(DEE, visible_to_bot=False)


@pytest.mark.parametrize("change", [_gone, _a_bot, _a_stranger, _invisible])
async def test_a_lead_whose_decision_would_fail_is_found(
    patient: Patient, change: Callable[[World], None]
) -> None:
    """By the rule by which a click is judged, with the same sentence; the others still count."""
    change(patient.world)
    found = await patient.findings(people=leads(BEN, CHI, DEE))
    assert list(_ill(found)) == [f"lead {DEE}"]
    assert found["leads"].said.startswith("2 persons can approve, 2 must.")


async def test_guests_and_nobodies_are_no_quorum(patient: Patient) -> None:
    """Three leads by name, and one person who can decide."""
    nobody = UserId("U0NOBODY")
    found = await patient.findings(people=leads(BEN, UserId(GUS), nobody))
    assert set(_ill(found)) == {f"lead {GUS}", f"lead {nobody}", "leads"}
    assert found["leads"].said.startswith("1 persons can approve, 2 must. Nobody's request")


async def test_two_leads_are_enough_for_what_others_ask(patient: Patient) -> None:
    """The configuration accepts it, so it is no fault; what it does not allow is said."""
    found = await patient.findings(people=leads(BEN, CHI))
    assert found["leads"].holds
    assert "A lead cannot ask as well" in found["leads"].said


async def test_too_small_a_quorum_is_found(patient: Patient) -> None:
    """Two accounts of one person are one."""
    found = await patient.findings(people=leads(BEN, CHI), policy=a_policy(approvals=3))
    assert list(_ill(found)) == ["leads"]
