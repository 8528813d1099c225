"""A plan and its digest: the same plan has the same code, and any other plan another."""

import hashlib
import json
import random
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.plan import (
    Digest,
    GuidedTerms,
    Plan,
    at_milliseconds,
    differences,
    digest,
    from_json,
    short,
    to_json,
)
from bot.domain.values import Component, Generation, Scope
from tests.builders import (
    NODE_ID,
    NOON,
    STEPS,
    a_backup_file,
    a_file_backup,
    a_guided_plan,
    a_listed_backup,
    a_plan,
)

NODE_FILE = a_backup_file(path="/vol0/backups/backup-node-2026.tar", size=7)
FULL_BACKUP = a_file_backup(node=NODE_FILE)
FULL = a_plan(
    scope=Scope.CLUSTER_AND_NODE,
    backup=FULL_BACKUP,
    node_restore_path="/api/v1/node/backups?action=restore",
)
"""A plan in which every value is present."""

GUIDED = a_guided_plan(guided=GuidedTerms(Component.LOCAL, ("CM_CHECK",)))
"""The same, of a manager that restores by itself."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in a plan that are not made of others."""
    if is_dataclass(value):
        return [
            leaf
            for entry in fields(value)
            for leaf in leaves(getattr(value, entry.name), (*path, entry.name))
        ]
    if isinstance(value, tuple):
        return [leaf for at, entry in enumerate(value) for leaf in leaves(entry, (*path, at))]
    return [path]


