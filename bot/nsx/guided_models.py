"""What goes over the wire of an orchestrated restore (2.0 and later), both ways.

Read leniently: unknown keys and words pass, and `null` is as good as absent. Numbers are JSON
integers, never texts or fractions, so that a timestamp is sent back exactly as it was listed.
Sources: NSX-T 2.5.1 API and the vendor's binding vcf-nsx 9.1.1.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot.nsx.models import Items, Name, Text, Whole, Wire
from bot.nsx.words import LONG, Redaction
from bot.runbooks.actions import Selection
from bot.runbooks.observations import ListedRestore
from bot.runbooks.restoring import Instruction, Resource, RestoreStatus

_WORD_LIMIT: Final = 60
_ID_LIMIT: Final = 255
_ACTION: Final = re.compile(r"[?&]action=(\w+)|/action/(\w+)$")
_OLDEST: Final = 100_000_000_000
"""In milliseconds a day of 1973; in seconds one of the year 5138."""
_LATEST: Final = 253_402_300_800_000
"""In milliseconds the end of the year 9999."""


def _moment(value: object) -> int | None:
    """A moment that makes no sense is not told: no restore is lost from sight over it."""
    return value if type(value) is int and 0 <= value < _LATEST else None


Moment = Annotated[int | None, BeforeValidator(_moment)]
"""A moment in ms since 1970 that is only shown to people, `None` where it is not told."""


class WordDocument(Wire):
    """A status: its word and what it means (GlobalRestoreStatus, PerStepRestoreStatus)."""

    value: str = Field(min_length=1, max_length=_WORD_LIMIT)
    description: Text = ""


class StepWordDocument(Wire):
    """The status of a step, of which even the word may be missing."""

    value: Text = Field(default="", max_length=_WORD_LIMIT)


class StepDocument(Wire):
    """A step (RestoreStep)."""

    step_number: Whole | None = None
    value: Text = ""
    description: Text = ""
    status: StepWordDocument | None = None


class InstructionDocument(Wire):
    """What a person is to see to (InstructionInfo)."""

    id: Name = ""
    name: Text = ""
    actions: Items[str] = ()
    fields: Items[str] = ()


class EndpointDocument(Wire):
    """An action that is allowed now. `href` is relative and lacks the prefix of the API."""

    href: Text = ""

    def action(self) -> str | None:
        """Return the action's word; the address itself is never followed."""
        found = _ACTION.search(self.href)
        return None if found is None else found[1] or found[2]


class RestoreStatusDocument(Wire):
    """`GET /api/v1/cluster/restore/status` (ClusterRestoreStatus); only the word must be there."""

    status: WordDocument
    id: str | None = Field(default=None, max_length=_ID_LIMIT)
    backup_timestamp: Whole | None = None
    restore_start_time: Moment = None
    restore_end_time: Moment = None
    total_steps: Whole | None = None
    step: StepDocument | None = None
    instructions: Items[InstructionDocument] = ()
    endpoints: Items[EndpointDocument] = ()

    def seen(self, redaction: Redaction) -> RestoreStatus:
        """Return what it says; words and ids as they are, the texts for people without secrets."""
        step = self.step or StepDocument()
        actions = (endpoint.action() for endpoint in self.endpoints)
        return RestoreStatus(
            word=self.status.value,
            said=redaction(self.status.description, LONG),
            id=self.id,
            backup_timestamp=self.backup_timestamp,
            step=step.step_number,
            total=self.total_steps,
            step_name=redaction(step.value, LONG),
            step_said=redaction(step.description, LONG),
            step_word=(step.status or StepWordDocument()).value,
            instructions=tuple(
                Instruction(
                    id=instruction.id,
                    name=redaction(instruction.name, LONG),
                    actions=tuple(map(redaction, instruction.actions)),
                    fields=instruction.fields,
                )
                for instruction in self.instructions
            ),
            offered=tuple(dict.fromkeys(action for action in actions if action is not None)),
            started_at=self.restore_start_time,
            ended_at=self.restore_end_time,
        )


class Page(Wire):
    """One page of a list; its `cursor` leads to the next."""

    cursor: Text = ""


class ListedBackup(Wire):
    """A backup in the list (ClusterBackupInfo). `ip_address` is an IP in 2.0, IP or FQDN later."""

    node_id: str | None = Field(default=None, max_length=_ID_LIMIT)
    timestamp: Whole | None = None
    ip_address: Name = ""
    ipv6_address: Name = ""
    restore_type: Items[str] = ()


class BackupsPage(Page):
    """`GET /cluster/restore/backuptimestamps` (ClusterBackupInfoListResult)."""

    results: Items[ListedBackup] = ()

    def seen(self) -> Iterable[ListedRestore]:
        """Return the backups; one without node or moment has no name to be asked for by."""
        for backup in self.results:
            if backup.node_id and backup.timestamp is not None:
                yield ListedRestore(
                    node_id=backup.node_id,
                    timestamp=backup.timestamp,
                    address=backup.ip_address or backup.ipv6_address,
                    kinds=backup.restore_type,
                )


class ResourcesPage(Page):
    """`GET /cluster/restore/instruction-resources` (ActionableResourceListResult)."""

    results: Items[dict[str, Any]] = ()

    def seen(self, fields: Sequence[str], redaction: Redaction) -> Iterable[Resource]:
        """Return the resources with those of their fields that are named and known."""
        for resource in self.results:
            own = _text(resource.get("id") or resource.get("target_id"))
            kind = _text(resource.get("resource_type") or resource.get("target_type"))
            name = redaction(_text(resource.get("display_name")))
            shown = (redaction(_text(resource.get(field))) for field in fields)
            yield Resource(own, kind, name or own, tuple(text for text in shown if text))


class CountDocument(Wire):
    """Of a list only how long it is."""

    result_count: Whole | None = None


def start_body(node_id: str, timestamp: int) -> dict[str, Any]:
    """Return the body of a start (InitiateClusterRestoreRequest): what is required, and no more."""
    return {"node_id": node_id, "timestamp": timestamp}


def start_flaw(node_id: str, timestamp: int) -> str | None:
    """Return what is wrong with a start before it is sent, naming the field."""
    if not node_id.strip():
        return "node_id is blank"
    if timestamp < _OLDEST:
        return f"timestamp {timestamp} is not in milliseconds since 1970"
    return None


def advance_body(answers: Sequence[Selection]) -> dict[str, Any]:
    """Return the body of an advance (AdvanceClusterRestoreRequest): one item per instruction."""
    return {
        "data": [
            {
                "id": answer.instruction,
                "resources": [_selected(*resource) for resource in answer.resources],
            }
            for answer in answers
        ]
    }


def _selected(own: str, kind: str, selected: bool) -> dict[str, Any]:  # noqa: FBT001
    """Return a SelectableResourceReference, whose type may be left out and never be blank."""
    return {"target_id": own, **({"target_type": kind} if kind else {}), "selected": selected}


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list():
            return ", ".join(text for text in map(_text, value) if text)
        case dict():
            return ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items())
        case _:
            return ""
