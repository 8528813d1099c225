"""Modals: stacks, triggers, hashes, submissions, and what the app answers to them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import NotClickable, NotVisible, Person, View, Workspace

CHANNEL = "C0INCIDENT"
Json = dict[str, Any]
Opener = Callable[..., Awaitable[View]]


def plain(text: str) -> Json:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    """An option whose label is its value."""
    return {"text": plain(value), "value": value}


def field(block_id: str, element: Json, **more: Any) -> Json:
    """A required input block around an element."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": {"action_id": "it", **element},
        **more,
    }


TEXT = {"type": "plain_text_input"}


def modal(*blocks: Json, **more: Any) -> Json:
    """A modal view."""
    return {
        "type": "modal",
        "callback_id": "file_request",
        "title": plain("Restore"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [field("reason", TEXT)],
        **more,
    }


async def refused(call: Any) -> str:
    """The error name with which Slack refuses a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def trigger(raw: Any, person: Person) -> str:
    """A fresh trigger of this person."""
    await person.slash(CHANNEL, "/nsx-restore")
    return str(raw.payload()["trigger_id"])


@pytest.fixture
def opened(client: AsyncWebClient, raw: Any, ana: Person) -> Opener:
    """Opens a modal for ana and gives it as she sees it."""

    async def open_for_ana(*blocks: Json, **more: Any) -> View:
        view = modal(*blocks, **more)
        await client.views_open(trigger_id=await trigger(raw, ana), view=view)
        return ana.modal()

    return open_for_ana


async def test_a_trigger_opens_one_modal_within_three_seconds(
    client: AsyncWebClient, raw: Any, workspace: Workspace, wire_clock: Any, ana: Person
) -> None:
    """Used, expired and invented triggers have an error each."""
    first = await trigger(raw, ana)
    wire_clock.advance(3.0)
    await client.views_open(trigger_id=first, view=modal())
    assert await refused(client.views_open(trigger_id=first, view=modal())) == (
        "exchanged_trigger_id"
    )
    late = await trigger(raw, ana)
    wire_clock.advance(3.01)
    assert await refused(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    invented = client.views_open(trigger_id="1.2.3", view=modal())
    assert await refused(invented) == "invalid_trigger_id"
    assert len(workspace.violations) == 3


async def test_an_update_needs_the_present_hash(client: AsyncWebClient, opened: Opener) -> None:
    """An old hash is `hash_conflict`; none at all is allowed; a closed view is `not_found`."""
    view = await opened()
    changed = await client.views_update(view_id=view.id, hash=view.hash, view=modal())
    assert changed["view"]["hash"] != view.hash
    old = client.views_update(view_id=view.id, hash=view.hash, view=modal())
    assert await refused(old) == "hash_conflict"
    await client.views_update(view_id=view.id, view=modal())
    unknown = client.views_update(view_id="V404", view=modal())
    assert await refused(unknown) == "not_found"


async def test_what_is_typed_survives_an_update(
    client: AsyncWebClient, opened: Opener, ana: Person
) -> None:
    """Where block_id, action_id and type stay the same."""
    view = await opened(field("reason", TEXT), field("other", TEXT))
    await ana.choose(view.id, "reason", "it", "node lost")
    await ana.choose(view.id, "other", "it", "gone")
    await client.views_update(view_id=view.id, view=modal(field("reason", TEXT)))
    assert ana.modal().values == {
        "reason": {"it": {"type": "plain_text_input", "value": "node lost"}},
    }


async def test_external_ids_are_unique(
    client: AsyncWebClient, raw: Any, opened: Opener, ben: Person
) -> None:
    """While a view is open nobody else's may carry its external_id; it also finds the view."""
    view = await opened(external_id="mine")
    again = client.views_open(trigger_id=await trigger(raw, ben), view=modal(external_id="mine"))
    assert await refused(again) == "duplicate_external_id"
    reply = await client.views_update(external_id="mine", view=modal(external_id="mine"))
    assert reply["view"]["id"] == view.id


async def test_three_views_deep(
    client: AsyncWebClient, raw: Any, opened: Opener, ana: Person, workspace: Workspace
) -> None:
    """A push needs a trigger from the modal; the fourth view is `push_limit_reached`."""
    button = {"type": "button", "action_id": "more", "text": plain("More")}
    with_button = modal({"type": "actions", "elements": [button]}, submit=plain("Go"))
    await opened(*with_button["blocks"])
    outside = client.views_push(trigger_id=await trigger(raw, ana), view=with_button)
    assert await refused(outside) == "invalid_trigger_id"
    for depth in (2, 3):
        await ana.click_in_view(ana.modal().id, "more")
        await client.views_push(trigger_id=raw.payload()["trigger_id"], view=with_button)
        assert len(workspace.views("U0ANA")) == depth
    await ana.click_in_view(ana.modal().id, "more")
    fourth = client.views_push(trigger_id=raw.payload()["trigger_id"], view=with_button)
    assert await refused(fourth) == "push_limit_reached"
    bottom, middle, top = workspace.views("U0ANA")
    assert (top.root_id, top.previous_id) == (bottom.id, middle.id)
    with pytest.raises(NotVisible, match="not on top"):
        await ana.submit(bottom.id)


async def test_a_click_in_a_view_names_the_view(raw: Any, opened: Opener, ana: Person) -> None:
    """No channel, no message, no response_url, but the whole view."""
    button = {"type": "button", "action_id": "more", "value": "7", "text": plain("More")}
    view = await opened({"type": "actions", "elements": [button]}, private_metadata="R-7QK2M9")
    await ana.click_in_view(view.id, "more")
    payload = raw.payload()
    assert payload["container"] == {"type": "view", "view_id": view.id}
    assert payload["view"]["private_metadata"] == "R-7QK2M9"
    assert payload["actions"][0]["value"] == "7"
    assert payload.keys().isdisjoint({"channel", "message", "response_url"})
    with pytest.raises(NotClickable):
        await ana.click_in_view(view.id, "less")


async def test_a_submission_carries_every_value(raw: Any, opened: Opener, ana: Person) -> None:
    """Typed, chosen, initial and empty ones, by block_id and action_id."""
    select = {"type": "static_select", "options": [option("cluster"), option("node")]}
    grouped = {
        "type": "static_select",
        "option_groups": [{"label": plain("g"), "options": [option("dc1")]}],
    }
    boxes = {"type": "checkboxes", "options": [option("a"), option("b")]}
    view = await opened(
        field("reason", TEXT | {"initial_value": "because"}),
        field("scope", select | {"initial_option": option("cluster")}),
        field("target", grouped),
        field("people", {"type": "multi_users_select"}),
        field("boxes", boxes, optional=True),
        field("ticket", TEXT, optional=True),
        field("when", {"type": "datepicker", "initial_date": "2026-10-01"}),
        private_metadata="seven",
    )
    answers: dict[Any, Any] = {
        "target": "dc1",
        ("people", "it"): ["U0BEN", "U0CHI"],
        "boxes": ["b"],
    }
    delivery = await ana.submit(view.id, answers)
    assert delivery.ok
    sent = raw.payload()
    assert sent["type"] == "view_submission"
    assert sent["view"]["id"] == view.id
    assert sent["view"]["callback_id"] == "file_request"
    assert sent["view"]["private_metadata"] == "seven"
    values = {block: inner["it"] for block, inner in sent["view"]["state"]["values"].items()}
    assert values == {
        "reason": {"type": "plain_text_input", "value": "because"},
        "scope": {"type": "static_select", "selected_option": option("cluster")},
        "target": {"type": "static_select", "selected_option": option("dc1")},
        "people": {"type": "multi_users_select", "selected_users": ["U0BEN", "U0CHI"]},
        "boxes": {"type": "checkboxes", "selected_options": [option("b")]},
        "ticket": {"type": "plain_text_input", "value": None},
        "when": {"type": "datepicker", "selected_date": "2026-10-01"},
    }


@pytest.mark.parametrize(
    ("element", "value"),
    [
        (TEXT, None),
        (TEXT, ""),
        (TEXT | {"min_length": 3}, "no"),
        (TEXT | {"max_length": 3}, "long"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5"),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": "2"}, "1"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "2"}, "2.5"),
        ({"type": "email_text_input"}, "ana"),
        ({"type": "url_text_input"}, "ana"),
        ({"type": "static_select", "options": [option("a")]}, None),
        ({"type": "multi_users_select"}, []),
        ({"type": "users_select"}, None),
    ],
)
async def test_a_form_is_checked_before_it_is_sent(
    raw: Any, opened: Opener, ana: Person, element: Json, value: Any
) -> None:
    """Required inputs and their own rules stop it on the person's side; the form stays open."""
    view = await opened(field("one", element))
    before = len(raw.requests)
    delivery = await ana.submit(view.id, {"one": value})
    assert (delivery.ok, delivery.sent, delivery.error) == (False, False, "invalid_fields")
    assert delivery.errors.keys() == {"one"}
    assert ana.modal().errors == delivery.errors
    assert len(raw.requests) == before


