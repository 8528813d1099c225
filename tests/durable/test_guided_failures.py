"""A restore that fails, is cancelled, or comes back as less than it was: people decide."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.request import Choice, Request, State
from bot.sandbox.nsx.guided_faults import Failure, Faults, OtherRestore
from bot.sandbox.nsx.guided_profile import Profile, RestoreState
from bot.sandbox.nsx.guided_prompts import COMPUTE_MANAGERS
from tests.durable.outside import NEWEST, PASSPHRASE, quick
from tests.durable.scene import Given, a_guided_scene, goes_on

FAILED = "The restore failed at a step"
ANOTHER = "The manager speaks of another restore"
EARLIER = NEWEST - 86_400_000
NOT_STABLE = "The restored manager is not stable yet"


def title(request: Request) -> str:
    """What the open question is called."""
    assert request.question is not None
    return request.question.title


async def test_a_passing_failure_heals_by_a_restart_of_the_service(tmp_path: Path) -> None:
    """Waiting sends nothing: the manager goes on by itself, and the run with it."""
    faults = Faults(failures=(Failure(step=3, times=None, heals_by_restart=True),))

    def answer(request: Request) -> Given:
        if title(request) == FAILED:
            scene.manager.restart_service()
            return Given(Choice.DECLINE)
        return goes_on(request)

    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(FAILED) == 1
        assert dict(scene.manager.orders) == {"start": 1}


@pytest.mark.long
async def test_a_step_that_goes_on_and_fails_again_while_people_wait_is_asked_about_at_once(
    tmp_path: Path,
) -> None:
    """It is another failure than the one that they wait out, although it looks the same."""
    faults, texts = Faults(failures=(Failure(step=3, times=2),)), list[str]()
    tasks: list[asyncio.Task[None]] = []

    async def somebody_retries() -> None:
        """At the manager itself, once it is followed again; the step then takes two seconds."""
        seen = len(scene.manager.requests)
        while len(scene.manager.requests) == seen:  # noqa: ASYNC110  # it has no event to tell
            await asyncio.sleep(0.01)
        scene.manager.durations.step = 400
        scene.manager._appliance.restore.retry(None)

    def answer(request: Request) -> Given:
        assert request.question is not None
        if title(request) != FAILED:
            return goes_on(request)
        texts.append(request.question.text)
        if len(texts) > 1:
            scene.manager.durations.step = 8
            return goes_on(request)
        tasks.append(asyncio.create_task(somebody_retries()))
        return Given(Choice.DECLINE)

    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert len(texts) == 2
        assert texts[1].startswith("The manager failed at")


@pytest.mark.parametrize("choice", [Choice.RETRY, Choice.GIVE_UP], ids=["seen again", "given up"])
async def test_another_restore_that_is_shown_instead_of_ours_is_asked_about(
    tmp_path: Path, choice: Choice
) -> None:
    """F28: nothing of it is told as ours, and ours is followed again where it is seen again."""

    def answer(request: Request) -> Given:
        if title(request) == ANOTHER:
            scene.manager.faults.shows_instead = None
            return Given(choice)
        return goes_on(request)

    async with a_guided_scene(tmp_path, durations=quick(step=40)) as scene:
        await scene.until(lambda request: bool(request.progress and request.progress.detail))
        scene.manager.faults.shows_instead = OtherRestore(EARLIER, RestoreState.SUCCESS)
        ended = await scene.run(answer)

        assert ended.state is (State.SUCCEEDED if choice is Choice.RETRY else State.FAILED)
        assert scene.asked.count(ANOTHER) == 1
        assert dict(scene.manager.orders) == {"start": 1}
        told = [line for line in scene.told() if "(SUCCESS)" in line or "says SUCCESS" in line]
        assert len(told) == (1 if choice is Choice.RETRY else 0)


@pytest.mark.long
async def test_a_step_that_fails_again_is_asked_about_again(tmp_path: Path) -> None:
    """One retry for each answer, never by itself."""
    faults = Faults(failures=(Failure(step=3, times=2),))
    async with a_guided_scene(tmp_path, faults=faults) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(FAILED) == 2
        assert scene.manager.orders["retry"] == 2


@pytest.mark.parametrize(
    ("profile", "order"),
    [
        pytest.param(Profile.V2_2, "retry", marks=pytest.mark.long),
        (Profile.V9_1, "retry_with_updated_config"),
    ],
)
async def test_a_corrected_secret_is_sent_in_the_way_that_the_manager_offers(
    tmp_path: Path, profile: Profile, order: str
) -> None:
    """PUT and retry before 9.1, `retry_with_updated_config` since; the secret is never shown."""
    wrong = {"passphrase": "Wr0ng-one-of-old"}
    async with a_guided_scene(tmp_path, changes=wrong, profile=profile) as scene:

        def answer(request: Request) -> Given:
            if title(request) == FAILED:
                scene.secrets["PASSPHRASE"] = PASSPHRASE
                return Given(Choice.RETRY_UPDATED)
            return goes_on(request)

        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert dict(scene.manager.orders) == {"start": 1, order: 1}
        story = repr([entry.details for entry in await scene.ledger.story(ended.id)])
        assert wrong["passphrase"] not in story
        assert PASSPHRASE not in story


async def test_a_secret_that_was_corrected_is_still_not_repeated(tmp_path: Path) -> None:
    """A manager that names the former one in its next failure tells it nobody: it may be in use."""
    former = "0ldSecret!Passphrase"
    said = f"the passphrase {former} does not open it"
    faults = Faults(failures=(Failure(step=3, reason=said),))
    texts: list[str] = []

    def answer(request: Request) -> Given:
        assert request.question is not None
        texts.append(request.question.text)
        if title(request) == FAILED:
            scene.secrets["PASSPHRASE"] = PASSPHRASE
            return Given(Choice.RETRY_UPDATED)
        return goes_on(request)

    async with a_guided_scene(
        tmp_path, faults=faults, changes={"passphrase": former}, restart_steps=()
    ) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert sum("the passphrase [secret] does not open it" in text for text in texts) == 1
        assert former not in repr((texts, scene.lines, await scene.ledger.story(ended.id)))
    kept = _kept(tmp_path)
    assert len(kept) >= 2
    assert not [name for name, content in kept.items() if former.encode() in content]


def _kept(folder: Path) -> dict[str, bytes]:
    """The rows and the journal of the run, with what SQLite keeps beside them."""
    return {file.name: file.read_bytes() for file in folder.glob("bot.db*")}


@pytest.mark.long
async def test_a_passphrase_that_stays_wrong_is_no_loop(tmp_path: Path) -> None:
    """Each further try is an answer of a lead; giving up ends it, and nothing was rolled back."""
    choices = iter([Choice.RETRY_UPDATED, Choice.RETRY, Choice.GIVE_UP])
    async with a_guided_scene(tmp_path, changes={"passphrase": "wrong"}) as scene:
        ended = await scene.run(lambda _: Given(next(choices)))

        assert ended.state is State.FAILED
        assert scene.asked == [FAILED] * 3
        assert scene.manager.orders["retry"] == 2
        assert "nothing was rolled back" in " ".join(ended.conclusion)


async def test_a_restore_that_was_aborted_is_reported_as_not_rolled_back(tmp_path: Path) -> None:
    """Somebody cancelled it at the manager: what is left must be deployed afresh."""
    async with a_guided_scene(tmp_path, faults=Faults(abort_at_step=3)) as scene:
        ended = await scene.run(goes_on)

        assert ended.state is State.FAILED
        assert "ABORTED" in ended.conclusion[0]
        assert "half restored" in ended.conclusion[1]
        assert "deploy a fresh one" in ended.conclusion[1]
        assert scene.asked == []


async def test_a_lead_can_cancel_where_the_manager_offers_it(tmp_path: Path) -> None:
    """One order; the request fails, and says that nothing was rolled back."""
    async with a_guided_scene(tmp_path, prompts=(COMPUTE_MANAGERS.at(2),)) as scene:
        ended = await scene.run(lambda _: Given(Choice.CANCEL))

        assert ended.state is State.FAILED
        assert "did not roll anything back" in ended.conclusion[1]
        assert dict(scene.manager.orders) == {"start": 1, "cancel": 1}


async def test_what_the_manager_does_not_offer_is_no_answer(tmp_path: Path) -> None:
    """`endpoints` without cancel: no button for it."""
    offered: list[Choice] = []

    def answer(request: Request) -> Given:
        assert request.question is not None
        offered.extend(offer.choice for offer in request.question.offers)
        return Given(Choice.GIVE_UP)

    faults = Faults(cancel_not_offered=True)
    prompts = (COMPUTE_MANAGERS.at(2),)
    async with a_guided_scene(tmp_path, faults=faults, prompts=prompts) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.FAILED
        assert Choice.CONTINUE in offered
        assert Choice.CANCEL not in offered
        assert scene.manager.orders["cancel"] == 0


async def test_one_node_of_three_is_asked_about_and_not_called_failed(tmp_path: Path) -> None:
    """DEGRADED until the others join: people go on, and the proof says how it is."""
    async with a_guided_scene(tmp_path, nodes=3) as scene:
        ended = await scene.run(
            lambda request: (
                Given(Choice.CONTINUE) if title(request) == NOT_STABLE else goes_on(request)
            )
        )

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(NOT_STABLE) == 1
        assert "Management cluster: DEGRADED." in ended.conclusion


@pytest.mark.long
async def test_nodes_that_join_make_it_stable(tmp_path: Path) -> None:
    """People wait on, join the nodes, and nobody is asked again."""

    def answer(request: Request) -> Given:
        if title(request) == NOT_STABLE:
            scene.manager.join_nodes()
        return goes_on(request)

    async with a_guided_scene(tmp_path, nodes=3) as scene:
        ended = await scene.run(answer)

        assert ended.state is State.SUCCEEDED, ended.conclusion
        assert scene.asked.count(NOT_STABLE) == 1
        assert "Management cluster: STABLE." in ended.conclusion
