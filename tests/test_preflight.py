"""The look at everything before a restore: the outside are full fakes."""

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from bot.domain.errors import Kind, ManagerError, StoreError
from bot.domain.values import Generation, Scope
from bot.ports import BackupAccess, Looker, Telling
from bot.preflight import Preflight
from bot.runbooks.guided_preflight import TOLD, TOLD_PERHAPS
from bot.runbooks.observations import BackupPlace, Census, ListedRestore, Offered, Trouble
from bot.runbooks.preflight import NotReady, Ready
from tests.builders import SHA256, a_backup_location, a_configuration, a_target
from tests.fakes import (
    FakeAnnouncer,
    FakeBackupServer,
    FakeCredentials,
    FakeGuidedManager,
    FakeManagers,
)

SECRETS = {"env:BACKUP": "Backup1!", "env:PASSPHRASE": "7Taspa5anecR"}


async def looked(missing: str = "") -> Ready | NotReady:
    """What comes of a look while one secret is missing."""
    credentials = FakeCredentials({ref: SECRETS[ref] for ref in SECRETS if ref != missing})
    backups = FakeBackupServer(credentials, "Backup1!")
    backups.add("backup-cluster-1.tar.gz")
    target = a_target(
        backup=a_backup_location(
            password="env:BACKUP", passphrase="env:PASSPHRASE", fingerprint=backups.key.md5
        )
    )
    configuration = a_configuration(targets={target.key: target})
    preflight = Preflight(configuration, FakeManagers(), backups, credentials, FakeAnnouncer())
    return await preflight.look(target.key, Scope.CLUSTER, "latest", Looker("bot"))


@pytest.mark.parametrize("missing", SECRETS)
async def test_a_secret_that_leads_nowhere_is_found_before_anybody_approves(missing: str) -> None:
    """The passphrase is needed only by the restore itself, and looked for all the same."""
    seen = await looked(missing)

    assert isinstance(seen, NotReady)
    assert seen.reasons == (f"{missing} is not there. Set it.",)
    assert not seen.passing


async def test_no_secret_is_kept_in_what_was_seen() -> None:
    """It is resolved to see that it can be, and let go."""
    seen = await looked()

    assert isinstance(seen, Ready)
    assert not [secret for secret in SECRETS.values() if secret in repr(seen)]


GUIDED = a_target(
    key="dc3-nsx",
    generation=Generation.NSX,
    scope=Scope.CLUSTER_AND_NODE,
    backup=a_backup_location(
        password="env:BACKUP", passphrase="env:PASSPHRASE", fingerprint=SHA256, protocol="sftp"
    ),
)
FULL = StoreError("The database is full.", "Make room.", Kind.REFUSED)
LOOKER = Looker("U0ANA")
BACKUP = ListedRestore("node-1", 1_773_457_200_000, "10.20.0.5")
SOMEBODY_S = BackupPlace("other.example.com", 22, "/theirs", SHA256)
OURS = BackupPlace("backup.example.com", 22, "/vol0/backups", SHA256)


@dataclass
class Deaf(FakeGuidedManager):
    """A manager that gives no answer to what it is told."""

    async def keep_backups_unless_set(self, access: BackupAccess) -> bool:
        """Say nothing."""
        del access
        raise ManagerError(Kind.UNREACHABLE, "No answer came.", "Look again.")


@dataclass
class Looking:
    """A look at a manager that knows no backup server yet."""

    manager: FakeGuidedManager = field(default_factory=lambda: FakeGuidedManager(listed=[BACKUP]))
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)

    @property
    def preflight(self) -> Preflight:
        """The look."""
        credentials = FakeCredentials(SECRETS)
        return Preflight(
            a_configuration(targets={GUIDED.key: GUIDED}),
            FakeManagers(guided_manager=self.manager),
            FakeBackupServer(credentials, "Backup1!"),
            credentials,
            self.announcer,
        )

    async def look(self) -> Ready | NotReady:
        """What comes of it."""
        return await self.preflight.look(GUIDED.key, GUIDED.scope, "latest", LOOKER)


async def test_a_manager_is_told_its_backup_server_only_after_that_is_audited() -> None:
    """The row names for whom, which manager and which server, and no secret; the note says it."""
    looking = Looking()
    with capture_logs() as logs:
        seen = await looking.look()

    assert isinstance(seen, Ready)
    assert seen.notes[0] == TOLD
    server = "backup.example.com:22/vol0/backups"
    telling = Telling("dc3-nsx", GUIDED.manager.url, server, SHA256)
    assert looking.announcer.announced == [(LOOKER, telling)]
    (line,) = [one for one in logs if one["event"] == "manager.told_backup_server"]
    assert (line["target"], line["server"], line["actor"]) == ("dc3-nsx", server, "U0ANA")
    assert not [secret for secret in SECRETS.values() if secret in f"{logs}{looking.announcer}"]


