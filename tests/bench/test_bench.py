"""The benches run, and count and time what they say. How long things take is not judged here."""

from pathlib import Path

import pytest

from bot.sandbox.cast import Cast
from bot.sandbox.stage import GUIDED_TARGET, LEADS, Setting, Stage
from tests.bench import ack, guided, latency, overhead
from tests.bench.figures import Count, Figure, Goal
from tests.bench.stages import GENEROUS
from tests.bench.start import nothing

pytestmark = pytest.mark.long


def test_percentiles_are_values_that_were_measured() -> None:
    """By nearest rank; with few values the 99th percentile is the greatest."""
    figure = Figure("x", tuple(float(value) for value in range(100, 0, -1)))
    assert [figure.at(percentile) for percentile in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert figure.spread == 50
    assert Figure("x", (3.0, 1.0)).at(99) == 3.0


def test_a_figure_that_is_missed_says_so() -> None:
    """The goal is part of the row."""
    assert "p50 < 2000: met" in Figure("x", (1.0, 9.0), Goal(50, 2.0)).line()
    assert "max < 2000: MISSED" in Figure("x", (1.0, 9.0), Goal(100, 2.0)).line()
    waived = Figure("x", (1.0, 9.0), Goal(100, 2.0), waived="decision 9")
    assert "max < 2000: MISSED (decision 9)" in waived.line()
    assert Count("x", 3, ("one",)).line().endswith("0: MISSED")


def test_the_overhead_is_shown_to_the_letter_too() -> None:
    """With three answers in a row, the demand and what the bot loses are two figures."""
    pair = overhead.Pair(manager=11.1, bot=12.4, poll=0.5, demanded_polls=2)
    lines = [row.line() for row in overhead.rows([pair])]
    assert any("to the letter" in line and "MISSED (decision 9)" in line for line in lines)
    assert any("demanded polls" in line and line.endswith(": met") for line in lines)


async def test_the_benches_run(tmp_path: Path) -> None:
    """A click, a few acks and one fast restore, on one stage; Slack has nothing to object."""
    setting = Setting(
        speed=200.0, limits=GENEROUS, policy={"request_ttl": "1h", "start_delay": "0s"}
    )
    async with Stage(tmp_path, setting) as stage:
        assert await stage.start_bot() > await nothing() / 10
        cast = Cast(stage)
        card = await cast.file()
        assert await latency.until_shown(cast, card, LEADS[0]) > 0
        acks, *_, wrong = await ack.under_load(stage, card, rate=50, number=8)
        await cast.press(LEADS[1], card.ts, "approve")
        pair = await overhead.timed(stage, card)
        assert stage.workspace.violations == []
    assert isinstance(acks, Figure)
    assert len(acks.seconds) == 8
    assert wrong.is_met
    assert pair.bot > pair.manager + pair.demanded_polls * pair.poll


async def test_the_bench_of_a_guided_restore_runs(tmp_path: Path) -> None:
    """One fast restore with one question, answered at once."""
    setting = Setting(
        speed=200.0, limits=GENEROUS, policy={"start_delay": "0s"}, guided=guided.ASKING
    )
    async with Stage(tmp_path, setting) as stage:
        await stage.start_bot()
        cast = Cast(stage)
        card = await cast.file(target=GUIDED_TARGET)
        await cast.approve(card.ts)
        pair = await guided.timed(stage, card)
        assert stage.guided.orders == {"start": 1, "advance": 1}
    assert pair.bot > pair.manager > 0
    assert len(guided.rows([pair])) == 5
