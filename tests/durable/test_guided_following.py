"""A restore is followed through all that a manager may say, and people are asked about the rest."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.sandbox.nsx.guided_faults import Faults, StatusForm, TokenRefused
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS, TRANSPORT_NODES, UNKNOWN_PROMPT
from tests.durable.outside import quick
from tests.durable.scene import Given, GuidedScene, a_guided_scene, goes_on

NEEDS_A_PERSON = "This step needs a person"


def title(request: Request) -> str:
    """What the open question is called."""
    assert request.question is not None
    return request.question.title


def refusals(scene: GuidedScene, *statuses: int) -> int:
    """How many requests were answered with one of these statuses."""
    return sum(request.status in statuses for request in scene.manager.requests)


async def test_a_word_of_no_list_is_shown_and_asked_about(tmp_path: Path) -> None:
    """Nothing is sent meanwhile; once the word is known again, it goes on by looking again."""
    faults = Faults(status_word="SIM_ODD")

    def answer(request: Request) -> Given:
        if title(request) == "The manager says SIM_ODD":
            assert not set(scene.manager.orders) - {"start"}
            faults.status_word = None
            return Given(Choice.RETRY)
        return goes_on(request)

    async with a_guided_scene(tmp_path, faults=faults, durations=quick(step=25)) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked[0] == "The manager says SIM_ODD"
        assert any("(SIM_ODD)" in said for said in scene.told())


@pytest.mark.parametrize(
    "form", [StatusForm.NULLS, pytest.param(StatusForm.MISSING, marks=pytest.mark.long)]
)
async def test_a_status_may_lack_everything_but_its_word(tmp_path: Path, form: StatusForm) -> None:
    """A question without instructions and endpoints is told, and nothing is sent until it has."""
    faults = Faults(status_form=form)

    def answer(request: Request) -> Given:
        if faults.status_form is form:
            assert request.question is not None
            assert "It names no instruction." in request.question.text
            assert request.question.offer(Choice.CONTINUE) is None
            faults.status_form = StatusForm.COMPLETE
            return Given(Choice.RETRY)
        return goes_on(request)

    prompts = (COMPUTE_MANAGERS.at(2),)
    async with a_guided_scene(tmp_path, faults=faults, prompts=prompts) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked[:2] == ["The manager asks before it goes on"] * 2
        assert scene.manager.orders["advance"] == 1


async def test_an_unheard_of_instruction_is_shown_by_its_name(tmp_path: Path) -> None:
    """Without actions and fields it is a question like any other, and only people answer it."""
    faults, texts = Faults(unknown_instruction=True), list[str]()

    def answer(request: Request) -> Given:
        assert request.question is not None
        if "asks" in request.question.key:
            assert scene.manager.orders["advance"] == 0
            texts.append(request.question.text)
        return goes_on(request)

    prompts = (UNKNOWN_PROMPT.at(2),)
    async with a_guided_scene(tmp_path, faults=faults, prompts=prompts) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert len(texts) == 1
        assert "SIM_UNHEARD_OF" in texts[0]
        assert scene.manager.orders["advance"] == 1


async def test_an_instruction_of_the_configuration_is_advanced_unasked_and_told(
    tmp_path: Path,
) -> None:
    """Only where every open instruction is listed: with another one beside it, people are asked."""
    prompts = (COMPUTE_MANAGERS.at(2), COMPUTE_MANAGERS.at(4), TRANSPORT_NODES.at(4))
    unasked = (COMPUTE_MANAGERS.name,)
    async with a_guided_scene(tmp_path, prompts=prompts, unasked=unasked) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count("The manager asks before it goes on") == 1
        assert [len(body["data"]) for body in scene.manager.advances] == [1, 2]
        assert any("go on from that unasked" in said for said in scene.told())


@pytest.mark.long
async def test_a_restore_that_stands_still_is_asked_about_and_not_cancelled(
    tmp_path: Path,
) -> None:
    """People may wait on; giving up leaves the manager as it is."""
    waits = iter([Choice.RETRY, Choice.GIVE_UP])
    short = {"stable_timeout": timedelta(seconds=1)}
    async with a_guided_scene(tmp_path, faults=Faults(stuck_at_step=3), timing=short) as scene:
        ended = await scene.run(lambda _: Given(next(waits)))

        assert ended.state is State.FAILED
        assert scene.asked == ["The restore does not come further"] * 2
        assert len(scene.told()) == len(set(scene.told()))
        assert dict(scene.manager.orders) == {"start": 1}


async def test_restarts_are_waited_out_with_one_notice(tmp_path: Path) -> None:
    """Refused connections, 502 with HTML, 503 in two forms and 404: nobody is asked."""
    async with a_guided_scene(tmp_path, restart_steps=(2, 4)) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        actions = await scene.actions()
        steps = [entry for entry in actions if entry == "outage_noticed"]
        assert len(steps) == 1
        assert NEEDS_A_PERSON not in scene.asked


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(Faults(unauthorized_after_restart=True), id="401"),
        pytest.param(
            Faults(locked_out_after_restart=True), id="403 with code 403", marks=pytest.mark.long
        ),
    ],
)
async def test_a_login_that_is_refused_after_a_restart_is_asked_about_after_two_tries(
    tmp_path: Path, faults: Faults
) -> None:
    """More could lock the account. Once it is right again, the run goes on from there."""
    switches = replace(faults)
    tried: list[int] = []

    def answer(request: Request) -> Given:
        if title(request) == NEEDS_A_PERSON:
            tried.append(refusals(scene, 401, 403))
            switches.unauthorized_after_restart = switches.locked_out_after_restart = False
            return Given(Choice.RETRY)
        return goes_on(request)

    async with a_guided_scene(tmp_path, faults=switches, restart_steps=(2,)) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert tried == [2]
        assert scene.manager.start_posts == 1


@pytest.mark.long
async def test_a_token_that_is_refused_once_is_no_question(tmp_path: Path) -> None:
    """403 with code 98 after a restart: one more login, and it goes on."""
    faults = Faults(token_refused=TokenRefused.ONCE)
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert NEEDS_A_PERSON not in scene.asked


async def test_a_token_that_is_refused_again_is_asked_about(tmp_path: Path) -> None:
    """No storm of logins: two in a row, then people."""
    faults, tried = Faults(token_refused=TokenRefused.ALWAYS), list[int]()

    def answer(request: Request) -> Given:
        if title(request) == NEEDS_A_PERSON:
            tried.append(refusals(scene, 403))
            faults.token_refused = TokenRefused.NEVER
            return Given(Choice.RETRY)
        return goes_on(request)

    async with a_guided_scene(tmp_path, faults=faults, restart_steps=(2,)) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert tried == [2]


@pytest.mark.long
async def test_a_manager_that_is_too_busy_is_asked_again_later(tmp_path: Path) -> None:
    """429 and 503 for concurrency while it is followed: it goes on without a word to people."""
    faults = Faults()

    def is_followed(request: Request) -> bool:
        return request.progress is not None and bool(request.progress.detail)

    async with a_guided_scene(tmp_path, faults=faults, durations=quick(step=20)) as scene:
        await scene.until(is_followed)
        faults.too_many_requests, faults.too_many_at_once = 4, 3
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert (faults.too_many_requests, faults.too_many_at_once) == (0, 0)
        assert NEEDS_A_PERSON not in scene.asked