async def test_a_manager_that_knows_its_backup_server_is_told_nothing() -> None:
    """The second look has nothing to say of it."""
    looking = Looking()
    await looking.look()
    seen = await looking.look()

    assert isinstance(seen, Ready)
    assert TOLD not in seen.notes
    assert len(looking.announcer.announced) == 1


@dataclass
class Overtaken(FakeAnnouncer):
    """While it is announced, somebody tells the manager a server."""

    manager: FakeGuidedManager = field(default_factory=FakeGuidedManager)
    place: BackupPlace = SOMEBODY_S

    async def __call__(self, looker: Looker, telling: Telling) -> None:
        """Let them be faster."""
        await super().__call__(looker, telling)
        self.manager.place = self.place


async def test_a_server_that_somebody_set_after_the_look_is_not_overwritten() -> None:
    """It is a reason to refuse, and nobody is told that the manager was told anything."""
    manager = FakeGuidedManager(listed=[BACKUP])
    looking = Looking(manager, Overtaken(manager=manager))
    with capture_logs() as logs:
        seen = await looking.look()

    assert manager.place == SOMEBODY_S
    assert isinstance(seen, NotReady)
    (reason,) = seen.reasons
    assert reason.startswith("A place is set.")
    assert reason.endswith("file the request again.")
    assert not seen.passing
    assert [(line["event"], line["ours"]) for line in logs] == [
        ("manager.backup_server_was_set", False)
    ]


async def test_the_server_that_another_look_of_ours_told_is_no_reason_to_refuse() -> None:
    """Two looks at once: the second writes nothing, says nothing of telling, and goes on."""
    manager = FakeGuidedManager(listed=[BACKUP], backups_enabled=True)
    looking = Looking(manager, Overtaken(manager=manager, place=OURS))
    with capture_logs() as logs:
        seen = await looking.look()

    assert isinstance(seen, Ready)
    assert TOLD not in seen.notes
    assert (manager.place, manager.backups_enabled) == (OURS, True)
    assert [(line["event"], line["ours"]) for line in logs] == [
        ("manager.backup_server_was_set", True)
    ]


@pytest.mark.parametrize("nodes", [12, None])
async def test_a_manager_that_may_be_at_work_is_told_nothing(nodes: int | None) -> None:
    """Nothing is announced, nothing written; a person names the server on it by hand."""
    looking = Looking(FakeGuidedManager(listed=[BACKUP], counts=Census(nodes, 0)))
    seen = await looking.look()

    assert looking.announcer.announced == []
    assert looking.manager.place is None
    assert isinstance(seen, NotReady)
    assert "by hand (System > Backup & Restore)" in seen.reasons[0]


async def test_without_a_row_no_manager_is_told_anything() -> None:
    """It is a reason against the request, with the cause."""
    looking = Looking()
    looking.announcer.trouble = FULL
    seen = await looking.look()

    assert looking.manager.place is None
    assert isinstance(seen, NotReady)
    assert seen.reasons == (
        f"The manager knows no backup server, and was not told ours. {FULL.said} {FULL.advice}",
    )


async def test_what_the_manager_did_not_confirm_is_not_told_as_done() -> None:
    """It may have taken it all the same."""
    looking = Looking(Deaf(listed=[BACKUP]))
    seen = await looking.look()

    assert len(looking.announcer.announced) == 1
    assert isinstance(seen, NotReady)
    assert seen.reasons == ("No answer came. Look again.", TOLD_PERHAPS)
    assert seen.passing


async def test_reasons_against_a_restore_say_too_that_the_manager_was_told() -> None:
    """Whatever came of the list."""
    looking = Looking(FakeGuidedManager())
    seen = await looking.look()

    assert isinstance(seen, NotReady)
    assert "lists no backup" in seen.reasons[0]
    assert "nothing was changed" not in seen.reasons[0]
    assert seen.reasons[1:] == (TOLD,)


async def test_whoever_lists_the_backups_learns_that_the_manager_was_told() -> None:
    """`backups` and the form show it."""
    offered = await Looking().preflight.offered(GUIDED, LOOKER)
    failed = await Looking(Deaf(listed=[BACKUP])).preflight.offered(GUIDED, LOOKER)

    assert isinstance(offered, Offered)
    assert offered.notes == (TOLD,)
    assert isinstance(failed, Trouble)
    assert failed.said.endswith(TOLD_PERHAPS)
