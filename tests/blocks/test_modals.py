"""The modals: forms and details, within Slack's limits."""

import json
from dataclasses import replace
from datetime import timedelta
from posixpath import basename
from typing import Any

import pytest

from bot.blocks import limits, modals
from bot.blocks.actions import parse_value
from bot.domain.values import Generation, Scope
from bot.runbooks.observations import OfferedBackup
from bot.sandbox.slack.block_check import check_view
from tests.blocks.reading import shown
from tests.blocks.scenes import HEAD, ROWS, SCENES, an_entry
from tests.builders import CARD, CHANNEL, NODE_ID, NOON, a_target, a_wish

PRODUCTION = a_target()
OTHER = a_target(key="dc2-nsxt", scope=Scope.CLUSTER_AND_NODE)


def a_file(age: int, path: str = "") -> OfferedBackup:
    """A backup of so many days of age."""
    name = path or f"/vol0/backups/backup-cluster-{age}.tar"
    return OfferedBackup(name, basename(name), NOON - timedelta(days=age), 48_211_456)


def a_form(**changes: Any) -> dict[str, Any]:
    """The form, with a chosen target and two backups unless told otherwise."""
    values: dict[str, Any] = {
        "channel": CHANNEL,
        "chosen": "dc1-nsxt",
        "backups": (a_file(3), a_file(1)),
        "initial": None,
    }
    return modals.file_request((PRODUCTION, OTHER), **values | changes)


def field(view: dict[str, Any], name: str) -> dict[str, Any]:
    """The element of a field, by its action id."""
    elements = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    found: dict[str, Any] = next(one for one in elements if one["action_id"] == name)
    return found


@pytest.mark.parametrize(
    "view",
    [
        a_form(),
        a_form(chosen=None, backups=None),
        a_form(backups="The server cannot be reached."),
        a_form(backups=tuple(a_file(age) for age in range(150))),
        a_form(initial=a_wish(reason="x" * 300, incident="i" * 80)),
        modals.loading("Restore NSX Manager"),
        modals.problem("Details of R-7QK2M9", "It is <gone>.", "Look at the list."),
        modals.deny_request(SCENES["awaiting_approval"].request, CARD),
        modals.confirm_approval(SCENES["awaiting_approval"].request, CARD),
        modals.confirm_approval(SCENES["planning"].request, CARD),
        modals.details(SCENES["awaiting_approval-one_vote"].request, ROWS),
        modals.details(SCENES["planning"].request, ()),
    ],
)
def test_slack_accepts_every_modal(view: dict[str, Any]) -> None:
    """Every view passes the checks of a strict Slack."""
    check_view(view)


def test_the_form_offers_the_newest_backup_first() -> None:
    """`latest` is the default; the newest file says that it is."""
    offered = field(a_form(), "backup")

    assert [one["value"] for one in offered["options"]] == [
        "latest",
        "/vol0/backups/backup-cluster-1.tar",
        "/vol0/backups/backup-cluster-3.tar",
    ]
    assert offered["initial_option"]["value"] == "latest"
    assert offered["options"][1]["text"]["text"] == "2026-03-13 12:00 UTC, 48.2 MB, newest"
    assert offered["options"][1]["description"]["text"] == "backup-cluster-1.tar"


def test_another_target_refills_what_depends_on_it() -> None:
    """The target is told at once; backup and scope belong to it by their block ids."""
    view = a_form(chosen="dc2-nsxt")
    ids = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]

    assert ids == ["target", "backup:dc2-nsxt", "scope:dc2-nsxt", "incident", "reason"]
    assert view["blocks"][0]["dispatch_action"] is True
    assert field(view, "scope")["initial_option"]["value"] == "cluster+node"
    assert field(view, "target")["initial_option"]["value"] == "dc2-nsxt"


def test_a_form_without_a_target_asks_for_one() -> None:
    """Before that there is nothing to list."""
    view = a_form(chosen=None, backups=None)

    assert "initial_option" not in field(view, "target")
    assert "Choose a target to see its backups." in shown(view["blocks"])


def test_a_listing_that_failed_is_explained_and_latest_stays() -> None:
    """A request can be filed all the same; the checks come later."""
    view = a_form(backups="The server <x> cannot be reached.")

    assert len(field(view, "backup")["options"]) == 1
    assert "could not be listed: The server &lt;x&gt; cannot be reached." in shown(view["blocks"])


