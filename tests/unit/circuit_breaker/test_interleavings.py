"""Any interleaving of environments, with crashes, clock skew, slow and failing stores, and results that come late."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations, product

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.circuit_breaker.world import CIRCUIT, NOW, Heard, classify
from wild_rydes_circuit_breaker import (
    Blame,
    CircuitBreaker,
    CircuitOpen,
    Conflict,
    Fault,
    MemoryStore,
    Mode,
    Override,
    Permit,
    Record,
    Settings,
    State,
    StoreUnavailable,
    set_mode,
)
from wild_rydes_circuit_breaker.record import Entry, Tally

pytestmark = pytest.mark.slow

ENVIRONMENTS = 5
PERMITTED = 3
LONGEST_CALL = 2.0
SKEW = 0.2
"""Clocks are off by so much at most, either way; twice a call and the skew between two of them fit into a lease."""

SETTINGS = Settings(
    permitted_number_of_calls_in_half_open_state=PERMITTED,
    consecutive_failures=3,
    minimum_number_of_calls=4,
    max_wait_duration_in_open_state=4,
    max_wait_duration_in_half_open_state=8,
    calm_period=5,
    max_retry_after=10,
    permit_lease=2 * (LONGEST_CALL + 2 * SKEW) + 0.2,
)

OUTCOMES = (
    None,
    None,
    Fault(Blame.PARTNER),
    Fault(Blame.PARTNER),
    Fault(Blame.THROTTLED, retry_after=6),
    Fault(Blame.OURS),
)

EDGES = {
    (State.CLOSED, State.OPEN),
    (State.CLOSED, State.HALF_OPEN),  # a long row, put on record and probed in one write
    (State.OPEN, State.HALF_OPEN),
    (State.HALF_OPEN, State.OPEN),
    (State.HALF_OPEN, State.CLOSED),
}

Meddling = Callable[[], None]


class Died(BaseException):
    """The environment is gone, in the middle of what it did."""


@dataclass
class Environment:
    """One environment, which handles one call at a time. `busy`: it waits for the store."""

    breaker: CircuitBreaker
    call: Permit | None = None
    began: float = 0
    busy: bool = False
    cut_off: bool = False
    loses_answers: bool = False
    dies: bool = False

    def probing(self, now: float) -> bool:
        """Whether a probe of the shared circuit is under way. No call is, for longer than a call lasts."""
        call = self.call
        return bool(call and call.probe and call.shared and now - self.began < LONGEST_CALL)


class Watchman(MemoryStore):
    """The shared store. Lets others go first, takes its time, fails, and checks each write."""

    def __init__(self, fleet: "Fleet") -> None:
        super().__init__()
        self._fleet = fleet

    def read(self, circuit: str) -> Record:
        with self._crossing():
            return super().read(circuit)

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        with self._crossing():
            return self._checked(lambda: super(Watchman, self).replace(circuit, before, after))

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        with self._crossing():
            return self._checked(lambda: super(Watchman, self).add(circuit, epoch, entry))

    @contextmanager
    def _crossing(self) -> Iterator[None]:
        fleet, acting = self._fleet, self._fleet.acting
        if acting and acting.cut_off:
            raise StoreUnavailable("cut off")
        while fleet.meddling:
            fleet.meddling.pop()()
        fleet.now += fleet.delay
        yield
        if acting and acting.dies:
            raise Died
        if acting and acting.loses_answers:
            raise StoreUnavailable("answer lost")

    def _checked(self, write: Callable[[], Record]) -> Record:
        before = self._records.get(CIRCUIT, Record())
        after = write()
        turned = before.epoch != after.epoch
        assert after.epoch >= before.epoch
        assert after.revision - before.revision in (0, 1)
        if not turned:
            assert (before.state, before.override) == (after.state, after.override)
        elif before.override == after.override or not after.override:
            assert (before.state, after.state) in EDGES or before.override
        assert len(after.probes) + after.tally.calls <= PERMITTED
        if (call := self._fleet.ending) and call.epoch != before.epoch:
            # A stale result frees its permit, and does nothing else.
            left = tuple(probe for probe in before.probes if probe.permit != call.probe)
            assert after == replace(before, revision=after.revision, probes=left)
        return after


class Fleet(RuleBasedStateMachine):
    """What may happen, at any time and in the middle of anything."""

    @initialize(
        skews=st.lists(st.sampled_from([-SKEW, 0, SKEW]), min_size=ENVIRONMENTS, max_size=ENVIRONMENTS),
        state=st.sampled_from(State),
        opens=st.integers(0, 3),
    )
    def begin(self, skews: list[float], state: State, opens: int) -> None:
        self.now = NOW
        self.delay = 0.0
        self.draw = 0.5
        self.acting: Environment | None = None
        self.ending: Permit | None = None
        self.meddling: list[Meddling] = []
        self.started = 0
        self.store = Watchman(self)
        self.skews = skews
        self.wrong = [0.0] * ENVIRONMENTS
        self.put_right = float("-inf")
        self.fleet = [self._start(who) for who in range(ENVIRONMENTS)]
        self.store.seed(
            CIRCUIT, Record(revision=1, epoch=1, state=state, opens=opens, since=NOW, retry_at=NOW)
        )

    def _start(self, who: int) -> Environment:
        self.started += 1
        breaker = CircuitBreaker(
            CIRCUIT,
            SETTINGS,
            self.store,
            classify=classify,
            listener=Heard(),
            environment=f"environment-{self.started}",
            now=lambda: self.now + self.skews[who] + self.wrong[who],
            draw=lambda: self.draw,
        )
        return Environment(breaker)

    # What environments do

    WHO = st.integers(0, ENVIRONMENTS - 1)
    OUTCOME = st.sampled_from(OUTCOMES)
    # One draw for each act and each set: drawing takes longer than what is drawn.
    ACTS = st.lists(
        st.sampled_from([*product(("call", "end", "crash"), range(ENVIRONMENTS), OUTCOMES)]), max_size=3
    )
    SOME = st.sampled_from(
        [frozenset(some) for n in range(ENVIRONMENTS + 1) for some in combinations(range(ENVIRONMENTS), n)]
    )

    @rule(who=WHO, outcome=OUTCOME, acts=ACTS, delay=st.sampled_from([0, 0, 0, 0.1, 2.4, 4]))
    def calls(
        self, who: int, outcome: Fault | None, acts: list[tuple[str, int, Fault | None]], delay: float
    ) -> None:
        """An environment begins a call, or ends the one it has, while others do this and that."""
        self.delay = delay
        self.meddling = [lambda act=act: self._act(*act) for act in acts]  # type: ignore[misc]
        self._act("end" if self.fleet[who].call else "call", who, outcome)
        self.meddling, self.delay = [], 0

    @rule(
        first=WHO,
        runs_on=SOME,
        outcome=OUTCOME,
        seconds=st.sampled_from([0.3, 1, 1.5, 1.9]),
    )
    def two_bursts(self, first: int, runs_on: frozenset[int], outcome: Fault | None, seconds: float) -> None:
        """All call, some of the calls run on, and soon all others call again."""
        self.all_call(first)
        self.some_end(frozenset(range(ENVIRONMENTS)) - runs_on, outcome)
        self.now += seconds
        self.all_call(first)

    @rule(first=WHO)
    def all_call(self, first: int) -> None:
        for index in range(ENVIRONMENTS):
            self._act("call", (first + index) % ENVIRONMENTS, None)

    @rule(who=SOME, outcome=OUTCOME)
    def some_end(self, who: frozenset[int], outcome: Fault | None) -> None:
        for index in sorted(who):
            self._act("end", index, outcome)

    @rule(who=SOME)
    def some_crash(self, who: frozenset[int]) -> None:
        for index in sorted(who):
            self._act("crash", index, None)

    @rule(failing=st.booleans(), seconds=st.sampled_from([0, 1, 4]))
    def time_of_one_kind(self, *, failing: bool, seconds: float) -> None:
        """For a while all calls go the same way."""
        for index in range(3 * ENVIRONMENTS):
            self._act("call", index % ENVIRONMENTS, None)
            self._act("end", index % ENVIRONMENTS, Fault(Blame.PARTNER) if failing else None)
            self.now += seconds / ENVIRONMENTS

    def _act(self, what: str, who: int, outcome: Fault | None) -> None:
        environment = self.fleet[who]
        if environment.busy:
            return
        if what == "crash":
            self.fleet[who] = self._start(who)
            return
        before, self.acting, self.ending = (self.acting, self.ending), environment, None
        environment.busy = True
        try:
            if what == "call" and environment.call is None:
                environment.call = environment.breaker.begin()
                environment.began = self.now
            elif what == "end" and environment.call is not None:
                call, environment.call = environment.call, None
                self.ending = call
                environment.breaker.end(call, outcome)
        except CircuitOpen:
            pass
        except Died:
            self.fleet[who] = self._start(who)
        finally:
            environment.busy = False
            self.acting, self.ending = before

    # What happens to them

    @rule(seconds=st.sampled_from([0.3, 1, 1.9, 4.5, 12]), draw=st.floats(0, 1))
    def time_goes_by(self, seconds: float, draw: float) -> None:
        self.now += seconds
        self.draw = draw

    @rule(who=WHO, cut_off=st.booleans())
    def store_is_cut_off(self, who: int, *, cut_off: bool) -> None:
        self.fleet[who].cut_off = cut_off

    @rule(who=WHO, loses=st.booleans())
    def answers_get_lost(self, who: int, *, loses: bool) -> None:
        self.fleet[who].loses_answers = loses

    @rule(who=WHO)
    def dies_with_its_next_write_or_read(self, who: int) -> None:
        self.fleet[who].dies = True

    @rule(mode=st.sampled_from(Mode), lasts=st.sampled_from([None, 3, 20]))
    def a_person_sets_a_mode(self, mode: Mode, lasts: float | None) -> None:
        until = None if lasts is None else self.now + lasts
        try:
            set_mode(self.store, CIRCUIT, Override(mode, "ada", "drill", until), now=self.now)
        except Conflict:
            raise AssertionError("nobody else was writing") from None

    # What must hold

    @invariant()
    def no_more_probes_than_permitted(self) -> None:
        probing = [environment for environment in self.fleet if environment.probing(self.now)]
        # What began by a wrong clock goes on for a call's length after the clock is put right.
        clocks_are_right = not any(self.wrong) and self.now - self.put_right >= LONGEST_CALL
        assert len(probing) <= PERMITTED or not clocks_are_right

    def teardown(self) -> None:
        """Once everything works again and calls succeed, the circuit closes and everybody is let through."""
        if not hasattr(self, "fleet"):
            return
        for environment in self.fleet:
            environment.cut_off = environment.loses_answers = environment.dies = False
        set_mode(self.store, CIRCUIT, Override(Mode.AUTO, "ada", "drill is over"), now=self.now)
        calm = 0
        for _ in range(40):
            let_through = []
            for who in range(ENVIRONMENTS):
                self._act("end", who, None)
                self._act("call", who, None)
                call = self.fleet[who].call
                let_through.append(call is not None and call.shared and call.probe is None)
                self._act("end", who, None)
            self.now += 1
            calm = calm + 1 if all(let_through) else 0
            if calm > SETTINGS.sliding_window_size + SETTINGS.hearing_period:
                break  # whatever was counted before is forgotten, or was polled
        record = self.store.read(CIRCUIT)
        assert record.state is State.CLOSED
        assert record.tally == Tally()
        assert calm


class FleetWithWrongClocks(Fleet):
    """The same, and clocks are put forward and back. More may probe then; still the circuit closes in the end."""

    @rule(who=Fleet.WHO, by=st.sampled_from([-600.0, -20.0, 0.0, 20.0, 600.0]))
    def a_clock_goes_wrong(self, who: int, by: float) -> None:
        """It stays so, for the environments that come after this one, too."""
        self.wrong[who] = by
        self.put_right = self.now

    def teardown(self) -> None:
        """What some of them have written is left behind, others go on."""
        if hasattr(self, "fleet"):
            for who in range(0, ENVIRONMENTS, 2):
                self.wrong[who] = 0
                self._act("crash", who, None)
        super().teardown()


SETTINGS_OF_SEARCH = settings(
    max_examples=4 * settings().max_examples,
    stateful_step_count=40,
    phases=[Phase.reuse, Phase.generate],  # told as found: to shrink forty steps takes minutes
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestFleet = Fleet.TestCase
TestFleet.settings = SETTINGS_OF_SEARCH
TestFleetWithWrongClocks = FleetWithWrongClocks.TestCase
TestFleetWithWrongClocks.settings = SETTINGS_OF_SEARCH
