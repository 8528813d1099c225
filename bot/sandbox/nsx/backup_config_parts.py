"""What the backup configurations of all generations share: the schedule, and secrets that stay."""

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.nsx.body_checks import members, whole, word
from bot.sandbox.nsx.errors import field_error

SERVER = "remote_file_server"
SCHEDULE = "backup_schedule"

EVERY_NIGHT: Final[Mapping[str, Any]] = {
    "resource_type": "WeeklyBackupSchedule",
    "days_of_week": [0, 1, 2, 3, 4, 5, 6],
    "hour_of_day": 2,
    "minute_of_day": 0,
}
"""The schedule that comes with a restored configuration."""


def checked_schedule(value: Any) -> dict[str, Any]:
    """Return a schedule with its default; raise `ApiError` with 400 for the first bad field."""
    kind = value.get("resource_type") if isinstance(value, dict) else None
    word(kind, f"{SCHEDULE}.resource_type", ("IntervalBackupSchedule", "WeeklyBackupSchedule"))
    if kind == "IntervalBackupSchedule":
        schedule = members(
            value, SCHEDULE, required=("resource_type",), optional=("seconds_between_backups",)
        )
        seconds = schedule.setdefault("seconds_between_backups", 3_600)
        whole(seconds, f"{SCHEDULE}.seconds_between_backups", 300, 86_400)
        return schedule
    schedule = members(
        value,
        SCHEDULE,
        required=("resource_type", "days_of_week", "hour_of_day", "minute_of_day"),
    )
    _check_days(schedule["days_of_week"])
    whole(schedule["hour_of_day"], f"{SCHEDULE}.hour_of_day", 0, 23)
    whole(schedule["minute_of_day"], f"{SCHEDULE}.minute_of_day", 0, 59)
    return schedule


def _check_days(days: Any) -> None:
    path = f"{SCHEDULE}.days_of_week"
    if not isinstance(days, list) or not days:
        raise field_error(path, "is not a list with at least one day")
    for day in days:
        whole(day, path, 0, 6)
    if len(set(days)) < len(days):
        raise field_error(path, "names a day twice")


def keep_secrets(new: dict[str, Any], old: Mapping[str, Any]) -> None:
    """Let a secret that a PUT leaves out keep its value."""
    if "passphrase" in old:
        new.setdefault("passphrase", old["passphrase"])
    if SERVER in old and SERVER in new:
        old_login = old[SERVER]["protocol"]["authentication_scheme"]
        new_login = new[SERVER]["protocol"]["authentication_scheme"]
        if "password" in old_login:
            new_login.setdefault("password", old_login["password"])
