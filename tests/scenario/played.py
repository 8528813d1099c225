"""Plays a story of the sandbox to its end, and tells what was seen of it."""

from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.cast import Cast
from bot.sandbox.scenarios import SCENARIOS
from bot.sandbox.stage import Stage
from tests.scenario.checks import cards, check_end
from tests.scenario.theatre import a_scene


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was played: what the card says at the end, and what the thread says."""

    stage: Stage
    card: str
    thread: str


async def play(directory: Path, name: str, *, socket_mode: bool = True) -> Told:
    """Play a story to its end, and check what must hold of every one of them."""
    story = SCENARIOS[name]
    setting = story.setting
    async with a_scene(
        directory,
        policy=setting.policy,
        durations=setting.durations,
        guided=setting.guided,
        socket_mode=socket_mode,
    ) as scene:
        story.prepare(scene.stage)
        ended = await story.play(scene.stage, Cast(scene.stage))
        await check_end(scene, story, ended)
        [ts] = cards(scene)
        thread = "\n".join(message.full_text for message in scene.replies(ts))
        return Told(scene.stage, scene.cast.card(ts).full_text, thread)
