"""The start of a guided restore: sent at most once, and only what proves to be ours is adopted.

Source: NSX API, InitiateClusterRestore (409 carries the restore that there is already).
"""

from datetime import timedelta

import pytest

from bot.domain.request import Choice
from bot.runbooks import actions as a
from bot.runbooks import observations as o
from bot.runbooks.restoring import Followed, RestoreStatus, Started
from tests.builders import NOON
from tests.runbooks.driver import Played
from tests.runbooks.guided_driver import (
    OURS,
    REFUSED,
    RUNNING,
    SILENT,
    SUCCESS,
    TIMESTAMP,
    UNKNOWN,
    Late,
    Reply,
    asked,
    choices,
    failure,
    follows,
    guided_run,
    status,
    titles,
)

OTHER = TIMESTAMP - 1
LOOK_ELSEWHERE = "Look at the manager, and file a new request when it is free."


def starts(story: Played) -> int:
    """How often a start was asked for."""
    return sum(isinstance(action, a.StartRestore) for action in story.actions)


def taken(seen: RestoreStatus) -> Started:
    """The manager has a restore already (409)."""
    return Started("taken", f"The manager has a restore already: {seen.where()}.", NOON, seen)


# -- accepted, refused, not even sent -----------------------------------------------------------


def test_an_accepted_start_is_followed_by_its_id() -> None:
    """The id that came back tells it from every other restore."""
    story = guided_run()

    assert story.told["start"] == "The manager accepted the start."
    (first,) = follows(story)
    assert (first.ours, first.until, first.turn) == (OURS, "needed", 1)


@pytest.mark.parametrize(
    "told",
    [None, status(backup_timestamp=None), status(backup_timestamp=OTHER)],
    ids=["none", "undated", "of another"],
)
def test_an_id_of_what_is_not_ours_is_not_taken_for_ours(told: RestoreStatus | None) -> None:
    """The reply to the start may still show what was before."""
    story = guided_run(start=[Started("accepted", "Accepted.", NOON, told)])

    assert follows(story)[0].ours is None


def test_a_refused_start_ends_the_run_in_the_words_of_the_manager() -> None:
    """Nothing began, so there is nothing to follow."""
    story = guided_run(start=[REFUSED])

    assert failure(story) == a.Failed(
        "The manager refused: no such backup.",
        "The restore did not begin. Correct the cause and file a new request.",
    )
    assert starts(story) == 1


def test_what_was_not_even_claimed_is_asked_about_and_begun_then() -> None:
    """As where a secret leads nowhere: no request left."""
    story = guided_run(start=[SILENT, Choice.RETRY])

    assert titles(story, "start") == ["This step needs a person"]
    assert isinstance(story.end, a.Succeeded)


# -- 409: the manager has a restore already -----------------------------------------------------


@pytest.mark.parametrize(
    "word", ["RUNNING", "SUSPENDED_FOR_USER_ACTION", "SUSPENDED_BY_USER", "FAILED", "NEW_WORD"]
)
def test_a_restore_of_this_backup_is_followed_if_a_lead_says_so(word: str) -> None:
    """F11: it is shown, and nothing is started."""
    story = guided_run(
        start=[taken(status(word, id="theirs"))], restore=[status("SUCCESS", id="theirs")]
    )

    question = asked(story, "start")
    assert question.title == "The manager restores this backup already"
    assert (
        f"of the same backup: step 5 of 11: Restoring Node ({word}). Nothing was" in question.text
    )
    assert choices(question) == [Choice.CONTINUE, Choice.GIVE_UP]
    assert all(offer.lead_only for offer in question.offers)
    assert story.told["start"] == (
        "Decided by hand: the restore that is there already is followed."
    )
    assert follows(story)[0].ours == "theirs"
    assert starts(story) == 1


