"""The look at everything before a restore: the outside are full fakes."""

import pytest

from bot.domain.values import Scope
from bot.preflight import Preflight
from bot.runbooks.preflight import NotReady, Ready
from tests.builders import a_backup_location, a_configuration, a_target
from tests.fakes import FakeBackupServer, FakeCredentials, FakeManagers

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
    preflight = Preflight(configuration, FakeManagers(), backups, credentials)
    return await preflight.look(target.key, Scope.CLUSTER, "latest")


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
