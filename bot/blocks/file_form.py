"""The form in which a restore is asked for."""

from collections.abc import Sequence
from posixpath import basename

from bot.blocks import limits, plan
from bot.blocks.actions import Field, Form, block_id
from bot.blocks.backup import asked_for
from bot.blocks.elements import Block, View, asked, context, form, plain_text
from bot.blocks.text import counted, escape, plain, size, stamp
from bot.domain.request import Wish
from bot.domain.target import Target
from bot.domain.values import INCIDENT_LIMIT, REASON_LIMIT, Generation, Scope
from bot.runbooks.observations import OfferedBackup
from bot.runbooks.preflight import LATEST


def file_request(
    targets: Sequence[Target],
    *,
    channel: str,
    chosen: str | None,
    backups: Sequence[OfferedBackup] | str | None,
    initial: Wish | None,
    notes: Sequence[str] = (),
) -> View:
    """Return the form.

    Args:
        targets: what can be restored; at least one, at most 100 are offered.
        channel: where the command was typed; comes back as `{"channel": ...}` in the metadata.
        chosen: the key of the target that is chosen already.
        backups: those that can be restored; a sentence if they could not be listed; `None` before.
        initial: what is filled in, such as an earlier request's wish.
        notes: what else came of listing the backups.
    """
    target = next((one for one in targets if one.key == chosen), None)
    wished = initial or Wish(
        chosen or "", LATEST, target.scope if target else Scope.CLUSTER, "", None
    )
    return form(
        Form.FILE_REQUEST,
        "Restore NSX Manager",
        "Ask for approval",
        [
            _target(targets, target),
            *_backup(target, backups, wished.backup),
            *(context(escape(note)) for note in notes),
            *_scope(target, wished.scope),
            _incident(wished.incident),
            _reason(wished.reason),
        ],
        {"channel": channel},
    )


def _target(targets: Sequence[Target], chosen: Target | None) -> Block:
    options = {one.key: _target_option(one) for one in targets[: limits.SELECT_OPTIONS]}
    field = asked(
        block_id(Field.TARGET, None),
        "Target",
        _select(Field.TARGET, list(options.values()), options.get(chosen.key) if chosen else None),
    )
    return {**field, "dispatch_action": True}


def _target_option(target: Target) -> Block:
    return _option(target.key, f"{target.key} ({plan.environment(target.environment)})")


def _backup(
    target: Target | None, backups: Sequence[OfferedBackup] | str | None, wished: str
) -> list[Block]:
    """The choice of a backup; what the list lacks is said below it.

    What was wished before is never exchanged for something else without a word: it is offered
    even if it is not listed, and where Slack cannot hold it nothing is chosen.
    """
    listed = [] if backups is None or isinstance(backups, str) else _newest_first(backups)
    latest = _option(LATEST, "latest: the newest one when the request is checked")
    known = [latest, *(_offered(one, newest=one is listed[0]) for one in listed)]
    known = [one for one in known if len(one["value"]) <= limits.OPTION_VALUE]
    chosen = latest if wished == LATEST else _wished(known, listed, wished)
    options = known[: limits.SELECT_OPTIONS - 1]
    if chosen is not None and chosen not in options:
        options.append(chosen)
    elif len(known) > len(options):
        options.append(known[len(options)])
    field = asked(
        block_id(Field.BACKUP, target.key if target else None),
        "Backup",
        _select(Field.BACKUP, options, chosen),
        hint="Everything that was changed after the backup was made will be lost.",
    )
    missing = sum(all(made.id != one["value"] for one in options) for made in listed)
    notes = [_note(backups, missing)]
    if chosen is None or (chosen not in known and listed):
        notes.append(_unlisted(wished, offered=chosen is not None))
    return [field, *(context(note) for note in notes if note)]


def _wished(known: Sequence[Block], listed: Sequence[OfferedBackup], wished: str) -> Block | None:
    """What was wished, by id or by name, as one of the options or as one of its own."""
    ids = {made.id for made in listed if wished in _names(made)}
    found = [one for one in known if one["value"] == wished] or [
        one for one in known if one["value"] in ids
    ]
    if len(found) == 1:
        return found[0]
    name = basename(wished)
    if not name.strip() or len(wished) > limits.OPTION_VALUE:
        return None
    description = plain_text(name, limits.OPTION_TEXT)
    return {**_option(wished, "the one that was asked for before"), "description": description}


def _unlisted(wished: str, *, offered: bool) -> str:
    if offered:
        return f"{asked_for(wished)}, asked for before, is not listed now, or not as one backup."
    return f"{asked_for(wished)}, asked for before, cannot be offered here. Choose another one."


def _names(made: OfferedBackup) -> frozenset[str]:
    """What a backup can be asked for by: `NODE:TIMESTAMP`, the timestamp alone, a file's name."""
    _, timed, timestamp = made.id.rpartition(":")
    return frozenset({made.id, made.name, *([timestamp] if timed and made.size is None else [])})


def _newest_first(backups: Sequence[OfferedBackup]) -> list[OfferedBackup]:
    return sorted(backups, key=lambda made: made.made_at, reverse=True)


def _note(backups: Sequence[OfferedBackup] | str | None, missing: int) -> str:
    if backups is None:
        return "Choose a target to see its backups."
    if isinstance(backups, str):
        return f"The backups could not be listed: {escape(backups)}"
    if not missing:
        return ""
    return (
        f"{counted(missing, 'more backup')} cannot be offered here. Name one with "
        "`/nsx-restore request TARGET backup=NAME reason=…`."
    )


def _offered(made: OfferedBackup, *, newest: bool) -> Block:
    known = [stamp(made.made_at)]
    if made.size is not None:
        known.append(size(made.size))
    words = ", ".join((*known, "newest") if newest else known)
    name = made.name.strip() or made.id
    return {**_option(made.id, words), "description": plain_text(name, limits.OPTION_TEXT)}


def _scope(target: Target | None, wished: Scope) -> list[Block]:
    """The choice of a scope; from 2.0 on there is none, since the manager restores everything."""
    if target is not None and target.generation is Generation.NSX:
        return []
    options = {scope: _option(str(scope), plan.scope(scope).capitalize()) for scope in Scope}
    field = asked(
        block_id(Field.SCOPE, target.key if target else None),
        "Scope",
        _select(Field.SCOPE, list(options.values()), options[wished]),
    )
    return [field]


def _incident(wished: str | None) -> Block:
    return asked(
        block_id(Field.INCIDENT, None),
        "Incident",
        _typed(Field.INCIDENT, wished or "", {"max_length": INCIDENT_LIMIT}),
        optional=True,
    )


def _reason(wished: str) -> Block:
    bounds = {"multiline": True, "min_length": 1, "max_length": REASON_LIMIT}
    return asked(
        block_id(Field.REASON, None),
        "Reason",
        _typed(Field.REASON, wished, bounds),
        hint="What happened, and why a restore is the answer. The leads decide by this.",
    )


def _select(field: Field, options: list[Block], initial: Block | None) -> Block:
    element: Block = {"type": "static_select", "action_id": str(field), "options": options}
    return {**element, "initial_option": initial} if initial else element


def _typed(field: Field, initial: str, bounds: Block) -> Block:
    element = {"type": "plain_text_input", "action_id": str(field), **bounds}
    return {**element, "initial_value": plain(initial)} if initial else element


def _option(value: str, caption: str) -> Block:
    return {"value": value, "text": plain_text(caption, limits.OPTION_TEXT)}