def test_a_restore_of_this_backup_is_left_alone_if_a_lead_says_so() -> None:
    """Then the run ends, and nothing was started."""
    story = guided_run(start=[taken(RUNNING), Choice.GIVE_UP])

    assert failure(story).reason.endswith("The manager restores this backup already")
    assert follows(story) == []


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (
            status(backup_timestamp=OTHER),
            "That is not a restore of the backup that was approved, so it is left alone.",
        ),
        (
            status(backup_timestamp=None),
            "It does not say of which backup that is, so it is left alone.",
        ),
        (
            SUCCESS,
            "That is of this backup, but it does not go on: there is nothing to follow.",
        ),
        (
            status("ABORTED"),
            "That is of this backup, but it does not go on: there is nothing to follow.",
        ),
        (
            status("NOT_STARTED"),
            "That is of this backup, but it does not go on: there is nothing to follow.",
        ),
    ],
    ids=["another", "undated", "success", "aborted", "idle"],
)
def test_any_other_restore_is_left_alone_with_the_reason(seen: RestoreStatus, why: str) -> None:
    """F11: the reason is the true one, also for an earlier success of this very backup (F28)."""
    story = guided_run(start=[taken(seen)])

    assert failure(story) == a.Failed(
        f"The manager has a restore already: {seen.where()}. {why}",
        f"Nothing was started. {LOOK_ELSEWHERE}",
    )
    assert story.questions == []
    assert starts(story) == 1


def test_a_conflict_without_a_status_is_an_unknown_outcome() -> None:
    """It says that there is something, and not what."""
    story = guided_run(start=[Started("taken", "HTTP 409.", NOON), RUNNING])

    assert follows(story)[0].until == "begun"
    assert isinstance(story.end, a.Succeeded)


def test_patience_with_a_restore_of_others_counts_from_the_decision_to_follow_it() -> None:
    """A lead may have taken hours to decide: that is not time in which nothing changed."""
    story = guided_run(start=[taken(RUNNING)])

    answer = story.pairs[story.actions.index(_question(story))][1]
    assert isinstance(answer, o.Answered)
    assert follows(story)[0].since == answer.at


def test_nobody_claims_to_know_how_long_a_restore_of_others_took() -> None:
    """It began at a time that was not told."""
    story = guided_run(start=[taken(RUNNING)])

    assert isinstance(story.end, a.Succeeded)
    assert "more than" in story.told["restore"]
    assert any(", in more than " in sentence for sentence in story.end.proof)


def _question(story: Played) -> a.AskPerson:
    return next(act for act in story.actions if isinstance(act, a.AskPerson))


# -- an unknown outcome -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["RUNNING", "SUSPENDED_FOR_USER_ACTION", "SUSPENDED", "FAILED", "SUCCESS", "ABORTED"]
)
def test_a_restore_of_this_backup_since_then_is_ours(word: str) -> None:
    """F10: there was none just before, so nobody needs to be asked."""
    story = guided_run(start=[UNKNOWN, status(word)])

    assert titles(story, "start") == []
    assert story.told["start"] == (
        "The connection was cut. There was no restore before, and the manager has one of this "
        "backup since: so it is ours."
    )
    assert starts(story) == 1


def test_while_it_is_unknown_the_manager_is_watched_for_a_beginning() -> None:
    """From the moment of the claim on; nobody can suspend what may not exist."""
    story = guided_run(start=[UNKNOWN, RUNNING])

    sent = next(seen for _, seen in story.pairs if isinstance(seen, Started))
    assert follows(story)[0] == a.FollowRestore(
        "start", 1, sent.at, None, "begun", past=None, waits=False, heeds_suspend=False
    )


def test_a_restore_of_another_backup_is_not_ours() -> None:
    """F10: it is left alone, and no further start is sent."""
    story = guided_run(start=[UNKNOWN, status(backup_timestamp=OTHER)])

    assert failure(story) == a.Failed(
        "The connection was cut. The manager has a restore of another backup now: step 5 of 11: "
        "Restoring Node (RUNNING). It is left alone.",
        LOOK_ELSEWHERE,
    )
    assert starts(story) == 1


