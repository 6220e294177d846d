"""From the submission to all quotes, as AWS would have it: a simulation of what it documents.

Times are milliseconds. An RFQ passes the API, the table's stream, the outbox, the bus, the responder's queue, the
responder, the return address and the aggregator, whose write shows the quotes. Nothing of it was measured on AWS: see
`tests.bench.aws_latencies`. The CPU time of each function was measured by `tests.bench.capacity`, with ten unicorns
and three partners in reach.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from statistics import median, quantiles
from typing import Final

from tests.bench.aws_latencies import (
    CALLS,
    EVENT_BUS,
    HTTP_API,
    INIT,
    INVOKE,
    QUEUE,
    STREAM,
    STREAM_POLLS_PER_SECOND,
    cpu_milliseconds,
)
from tests.bench.capacity.durations import load
from tests.bench.cost.prices import CONVENTION, EVENT, LAMBDA, SQS, WHOLE
from tests.bench.cost.prices import DURATION as GB_SECOND
from tests.bench.cost.rest_of_the_bill import COLD

_ALONE: Final = 60_000.0
"""Between RFQs that shall not meet, on average."""


API: Final = "ride-booking-api"
OUTBOX: Final = "ride-booking-outbox"
RESPONDER: Final = "unicorn-mgmt-responder"
AGGREGATOR: Final = "ride-booking-aggregator"
WAY: Final = (API, OUTBOX, RESPONDER, AGGREGATOR)

MEASURED: Final = {name: load()[name].batches[0] for name in WAY}
"""What the smallest batch of each function takes."""


@dataclass(frozen=True)
class Plan:
    """How the hops are set. `windows` are the seconds that a queue's mapping waits for a fuller batch."""

    name: str
    memory: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(WAY, 256))
    """MiB of each function."""
    windows: Mapping[str, float] = field(default_factory=dict)
    cold: float = COLD
    """The share of invocations that start a worker first."""
    bus: bool = True
    """Whether events pass the bus, or go to the responder's queue at once."""
    stream: bool = True
    """Whether the outbox reads the stream, or the API publishes after its write, and loses RFQs when it dies there."""
    month: float = 0
    """Dollars that the plan costs a month, however many RFQs there are."""
    requests: float = 0
    """Dollars of requests that a million RFQs take more, or less."""


@dataclass(frozen=True)
class Journey:
    """Of one RFQ: when each hop ended after the submission, in milliseconds, by the hop's name."""

    ends: Mapping[str, float]

    @property
    def quoted(self) -> float:
        """When all quotes could be seen. The answers of all unicorns in reach come in one message."""
        return max(self.ends.values())


@dataclass(frozen=True)
class Run:
    """The journeys of a simulation, and how many RFQs an invocation of each function had on average."""

    journeys: Sequence[Journey]
    batches: Mapping[str, float]

    def milliseconds(self, share: float) -> float:
        """Take a quantile of the time until all quotes could be seen."""
        return quantiles([journey.quoted for journey in self.journeys], n=100)[round(share * 100) - 1]

    def hop(self, name: str, before: str | None) -> float:
        """Take the median of what a hop adds."""
        return median(
            journey.ends[name] - (journey.ends[before] if before else 0) for journey in self.journeys
        )


def simulate(plan: Plan, *, rate: float, rfqs: int, seed: int = 1) -> Run:
    """Let RFQs come at random, so many a second on average; alone, if the rate is 0."""
    random = Random(seed)
    gap = 1000 / rate if rate else _ALONE
    submitted = list(accumulate(random.expovariate(1 / gap) for _ in range(rfqs)))
    hops: dict[str, list[float]] = {}
    batches: dict[str, float] = {}

    def answer(name: str, came: Sequence[float], groups: Sequence[Sequence[int]]) -> list[float]:
        """Let a function handle groups of RFQs, each when the last of it has come."""
        ends = [0.0] * rfqs
        for group in groups:
            end = max(came[i] for i in group) + _duration(name, plan, random)
            for i in group:
                ends[i] = end
        batches[name] = rfqs / len(groups)
        return ends

    alone = [[i] for i in range(rfqs)]
    written = answer(API, [at + HTTP_API.sample(random) for at in submitted], alone)
    hops["API: validate, write the RFQ"] = written
    if plan.stream:
        published, batches[OUTBOX] = _through_the_stream(written, plan, random)
    else:
        published = [at + CALLS["PutEvents"].sample(random) for at in written]
    hops["stream and outbox: deadline, event"] = published
    delivered = [at + (EVENT_BUS.sample(random) if plan.bus else 0) for at in published]
    hops["bus: to the inbox"] = delivered
    for queue, name in (("inbox and responder", RESPONDER), ("return address and aggregator", AGGREGATOR)):
        came = [at + QUEUE.sample(random) for at in delivered]
        window = 1000 * plan.windows.get(name, 0)
        groups = _batched(came, window) if window else alone
        closed = [at + window for at in came]
        delivered = answer(name, _first_closes(closed, groups) if window else came, groups)
        hops[queue] = delivered
    journeys = [Journey({name: ends[i] - submitted[i] for name, ends in hops.items()}) for i in range(rfqs)]
    return Run(journeys, batches)