def other(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case StrEnum():
            return next(member for member in type(value) if member is not value)
        case int():
            return value + 1
        case str():
            return value + "x"
        case timedelta():
            return value + timedelta(microseconds=1000)
        case _:
            return value + timedelta(seconds=1)


def flipped(value: Any, path: tuple[Any, ...]) -> Any:
    """The same plan with one leaf changed."""
    if not path:
        return other(value)
    first, *rest = path
    if isinstance(value, tuple):
        return (*value[:first], flipped(value[first], tuple(rest)), *value[first + 1 :])
    return replace(value, **{first: flipped(getattr(value, first), tuple(rest))})


ABSENT = {("backup", "kind"), ("guided",), ("node_restore_path",)}
LEAVES = [
    *((FULL, path) for path in leaves(FULL) if path not in ABSENT - {("node_restore_path",)}),
    *((GUIDED, path) for path in leaves(GUIDED) if path not in ABSENT - {("guided",)}),
]


@pytest.mark.parametrize(
    ("plan", "path"), LEAVES, ids=[f"{plan.runbook}.{path}" for plan, path in LEAVES]
)
def test_every_leaf_counts(plan: Plan, path: tuple[Any, ...]) -> None:
    """Whatever is changed, the digest changes, and one entry says what."""
    changed = flipped(plan, path)

    assert digest(changed) != digest(plan)
    assert len(differences(plan, changed)) == 1
    assert ", now " in differences(plan, changed)[0]


@pytest.mark.parametrize("plan", [FULL, GUIDED])
def test_a_backup_says_when_it_was_made_and_how_it_is_asked_for(plan: Plan) -> None:
    """The same for a file and for what a manager lists."""
    backup = plan.backup

    assert backup.made_at == NOON - timedelta(hours=9)
    assert backup.id.endswith(backup.name)
    assert from_json(to_json(plan)).backup == backup


def test_a_listed_backup_is_known_by_node_and_moment() -> None:
    """As the manager names it, to the millisecond; a moment that no calendar has is an error."""
    backup = a_listed_backup(timestamp=1712345678901)

    assert backup.name == f"{NODE_ID}:1712345678901"
    assert backup.made_at.isoformat() == "2024-04-05T19:34:38.901000+00:00"
    with pytest.raises(OverflowError):
        at_milliseconds(10**18)


def test_adding_and_removing_counts_too() -> None:
    """A step, a controller or the node backup more or less is another plan."""
    plans = [
        FULL,
        replace(FULL, steps=FULL.steps[:-1]),
        replace(FULL, controllers=FULL.controllers[:-1]),
        replace(FULL, controllers=tuple(reversed(FULL.controllers))),
        replace(FULL, backup=replace(FULL_BACKUP, node=None)),
        replace(FULL, node_restore_path=None),
    ]

    assert len(set(map(digest, plans))) == len(plans)


def test_the_digest_is_that_of_the_canonical_json() -> None:
    """RFC 8785, then SHA-256: for a plan in ASCII, sorted keys and no blanks come to the same."""
    canonical = json.dumps(to_json(FULL), sort_keys=True, separators=(",", ":"))

    assert digest(FULL) == hashlib.sha256(canonical.encode()).hexdigest()


def test_values_are_written_in_one_form() -> None:
    """Another form of the same value would void every approval at the next release."""
    values = to_json(FULL)

    assert values["timing"] == {
        "poll": "PT5S",
        "stable_polls": 3,
        "settle": "PT1M",
        "stable_timeout": "PT1H",
        "request_timeout": "PT30S",
    }
    assert values["backup"]["node"] == {
        "path": "/vol0/backups/backup-node-2026.tar",
        "size": 7,
        "modified_at": "2026-03-14T03:00:00Z",
    }
    assert (values["scope"], values["generation"]) == ("cluster+node", "nsxt-1")


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_count(chance: random.Random) -> None:
    """RFC 8785 sorts the keys, so a plan that was read back in any order is the same plan."""
    shuffled = _shuffled(to_json(FULL), chance)

    assert rfc8785.dumps(shuffled) == rfc8785.dumps(to_json(FULL))
    assert digest(from_json(shuffled)) == digest(FULL)


@pytest.mark.parametrize("plan", [a_plan(), FULL], ids=["cluster", "cluster and node"])
def test_a_plan_survives_json(plan: Plan) -> None:
    """What is stored is what was approved, to the last value."""
    again = from_json(json.loads(json.dumps(to_json(plan))))

    assert again == plan
    assert digest(again) == digest(plan)


@settings(deadline=None)
@given(st.datetimes(), st.integers(0, 2**53 - 1), st.text(min_size=1))
def test_any_backup_file_survives_json(at: Any, size: int, path: str) -> None:
    """Odd names, sizes and times too, to the microsecond."""
    file = a_backup_file(path=path, size=size, modified_at=at.replace(tzinfo=NOON.tzinfo))
    plan = a_plan(backup=a_file_backup(cluster=file))

    assert from_json(json.loads(json.dumps(to_json(plan)))) == plan
    assert len(digest(plan)) == 64


@pytest.mark.parametrize(
    "missing", [entry.name for entry in fields(Plan) if entry.default is MISSING]
)
def test_what_lacks_a_part_is_no_plan(missing: str) -> None:
    """A row that was cut short is not run."""
    values = to_json(FULL)
    del values[missing]

    with pytest.raises(ValidationError):
        from_json(values)


@pytest.mark.parametrize("values", [None, [], "plan", {"target": "dc1-nsxt"}])
def test_what_is_no_object_of_a_plan_is_no_plan(values: object) -> None:
    """Neither is anything else."""
    with pytest.raises(ValidationError):
        from_json(values)


def test_people_compare_a_short_code() -> None:
    """Eight digits in two halves, as one reads them in a call."""
    assert short(Digest("7f3c91ab" + "0" * 56)) == "7F3C-91AB"


def test_steps_are_counted_from_one() -> None:
    """And an unknown step is an error of ours."""
    assert [a_plan().step_number(step.key) for step in STEPS] == [1, 2, 3]
    with pytest.raises(ValueError, match="'tidy' is not in list"):
        a_plan().step_number("tidy")


def test_equal_plans_do_not_differ() -> None:
    """Nothing to say."""
    assert differences(FULL, from_json(to_json(FULL))) == ()


def test_differences_are_told_in_words_and_in_the_order_of_the_plan() -> None:
    """Somebody reads them under stress: no braces, no underscores, no JSON paths."""
    after = replace(
        a_plan(),
        manager_version="1.1.1",
        generation=Generation.NSX,
        backup=a_file_backup(
            cluster=a_backup_file(size=12),
            node=replace(NODE_FILE, modified_at=NOON),
        ),
        node_restore_path="/api/v1/node/backups?action=restore",
        controllers=(),
        steps=(STEPS[0], replace(STEPS[1], title="Restore the other cluster backup"), STEPS[2]),
    )

    assert differences(a_plan(), after) == (
        "manager version: 1.1.0.0.0.4788147, now 1.1.1",
        "generation: nsxt-1, now nsx",
        "backup cluster size: 48211456, now 12",
        (
            "backup node: none, now path /vol0/backups/backup-node-2026.tar, size 7, "
            "modified at 2026-03-14T12:00:00Z"
        ),
        "node restore path: none, now /api/v1/node/backups?action=restore",
        "controllers: 10.0.0.11, 10.0.0.12, 10.0.0.13, now none",
        "steps 2 title: Restore the cluster backup, now Restore the other cluster backup",
    )


def test_more_steps_are_told_as_a_number() -> None:
    """The steps themselves are on the card."""
    assert differences(a_plan(), a_plan(steps=STEPS[:2])) == ("steps: 3 entries, now 2 entries",)
    assert differences(a_plan(steps=()), a_plan()) == ("steps: none, now 3 entries",)


def _shuffled(value: Any, chance: random.Random) -> Any:
    match value:
        case dict():
            keys = list(value)
            chance.shuffle(keys)
            return {key: _shuffled(value[key], chance) for key in keys}
        case list():
            return [_shuffled(entry, chance) for entry in value]
        case _:
            return value
