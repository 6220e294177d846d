"""The circuit breaker of one environment."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wild_rydes_circuit_breaker import rules
from wild_rydes_circuit_breaker.call import Blame, CircuitOpen, Fault, Permit
from wild_rydes_circuit_breaker.observe import Listener
from wild_rydes_circuit_breaker.own_clock import OnOwnClock
from wild_rydes_circuit_breaker.record import (
    Entry,
    Mode,
    Record,
    Row,
    State,
    Tally,
    Transition,
    Verdict,
)
from wild_rydes_circuit_breaker.rules import Admission, Report
from wild_rydes_circuit_breaker.settings import Settings
from wild_rydes_circuit_breaker.store import (
    Conflict,
    MemoryStore,
    Store,
    StoreUnavailable,
    change,
    readable,
)
from wild_rydes_circuit_breaker.window import Window

_ENOUGH_REPORTERS = 25
"""So many windows are enough for a poll. The limit bounds the item, and what a poll costs a large fleet."""

_FEW = 2
"""Calls are few in a window of less than so many times the calls of a poll: a lull would leave it without."""


class CircuitBreaker:
    """Guards the calls to one partner, together with all other environments of the same store and name.

    `classify` says whose fault an exception is, or None if the exception stands for a proper answer. `now` is
    the wall clock, in seconds: instants are shared, and an environment that was frozen must notice that time
    has passed. An instance serves one thread.
    """

    def __init__(
        self,
        circuit: str,
        settings: Settings,
        store: Store,
        *,
        classify: Callable[[Exception], Fault | None],
        listener: Listener,
        environment: str | None = None,
        now: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.circuit = circuit
        self.environment = environment or uuid.uuid4().hex[:12]
        self._settings = settings
        self._alone = settings.alone()
        self._store = OnOwnClock(store, settings, now)
        self._own = MemoryStore()
        self._classify = classify
        self._listener = listener
        self._now = now
        self._draw = draw
        self._shared = True
        self._record = Record()
        self._seen_at = self._seen_until = 0.0
        self._permits = 0
        self._window = Window(settings.sliding_window_size)
        self._last_bad = float("-inf")
        self._bad_in_a_row = 0.0
        self._striking = False
        self._row: Row | None = None

    @contextmanager
    def call(self) -> Iterator[Permit]:
        """Call the partner inside this context. Raises CircuitOpen if the partner must not be called now.

        An exception inside the context is classified, and passes through.
        """
        permit = self.begin()
        try:
            yield permit
        except Exception as error:
            self.end(permit, self._classify(error))
            raise
        except BaseException:
            self.end(permit, Fault(Blame.OURS))
            raise
        self.end(permit)

    def begin(self) -> Permit:
        """Let a call through. Raises CircuitOpen. Give each permit back to `end`."""
        try:
            return self._admit(self._view())
        except StoreUnavailable as error:
            self._part(error)
            return self._admit(self._record)

    def end(self, permit: Permit, fault: Fault | None = None) -> None:
        """Take back a permit and learn how its call went: well, or not because of `fault`."""
        if permit.shared is not self._shared:
            return  # begun under the other state, shared or own; a probe's permit is freed by its lease
        now = self._now()
        verdict = None
        if fault is None or fault.blame is not Blame.OURS:
            slow = now - permit.began >= self._settings.slow_call_duration_threshold
            verdict = Verdict(failed=fault is not None, slow=slow)
        retry_after = fault.retry_after if fault else 0
        report = self._reporting(now, permit.epoch, retry_after)
        try:
            if permit.probe is not None:
                self._answer(report, permit.probe, verdict)
            elif verdict is not None and permit.mode is not Mode.DISABLED:
                self._measure(report, verdict, permit)
        except StoreUnavailable as error:
            self._part(error)

    def conclude(self, permit: Permit, fault: Fault | None = None) -> None:
        """Take back a permit of a call that has ended long after it began, maybe in another environment.

        What this one knows of the circuit may be as old as that, so it looks first, as a call does.
        """
        try:
            self._view()
        except StoreUnavailable as error:
            self._part(error)
        self.end(permit, fault)

    def tally(self) -> Tally:
        """Count this environment's own results within the window."""
        return self._window.tally(self._now())

    # Calls

    def _admit(self, record: Record) -> Permit:
        now = self._now()
        probe = None
        admission = rules.admission(record, self._ruling, now)
        if admission is not Admission.CALL:
            report = self._reporting(now, record.epoch)
        if admission is Admission.PROBE:
            self._permits += 1
            asked = f"{self.environment}/{self._permits}"
            record = self._change(lambda record: rules.granted(record, self._ruling, report, permit=asked))
            probe = asked if rules.holds(record, asked) else None
            admission = rules.admission(record, self._ruling, now)
        elif admission is Admission.REFUSE and record.state is State.CLOSED:
            # The row that stops calls is not on record yet: it was too short for whoever added to it last.
            record = self._change(lambda record: rules.tripped(record, self._ruling, report))
        began = self._now()
        if probe and began - now > self._settings.permit_lease / 2:
            probe = None  # the store took so long that the lease might not last
        if probe is None and admission is not Admission.CALL:
            raise CircuitOpen(self.circuit, record, max(0.0, rules.retry_at(record, self._ruling, now) - now))
        row = record.row.since if record.row else None
        return Permit(began, record.mode(now), record.epoch, self._shared, row, probe)

    def _answer(self, report: Report, probe: str, verdict: Verdict | None) -> None:
        self._change(
            lambda record: rules.answered(record, self._ruling, report, permit=probe, verdict=verdict)
        )

    def _measure(self, report: Report, verdict: Verdict, permit: Permit) -> None:
        if verdict.bad and self._shared:
            self._seen_until = report.now  # the next call looks before it leaps
        if report.epoch != self._record.epoch:
            return
        self._window.add(verdict, report.now)
        if verdict.bad:
            self._bad_in_a_row += 1
            calm = not 0 <= report.now - self._last_bad < self._settings.calm_period
            many = self._bad_in_a_row >= self._settings.consecutive_failures
            self._striking = self._striking or calm or many
            self._last_bad = report.now
        else:
            self._bad_in_a_row, self._striking, self._row = 0, False, None
        if permit.mode is Mode.AUTO and (verdict.bad or self._record.row or self._record.poll):
            self._report(report, verdict, permit.row)

    def _report(self, report: Report, verdict: Verdict, row: float | None) -> None:
        def rule(record: Record) -> Record:
            then = record if verdict.bad else rules.refuted(record, report, row)
            return rules.tripped(then, self._ruling, report)

        record = self._change(rule)
        if report.epoch == record.epoch and self._add(report, record, bad=verdict.bad):
            self._change(lambda record: rules.tripped(record, self._ruling, report))

    def _add(self, report: Report, record: Record, *, bad: bool) -> bool:
        """Add what this environment knows to row and poll. Return whether there was anything to add.

        A `bad` call is kept out of the row where it proves little and is not needed: if it is not striking, and
        the environment makes so many calls that it can begin a poll.
        """
        tally, poll = self._window.tally(report.now), record.poll
        few = tally.calls < _FEW * self._settings.minimum_number_of_calls
        in_row = bad and (self._striking or few)
        accuses = tally.calls > 0 and rules.too_bad(tally, self._settings, of=tally.calls)
        if poll:
            polled = self.environment not in poll.reporters and len(poll.reporters) < _ENOUGH_REPORTERS
        else:
            polled = accuses and tally.failed + tally.slow > 1 and report.now >= record.quiet_until
        if not polled and not in_row:
            return False
        entry = Entry(
            by=self.environment,
            now=report.now,
            in_row=in_row,
            striking=in_row and self._striking,
            window=tally if polled else None,
            accuses=polled and accuses,
            retry_at=rules.asked_for(self._settings, report),
        )
        try:
            added = self._ruler.add(self.circuit, report.epoch, entry)
        except Conflict as conflict:
            added = conflict.current
        self._see(added)
        self._row = self._record.row if in_row else None
        return True

    def _reporting(self, now: float, epoch: int, retry_after: float = 0) -> Report:
        return Report(self.environment, now, epoch, self._draw(), retry_after)

    # The state: everybody's, or this environment's own

    @property
    def _ruler(self) -> Store:
        return self._store if self._shared else self._own

    @property
    def _ruling(self) -> Settings:
        return self._settings if self._shared else self._alone

    def _view(self) -> Record:
        """Return the state to go by. Read it again if the last view is too old. Raises StoreUnavailable."""
        now = self._now()
        if self._seen_at <= now < self._seen_until:
            return self._record
        record, repaired = readable(self._store, self.circuit, by=self.environment, now=now)
        if repaired:
            self._listener.repaired(self.circuit, repaired)
        if self._shared:
            self._see(record)
        else:
            self._rejoin(record)
        return self._record

    def _change(self, rule: Callable[[Record], Record]) -> Record:
        known = self._record
        try:
            before, after = change(self._ruler, self.circuit, known, rule)
        except Conflict as conflict:
            before = after = conflict.current
        if after is not known:
            self._see(after)
        if transition := Transition.between(self.circuit, before, after):
            self._listener.turned(transition, shared=self._shared)
        return after

    def _see(self, record: Record) -> None:
        if record.epoch != self._record.epoch:
            self._window.clear()
            self._bad_in_a_row, self._striking, self._row = 0, False, None
            if record.state is State.CLOSED:
                # After an outage the next one may come as suddenly; after a false alarm nothing is striking for
                # a while.
                self._last_bad = float("-inf") if record.opens else record.since
                self._bad_in_a_row = 0 if record.opens else float("-inf")
        elif self._row and (record.row is None or record.row.since != self._row.since):
            # Refuted: nothing is striking until this environment was calm again, or had a good call.
            self._bad_in_a_row, self._striking, self._row = float("-inf"), False, None
        self._record = record
        if self._shared:
            self._valid_for(self._settings.state_cache_ttl)

    def _valid_for(self, longest: float) -> None:
        self._seen_at = self._now()
        self._seen_until = self._seen_at + longest * (1 + self._draw()) / 2

    def _part(self, error: StoreUnavailable) -> None:
        """Go on alone, from the last view: neither trust the partner blindly nor give it up."""
        if self._shared:
            self._shared = False
            self._own.seed(self.circuit, self._record)
        self._listener.parted(self.circuit, error)
        self._valid_for(self._settings.store_retry_interval)

    def _rejoin(self, record: Record) -> None:
        """Go by the shared state again, and report what was found meanwhile."""
        found = self._record
        self._shared = True
        self._see(record)
        self._listener.rejoined(self.circuit)
        if found.state is not State.CLOSED and record.state is State.CLOSED:
            self._striking = True
            self._add(self._reporting(self._now(), record.epoch), record, bad=True)
