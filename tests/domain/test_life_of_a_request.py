"""Whatever people, time and the outside do, in whatever order: the promises hold.

A small model, written apart from the rules, keeps who may do what and where a request must be. The
request itself is moved by the product's own `decide` and `evolve`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain import commands as c
from bot.domain import events as e
from bot.domain.approval import Posted
from bot.domain.decide import Circumstances, Decision, decide
from bot.domain.machine import evolve
from bot.domain.plan import Plan, digest, short
from bot.domain.request import TERMINAL, Choice, Place, Request, State
from bot.domain.standing import Standing, Unreadable
from bot.domain.values import PersonId, UserId
from tests.builders import (
    ANA,
    BEN,
    BEN_TWO,
    CARD,
    CHI,
    DEE,
    NOON,
    QUESTION_PLACE,
    TEAM,
    a_plan,
    a_planning_request,
    a_question,
    an_account,
)
from tests.domain.model import ANA_TWO, EVE, POLICY, Model

USERS: Final = (ANA, ANA_TWO, BEN, BEN_TWO, CHI, DEE, EVE)
PLANS: Final = tuple(a_plan(manager_version=f"1.1.{number}") for number in range(3))
ELSEWHERE: Final = Place("C0OTHER", "1.000001")

users = st.sampled_from(USERS)
plans = st.sampled_from(PLANS)
usually = st.sampled_from((True, True, True, True, True, False))
seldom = st.sampled_from((False, False, False, False, False, False, False, False, False, True))


class LifeOfARequest(RuleBasedStateMachine):
    """People press, time passes, the plan drifts; after each step the promises are checked."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.model = Model()
        self.request: Request = a_planning_request()
        self.ended: Request | None = None
        self.questions = 0

    # -- the world ------------------------------------------------------------------------------

    def standing(self, user: UserId) -> Standing:
        """What would be read from Slack now."""
        model = self.model
        return Standing(
            user,
            PersonId(model.human(user)),
            TEAM,
            an_account(user, is_restricted=user in model.guests),
            frozenset(model.leads) if model.group_readable else Unreadable("timed out"),
        )

    def press(self, *, here: bool, fresh: bool, place: Place = CARD) -> c.Press:
        """A press on the message, or elsewhere; on the plan of now, or of another time."""
        shown = self.request.short_digest if fresh else short(digest(a_plan(target="other")))
        return c.Press(place if here else ELSEWHERE, shown)

    def does(self, command: c.Command) -> Decision:
        """Judge, and write what follows."""
        before = self.request
        posted = Posted(CARD, QUESTION_PLACE)
        now = Circumstances(self.now, POLICY, posted, lambda user: PersonId(self.model.human(user)))
        decision = decide(self.request, command, now)
        for event in decision.events:
            self.request = evolve(self.request, event, self.now)
        if decision.refusal:
            assert decision.events == ()
            assert decision.refusal.sentence.endswith(".")
            assert self.request is before
        return decision

    @rule(seconds=st.sampled_from((1, 9, 10, 11, 60)))
    def time_passes(self, seconds: int) -> None:
        """Nobody sweeps meanwhile."""
        self.now += timedelta(seconds=seconds)

    @rule(long=seldom, seconds=st.sampled_from((599, 600, 1799, 1800)))
    def much_time_passes(self, seconds: int, *, long: bool) -> None:
        """The bot was down."""
        self.now += timedelta(seconds=seconds if long else 0)

    @rule(user=users)
    def the_group_changes(self, user: UserId) -> None:
        """Somebody becomes a lead or stops being one."""
        self.model.leads ^= {user}

    @rule(user=users)
    def an_account_changes(self, user: UserId) -> None:
        """A member becomes a guest, or a guest a member."""
        self.model.guests ^= {user}

    @rule()
    def slack_fails_or_recovers(self) -> None:
        """The group cannot be read, or can be again."""
        self.model.group_readable = not self.model.group_readable

    # -- the checks -----------------------------------------------------------------------------

    @initialize(
        far=st.sampled_from(("filed", "planned", "approved", "approved", "running", "running")),
        plan=plans,
        leads=st.permutations((BEN, BEN_TWO, CHI, DEE)),
    )
    def it_has_come_so_far(self, far: str, plan: Plan, leads: list[UserId]) -> None:
        """Stories start at different places, so that the later ones are told often too."""
        if far != "filed":
            self.the_plan_is_ready(plan)
        if far in {"approved", "running"}:
            self.leads_approve_in_turn(leads)
        if far == "running":
            self.the_start_is_tried(None, on_time=True)

    @rule(plan=plans)
    def the_plan_is_ready(self, plan: Plan) -> None:
        """The preflight comes back, perhaps late or twice."""
        legal = self.model.state is State.PLANNING
        if legal:
            self.model.reopen()
            self.model.plan, self.model.expires_at = plan, self.now + POLICY.request_ttl

        assert self.does(c.CompletePlan(plan, digest(plan), ())).accepted is legal

    @rule()
    def time_is_looked_at(self) -> None:
        """A sweep: it ends what is over, and nothing else."""
        model = self.model
        if model.state in {State.PLANNING, State.AWAITING_APPROVAL}:
            over = self.now >= model.expires_at
        else:
            over = (
                model.state is State.APPROVED
                and model.start is not None
                and self.now >= model.start + POLICY.start_ttl
            )
        if over:
            model.state = State.EXPIRED
        before = self.request

        decision = self.does(c.Expire())

        assert decision.accepted
        if not over and not any(isinstance(event, e.Reminded) for event in decision.events):
            assert self.request == before

    # -- people ---------------------------------------------------------------------------------

    @rule(user=users, here=usually, fresh=usually)
    def somebody_approves(self, user: UserId, *, here: bool, fresh: bool) -> None:
        """Counted only for a lead, in time, once for each human, never for the requester."""
        model, human = self.model, self.model.human(user)
        counts = (
            model.state is State.AWAITING_APPROVAL
            and self.now < model.expires_at
            and here
            and fresh
            and model.leads_now(user)
            and human != ANA
            and human not in model.votes
        )
        if counts:
            model.votes[human] = user
            if len(model.votes) >= 2:
                model.state, model.start = State.APPROVED, self.now + POLICY.start_delay

        decision = self.does(c.Approve(self.standing(user), self.press(here=here, fresh=fresh)))

        assert decision.accepted is counts
        for event in decision.events:
            if isinstance(event, e.ApprovalRecorded):
                assert event.count == len(model.votes)

    @precondition(lambda self: self.model.state is State.AWAITING_APPROVAL)
    @rule(leads=st.permutations((BEN, BEN_TWO, CHI, DEE)))
    def leads_approve_in_turn(self, leads: list[UserId]) -> None:
        """The way it should be, whoever comes first."""
        for lead in leads:
            self.somebody_approves(lead, here=True, fresh=True)

    @precondition(lambda self: self.model.state not in {State.AWAITING_APPROVAL, State.APPROVED})
    @rule(user=users)
    def somebody_denies_what_is_not_open(self, user: UserId) -> None:
        """A stale button."""
        self.somebody_denies(user, here=True, fresh=True, really=True)

    @rule(user=users, here=usually, fresh=usually, really=seldom)
    def somebody_denies(self, user: UserId, *, here: bool, fresh: bool, really: bool) -> None:
        """Any lead ends it until its start. Seldom, so that runs get far."""
        if not really:
            return
        model = self.model
        counts = (
            (
                model.state is State.APPROVED
                or (model.state is State.AWAITING_APPROVAL and self.now < model.expires_at)
            )
            and here
            and model.leads_now(user)
        )
        if counts:
            model.state = State.DENIED

        command = c.Deny(self.standing(user), self.press(here=here, fresh=fresh), "no")
        assert self.does(command).accepted is counts

    @rule(user=users, here=usually)
    def somebody_takes_the_vote_back(self, user: UserId, *, here: bool) -> None:
        """Before the start, whoever gave it."""
        model, human = self.model, self.model.human(user)
        counts = (
            model.state in {State.AWAITING_APPROVAL, State.APPROVED}
            and here
            and human in model.votes
        )
        if counts:
            del model.votes[human]
            if model.state is State.APPROVED:
                model.expires_at = self.now + POLICY.request_ttl
            model.reopen()

        command = c.Rescind(self.standing(user), self.press(here=here, fresh=True))
        assert self.does(command).accepted is counts

    @rule(user=users, typed=st.booleans(), here=usually, really=seldom)
    def somebody_withdraws(self, user: UserId, *, typed: bool, here: bool, really: bool) -> None:
        """The requester alone, until it is approved."""
        if not really:
            return
        model = self.model
        counts = (
            model.state in {State.PLANNING, State.AWAITING_APPROVAL}
            and (typed or here)
            and model.human(user) == ANA
        )
        if counts:
            model.state = State.WITHDRAWN

        press = None if typed else self.press(here=here, fresh=True)
        assert self.does(c.Withdraw(self.standing(user), press)).accepted is counts

    @rule(user=users, typed=st.booleans(), here=usually, really=seldom)
    def somebody_stops(self, user: UserId, *, typed: bool, here: bool, really: bool) -> None:
        """The requester or a lead, between approval and start."""
        if not really:
            return
        model = self.model
        counts = (
            model.state is State.APPROVED
            and (typed or here)
            and user not in model.guests
            and (model.human(user) == ANA or model.leads_now(user))
        )
        if counts:
            model.state = State.CANCELED

        press = None if typed else self.press(here=here, fresh=True)
        assert self.does(c.Stop(self.standing(user), press)).accepted is counts

    # -- the start ------------------------------------------------------------------------------

    @precondition(lambda self: self.model.state is State.APPROVED)
    @rule(seen=st.one_of(st.none(), plans), on_time=usually)
    def the_start_is_tried(self, seen: Plan | None, *, on_time: bool) -> None:
        """Everything is checked again; most often in the window, at times outside it."""
        if on_time and self.model.start is not None:
            self.now = max(self.now, self.model.start)
        self.the_run_begins(seen or self.model.plan or PLANS[0])

    @rule(seen=plans)
    def the_run_begins(self, seen: Plan) -> None:
        """`running` follows only from two live votes of two other humans on this very plan."""
        model = self.model
        open_window = (
            model.state is State.APPROVED
            and model.start is not None
            and model.start <= self.now < model.start + POLICY.start_ttl
        )
        known = model.group_readable
        follows = open_window and (known or seen != model.plan)
        lost = {human for human, user in model.votes.items() if not model.leads_now(user)}
        if open_window and known and lost:
            model.votes = {human: user for human, user in model.votes.items() if human not in lost}
            model.reopen()
            model.expires_at = self.now + POLICY.request_ttl
        elif open_window and seen != model.plan:
            model.votes, model.plan = {}, seen
            model.reopen()
            model.expires_at = self.now + POLICY.request_ttl
        elif follows:
            model.state = State.RUNNING
        voters = [self.standing(vote.user) for vote in self.request.votes]
        approved = self.request

        decision = self.does(c.Begin(seen, digest(seen), tuple(voters)))

        assert decision.accepted is follows
        if e.RunStarted() in decision.events:
            self.check_two_people(approved, seen)

    def check_two_people(self, approved: Request, seen: Plan) -> None:
        """The first promise, told once more in the plainest words."""
        live = {
            self.model.human(vote.user)
            for vote in approved.votes
            if vote.digest == digest(seen) and self.model.leads_now(vote.user)
        }
        assert len(live - {ANA}) >= 2

    # -- the run --------------------------------------------------------------------------------

    @rule()
    def the_run_asks(self) -> None:
        """A question, legal in a run alone."""
        legal = self.model.state is State.RUNNING
        if legal:
            self.model.state = State.AWAITING_OPERATOR
            self.questions += 1

        question = a_question(key=f"question-{self.questions}")
        assert self.does(c.Ask(question)).accepted is legal

    @precondition(lambda self: self.model.state is State.RUNNING)
    @rule(user=users)
    def a_question_is_settled(self, user: UserId) -> None:
        """The run asks, and whoever may answers."""
        self.the_run_asks()
        self.somebody_answers(user, Choice.CONTINUE, here=True)
        self.somebody_answers(DEE, Choice.CONTINUE, here=True)

    @rule(user=users, choice=st.sampled_from(Choice), here=usually)
    def somebody_answers(self, user: UserId, choice: Choice, *, here: bool) -> None:
        """The requester or a lead; giving up is for leads."""
        model = self.model
        lead = model.leads_now(user)
        counts = (
            model.state is State.AWAITING_OPERATOR
            and here
            and user not in model.guests
            and (
                (choice is Choice.CONTINUE and (lead or model.human(user) == ANA))
                or (choice is Choice.GIVE_UP and lead)
            )
        )
        if counts:
            model.state = State.RUNNING

        press = self.press(here=here, fresh=True, place=QUESTION_PLACE)
        assert self.does(c.Answer(self.standing(user), press, choice)).accepted is counts

    @rule(command=st.sampled_from((c.StartStep("restore"), c.CompleteStep("restore", "Done."))))
    def the_run_tells(self, command: c.BotCommand) -> None:
        """Progress is told in a run alone."""
        assert self.does(command).accepted is (self.model.state is State.RUNNING)

    @rule(well=st.booleans(), really=seldom)
    def the_run_ends(self, *, well: bool, really: bool) -> None:
        """Well from running alone; badly from a question too."""
        if not really:
            return
        legal = self.model.state is State.RUNNING or (
            not well and self.model.state is State.AWAITING_OPERATOR
        )
        if legal:
            self.model.state = State.SUCCEEDED if well else State.FAILED

        command = c.Succeed(("STABLE.",)) if well else c.Fail("It broke off.", "Look at it.")
        assert self.does(command).accepted is legal

    # -- the promises ---------------------------------------------------------------------------

    @invariant()
    def the_request_is_where_the_model_says(self) -> None:
        """Two ways of thinking about it agree."""
        assert self.request.state is self.model.state
        if self.model.state not in {State.PLANNING, *TERMINAL}:
            assert self.request.plan == self.model.plan
            assert self.request.expires_at == self.model.expires_at
        assert {PersonId(human) for human in self.model.votes} == {
            vote.person for vote in self.request.votes
        }

    @invariant()
    def votes_are_persons_other_than_the_requester_on_this_plan(self) -> None:
        """Never a count above the persons, never a vote for another plan."""
        votes = self.request.votes
        assert len({vote.person for vote in votes}) == len(votes)
        assert self.request.requester_person not in {vote.person for vote in votes}
        assert all(vote.digest == self.request.digest for vote in votes)

    @invariant()
    def what_runs_was_approved_by_two(self) -> None:
        """A run that is under way still shows its two votes."""
        if self.request.state in {State.APPROVED, State.RUNNING, State.AWAITING_OPERATOR}:
            assert len({vote.person for vote in self.request.votes}) >= 2

    @invariant()
    def an_end_is_an_end(self) -> None:
        """Once ended, a request never changes again."""
        if self.ended is not None:
            assert self.request == self.ended
        elif self.request.state in TERMINAL:
            self.ended = replace(self.request)


LifeOfARequest.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLifeOfARequest = LifeOfARequest.TestCase
