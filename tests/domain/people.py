"""Accounts that may not decide, and the sentences in which they are refused."""

from typing import Any, Final

from bot.domain.request import Place, State
from bot.domain.standing import Standing
from bot.domain.values import UserId
from tests.builders import (
    BEN,
    REQUEST_ID,
    a_standing,
    an_account,
)

EVE: Final = UserId("U0EVE")
ANA_TWO: Final = UserId("U0ANA2")
OTHER_MESSAGE: Final = Place("C0INCIDENT", "1773489600.999999")

NOT_A_LEAD: Final = "You are not in the group of leads, so you cannot decide this. Ask a lead."
NOT_CURRENT: Final = (
    "This is not the current message of the request. Use the one the bot posted last."
)
NOT_RECORDED: Final = "This message is still being recorded. Press again in a moment."
RUNNING_ALREADY: Final = (
    f"{REQUEST_ID} is running, and a restore cannot be taken back half-way. When it asks a "
    "question, a lead can choose to give up there."
)
ASK: Final = "Ask a full member of this workspace to do it."
GUEST: Final = f"You are a guest of this workspace; guests take no part in a restore. {ASK}"
CHANNEL_GUEST: Final = f"You are a single-channel guest; guests take no part in a restore. {ASK}"
EXTERNAL: Final = (
    f"You belong to another organization; external people take no part in a restore. {ASK}"
)
BOT: Final = f"Bots and apps take no part in a restore; a person must do this. {ASK}"
GONE: Final = f"Your account is deactivated; deactivated people take no part in a restore. {ASK}"
SLACK_SILENT: Final = (
    "Slack could not say who you are (users.info timed out), so this does not count. "
    "Try again in a moment."
)
GROUP_SILENT: Final = (
    "The group of leads could not be read (usergroups.users.list timed out), so nobody can decide "
    "just now. Try again in a moment."
)

FLAGS: list[tuple[dict[str, Any], str]] = [
    ({"deleted": True}, GONE),
    ({"is_bot": True}, BOT),
    ({"is_app_user": True}, BOT),
    ({"is_workflow_bot": True}, BOT),
    ({"is_connector_bot": True}, BOT),
    ({"is_restricted": True}, GUEST),
    ({"is_ultra_restricted": True}, CHANNEL_GUEST),
    ({"is_restricted": True, "is_ultra_restricted": True}, CHANNEL_GUEST),
    ({"is_stranger": True}, EXTERNAL),
    ({"team_id": "T0OTHER"}, EXTERNAL),
    ({"team_id": None}, EXTERNAL),
]


def lead(user: UserId = BEN, **flags: Any) -> Standing:
    """A lead whose account is as given."""
    return a_standing(user, account=an_account(user, **flags))


def ended(state: State) -> str:
    """What is said to whoever comes too late."""
    return (
        f"{REQUEST_ID} has ended already ({state.words}, 12:00 UTC). This changes nothing. "
        "Its thread says how it ended."
    )
