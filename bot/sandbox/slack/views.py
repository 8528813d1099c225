"""Modals and App Home: one stack of modals per person.

Slack, "Modals": at most three views in a stack, a fresh `hash` at every change, `external_id`
unique in the workspace.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bot.sandbox.slack.block_check import check_view, with_ids
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.form_values import initial_values
from bot.sandbox.slack.json_types import Json

MAX_DEPTH = 3

Values = dict[str, dict[str, Json]]


@dataclass(frozen=True, slots=True)
class View:
    """One view as a person has it on the screen.

    Args:
        source: what the app sent, with every block_id and action_id filled in.
        values: `state.values`, what is filled in so far.
        errors: the sentences under the inputs after a refused submission, by block_id.
    """

    id: str
    user: str
    hash: str
    source: Json
    root_id: str
    previous_id: str | None = None
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title of a modal; empty for App Home."""
        return str(self.source.get("title", {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """The app's name for this kind of view."""
        return str(self.source.get("callback_id", ""))

    @property
    def blocks(self) -> list[Json]:
        """The blocks, top to bottom."""
        return list(self.source["blocks"])

    def as_json(self, *, team_id: str, app_id: str, bot_id: str) -> Json:
        """The view object of payloads and of the Web API."""
        filled: Json = {"callback_id": "", "private_metadata": "", "external_id": ""}
        if self.source["type"] == "modal":
            filled |= {"clear_on_close": False, "notify_on_close": False}
            filled |= {"submit": None, "close": None, "previous_view_id": self.previous_id}
        return {
            **filled,
            **self.source,
            "id": self.id,
            "team_id": team_id,
            "app_id": app_id,
            "app_installed_team_id": team_id,
            "bot_id": bot_id,
            "hash": self.hash,
            "root_view_id": self.root_id,
            "state": {"values": self.values},
        }


class ViewStacks:
    """The open modals and the App Home of every person."""

    def __init__(self, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self._count = 0

    def stack(self, user: str) -> list[View]:
        """Open modals of one person, the visible one last."""
        return list(self._stacks.get(user, ()))

    def home(self, user: str) -> View | None:
        """What the app last published for this person."""
        return self._homes.get(user)

    def find(self, view_id: str) -> View:
        """An open modal, or a Home view. Raises `not_found`."""
        for views in (*self._stacks.values(), list(self._homes.values())):
            for view in views:
                if view.id == view_id:
                    return view
        raise SlackError("not_found")

    def by_external_id(self, external_id: str) -> View:
        """The open view with this `external_id`. Raises `not_found`."""
        for view in self._all():
            if view.source.get("external_id") == external_id:
                return view
        raise SlackError("not_found")

    def open(self, user: str, source: Json) -> View:
        """Open a modal; modals that were open are replaced by it."""
        self._check(source, "modal")
        view = self._new(user, source)
        self._stacks[user] = [view]
        self._changed()
        return view

    def push(self, user: str, source: Json) -> View:
        """Put a modal on top. Raises `push_limit_reached` beyond three."""
        stack = self._stacks.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MAX_DEPTH:
            raise SlackError("push_limit_reached")
        self._check(source, "modal")
        below = stack[-1]
        view = replace(self._new(user, source), root_id=below.root_id, previous_id=below.id)
        stack.append(view)
        self._changed()
        return view

    def update(self, view: View, source: Json, *, expected_hash: str | None = None) -> View:
        """Change an open view; what is filled in stays. Raises `hash_conflict`."""
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        self._check(source, view.source["type"], but=view)
        stored = _stored(source)
        values = _kept(view.values, initial_values(stored["blocks"]))
        return self._put(
            replace(view, source=stored, values=values, errors={}, hash=self._hash()),
        )

    def publish(self, user: str, source: Json, *, expected_hash: str | None = None) -> View:
        """Show an App Home. Raises `hash_conflict`."""
        present = self._homes.get(user)
        if present is not None:
            return self.update(present, source, expected_hash=expected_hash)
        self._check(source, "home")
        self._homes[user] = self._new(user, source)
        self._changed()
        return self._homes[user]

    def fill(self, view: View, values: Values) -> View:
        """Keep what a person entered."""
        return self._put(replace(view, values=values))

    def refuse(self, view: View, errors: dict[str, str]) -> View:
        """Show errors under the inputs."""
        return self._put(replace(view, errors=errors))

    def close(self, view: View, *, whole_stack: bool) -> list[View]:
        """Close the view on top, or all of that person's; returns the closed ones, top first."""
        stack = self._stacks.get(view.user, [])
        closed = list(reversed(stack)) if whole_stack else [view]
        self._stacks[view.user] = [kept for kept in stack if kept not in closed]
        self._changed()
        return closed

    def _all(self) -> list[View]:
        modals = [view for stack in self._stacks.values() for view in stack]
        return [*modals, *self._homes.values()]

    def _check(self, source: Json, kind: str, *, but: View | None = None) -> None:
        check_view(source)
        if source["type"] != kind:
            raise SlackError("invalid_arguments", messages=(f"[ERROR] must be a {kind}",))
        external_id = source.get("external_id")
        if external_id and any(
            view.source.get("external_id") == external_id
            for view in self._all()
            if but is None or view.id != but.id
        ):
            raise SlackError("duplicate_external_id")

    def _new(self, user: str, source: Json) -> View:
        self._count += 1
        view_id = f"V{self._count:08d}"
        stored = _stored(source)
        values = initial_values(stored["blocks"])
        return View(view_id, user, self._hash(), stored, root_id=view_id, values=values)

    def _hash(self) -> str:
        self._count += 1
        return f"{int(self._clock())}.{self._count:08d}"

    def _put(self, view: View) -> View:
        if view.source["type"] == "home":
            self._homes[view.user] = view
        else:
            stack = self._stacks[view.user]
            stack[[kept.id for kept in stack].index(view.id)] = view
        self._changed()
        return view


def _stored(source: Json) -> Json:
    return {**source, "blocks": with_ids(source["blocks"])}


def _kept(entered: Values, fresh: Values) -> Values:
    """Fresh values, but what was entered where block_id, action_id and type are still the same."""
    kept: Values = {}
    for block_id, inner in fresh.items():
        kept[block_id] = {}
        for action_id, value in inner.items():
            old = entered.get(block_id, {}).get(action_id, value)
            kept[block_id][action_id] = old if old["type"] == value["type"] else value
    return kept