async def test_only_what_is_offered_can_be_chosen(opened: Opener, ana: Person) -> None:
    """An option, a control or a block that is not there, and a wrong kind of value."""
    view = await opened(
        field("scope", {"type": "static_select", "options": [option("a")]}), field("reason", TEXT)
    )
    for values in ({"scope": "z"}, {"nowhere": "a"}, {("scope", "no"): "a"}, {"reason": 7}):
        with pytest.raises(NotClickable):
            await ana.submit(view.id, values)


async def test_suggestions_come_from_the_app(
    raw: Any, opened: Opener, ana: Person, workspace: Workspace
) -> None:
    """An external select asks by block_suggestion; only what it was offered can be chosen."""
    view = await opened(field("backup", {"type": "external_select", "min_query_length": 0}))
    raw.body = {"options": [option("b-1"), option("b-2")]}
    offered = await ana.suggest(view.id, "backup", "it", "b")
    assert [one["value"] for one in offered] == ["b-1", "b-2"]
    payload = raw.payload()
    assert (payload["type"], payload["value"]) == ("block_suggestion", "b")
    assert (payload["block_id"], payload["action_id"]) == ("backup", "it")
    raw.body = ""
    with pytest.raises(NotClickable):
        await ana.submit(view.id, {"backup": "b-3"})
    assert (await ana.submit(view.id, {"backup": "b-2"})).ok
    assert workspace.violations == []


