"""A ramp of RFQs through the hops of the model, as discrete events in virtual time.

Each RFQ goes through the gateway, the table and its stream, the queues and their workers, as the stacks have it. Queues
get more batches at once as fast as Lambda lets them, workers start cold, batches take what has come, partners' queues
decline what has waited for too long. What is drawn comes of one seed. A list of 60,000 RFQs is a million events: they are
calls in a heap, which is several times faster than processes of SimPy.
"""

import heapq
import itertools
import math
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import quantiles
from typing import Any, Final

from infra import roster
from tests.bench.aws_latencies import EVENT_BUS, HTTP_API, INVOKE, QUEUE, STREAM, STREAM_POLLS_PER_SECOND
from tests.bench.capacity import amounts, quotas
from tests.bench.capacity.durations import PARTNER
from tests.bench.capacity.model import Model, Worker
from tests.bench.capacity.work import CALLS_BACK, PARTNERS

DEADLINE: Final = 60.0
"""Seconds that an RFQ lives: what is missing then is missing for good."""

COLD_START: Final = 0.6
"""Seconds that the first batch of a new worker waits: to make it, and to import the code on a whole vCPU (assumed; see
`tests.bench.coldstart`)."""

DOUBLES: Final = 40.0
"""Seconds in which the rate doubles. In less than 33 the workers of a partner that takes a quarter of a second would have
to become more by 300 a minute, which is all that Lambda does for a queue."""

_SPREAD: Final = 0.3
"""Sigma of what a batch takes, log-normal around its mean (assumed)."""

_FIRST_POLLERS: Final = 5
_SHED_MS: Final = 5.0
"""What a partner's worker needs, at least, to decline without a call."""

BEGINS_AT: Final = 0.01
"""The share of the final rate with which a ramp begins."""

_RISES: Final = 4
_HOLDS: Final = 30.0
"""Phases in which the rate rises, and seconds for which it holds then."""


@dataclass
class Phase:
    """What was seen of the RFQs that came in a phase, and of the queues meanwhile.

    The rate rises from `rate` to `then`, in RFQs a second, by the same factor each second.
    """

    rate: float
    then: float
    seconds: float
    sent: int = 0
    refused: int = 0
    throttled: int = 0
    shed: int = 0
    times: list[float] = field(default_factory=list)
    oldest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    busy: int = 0

    def rate_at(self, seconds: float) -> float:
        """Return the rate so many seconds after the phase began."""
        return self.rate * math.exp(math.log(self.then / self.rate) * seconds / self.seconds)

    @property
    def late(self) -> int:
        """RFQs that had not all their quotes at the deadline."""
        return self.sent - self.refused - len(self.times)


class Clock:
    """Virtual time, and what happens next."""

    def __init__(self) -> None:
        self.now = 0.0
        self._next: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = itertools.count()

    def at(self, when: float, do: Callable[..., None], *arguments: Any) -> None:
        """Do something at a time."""
        heapq.heappush(self._next, (when, next(self._count), do, arguments))

    def after(self, seconds: float, do: Callable[..., None], *arguments: Any) -> None:
        """Do something later."""
        self.at(self.now + seconds, do, *arguments)

    def run(self, until: float) -> None:
        """Let time pass."""
        while self._next and self._next[0][0] <= until:
            self.now, _, do, arguments = heapq.heappop(self._next)
            do(*arguments)


class Bucket:
    """A token bucket: `rate` tokens a second, at most `burst` of them saved."""

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        self._clock, self._rate, self._burst = clock, rate, burst
        self._tokens, self._since = burst, 0.0

    def take(self, tokens: float = 1) -> bool:
        """Take tokens if there are as many."""
        now = self._clock.now
        self._tokens = min(self._burst, self._tokens + (now - self._since) * self._rate)
        self._since = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True