def _through_the_stream(written: Sequence[float], plan: Plan, random: Random) -> tuple[list[float], float]:
    """Poll the shard: the next look comes a quarter of a second later, or when the outbox is done with a batch."""
    seen = sorted((at + STREAM.sample(random), i) for i, at in enumerate(written))
    published = [0.0] * len(written)
    every = 1000 / STREAM_POLLS_PER_SECOND
    look, position, invocations = 0.0, 0, 0
    while position < len(seen):
        # Looks that find nothing are skipped, not counted one by one.
        if seen[position][0] > look:
            look += every * max(1, int((seen[position][0] - look) / every))
        batch = [i for at, i in seen[position : position + 100] if at <= look]
        if not batch:
            look += random.uniform(0.98, 1.02) * every
            continue
        end = look + _duration(OUTBOX, plan, random)
        for i in batch:
            published[i] = end
        position += len(batch)
        invocations += 1
        look = max(look + every, end)
    return published, len(written) / invocations


def _batched(came: Sequence[float], window: float) -> list[list[int]]:
    """Group what comes within a window that the first message opens, ten at most."""
    groups: list[list[int]] = []
    closes = float("-inf")
    for at, i in sorted((at, i) for i, at in enumerate(came)):
        if at > closes or len(groups[-1]) == 10:
            groups.append([])
            closes = at + window
        groups[-1].append(i)
    return groups


def _first_closes(closed: Sequence[float], groups: Sequence[Sequence[int]]) -> list[float]:
    """When each message's batch is handed over: at the end of the window of its first."""
    at = [0.0] * len(closed)
    for group in groups:
        for i in group:
            at[i] = min(closed[j] for j in group)
    return at


def _duration(name: str, plan: Plan, random: Random) -> float:
    batch = MEASURED[name]
    start = INVOKE.sample(random) + (INIT.sample(random) if random.random() < plan.cold else 0)
    waits = sum(
        max(CALLS[call].sample(random) for call, times in wait.items() for _ in range(times))
        for wait in batch.waits
    )
    return start + cpu_milliseconds(batch.cpu_ms, plan.memory[name]) + waits


def dollars(plan: Plan, run: Run) -> tuple[float, float]:
    """What the functions and queues of the way cost a million RFQs: as the lab was counted, and as AWS bills.

    Only what plans differ in: invocations, their time, and the requests by which a batch is received and deleted.
    """
    as_the_lab = whole = plan.requests
    for name, batch in run.batches.items():
        requests = 2 / batch * CONVENTION[SQS] if name in (RESPONDER, AGGREGATOR) else 0
        as_the_lab += (CONVENTION[LAMBDA] + CONVENTION["Lambda 50 ms"]) / batch + requests
        whole += (
            CONVENTION[LAMBDA] + _seconds(name, plan) * plan.memory[name] / 1024 * WHOLE[GB_SECOND]
        ) / batch
        whole += requests
    return as_the_lab, whole


def _seconds(name: str, plan: Plan) -> float:
    return (MEASURED[name].milliseconds(plan.memory[name]) + plan.cold * INIT.mean) / 1000


def steps(deployed: Mapping[str, int]) -> tuple[Plan, ...]:
    """List what else could be done, each step by itself; the first is what is deployed, by the memory of its functions."""
    today = Plan("as deployed", memory={name: deployed[name] for name in WAY})
    memory = (
        replace(today, name=f"{size} MB each", memory=dict.fromkeys(WAY, size))
        for size in (256, 512, 1024, 1769)
    )
    return (
        today,
        replace(today, name="with a window of a second at the return address", windows={AGGREGATOR: 1}),
        *memory,
        replace(today, name="no cold starts: a provisioned worker each", cold=0, month=provisioned(today)),
        replace(today, name="to the inbox, not over the bus", bus=False, requests=-CONVENTION[EVENT]),
        replace(today, name="the API publishes, not the outbox (loses RFQs)", stream=False),
    )


def provisioned(plan: Plan) -> float:
    """What a provisioned worker of each function costs a month: https://aws.amazon.com/lambda/pricing/."""
    return sum(plan.memory.values()) / 1024 * 730 * 3600 * 0.0000033334


def compared(plans: Sequence[Plan], *, rate: float, rfqs: int, seed: int) -> Iterator[tuple[Plan, Run]]:
    """Simulate each of the plans."""
    for plan in plans:
        yield plan, simulate(plan, rate=rate, rfqs=rfqs, seed=seed)