@pytest.mark.parametrize(
    ("seen", "last"),
    [
        (RestoreStatus("INITIAL"), "INITIAL."),
        (status("NEW_WORD"), "step 5 of 11: Restoring Node (NEW_WORD)."),
        (status(backup_timestamp=None), "step 5 of 11: Restoring Node (RUNNING)."),
        (Late(), "The manager does not answer."),
        (SILENT, "The manager does not answer. Check its address."),
    ],
    ids=["idle", "unknown word", "undated", "silent", "trouble"],
)
def test_what_proves_nothing_is_a_question_to_a_lead(seen: Reply, last: str) -> None:
    """F10: adopt it or give up; nobody is told that it is of another backup if it is not said."""
    story = guided_run(start=[UNKNOWN, seen, Choice.GIVE_UP])

    question = asked(story, "start")
    assert question.title == "Outcome unknown: did the restore begin?"
    assert question.text == (
        "The connection was cut. The start is never sent a second time. Seen of the manager's "
        "restore since: "
        f"{last} Look at the manager. If it restores this backup, adopt it, and the run goes on "
        "from there. If it does not, give up and file a new request."
    )
    assert choices(question) == [Choice.RETRY, Choice.CONTINUE, Choice.GIVE_UP]
    assert [offer.lead_only for offer in question.offers] == [False, True, True]
    assert starts(story) == 1


def test_looking_again_looks_and_sends_nothing() -> None:
    """Each look with a turn of its own, and each question with a key of its own."""
    story = guided_run(
        start=[UNKNOWN, RestoreStatus("INITIAL"), Choice.RETRY, SILENT, Choice.RETRY, RUNNING]
    )

    assert [follow.turn for follow in follows(story)] == [1, 2, 3, 1]
    assert [question.key for question in story.questions[:2]] == [
        "start:unknown:1",
        "start:unknown:2",
    ]
    assert starts(story) == 1
    assert isinstance(story.end, a.Succeeded)


def test_a_lead_can_adopt_it_by_hand() -> None:
    """Of that restore the bot knows no id yet."""
    story = guided_run(start=[UNKNOWN, RestoreStatus("INITIAL"), Choice.CONTINUE])

    assert story.told["start"] == "Decided by hand: the restore has begun."
    assert follows(story)[1].ours is None
    assert isinstance(story.end, a.Succeeded)


@pytest.mark.parametrize(
    "script",
    [
        [UNKNOWN, RestoreStatus("INITIAL"), Choice.RETRY, RUNNING],
        [UNKNOWN, RestoreStatus("INITIAL"), Choice.CONTINUE],
    ],
    ids=["it shows", "by hand"],
)
def test_patience_counts_from_when_it_was_known_to_have_begun(script: list[Reply]) -> None:
    """Not from the start: the time for which people were asked is not time without a change."""
    story = guided_run(start=script)

    before = [seen for act, seen in story.pairs if act.step == "start" and seen is not None]
    known = before[-1]
    assert isinstance(known, Followed | o.Answered)
    assert follows(story)[-1].since == known.at


def test_the_time_taken_counts_from_the_start_however_it_was_adopted() -> None:
    """That is what took the manager so long."""
    story = guided_run(start=[UNKNOWN, SILENT, Choice.CONTINUE])

    sent = next(seen for _, seen in story.pairs if isinstance(seen, Started))
    ended = next(seen for _, seen in story.pairs if isinstance(seen, Followed))
    minutes = (ended.at - sent.at) // timedelta(minutes=1)
    assert minutes > 2
    assert story.told["restore"] == (
        f"The manager says SUCCESS, 11 steps, {minutes} min after the start."
    )


@pytest.mark.parametrize(
    "script",
    [
        [UNKNOWN, RestoreStatus("INITIAL"), Choice.RETRY, RestoreStatus("INITIAL"), Choice.RETRY],
        [UNKNOWN, SILENT, Choice.RETRY, Late(), Choice.RETRY],
    ],
)
def test_however_often_people_look_the_start_is_never_sent_again(script: list[Reply]) -> None:
    """A further attempt is a new request with new approvals."""
    assert starts(guided_run(start=[*script, SILENT, Choice.GIVE_UP])) == 1