class Pool:
    """The workers of a function behind a queue or a shard, and what waits for them.

    `grows` is how many more batches at once it may have each second, from `first` up to `most`.
    """

    def __init__(
        self,
        run: "Run",
        name: str,
        *,
        most: int,
        batch_size: int,
        seconds: Callable[[Sequence[Any]], float],
        done: Callable[[Sequence[Any]], None],
        window: float = 0,
        first: float = _FIRST_POLLERS,
        grows: float = quotas.QUEUE_GROWTH.limit / 60,
    ) -> None:
        self._run, self._name, self._most, self._batch_size = run, name, most, batch_size
        self._seconds, self._done, self._window = seconds, done, window
        self._allowed, self._grows, self._since = min(float(most), first), grows, 0.0
        self._waiting: deque[tuple[float, Any]] = deque()
        self._busy = self._warm = 0

    def put(self, message: Any) -> None:
        """A message has come."""
        self._waiting.append((self._run.clock.now, message))
        self._serve()
        if self._window and self._waiting:
            self._run.clock.after(self._window, self._serve)

    def _serve(self) -> None:
        run, now = self._run, self._run.clock.now
        if self._busy + 1 > self._allowed:  # it grows while it is not enough
            self._allowed = min(self._most, self._allowed + self._grows * min(1.0, now - self._since))
        self._since = now
        while self._ready() and self._busy + 1 <= self._allowed:
            arrived = self._waiting[0][0]
            batch = [self._waiting.popleft()[1] for _ in range(min(self._batch_size, len(self._waiting)))]
            run.waited(self._name, now - arrived)
            self._busy += 1
            run.busy(1)
            seconds = self._seconds(batch) * run.random.lognormvariate(-(_SPREAD**2) / 2, _SPREAD)
            if self._busy > self._warm:
                self._warm += 1
                seconds += COLD_START
            run.clock.after(seconds, self._end, batch)

    def _ready(self) -> bool:
        """Tell whether a batch is full, or its first message has waited for the window."""
        if not self._waiting:
            return False
        full = len(self._waiting) >= self._batch_size
        return full or self._run.clock.now - self._waiting[0][0] >= self._window

    def _end(self, batch: Sequence[Any]) -> None:
        self._busy -= 1
        self._run.busy(-1)
        self._done(batch)
        self._serve()


@dataclass(slots=True)
class Rfq:
    """An RFQ under way: when it came, in which phase, and how many responses are missing."""

    came: float
    phase: Phase
    shard: int
    missing: int = amounts.RESPONSES


