"""The Events API: retries on the workspace's clock, duplicates and reordering on demand."""

from typing import Any

from bot.sandbox.slack import Person, SlackServer, Workspace

CHANNEL = "C0INCIDENT"


async def test_three_retries_then_no_more(
    server: SlackServer, raw: Any, workspace: Workspace, clock: Any, ana: Person
) -> None:
    """Almost at once, after a minute, after five; always the same event_id."""
    raw.status = 500
    opened = await ana.open_home()
    assert opened is not None
    await workspace.until(lambda: len(raw.requests) == 2)
    clock.advance(59)
    await server.events.deliver_due()
    assert len(raw.requests) == 2
    clock.advance(1)
    await workspace.until(lambda: len(raw.requests) == 3)
    clock.advance(300)
    await workspace.until(lambda: len(raw.requests) == 4)
    clock.advance(10_000)
    await server.events.deliver_due()
    assert len(raw.requests) == 4
    assert len({raw.payload(number)["event_id"] for number in range(4)}) == 1
    numbers = [headers.get("X-Slack-Retry-Num") for _, headers in raw.requests]
    assert numbers == [None, "1", "2", "3"]
    assert raw.requests[1][1]["X-Slack-Retry-Reason"] == "http_error"
    assert not opened.taken


async def test_a_retry_that_is_taken_ends_it(raw: Any, workspace: Workspace, ana: Person) -> None:
    """Any 2xx counts for an event."""
    raw.status = 503
    opened = await ana.open_home()
    raw.status = 202
    assert opened is not None
    await workspace.until(lambda: opened.taken)
    assert (len(raw.requests), opened.due) == (2, None)


async def test_no_retry_is_honoured(raw: Any, ana: Person) -> None:
    """`X-Slack-No-Retry: 1` in the answer stops them."""
    raw.status, raw.headers = 500, {"X-Slack-No-Retry": "1"}
    opened = await ana.open_home()
    assert opened is not None
    assert (len(raw.requests), opened.due) == (1, None)


async def test_a_mention_arrives_as_mention_and_as_message(
    raw: Any, ana: Person, workspace: Workspace
) -> None:
    """Subscribed to both, an app gets both, with two event ids; and where the thread is."""
    parent = await ana.say(CHANNEL, "node down")
    asked = await ana.mention(CHANNEL, "help", thread_ts=parent.ts)
    events = [raw.payload(number) for number in range(3)]
    assert [one["event"]["type"] for one in events] == ["message", "message", "app_mention"]
    assert events[2]["event"]["thread_ts"] == parent.ts
    assert events[2]["event"]["text"] == "<@U0NSXBOT> help"
    assert events[2]["event"]["ts"] == asked.ts
    assert len({one["event_id"] for one in events}) == 3
    assert events[2]["is_ext_shared_channel"] is False
    workspace.set_channel(CHANNEL, is_ext_shared=True)
    await ana.mention(CHANNEL, "again")
    assert raw.payload()["is_ext_shared_channel"] is True


async def test_nothing_is_heard_where_the_bot_is_not(
    raw: Any, ana: Person, workspace: Workspace
) -> None:
    """Events come from the channels the bot was invited to."""
    workspace.add_channel("C0OTHER", "other", ["U0ANA"])
    await ana.mention("C0OTHER", "help")
    assert raw.requests == []


async def test_events_are_doubled_and_reordered_on_demand(
    server: SlackServer, raw: Any, ana: Person
) -> None:
    """Held events come in the order one asks for; a duplicate has the same id, no header."""
    server.events.hold()
    await ana.say(CHANNEL, "one")
    await ana.say(CHANNEL, "two")
    assert raw.requests == []
    await server.events.release(newest_first=True)
    assert [raw.payload(number)["event"]["text"] for number in (0, 1)] == ["two", "one"]
    await server.events.duplicate(server.events.deliveries[0])
    assert raw.payload()["event_id"] == raw.payload(1)["event_id"]
    assert "X-Slack-Retry-Num" not in raw.requests[-1][1]


async def test_opening_home_shows_what_is_there(client: Any, raw: Any, ana: Person) -> None:
    """The event carries the view once there is one."""
    await ana.open_home()
    assert "view" not in raw.payload()["event"]
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id="U0ANA", view=view)
    await ana.open_home()
    assert raw.payload()["event"]["view"]["type"] == "home"
