"""What can go wrong with a 2.0 to 9.x Manager: one switch per fault, changeable at any time."""

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.authority import Flaw
from bot.sandbox.nsx.guided_profile import RestoreState
from bot.sandbox.nsx.listener import Absence
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart


class StartFault(StrEnum):
    """What becomes of a start request on its way."""

    NONE = "none"
    CUT_BEFORE_ACCEPTING = "cut before accepting"
    """The connection drops; nothing was begun."""
    CUT_AFTER_ACCEPTING = "cut after accepting"
    """The restore begins; the connection drops before the answer."""
    HANG_BEFORE_ACCEPTING = "hang before accepting"
    """Nothing is begun and no answer ever comes."""
    HANG_AFTER_ACCEPTING = "hang after accepting"
    """The restore begins; no answer ever comes until a restart cuts the connection."""
    LOST_AFTER_ACCEPTING = "lost after accepting"
    """The restore begins; a proxy answers 502 with a page of its own."""


class StatusForm(StrEnum):
    """How complete the restore's status is."""

    COMPLETE = "complete"
    NULLS = "nulls"
    """Step, times, total, instructions and endpoints are null."""
    MISSING = "missing"
    """They are not there at all."""


class TokenRefused(StrEnum):
    """When requests are refused with 403 and error code 98 after a restart."""

    NEVER = "never"
    ONCE = "once"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that fails.

    `times`: how often it fails before a retry helps, `None` for always. `heals_by_restart`: a
    restart of the manager service makes the restore go on by itself.
    """

    step: int
    times: int | None = 1
    heals_by_restart: bool = False
    reason: str = "Cluster restore failed"


@dataclass(frozen=True, slots=True)
class OtherRestore:
    """A restore that somebody else began, shown as long as this one was not accepted.

    `with_start`: it appears only when a start request is made, and refuses that one.
    """

    backup_timestamp: int
    state: RestoreState = RestoreState.RUNNING
    with_start: bool = False


@dataclass(slots=True)
class Faults:
    """The switches, all off. The numbers are the rows of the fault table that they serve.

    Starting (F10, F11, F24, F28):
    `start_post`: what becomes of the start request.
    `other_restore`: somebody else's restore, running or over.
    `starts_after_success`: a start is accepted although an earlier restore has succeeded.
    `restore_unavailable`: the status is NOT_AVAILABLE and no start is accepted.
    `refuse_other_version`: a start is refused for a backup that another version made.

    Running (F09, F14, F20, F28, F29):
    `shows_instead`: the status speaks of somebody else's restore, whatever ours does.
    `refuse_passphrase`: no passphrase is right.
    `failures`: steps that fail.
    `abort_at_step`: the restore ends ABORTED there, by nobody's order.
    `stuck_at_step`: it stays RUNNING there for ever.
    `status_word`: shown instead of RUNNING.
    `unknown_instruction`: open questions have an unheard-of name and lack actions and fields.
    `status_form`: how complete the status is.
    `status_forbidden`: the status comes with 403.
    `cancel_not_offered`, `suspend_not_offered`: the order is refused, and not among `endpoints`.
    `cancel_after_failure`: a failed restore offers to be cancelled.

    Listing (F15, F25, F26):
    `list_empty`, `list_upper_case`, `list_policy_only`: nothing is listed, or FQDNs in upper case,
      or every backup as good for a policy-only restore.
    `last_cursor_zeros`: the last page has a cursor too, `0000...`; it leads to the first page.

    Around it (F12, F13, F17, F18, F19, F23, F24, F27):
    `management_status`, `control_status`, `online_nodes`, `product_version`, `transport_nodes`:
      what the appliance says of itself instead of the truth, the first two unless a restore is at
      work.
    `backup_stays_enabled`: PUT of the backup configuration answers 200 and `backup_enabled` stays.
    `other_fingerprint`: the fingerprint that the Manager claims to have retrieved.
    `unauthorized_after_restart`, `locked_out_after_restart`: every login is refused with 401, or
      with 403 and code 403, once the services have restarted; `locked_out` refuses from the start.
    `token_refused`: 403 and code 98 after a restart, to a session or not.
    `redirect_to`: a base URL to which every request is sent with `redirect_status` (301 or 307).
    `too_many_requests`: how many more requests are refused with 429; `retry_after` (seconds), if
      set, goes along. `too_many_at_once`: how many more with 503 for concurrency. Both count down.
    `odd_reads`: how each GET is answered instead of properly; `odd_statuses`: only the restore's.
    `absence`, `gateway_status`, `certificate`, `certificate_after_restart`: the listener's part.
    """

    start_post: StartFault = StartFault.NONE
    other_restore: OtherRestore | None = None
    starts_after_success: bool = False
    restore_unavailable: bool = False
    refuse_other_version: bool = False
    shows_instead: OtherRestore | None = None
    refuse_passphrase: bool = False
    failures: tuple[Failure, ...] = ()
    abort_at_step: int | None = None
    stuck_at_step: int | None = None
    status_word: str | None = None
    unknown_instruction: bool = False
    status_form: StatusForm = StatusForm.COMPLETE
    status_forbidden: bool = False
    cancel_not_offered: bool = False
    suspend_not_offered: bool = False
    cancel_after_failure: bool = False
    list_empty: bool = False
    list_upper_case: bool = False
    list_policy_only: bool = False
    last_cursor_zeros: bool = False
    management_status: str | None = None
    control_status: str | None = None
    online_nodes: int | None = None
    product_version: str | None = None
    transport_nodes: int | None = None
    backup_stays_enabled: bool = False
    other_fingerprint: str | None = None
    unauthorized_after_restart: bool = False
    locked_out_after_restart: bool = False
    locked_out: bool = False
    token_refused: TokenRefused = TokenRefused.NEVER
    redirect_to: str | None = None
    redirect_status: int = 307
    too_many_requests: int = 0
    retry_after: int | None = None
    too_many_at_once: int = 0
    odd_reads: OddReply = OddReply.NONE
    odd_statuses: OddReply = OddReply.NONE
    absence: Absence = Absence.REFUSED
    gateway_status: int = 502
    certificate: Flaw = Flaw.NONE
    certificate_after_restart: CertificateAfterRestart = CertificateAfterRestart.SAME