class Run:
    """One ramp up to `rate` through the hops of a model, in which the rate doubles every so many seconds."""

    def __init__(self, model: Model, rate: float, *, doubles: float, seed: int) -> None:
        self.clock = Clock()
        self.random = Random(seed)
        self.phases = _phases(rate, doubles)
        self._model = model
        self._phase = self.phases[0]
        self._busy = 0
        limits = model.settings.apis["rfq-api"]
        # An RFQ is two requests, of which the second comes when it is over: so it takes two tokens.
        self._gateway = Bucket(
            self.clock, limits.rate / amounts.API_REQUESTS, limits.burst / amounts.API_REQUESTS
        )
        writes = model.settings.tables["ride-booking"].writes
        self._table = Bucket(self.clock, writes, writes)
        self._units = model.units_of_a_write
        workers = model.workers
        self._shards = [
            self._pool(
                workers["outbox"], self._announced, most=workers["outbox"].at_once // model.shards, ready=True
            )
            for _ in range(model.shards)
        ]
        self._inbox = self._pool(workers["responder"], self._responded)
        self._partners = {id_: self._partner(workers[id_]) for id_ in PARTNERS}
        self._replies = self._pool(workers["aggregator"], self._gathered)
        self._deadlines = self._pool(workers["closer"], lambda _: None)
        self._timeouts = {id_: row["timeout"] for id_, row in roster.partners().items()}

    def all(self) -> list[Phase]:
        """Let all phases pass, and the time until the last deadline."""
        began = 0.0
        for phase in self.phases:
            self.clock.run(began)
            self._phase = phase
            passed = self.random.expovariate(phase.rate)
            while passed < phase.seconds:
                self.clock.at(began + passed, self._post, phase)
                passed += self.random.expovariate(phase.rate_at(passed))
            began += phase.seconds
        self.clock.run(began + DEADLINE)
        return self.phases

    def waited(self, name: str, seconds: float) -> None:
        """Note how long a batch's oldest message has waited."""
        oldest = self._phase.oldest
        oldest[name] = max(oldest[name], seconds)

    def busy(self, more: int) -> None:
        """Note that so many more workers are busy."""
        self._busy += more
        self._phase.busy = max(self._phase.busy, self._busy)

    def _pool(
        self,
        worker: Worker,
        done: Callable[[Sequence[Any]], None],
        *,
        most: int | None = None,
        ready: bool = False,
    ) -> Pool:
        most = most or worker.at_once
        return Pool(
            self,
            worker.name,
            most=most,
            batch_size=worker.batch_size,
            seconds=lambda batch: worker.milliseconds(len(batch)) / 1000,
            done=done,
            window=worker.window_s,
            first=most if ready else _FIRST_POLLERS,
        )

    def _partner(self, worker: Worker) -> Pool:
        """A partner's queue: what has waited for longer than a call may take is declined, and a look is a message, too."""
        calls, *looks = (kind.milliseconds(1, worker.memory_mib) / 1000 for kind in worker.kinds)

        def seconds(batch: Sequence[Any]) -> float:
            [(rfq, came)] = batch
            if rfq is None:
                return looks[0]
            if self.clock.now - came <= self._timeouts[worker.name]:
                return calls
            rfq.phase.shed += 1
            return max(_SHED_MS / 1000, calls - worker.partner_ms / 1000)

        def done(batch: Sequence[Any]) -> None:
            [(rfq, _)] = batch
            if rfq is None:
                return
            if worker.name == CALLS_BACK:
                self.clock.after(1.0, self._partners[worker.name].put, (None, self.clock.now))
                self.clock.after(
                    self._draw(PARTNER) + self._draw(HTTP_API) + self._model.callback_seconds, self._send, rfq
                )
            else:
                self._send(rfq)

        return Pool(self, worker.name, most=worker.at_once, batch_size=1, seconds=seconds, done=done)

    def _draw(self, latency: Any) -> float:
        return float(latency.sample(self.random)) / 1000

    def _post(self, phase: Phase) -> None:
        phase.sent += 1
        if not self._gateway.take():
            phase.refused += 1
            return
        rfq = Rfq(self.clock.now, phase, self.random.randrange(self._model.shards))
        took = self._draw(HTTP_API) + self._draw(INVOKE) + self._model.post_seconds
        self.clock.after(took, self._write, rfq, self._announce)
        self.clock.after(took + DEADLINE, self._deadlines.put, rfq)

    def _write(self, rfq: Rfq, then: Callable[[Rfq], None], tries: int = 0) -> None:
        """Write the RFQ's item; again a moment later if the table throttles."""
        if self._table.take(self._units):
            then(rfq)
            return
        self._phase.throttled += 1
        self.clock.after(min(1.0, 0.05 * 2**tries) * self.random.random(), self._write, rfq, then, tries + 1)

    def _announce(self, rfq: Rfq) -> None:
        """The stream has a record of it, and Lambda's next look finds it."""
        seconds = self._draw(STREAM) + self.random.random() / STREAM_POLLS_PER_SECOND
        self.clock.after(seconds, self._shards[rfq.shard].put, rfq)

    def _announced(self, batch: Sequence[Rfq]) -> None:
        for rfq in batch:
            if rfq.missing:
                self.clock.after(self._draw(EVENT_BUS) + self._draw(QUEUE), self._inbox.put, rfq)

    def _responded(self, batch: Sequence[Rfq]) -> None:
        for rfq in batch:
            self._send(rfq)
            for pool in self._partners.values():
                self.clock.after(self._draw(QUEUE), pool.put, (rfq, self.clock.now))

    def _send(self, rfq: Rfq) -> None:
        self.clock.after(self._draw(QUEUE), self._replies.put, rfq)

    def _gathered(self, batch: Sequence[Rfq]) -> None:
        for rfq in batch:
            self._write(rfq, self._counted)

    def _counted(self, rfq: Rfq) -> None:
        rfq.missing -= 1
        if rfq.missing:
            return
        took = self.clock.now - rfq.came
        if took <= DEADLINE:
            rfq.phase.times.append(took)
        self._announce(rfq)


def ramp(model: Model, rate: float, *, doubles: float = DOUBLES, seed: int = 1) -> list[Phase]:
    """Ramp up to a rate through a model's hops. The rate doubles every so many seconds."""
    return Run(model, rate, doubles=doubles, seed=seed).all()


def _phases(rate: float, doubles: float) -> list[Phase]:
    """Make the phases: each rises by the same factor, and the last one holds."""
    rates = [rate * BEGINS_AT ** (1 - step / _RISES) for step in range(_RISES + 1)]
    rises = [Phase(low, high, doubles * math.log2(high / low)) for low, high in itertools.pairwise(rates)]
    return [*rises, Phase(rate, rate, _HOLDS)]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile; not a number if there are no values."""
    if len(values) < 2:
        return values[0] if values else math.nan
    return quantiles(values, n=100, method="inclusive")[percent - 1]
