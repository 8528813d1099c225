"""One person at their Slack client.

Everything is built from what the workspace has stored, as a client does: a button carries the
value of the message on the screen, and what is not there cannot be pressed.
"""

from dataclasses import replace
from typing import Any

from bot.sandbox.slack.acks import (
    command_ack,
    failure,
    submission_ack,
    suggestion_options,
)
from bot.sandbox.slack.delivery import Delivery, Kind, Outbound, Wire
from bot.sandbox.slack.errors import NoModal, NotClickable, NotVisible
from bot.sandbox.slack.escaping import escape_names
from bot.sandbox.slack.events import EventDelivery, Events
from bot.sandbox.slack.form_filling import FormValues, control, filled, form_errors, tells_app
from bot.sandbox.slack.json_types import Json
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.payloads import PayloadWriter
from bot.sandbox.slack.people import User
from bot.sandbox.slack.pressing import action_of, cancelled, confirmed, find_in_message
from bot.sandbox.slack.views import View
from bot.sandbox.slack.workspace import Workspace


class Person:
    """Plays one account of the workspace; made by `SlackServer.person`."""

    def __init__(
        self,
        user_id: str,
        *,
        workspace: Workspace,
        wire: Wire,
        write: PayloadWriter,
        events: Events,
    ) -> None:
        self.id = user_id
        self._workspace = workspace
        self._wire = wire
        self._write = write
        self._events = events
        self._offered: dict[tuple[str, str, str], list[Json]] = {}

    # reading

    def sees(self, channel: str) -> list[Message]:
        """The channel on this person's screen. Raises `NotVisible`."""
        return self._workspace.messages(channel, viewer=self.id)

    def sees_thread(self, channel: str, ts: str) -> list[Message]:
        """A thread on this person's screen, the parent first. Raises `NotVisible`."""
        return self._workspace.thread(channel, ts, viewer=self.id)

    def modal(self) -> View:
        """The modal on top. Raises `NoModal` when none is open."""
        stack = self._workspace.views(self.id)
        if not stack:
            raise NoModal(f"{self.id} has no modal open")
        return stack[-1]

    # typing

    async def slash(
        self, channel: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> Delivery:
        """Type a command. In a thread Slack refuses it by itself, and for external people too."""
        user, place = self._actor(), self._workspace.place_to_type(self.id, channel)
        if thread_ts is not None:
            return Delivery(ok=False, error="not_supported_in_threads", sent=False)
        if command not in self._write.app.commands or user.is_stranger:
            return Delivery(ok=False, error="not_a_valid_command", sent=False)
        if self._write.app.should_escape:
            text = escape_names(self._workspace, text)
        ticket = self._workspace.tickets.response(self.id, channel)
        payload = self._write.command(
            user,
            place,
            (command, text.strip()),
            trigger_id=self._workspace.tickets.trigger(self.id).id,
            response_url=self._wire.response_url(ticket),
        )
        delivery = await self._deliver(Kind.COMMAND, payload, accepts_response=True)
        if not delivery.ok:
            return delivery
        shown = command_ack(self._workspace, self._write.app, ticket, delivery.ack)
        return replace(delivery, shown=shown)

    async def say(self, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a message; the app hears of it if it has subscribed to `message`.

        Where the text names the app (`<@U…>`), it hears `app_mention` as well.
        """
        self._actor()
        self._workspace.place_to_type(self.id, channel)
        if thread_ts is not None:
            self._workspace.book.check_thread(channel, thread_ts)
        ts = self._workspace.book.next_ts()
        message = Message(channel=channel, ts=ts, user=self.id, text=text, thread_ts=thread_ts)
        self._workspace.book.add(message)
        await self._emit("message", message)
        if f"<@{self._write.app.bot_user_id}>" in text:
            await self._emit("app_mention", message)
        return message

    async def mention(self, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a message to the app: `app_mention`, and `message` too if subscribed to both."""
        bot = self._write.app.bot_user_id
        return await self.say(channel, f"<@{bot}> {text}", thread_ts=thread_ts)

    async def open_home(self) -> EventDelivery | None:
        """Open the app's Home tab; None when the app has not subscribed to that."""
        self._actor()
        app = self._write.app
        if "app_home_opened" not in app.events or not app.home_tab:
            return None
        channel = self._workspace.channels.direct(self.id, app.bot_user_id)
        now = self._workspace.clock()
        event: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": channel.id,
            "tab": "home",
            "event_ts": f"{now:.6f}",
        }
        home = self._workspace.home(self.id)
        if home is not None:
            event["view"] = self._write.view(home)
        return await self._send_event(event, shared=False)

    # pressing

    async def click(
        self,
        channel: str,
        ts: str,
        action_id: str,
        *,
        value: str | None = None,
        block_id: str | None = None,
        confirm: bool = True,
        stale: Message | None = None,
    ) -> Delivery:
        """Press a control of a message.

        Args:
            channel: where the message is.
            ts: which message.
            action_id: which control.
            value: the option to choose, for a select or an overflow menu.
            block_id: which block, when several have such a control.
            confirm: False presses Cancel in the confirm dialog; then nothing is sent.
            stale: an older copy of the message that this person's client still shows.

        Raises:
            NotClickable: the message has no such control (any more).
            NotVisible: this person cannot see the message.
        """
        user, place = self._actor(), self._workspace.visible_channel(self.id, channel)
        message = stale or self._workspace.book.shown_to(self.id, channel, ts)
        if message is None or message.visible_to not in {None, self.id}:
            raise NotVisible(f"{self.id} sees no message {ts} in {channel}")
        block, element = find_in_message(message, action_id, block_id)
        if not confirm:
            return cancelled(element)
        ticket = self._workspace.tickets.response(self.id, channel, ts)
        payload = self._write.message_action(
            user,
            message,
            place,
            action_of(element, block, self._workspace.clock(), value),
            trigger_id=self._workspace.tickets.trigger(self.id).id,
            response_url=self._wire.response_url(ticket),
        )
        return confirmed(element, await self._deliver(Kind.INTERACTIVE, payload))

    async def click_in_view(
        self, view_id: str, action_id: str, *, block_id: str | None = None, confirm: bool = True
    ) -> Delivery:
        """Press a button of an open modal or of App Home. Raises `NotClickable`."""
        view = self._view(view_id)
        block, element = control(view, action_id, block_id)
        if element["type"] != "button":
            raise NotClickable(f"{action_id} is not a button; use choose")
        if not confirm:
            return cancelled(element)
        action = action_of(element, block, self._workspace.clock(), None)
        return confirmed(element, await self._view_action(view, action))

    # forms

    async def suggest(
        self, view_id: str, block_id: str, action_id: str, query: str = ""
    ) -> list[Json]:
        """Type into a select that asks the app for its options; returns what it offers."""
        view = self._view(view_id)
        _, element = control(view, action_id, block_id)
        if not element["type"].endswith("external_select"):
            raise NotClickable(f"{action_id} does not ask the app for options")
        payload = self._write.suggestion(self._actor(), view, (block_id, action_id), query)
        delivery = await self._deliver(Kind.INTERACTIVE, payload, accepts_response=True)
        options = suggestion_options(self._workspace, delivery.ack) if delivery.ok else []
        self._offered[(view_id, block_id, action_id)] = options
        return options

    async def choose(self, view_id: str, block_id: str, action_id: str, value: Any) -> Delivery:
        """Fill in one control; the app hears of it only where `dispatch_action` asks for that.

        Outside an input block every choice is sent, as Slack does. Raises `NotClickable`.
        """
        view = self._view(view_id)
        block, element = control(view, action_id, block_id)
        if element["type"] == "button":
            raise NotClickable(f"{action_id} is a button; use click_in_view")
        values = filled(view, {(block, action_id): value}, self._offered)
        view = self._workspace.stacks.fill(view, values)
        if not tells_app(view, block):
            return Delivery(ok=True, sent=False)
        now = f"{self._workspace.clock():.6f}"
        state = values[block][action_id]
        action = {**state, "block_id": block, "action_id": action_id, "action_ts": now}
        return await self._view_action(view, action)

    async def submit(self, view_id: str, values: FormValues | None = None) -> Delivery:
        """Fill in the form and press its submit button.

        Args:
            view_id: the modal, which must be the one on top.
            values: by (block_id, action_id), or by block_id for the only control of a block.

        What is required and empty, or not what its field takes, stops the submission on this side:
        `error="invalid_fields"`, and nothing is sent.
        """
        view = self._top(view_id)
        if "submit" not in view.source:
            raise NotClickable(f"the view {view.title!r} has no submit button")
        view = self._workspace.stacks.fill(view, filled(view, values or {}, self._offered))
        errors = form_errors(view)
        if errors:
            self._workspace.stacks.refuse(view, errors)
            return Delivery(ok=False, error="invalid_fields", sent=False, errors=errors)
        trigger = self._workspace.tickets.trigger(self.id, view_id=view.id)
        payload = self._write.submission(self._actor(), view, trigger_id=trigger.id)
        delivery = await self._deliver(Kind.INTERACTIVE, payload, accepts_response=True)
        return await self._after_submission(view, delivery) if delivery.ok else delivery

    async def close_view(self, view_id: str, *, whole_stack: bool = False) -> Delivery:
        """Press Cancel, or the cross that closes everything (`whole_stack`).

        The app hears of it only from views with `notify_on_close`.
        """
        view = self._top(view_id)
        whole = whole_stack or bool(view.source.get("clear_on_close"))
        closed = self._workspace.stacks.close(view, whole_stack=whole)
        return await self._notify_closed(closed, is_cleared=whole)

    # inside

    def _actor(self) -> User:
        return self._workspace.people.actor(self.id)

    def _view(self, view_id: str) -> View:
        self._actor()
        home = self._workspace.home(self.id)
        own = [*self._workspace.views(self.id), *([home] if home else [])]
        for view in own:
            if view.id == view_id:
                return view
        raise NotVisible(f"{self.id} has no view {view_id} open")

    def _top(self, view_id: str) -> View:
        view = self._view(view_id)
        if view != self.modal():
            raise NotVisible(f"the view {view_id} is not on top")
        return view

    async def _after_submission(self, view: View, delivery: Delivery) -> Delivery:
        current = next((v for v in self._workspace.views(self.id) if v.id == view.id), None)
        if current is None:
            return delivery
        closed, errors, trouble = submission_ack(self._workspace, current, delivery.ack)
        await self._notify_closed([one for one in closed if one.id != view.id], is_cleared=True)
        if errors:
            return replace(delivery, ok=False, error="refused_by_app", errors=errors)
        return replace(delivery, ok=trouble is None, error=trouble)

    async def _view_action(self, view: View, action: Json) -> Delivery:
        trigger = self._workspace.tickets.trigger(self.id, view_id=view.id)
        payload = self._write.view_action(self._actor(), view, action, trigger_id=trigger.id)
        return await self._deliver(Kind.INTERACTIVE, payload)

    async def _notify_closed(self, closed: list[View], *, is_cleared: bool) -> Delivery:
        delivery = Delivery(ok=True, sent=False)
        for view in closed:
            if view.source.get("notify_on_close"):
                payload = self._write.closed(self._actor(), view, is_cleared=is_cleared)
                delivery = await self._deliver(Kind.INTERACTIVE, payload)
        return delivery

    async def _deliver(
        self, kind: Kind, payload: Json, *, accepts_response: bool = False
    ) -> Delivery:
        outbound = Outbound(kind, payload, accepts_response=accepts_response)
        receipt = await self._wire.deliver(outbound)
        error = failure(self._workspace, outbound, receipt)
        return Delivery(
            ok=error is None,
            error=error,
            seconds=receipt.seconds,
            ack=receipt.body if accepts_response else None,
            payload=payload,
            receipt=receipt,
        )

    async def _emit(self, kind: str, message: Message) -> None:
        app, channel = self._write.app, self._workspace.channels.get(message.channel)
        if kind not in app.events or app.bot_user_id not in channel.members:
            return
        event = {
            **message.as_json(),
            "type": kind,
            "channel": channel.id,
            "team": app.team_id,
            "event_ts": message.ts,
        }
        if kind == "message":
            event["channel_type"] = "group" if channel.is_private else "channel"
        await self._send_event(event, shared=channel.is_ext_shared)

    async def _send_event(self, event: Json, *, shared: bool) -> EventDelivery:
        event_id = f"Ev{len(self._events.deliveries) + 1:08d}"
        now = self._workspace.clock()
        return await self._events.send(self._write.event(event, event_id, now, shared=shared))
