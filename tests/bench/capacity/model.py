"""The capacity model: how many RFQs a second each hop of an RFQ can do, by the settings of the templates.

A hop that hands batches to a function does `at once x messages of a batch / time of a batch`, with full batches: that is
what comes of a queue which begins to wait. Little's law gives what a rate keeps busy.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.bench.aws_latencies import STREAM_POLLS_PER_SECOND
from tests.bench.capacity import amounts, quotas
from tests.bench.capacity.durations import Durations
from tests.bench.capacity.quotas import Quota
from tests.bench.capacity.settings import Settings, Source
from tests.bench.capacity.work import CALLS_BACK, PARTNERS, UNICORNS
from tests.bench.cost.dynamodb_size import read_units

_RECORDS_OF_A_POLL: Final = 1000

_API_KINDS: Final = {
    "rfq-api": ("ride-booking-api", ("ride-booking-api", "ride-booking-api GET"), amounts.API_REQUESTS),
    "partner-api": ("unicorn-mgmt-partner-callbacks", ("unicorn-mgmt-partner-callbacks",), amounts.CALLBACKS),
}
"""API -> its function, the kinds of its requests, and how many of them an RFQ makes."""

_CIRCUIT_LOOKS: Final = 1.0
"""Reads a second that a busy worker makes of its partner's circuit (decision 10)."""

_UNICORN_BYTES: Final = 220
"""Bytes of a unicorn's entry in the index by cell."""

_SPARE: Final = 1.5
"""By how much a quota to ask for is more than what is used."""


@dataclass(frozen=True)
class Hop:
    """A step on an RFQ's way. `ceiling` is in RFQs a second; `limit` says what makes it."""

    name: str
    ceiling: float
    limit: str


@dataclass(frozen=True)
class Use:
    """What a rate of RFQs uses of a quota."""

    quota: Quota
    used: float
    why: str

    @property
    def ask(self) -> int | None:
        """The quota to ask for, in round numbers; None if there is enough."""
        wanted = self.used * _SPARE
        if wanted <= self.quota.limit:
            return None
        step = 5 * 10 ** max(0, int(math.log10(wanted)) - 1)
        return int(math.ceil(wanted / step) * step)


@dataclass(frozen=True)
class Worker:
    """A function that works off a queue or a stream: `messages` of each RFQ, `at_once` batches of `batch_size`."""

    name: str
    function: str
    messages: float
    batch_size: int
    at_once: int
    kinds: tuple[Durations, ...]
    memory_mib: int
    window_s: float = 0

    def milliseconds(self, batch: float) -> float:
        """Return how long a batch takes. Where messages are of several kinds, a batch has one of each."""
        return sum(kind.milliseconds(batch, self.memory_mib) for kind in self.kinds) / len(self.kinds)

    @property
    def partner_ms(self) -> float:
        """How much of a message's time is the partner's."""
        partner = self.kinds[0].partner
        return partner.mean if partner else 0.0

    @property
    def ceiling(self) -> float:
        """RFQs a second with full batches."""
        return self.at_once * self.batch_size / (self.milliseconds(self.batch_size) / 1000) / self.messages

    def busy(self, rate: float) -> float:
        """Return how many workers a rate keeps busy if no batch has more than one message."""
        return min(self.at_once, rate * self.messages * self.milliseconds(1) / 1000)


