"""What goes over the wire, both ways. Replies are read leniently: unknown keys and words pass."""

import re
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.ports import RestoreFile
from bot.runbooks.observations import ClusterStatus

_WORD_LIMIT: Final = 60
_NAME_LIMIT: Final = 255
_SSH_PORT: Final = 22
_MD5: Final = re.compile(r"[0-9a-f]{32}")

UNKNOWN: Final = "UNKNOWN"
"""The word for a status that a manager does not tell; it is never one that counts as stable."""


_LARGEST: Final = 2**63 - 1

_Item = TypeVar("_Item")


def _not_null(value: object) -> object:
    return UNKNOWN if value is None else value


def _no_text(value: object) -> object:
    return "" if value is None else value


def _listed(value: object) -> object:
    if value is None:
        return []
    return [item for item in value if item is not None] if isinstance(value, list) else value


Word = Annotated[str, BeforeValidator(_not_null), Field(max_length=_WORD_LIMIT)]
Text = Annotated[str, BeforeValidator(_no_text)]
"""Any text, empty where it is not told."""
Name = Annotated[str, BeforeValidator(_no_text), Field(max_length=_NAME_LIMIT)]
"""A name, an id or an address, empty where it is not told."""
Whole = Annotated[int, Field(strict=True, ge=-_LARGEST, le=_LARGEST)]
"""A JSON integer; no text and no fraction that looks like one."""
Items = Annotated[tuple[_Item, ...], BeforeValidator(_listed)]
"""A list, empty where it is not told, without its nulls."""


class Wire(BaseModel):
    """A document of the API."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class NodeDocument(Wire):
    """`GET /api/v1/node` (NSX-T 2.5.1 API, NodeProperties)."""

    product_version: str = Field(min_length=1, max_length=_WORD_LIMIT)
    node_uuid: Word = UNKNOWN
    fully_qualified_domain_name: Name = ""


class NodeStatusDocument(Wire):
    """`GET /api/v1/node/status`: `uptime` in ms (NSX-T 2.5.1 API, NodeStatusProperties)."""

    uptime: int | None = None


class ManagementNode(Wire):
    """A node of the management cluster."""

    uuid: Word = UNKNOWN
    mgmt_cluster_listen_ip_address: Name = ""


class ManagementStatus(Wire):
    """The management cluster."""

    status: Word = UNKNOWN
    online_nodes: Items[ManagementNode] = ()


class ControlStatus(Wire):
    """The control cluster."""

    status: Word = UNKNOWN


class ClusterStatusDocument(Wire):
    """`GET /api/v1/cluster/status` (NSX-T 1.1 admin guide, Restore a cluster backup, step 1)."""

    mgmt_cluster_status: ManagementStatus | None = None
    control_cluster_status: ControlStatus | None = None

    def status(self) -> ClusterStatus:
        """Return the words, and node ids in lower case: managers write them in both."""
        management = self.mgmt_cluster_status or ManagementStatus()
        control = self.control_cluster_status or ControlStatus()
        addresses = (node.mgmt_cluster_listen_ip_address for node in management.online_nodes)
        return ClusterStatus(
            management=management.status,
            control=control.status,
            online_nodes=tuple(node.uuid.lower() for node in management.online_nodes),
            addresses=tuple(address.strip() for address in addresses if address.strip()),
        )


class BackupConfigurationDocument(Wire):
    """`GET /api/v1/cluster/backups/config`: the one key that is read."""

    backup_enabled: bool = Field(strict=True)


class ApiErrorDocument(Wire):
    """An error's body (NSX-T 1.1 API: three keys; later versions have more)."""

    error_code: int | None = None
    error_message: str | None = None
    details: Any = None
    module_name: str | None = None


def restore_body(file: RestoreFile) -> dict[str, Any]:
    """Return the body of a restore request, secrets included.

    Source: NSX-T 1.1 admin guide, Restore a cluster backup, step 2. Note `protocol.name` and the
    lower-case `password`, unlike in the backup configuration.
    """
    port = {} if file.port == _SSH_PORT else {"port": file.port}
    return {
        "restore_file": {
            "file_store": "remote",
            "passphrase": file.passphrase,
            "server": file.server,
            **port,
            "uri": file.uri,
            "protocol": {
                "name": file.protocol,
                "ssh_fingerprint": file.ssh_fingerprint,
                "authentication_scheme": {
                    "scheme_name": "password",
                    "username": file.username,
                    "password": file.password,
                },
            },
        }
    }


def restore_flaw(file: RestoreFile) -> str | None:
    """Return what is wrong with a restore request before it is sent, naming the field."""
    if not file.server.strip():
        return "server is blank"
    if not file.uri.startswith("/") or file.uri.endswith("/"):
        return "uri must be the absolute path of a file"
    if _MD5.fullmatch(file.ssh_fingerprint) is None:
        return "ssh_fingerprint must be 32 lower-case hex digits for NSX-T 1.x"
    return None