async def test_choices_are_told_where_the_app_asks(raw: Any, opened: Opener, ana: Person) -> None:
    """`dispatch_action` sends block_actions with the view and its state; without it nothing."""
    select = {"type": "static_select", "options": [option("dc1")]}
    view = await opened(field("quiet", select), field("loud", select, dispatch_action=True))
    before = len(raw.requests)
    assert not (await ana.choose(view.id, "quiet", "it", "dc1")).sent
    assert len(raw.requests) == before
    assert (await ana.choose(view.id, "loud", "it", "dc1")).sent
    payload = raw.payload()
    assert payload["actions"][0]["selected_option"] == option("dc1")
    assert payload["actions"][0]["block_id"] == "loud"
    state = payload["view"]["state"]["values"]
    assert state["quiet"]["it"]["selected_option"] == option("dc1")


async def test_errors_stay_under_their_inputs(raw: Any, opened: Opener, ana: Person) -> None:
    """`response_action: errors` keeps the form open; the next update takes them away."""
    view = await opened()
    raw.body = {"response_action": "errors", "errors": {"reason": "Say more."}}
    delivery = await ana.submit(view.id, {"reason": "x"})
    assert (delivery.error, delivery.errors) == ("refused_by_app", {"reason": "Say more."})
    assert ana.modal().errors == {"reason": "Say more."}
    assert ana.modal().values["reason"]["it"]["value"] == "x"