def test_what_cannot_be_offered_is_counted() -> None:
    """More than a list can hold, or a path that is too long: the command takes them."""
    files = (*(a_file(age) for age in range(120)), a_file(0, f"/{'x' * 200}"))
    view = a_form(backups=files)

    assert len(field(view, "backup")["options"]) == limits.SELECT_OPTIONS
    assert "22 more backups cannot be offered here" in shown(view["blocks"])


def test_a_form_can_be_filled_in() -> None:
    """What was wished before is there again."""
    wish = a_wish(backup="/vol0/backups/backup-cluster-3.tar", scope=Scope.CLUSTER_AND_NODE)
    view = a_form(initial=wish)

    assert field(view, "backup")["initial_option"]["value"] == wish.backup
    assert field(view, "scope")["initial_option"]["value"] == "cluster+node"
    assert field(view, "reason")["initial_value"] == wish.reason
    assert field(view, "incident")["initial_value"] == wish.incident
    assert "asked for before" not in shown(view["blocks"])


def test_a_backup_typed_by_its_name_is_chosen_again() -> None:
    """The options carry paths; what was typed may have been a name."""
    view = a_form(initial=a_wish(backup="backup-cluster-3.tar"))

    chosen = field(view, "backup")["initial_option"]
    assert chosen["value"] == "/vol0/backups/backup-cluster-3.tar"
    assert chosen in field(view, "backup")["options"]
    assert "asked for before" not in shown(view["blocks"])


@pytest.mark.parametrize(
    "backups",
    [
        (a_file(3), a_file(1)),
        (a_file(1, "/vol0/gone.tar"), a_file(2, "/vol0/backups/gone.tar")),
        tuple(a_file(age) for age in range(150)),
    ],
)
def test_a_backup_that_is_not_listed_is_never_exchanged(backups: tuple[OfferedBackup, ...]) -> None:
    """Missing, or listed twice: it stays chosen, as an option of its own, and that is said."""
    view = a_form(backups=backups, initial=a_wish(backup="gone.tar"))

    check_view(view)
    offered = field(view, "backup")
    assert offered["initial_option"]["value"] == "gone.tar"
    assert offered["initial_option"]["description"]["text"] == "gone.tar"
    assert offered["initial_option"] in offered["options"]
    assert "`gone.tar`, asked for before, is not listed now" in shown(view["blocks"])


def test_a_backup_beyond_the_offered_ones_is_offered_if_it_was_wished() -> None:
    """The list is longer than Slack takes; its place goes to what was chosen before."""
    view = a_form(
        backups=tuple(a_file(age) for age in range(150)),
        initial=a_wish(backup="backup-cluster-149.tar"),
    )

    check_view(view)
    assert field(view, "backup")["initial_option"]["value"].endswith("-149.tar")
    assert "51 more backups cannot be offered here" in shown(view["blocks"])


def test_a_wish_without_a_listing_stays_chosen() -> None:
    """That nothing could be listed is said; that it is missing nobody knows."""
    view = a_form(backups="No answer.", initial=a_wish(backup="backup-cluster-3.tar"))

    assert field(view, "backup")["initial_option"]["value"] == "backup-cluster-3.tar"
    assert "asked for before" not in shown(view["blocks"])


def test_a_wish_that_slack_cannot_hold_leaves_the_choice_open() -> None:
    """An option has 150 characters; then nothing is chosen, and the person must."""
    path = f"/{'x' * 200}"
    view = a_form(backups=(a_file(1), a_file(2, path)), initial=a_wish(backup=path))

    check_view(view)
    assert "initial_option" not in field(view, "backup")
    assert "cannot be offered here. Choose another one." in shown(view["blocks"])


def test_a_reason_is_required_and_an_incident_is_not() -> None:
    """The leads decide by the reason."""
    view = a_form()
    optional = {
        block["block_id"]: block["optional"] for block in view["blocks"] if block["type"] == "input"
    }

    assert optional["reason"] is False
    assert optional["incident"] is True
    assert (field(view, "reason")["min_length"], field(view, "reason")["max_length"]) == (1, 300)


@pytest.mark.parametrize("make", [modals.deny_request, modals.confirm_approval])
def test_a_form_about_a_request_brings_its_button_and_its_card_back(make: Any) -> None:
    """The metadata is what the card's button would have sent from its message."""
    request = SCENES["awaiting_approval"].request
    metadata = json.loads(make(request, CARD)["private_metadata"])

    assert parse_value(metadata["value"]) == (request.id, request.short_digest)
    assert (metadata["channel"], metadata["ts"]) == (CARD.channel, CARD.ts)


