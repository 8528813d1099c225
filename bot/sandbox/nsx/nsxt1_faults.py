"""What can go wrong with a 1.x Manager: one switch per fault, changeable at any time."""

from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox.authority import Flaw
from bot.sandbox.nsx.listener import Absence
from bot.sandbox.nsx.odd_replies import OddReply
from bot.sandbox.nsx.restart_faults import CertificateAfterRestart


class PostFault(StrEnum):
    """What becomes of a restore request on its way."""

    NONE = "none"
    CUT_BEFORE_ACCEPTING = "cut before accepting"
    """The connection drops; nothing was begun."""
    CUT_AFTER_ACCEPTING = "cut after accepting"
    """The restore begins; the connection drops before the answer."""
    HANG_BEFORE_ACCEPTING = "hang before accepting"
    """Nothing is begun and no answer ever comes."""
    HANG_AFTER_ACCEPTING = "hang after accepting"
    """The restore begins; no answer ever comes until the restart cuts the connection."""


@dataclass(slots=True)
class Faults:
    """The switches, all off.

    `management_status`: the word shown for the management cluster while nothing is being restored.
    `control_status`: the word for the control cluster until the first restore is accepted;
      `STABLE` is what a Manager in production shows.
    `online_nodes`: how many manager nodes say they are online.
    `product_version`: another version than the simulator was made with.
    `cluster_post`, `node_post`: what becomes of the two restore requests.
    `accepted_status`: the status of an accepted restore; with `accepted_body` it has a small body.
    `refuse_passphrase`: no passphrase is right.
    `refusal_status`: the status of a refusal because of the file (400, or 500).
    `backup_stays_enabled`: PUT of the backup configuration answers 200 and `backup_enabled` stays.
    `unauthorized_after_restart`: every login is refused with 401 once the services have restarted.
    `locked_out`: every request is refused with 403 and error code 403.
    `redirect_to`: a base URL to which every request is sent with `redirect_status` (301 or 307).
    `too_many_requests`: how many more requests are refused with 429; `retry_after` (seconds), if
      set, goes along. It counts down to zero by itself.
    `odd_reads`: how each GET is answered instead of properly.
    `absence`: what a client meets at the port during the restart.
    `gateway_status`: the status of the HTML page that the proxy serves while nothing is behind it
      (502, or 503).
    `certificate`: what is wrong with the certificate from the start.
    `certificate_after_restart`: which certificate the appliance comes back with.
    `never_stable`: the restore ends in UNSTABLE and stays there.
    `flaps`: how many times it becomes STABLE and then UNSTABLE again before it stays STABLE.
    """

    management_status: str | None = None
    control_status: str | None = None
    online_nodes: int = 1
    product_version: str | None = None
    cluster_post: PostFault = PostFault.NONE
    node_post: PostFault = PostFault.NONE
    accepted_status: int = 200
    accepted_body: bool = False
    refuse_passphrase: bool = False
    refusal_status: int = 400
    backup_stays_enabled: bool = False
    unauthorized_after_restart: bool = False
    locked_out: bool = False
    redirect_to: str | None = None
    redirect_status: int = 307
    too_many_requests: int = 0
    retry_after: int | None = None
    odd_reads: OddReply = OddReply.NONE
    absence: Absence = Absence.REFUSED
    gateway_status: int = 502
    certificate: Flaw = Flaw.NONE
    certificate_after_restart: CertificateAfterRestart = CertificateAfterRestart.SAME
    never_stable: bool = False
    flaps: int = 0
