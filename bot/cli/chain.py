"""The commands of the audit chain."""

import re
from typing import Annotated, Final

import typer

from bot import records
from bot.cli.terminal import carry_out, out, refuse, settings_for
from bot.ports import AuditHead
from config.settings import Purpose

ANCHOR: Final = re.compile(r"[1-9][0-9]{0,17}:[0-9a-f]{12,64}")
"""A head of the audit chain as a report (all digits) or a card (the first twelve) shows it."""


def verify(
    anchor: Annotated[
        str | None,
        typer.Option(help="A head that was kept outside, as SEQ:MAC (from a card or a report)."),
    ] = None,
) -> None:
    """Verify the audit chain: finds any edit, removal, reordering or truncation."""
    verdict = carry_out(records.verify(settings_for(Purpose.OFFLINE), _anchor(anchor)))
    if verdict.fault is not None:
        refuse(
            f"The audit chain does not hold (row {verdict.fault.seq}): {verdict.fault.why} "
            "Keep the database as it is, and compare it with a copy and with the heads on cards "
            "and in reports."
        )
    head = f"{verdict.head.seq}:{verdict.head.mac}" if verdict.head else "none yet"
    out.print(f"The audit chain is intact: {verdict.rows} rows, head {head}")


def export() -> None:
    """Print all audit rows as JSON lines."""

    async def printing() -> None:
        async for line in records.export(settings_for(Purpose.OFFLINE)):
            out.print(line)

    carry_out(printing())


def _anchor(text: str | None) -> AuditHead | None:
    if text is None:
        return None
    if not ANCHOR.fullmatch(text):
        raise typer.BadParameter(
            "an anchor is written SEQ:MAC, with at least 12 digits of the mac",
            param_hint="--anchor",
        )
    seq, _, mac = text.partition(":")
    return AuditHead(int(seq), mac)