def test_details_show_the_whole_plan_the_votes_and_the_history() -> None:
    """The digest in full, and refused attempts too."""
    request = SCENES["awaiting_approval-one_vote"].request

    told = shown(modals.details(request, ROWS)["blocks"])

    assert request.digest is not None
    assert request.digest in told
    assert "Restore the cluster backup /vol0/backups/cluster-node-backups/backup-cluster" in told
    assert "*1 of 2 approvals*\n<@U0BEN> at 12:02 UTC" in told
    assert (
        "<@U0ANA> *refused*: rule: not_the_requester; sentence: You asked | for &lt;this&gt;."
        in told
    )
    assert HEAD.mac not in told


def test_details_of_a_long_history_keep_the_newest_and_say_so() -> None:
    """However long a run was, Slack can show its details."""
    rows = tuple(an_entry(n, "step_completed", "bot", said="長" * 900) for n in range(1, 400))
    view = modals.details(SCENES["running"].request, rows)

    check_view(view)
    assert len(json.dumps(view).encode()) < limits.VIEW_BYTES
    assert "older entries are left out here; the report has all of them." in shown(view["blocks"])


def test_details_before_the_plan_say_that_there_is_none() -> None:
    """A request that is being checked can be looked at."""
    told = shown(
        modals.details(replace(SCENES["planning"].request, wish=a_wish(incident=None)), ())[
            "blocks"
        ]
    )

    assert "There is no plan yet." in told
    assert "Nobody yet." in told
    assert "Incident" not in told


# -- targets whose manager restores by itself ---------------------------------------------------

NSX = a_target(key="dc3-nsx", generation=Generation.NSX)


def a_moment(age: int, address: str = "nsx.example.com") -> OfferedBackup:
    """A listed backup of so many days of age."""
    at = NOON - timedelta(days=age)
    return OfferedBackup(f"{NODE_ID}:{int(at.timestamp() * 1000)}", address, at)


def a_guided_form(**changes: Any) -> dict[str, Any]:
    """The form for such a target."""
    values: dict[str, Any] = {
        "channel": CHANNEL,
        "chosen": "dc3-nsx",
        "backups": (a_moment(3), a_moment(1)),
        "initial": None,
    }
    view = modals.file_request((PRODUCTION, NSX), **values | changes)
    check_view(view)
    return view


def test_a_listed_backup_is_offered_by_its_time_and_its_maker() -> None:
    """What is sent is node and moment; what is read is when, and by which manager."""
    _, newest, older = field(a_guided_form(), "backup")["options"]

    assert newest["value"] == f"{NODE_ID}:{int((NOON - timedelta(days=1)).timestamp() * 1000)}"
    assert newest["text"]["text"] == "2026-03-13 12:00 UTC, newest"
    assert newest["description"]["text"] == "nsx.example.com"
    assert older["text"]["text"] == "2026-03-11 12:00 UTC"


def test_a_manager_that_restores_everything_is_asked_for_no_scope() -> None:
    """There is one for NSX-T 1.x, and before a target is chosen."""
    ids = [block["block_id"] for block in a_guided_form()["blocks"] if block["type"] == "input"]

    assert ids == ["target", "backup:dc3-nsx", "incident", "reason"]
    assert field(a_guided_form(chosen="dc1-nsxt"), "scope")


@pytest.mark.parametrize("wished", [a_moment(3).id, a_moment(3).id.split(":")[1]])
def test_a_listed_backup_is_chosen_again_by_its_id_or_its_timestamp(wished: str) -> None:
    """As it was asked for."""
    view = a_guided_form(initial=a_wish(target="dc3-nsx", backup=wished))

    assert field(view, "backup")["initial_option"]["value"] == a_moment(3).id
    assert "asked for before" not in shown(view["blocks"])


def test_a_timestamp_that_two_nodes_have_is_left_to_the_checks() -> None:
    """It stays what it is, as an option of its own, and that is said with its time."""
    twin = replace(a_moment(3), id=a_moment(3).id.replace(NODE_ID, "other-node"))
    wished = a_moment(3).id.split(":")[1]
    view = a_guided_form(
        backups=(a_moment(3), twin), initial=a_wish(target="dc3-nsx", backup=wished)
    )

    assert field(view, "backup")["initial_option"]["value"] == wished
    assert f"2026-03-11 12:00 UTC (`{wished}`), asked for before, is not listed now" in (
        shown(view["blocks"])
    )


def test_a_backup_of_an_unnamed_manager_is_offered_by_its_id() -> None:
    """Slack takes no description of nothing."""
    view = a_guided_form(backups=(a_moment(1, address=" "),))

    assert field(view, "backup")["options"][1]["description"]["text"] == a_moment(1).id