@pytest.mark.parametrize(
    "body",
    [
        {"response_action": "errors", "errors": {"elsewhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors"},
        {"response_action": "fly"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"text": "thanks"},
        "thanks",
    ],
)
async def test_an_answer_that_is_none(
    raw: Any, opened: Opener, ana: Person, workspace: Workspace, body: Any
) -> None:
    """The form stays open, the person is asked to try again, and the broken rule is noted."""
    view = await opened()
    raw.body = body
    delivery = await ana.submit(view.id, {"reason": "x"})
    assert delivery.error == "We had some trouble connecting. Try again?"
    assert ana.modal().id == view.id
    assert len(workspace.violations) == 1


async def test_update_push_and_clear(
    raw: Any, opened: Opener, ana: Person, workspace: Workspace
) -> None:
    """The other response actions, and an empty answer, which closes the view on top."""
    view = await opened()
    raw.body = {"response_action": "update", "view": modal(title=plain("Second"))}
    assert (await ana.submit(view.id, {"reason": "x"})).ok
    assert (ana.modal().id, ana.modal().title) == (view.id, "Second")
    raw.body = {"response_action": "push", "view": modal(title=plain("Third"))}
    await ana.submit(view.id, {"reason": "x"})
    assert [one.title for one in workspace.views("U0ANA")] == ["Second", "Third"]
    raw.body = ""
    await ana.submit(ana.modal().id, {"reason": "x"})
    assert [one.title for one in workspace.views("U0ANA")] == ["Second"]
    raw.body = {"response_action": "clear"}
    await ana.submit(view.id, {"reason": "x"})
    assert workspace.views("U0ANA") == []
    assert workspace.violations == []


async def test_a_failed_submission_keeps_the_form(raw: Any, opened: Opener, ana: Person) -> None:
    """An answer other than 200 leaves it as it was."""
    view = await opened()
    raw.status = 500
    delivery = await ana.submit(view.id, {"reason": "x"})
    assert delivery.error == "dispatch_failed"
    assert ana.modal().id == view.id


async def test_closing_is_told_only_on_request(
    raw: Any, opened: Opener, ana: Person, workspace: Workspace
) -> None:
    """`view_closed` needs `notify_on_close`."""
    view = await opened()
    before = len(raw.requests)
    await ana.close_view(view.id)
    assert (workspace.views("U0ANA"), len(raw.requests)) == ([], before)
    view = await opened(notify_on_close=True)
    await ana.close_view(view.id)
    payload = raw.payload()
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    assert payload["view"]["id"] == view.id


async def test_a_form_without_a_submit_button(
    client: AsyncWebClient, raw: Any, ana: Person, ben: Person
) -> None:
    """Cannot be submitted; nobody can submit somebody else's, or a closed one."""
    source = modal({"type": "divider"})
    del source["submit"]
    await client.views_open(trigger_id=await trigger(raw, ana), view=source)
    view = ana.modal()
    with pytest.raises(NotClickable, match="no submit button"):
        await ana.submit(view.id)
    with pytest.raises(NotVisible):
        await ben.submit(view.id)
    await ana.close_view(view.id)
    with pytest.raises(NotVisible):
        await ana.submit(view.id)


async def test_a_view_argument_is_needed(client: AsyncWebClient, raw: Any, ana: Person) -> None:
    """Neither nothing nor a text that is no JSON is a view, and a Home is no modal."""
    for view in (None, "{", '"text"'):
        call = client.api_call("views.open", params={"trigger_id": "1.2.3", "view": view})
        assert await refused(call) == "invalid_arguments"
    home = client.views_open(
        trigger_id=await trigger(raw, ana), view={"type": "home", "blocks": []}
    )
    assert await refused(home) == "invalid_arguments"


async def test_home_keeps_its_hash(client: AsyncWebClient, raw: Any, ana: Person) -> None:
    """views.publish refuses an old hash; buttons of App Home can be pressed."""
    button = {"type": "button", "action_id": "open", "text": plain("Open")}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    first = (await client.views_publish(user_id="U0ANA", view=home))["view"]
    await client.views_publish(user_id="U0ANA", view=home, hash=first["hash"])
    old = client.views_publish(user_id="U0ANA", view=home, hash=first["hash"])
    assert await refused(old) == "hash_conflict"
    assert (await ana.click_in_view(first["id"], "open")).ok
    assert raw.payload()["view"]["type"] == "home"