class Model:
    """The hops by some settings and by what was measured of the functions."""

    def __init__(self, settings: Settings, durations: Mapping[str, Durations], items: amounts.Items) -> None:
        self.settings = settings
        self._durations = durations
        self._items = items
        self.shards = settings.tables["ride-booking"].shards
        self.workers = {worker.name: worker for worker in self._workers()}

    @property
    def post_seconds(self) -> float:
        """What the API's function takes to write an RFQ."""
        return self._seconds("ride-booking-api", ("ride-booking-api",))

    @property
    def callback_seconds(self) -> float:
        """What the API's function takes for a partner's answer."""
        return self._seconds("unicorn-mgmt-partner-callbacks", ("unicorn-mgmt-partner-callbacks",))

    @property
    def units_of_a_write(self) -> float:
        """Units that a write of an RFQ's item takes on average."""
        return self._items.writes / len(self._items.sizes)

    def hops(self) -> list[Hop]:
        """All hops in the order in which an RFQ meets them. Quotas of the account are not among them."""
        return [*self._gateway(), *self._stored(), *self._worked(), *self._hot()]

    def first_to_break(self) -> Hop:
        """The hop with the lowest ceiling."""
        return min(self.hops(), key=lambda hop: hop.ceiling)

    def uses(self, rate: float) -> list[Use]:
        """What a rate uses of the quotas of the account."""
        busy = sum(worker.busy(rate) for worker in self.workers.values()) + self._api_busy(rate)
        bound = sum(worker.at_once for worker in self.workers.values())
        bound += sum(function.reserved or 0 for function in self.settings.functions.values())
        return [
            Use(
                quotas.CONCURRENCY,
                max(busy, bound),
                f"{busy:,.0f} are busy if no batch has two messages; the limits add up to {bound:,.0f}",
            ),
            Use(quotas.PUT_EVENTS, rate * amounts.EVENTS, "each event in a call of its own, at worst"),
            Use(quotas.BUS_INVOCATIONS, rate * amounts.BUS_DELIVERIES, "the inbox and the archive"),
            Use(
                quotas.GATEWAY,
                rate * (amounts.API_REQUESTS + amounts.CALLBACKS),
                "customers' requests and callbacks; five posts more for each RFQ that is watched",
            ),
            Use(quotas.CONNECTS, rate, "if every customer watches over a connection of its own"),
            Use(quotas.TABLE_WRITES, rate * self._items.writes, "ride-booking, no two answers in one write"),
            Use(quotas.TABLE_READS, rate * self._cells * 0.5, "unicorn-mgmt's index by cell"),
            Use(quotas.SIGN_INS, rate * 2, "if every RFQ comes of a sign-in"),
            Use(quotas.PUT_LOGS, busy, "one a second and worker"),
            Use(quotas.KEY_USES, 0, "none"),
        ]

    def _workers(self) -> Iterator[Worker]:
        queues, streams = self.settings.queues, self.settings.streams
        yield self._worker(
            "outbox",
            "ride-booking-outbox",
            amounts.EVENTS,
            streams["ride-booking-outbox"],
            shards=self.shards,
        )
        yield self._worker("responder", "unicorn-mgmt-responder", 1, queues["unicorn-mgmt-inbox"])
        for id_ in PARTNERS:
            function = f"unicorn-mgmt-{id_}-quotes"
            kinds = [function, f"{function} check"] if id_ == CALLS_BACK else [function]
            queue = queues[f"unicorn-mgmt-{id_}-requests"]
            yield self._worker(id_, function, len(kinds), queue, kinds=kinds)
        replies = queues["wild-rydes-reply-ride-booking"]
        yield self._worker("aggregator", "ride-booking-aggregator", amounts.RESPONSES, replies)
        yield self._worker(
            "notifier, all watched",
            "ride-booking-notifier",
            amounts.RESPONSES,
            streams["ride-booking-notifier"],
            shards=self.shards,
        )
        yield self._worker("closer", "ride-booking-closer", 1, queues["ride-booking-deadlines"])

    def _worker(
        self,
        name: str,
        function: str,
        messages: float,
        source: Source,
        *,
        shards: int = 1,
        kinds: list[str] | None = None,
    ) -> Worker:
        return Worker(
            name,
            function,
            messages,
            source.batch_size,
            source.at_once * shards,
            tuple(self._durations[kind] for kind in kinds or [function]),
            self.settings.functions[function].memory_mib,
            source.window_s,
        )

    def _gateway(self) -> Iterator[Hop]:
        for api, (function, kinds, requests) in _API_KINDS.items():
            limits = self.settings.apis[api]
            yield Hop(
                f"{api}: throttle",
                limits.rate / requests,
                f"{limits.rate:,.0f} requests/s, {requests} of each RFQ",
            )
            if reserved := self.settings.functions[function].reserved:
                seconds = self._seconds(function, kinds)
                yield Hop(
                    f"{api}: function",
                    reserved / seconds,
                    f"{reserved} at once x {1000 * seconds:.0f} ms of each RFQ",
                )

    def _seconds(self, function: str, kinds: tuple[str, ...]) -> float:
        """Time of one request of each kind."""
        memory = self.settings.functions[function].memory_mib
        return sum(self._durations[kind].milliseconds(1, memory) for kind in kinds) / 1000

    def _api_busy(self, rate: float) -> float:
        return sum(rate * self._seconds(function, kinds) for function, kinds, _ in _API_KINDS.values())

    def _stored(self) -> Iterator[Hop]:
        tables, items = self.settings.tables, self._items
        for table, writes, reads in (
            ("ride-booking", items.writes, items.reads),
            ("ride-booking/by-customer", 1, 0),
            ("unicorn-mgmt", amounts.CALLBACKS, amounts.CALLBACKS),
            ("unicorn-mgmt/by-cell", 0, self._cells / 2),
        ):
            has = tables[table]
            if writes:
                yield Hop(
                    f"{table}: writes",
                    has.writes / writes,
                    f"{has.writes:,} units/s at once, {writes:g} of each RFQ",
                )
            if reads:
                yield Hop(
                    f"{table}: reads",
                    has.reads / reads,
                    f"{has.reads:,} units/s at once, {reads:g} of each RFQ",
                )
        yield self._stream()

    def _stream(self) -> Hop:
        """All records are read, those that no filter lets through, too."""
        records, size = len(self._items.sizes), self._items.stream_bytes
        polled = min(_RECORDS_OF_A_POLL / records, quotas.STREAM_READS.limit / size)
        return Hop(
            "ride-booking: stream",
            self.shards * STREAM_POLLS_PER_SECOND * polled,
            f"{self.shards} shards x {STREAM_POLLS_PER_SECOND} polls/s of 1 MB, {size / 1024:.1f} KB of each RFQ",
        )

    def _worked(self) -> Iterator[Hop]:
        for worker in self.workers.values():
            took = worker.milliseconds(worker.batch_size)
            yield Hop(
                worker.name,
                worker.ceiling,
                f"{worker.at_once} x {worker.batch_size} in {took:,.0f} ms at {worker.memory_mib} MB, {worker.messages:g} of each RFQ",
            )

    def _hot(self) -> Iterator[Hop]:
        """The one key that all RFQs have in common. No request raises what a key can do."""
        callers = max(self.workers[id_].at_once for id_ in PARTNERS)
        yield Hop(
            "key: a partner's circuit",
            self.workers[PARTNERS[0]].ceiling * quotas.PARTITION_READS.limit / (callers * _CIRCUIT_LOOKS),
            f"{quotas.PARTITION_READS.limit:,.0f} reads/s, {callers} workers look once a second",
        )

    def hot_keys(self) -> list[Hop]:
        """What one key can do, in RFQs a second that have it in common. It matters to them alone."""
        reads, writes = quotas.PARTITION_READS.limit, quotas.PARTITION_WRITES.limit
        cells = [
            Hop(
                f"a cell with {unicorns:,} free unicorns{shared}",
                batch * reads / units,
                f"{units:g} read units a look",
            )
            for unicorns in (UNICORNS, 10 * UNICORNS, 100 * UNICORNS)
            if (units := read_units(unicorns * _UNICORN_BYTES, consistent=False))
            for batch, shared in ((1, ""), (10, ", ten RFQs a batch"))
        ]
        customer = Hop("a customer", writes, "1 write unit of the index by customer")
        return [
            Hop("an RFQ", writes / self._items.writes, f"{self._items.writes} write units"),
            customer,
            *cells,
        ]

    @property
    def _cells(self) -> int:
        """Cells that an RFQ reads."""
        return self._durations["unicorn-mgmt-responder"].batches[0].calls["Query"]
