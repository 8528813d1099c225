"""What time moves: one pass over the rows, as often as you like, on the leader alone.

Nothing here keeps state of its own that matters, so a pass that a crash cut short is simply made
again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog

from bot.background import Background
from bot.domain import commands as c
from bot.domain.approval import Posted
from bot.domain.decide import Circumstances, decide
from bot.domain.errors import Kind, OutsideError, SlackError
from bot.domain.intents import Intent
from bot.domain.plan import digest
from bot.domain.request import Request, State
from bot.domain.standing import Finding, is_unreadable
from bot.domain.values import RequestId
from bot.ports import Clock, Engine, Inbox, Ledger, Looker, Signature
from bot.preflight import Preflight
from bot.runbooks.preflight import NotReady, Ready
from bot.service import Service

BOT: Final = "bot"
"""The actor of what nobody did but time or the bot itself."""

EVERY: Final = 0.25
"""Seconds between two passes."""

AFTER_TROUBLE: Final = timedelta(seconds=5)
"""So long after something failed it is tried again."""

LOOKS: Final = 3
"""So often a preflight looks before it takes trouble that could pass for an answer."""

EPOCH: Final = datetime.min.replace(tzinfo=UTC)

TRIES: Final = 3
"""So often this process tries an intent on which it breaks; after a restart it is tried anew."""

TRIED_AGAIN: Final = "It is tried again until the approval lapses."

LEFT_OVER: Final = timedelta(seconds=10)
"""An intent older than this, and not dealt with, was left by a crash."""

AHEAD: Final = timedelta(days=1)
"""However far the clocks of other processes go ahead, what they stored has been stored."""

log = structlog.get_logger()

GIVEN_UP: Final = (
    "The bot does nothing more for this request. If it had come to a restore step, a restore "
    "request may have been sent, and automatic backups may be off. Look at the manager, compare it "
    "with the steps in the thread, and finish by hand. The logs name the cause."
)


class Sweeper:
    """Expires, reminds, plans, starts, and picks up what a crash left."""

    def __init__(
        self,
        *,
        service: Service,
        ledger: Ledger,
        inbox: Inbox,
        preflight: Preflight,
        engine: Engine,
        clock: Clock,
        background: Background,
    ) -> None:
        self._service = service
        self._ledger = ledger
        self._inbox = inbox
        self._preflight = preflight
        self._engine = engine
        self._clock = clock
        self._background = background
        self._busy: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self._broke: Counter[str] = Counter()

    async def run(self) -> None:
        """Pass over the rows again and again, for ever; an outage of the database is waited out.

        Each request moves in a task of its own, so that a slow manager holds up nobody else's.
        """
        while True:
            try:
                await self.sweep()
            except OutsideError as error:
                log.warning("sweep.interrupted", said=error.said)
            await self._clock.sleep(EVERY)

    async def sweep(self) -> None:
        """Pass over the rows once; what is due is begun beside it. Raises `StoreError`."""
        active = await self._ledger.requests(active=True, limit=1000)
        for request in active:
            self._beside(f"move {request.id}", partial(self.move, request))
        for key, intent in await self._inbox.unfinished(self._clock.now() - LEFT_OVER):
            self._perform_beside(key, intent)
        await self._end_stranded({request.id for request in active})

    def _perform_beside(self, key: str, intent: Intent) -> None:
        if self._broke[key] < TRIES:
            self._beside(f"pick up {key}", partial(self._pick_up, key, intent))

    def _beside(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something beside the pass, unless it is being done, or has failed a moment ago."""
        if name not in self._busy and self._clock.now() >= self._not_before.get(name, EPOCH):
            self._busy.add(name)
            self._background.spawn(self._done(name, work), name)

    async def _done(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._not_before[name] = self._clock.now() + AFTER_TROUBLE
        try:
            await work()
        except OutsideError as error:
            log.warning("sweep.postponed", work=name, said=error.said)
        else:
            del self._not_before[name]
        finally:
            self._busy.discard(name)

    async def _pick_up(self, key: str, intent: Intent) -> None:
        """Perform what was left; if it breaks on a bug, say so once and give up after a while."""
        try:
            await self._service.perform(key, intent)
        except OutsideError:
            raise
        except Exception:
            # Border: a bug in one intent must not be met for ever; logged, and told to the person.
            if not self._broke[key]:
                log.exception("intent.broke", key=key, tries=TRIES)
            await self._service.tell_broken(key, intent)
            self._broke[key] += 1

    async def move(self, request: Request) -> None:
        """Do for one request what is due now."""
        request = await self._pass_time(request)
        match request.state:
            case State.PLANNING:
                await self.plan(request)
            case State.APPROVED if request.start_after and self._clock.now() >= request.start_after:
                await self._begin(request)
            case State.RUNNING | State.AWAITING_OPERATOR:
                await self._engine.start(request.id)
            case _:
                pass

    async def plan(self, request: Request) -> None:
        """Make the plan of a request, or reject it with the reasons."""
        seen = await self._look(request)
        if isinstance(seen, NotReady):
            await self._apply(request.id, c.FailPreflight(seen.reasons), "plan")
        else:
            command = c.CompletePlan(seen.plan, digest(seen.plan), seen.notes, seen.warnings)
            await self._apply(request.id, command, "plan")

    async def _look(self, request: Request) -> Ready | NotReady:
        """Look a few times while something is only busy or out of reach for the moment."""
        wish, looker = request.wish, Looker(BOT, request.id)
        for _ in range(LOOKS - 1):
            seen = await self._preflight.look(wish.target, wish.scope, wish.backup, looker)
            if isinstance(seen, Ready) or not seen.passing:
                return seen
            await self._clock.sleep(AFTER_TROUBLE.total_seconds())
        return await self._preflight.look(wish.target, wish.scope, wish.backup, looker)

    async def _end_stranded(self, active: Collection[RequestId]) -> None:
        """End the requests whose runs the engine has given up, and tell people."""
        for request_id, why in await self._engine.stranded():
            if request_id in active:
                await self._apply(
                    request_id, c.Fail(f"The run broke off: {why}.", GIVEN_UP), "stranded"
                )

    async def _pass_time(self, request: Request) -> Request:
        """Apply what time alone changes; most passes change nothing and need no transaction."""
        now = self._now()
        if not decide(request, c.Expire(), now).events:
            return request
        return await self._apply(request.id, c.Expire(), f"time:{_stamp(now.at)}")

    def _now(self) -> Circumstances:
        """By what a command of the bot itself is judged: no message matters to those."""
        rules = self._service.configuration
        nowhere = Posted(None, None)
        return Circumstances(self._clock.now(), rules.policy, nowhere, rules.people.person)

    async def _begin(self, request: Request) -> None:
        """Check everything again, and start the run if all of it still holds.

        What somebody did about the request and is not judged yet (a Stop, a denial) goes first: the
        next pass begins, if there is anything left to begin.

        Raises:
            OutsideError: it cannot be checked, or not be started, for the moment. Nobody lost
                anything: it is tried again until the approval lapses.
        """
        seen = await self._look_again(request)
        if isinstance(seen, NotReady):
            turn = f"begin:{_stamp(self._clock.now())}"
            await self._apply(request.id, c.FailPreflight(seen.reasons), turn)
            return
        # Looks can take minutes: who may decide is read after them.
        voters = await self._service.standings([vote.user for vote in request.votes])
        if any(map(is_unreadable, voters)):
            raise SlackError(Kind.UNREACHABLE, "Slack cannot say who the voters are.", TRIED_AGAIN)
        if await self._is_spoken_for(request.id):
            return
        begin = c.Begin(seen.plan, digest(seen.plan), tuple(voters), seen.warnings)
        now = self._now()
        # A refusal is audited once for each approval and rule, however often it is tried again.
        refusal = decide(request, begin, now).refusal
        moment = f"{request.start_after}:{refusal.rule}" if refusal else _stamp(now.at)
        begun = await self._apply(request.id, begin, f"begin:{moment}")
        if begun.state is State.RUNNING:
            await self._engine.start(request.id)
        elif begun.state is State.APPROVED and refusal:
            raise OutsideError(Kind.REFUSED, refusal.sentence, TRIED_AGAIN)

    async def _is_spoken_for(self, request_id: RequestId) -> bool:
        """Say whether somebody waits for an answer about this request; see to it that it comes."""
        waiting = await self._inbox.unfinished(self._clock.now() + AHEAD)
        about_it = [one for one in waiting if getattr(one[1], "request_id", None) == request_id]
        for key, intent in about_it:
            self._perform_beside(key, intent)
        return bool(about_it)

    async def _look_again(self, request: Request) -> Ready | NotReady:
        """Look at everything right before the start. Raises `OutsideError` for what may pass.

        That it could not be looked at is audited once for each approval, so that a request which
        lapses over it can tell why.
        """
        wish = request.wish
        backup = request.plan.backup.id if request.plan else wish.backup
        looker = Looker(BOT, request.id)
        seen = await self._preflight.look(wish.target, wish.scope, backup, looker)
        if isinstance(seen, NotReady) and seen.passing:
            reasons = " ".join(seen.reasons)
            once = Signature(f"{request.id}:begin:{request.start_after}:checked", BOT)
            await self._ledger.refuse(request.id, Finding.no("checked_again", reasons), once)
            raise OutsideError(Kind.UNREACHABLE, reasons, TRIED_AGAIN)
        return seen

    async def _apply(self, request_id: RequestId, command: c.BotCommand, turn: str) -> Request:
        signature = Signature(key=f"{request_id}:{turn}", actor=BOT)
        return (await self._ledger.apply(request_id, command, signature)).request


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():.3f}"
