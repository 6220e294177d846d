"""A shared store as one environment sees it, by its own clock."""

from collections.abc import Callable
from dataclasses import replace

from wild_rydes_circuit_breaker.record import Entry, Probe, Record
from wild_rydes_circuit_breaker.settings import Settings
from wild_rydes_circuit_breaker.store import Conflict, Store


class OnOwnClock:
    """Tells the instants in a store's records by this environment's clock, whatever those of their writers say.

    What was not there at the last look was written since then. An instant said to be earlier or later is taken
    for the nearest one that is possible, and what was to come a while after it comes that while after it, yet
    never after the longest wait that the settings allow. Where all clocks agree, nothing changes. What a write
    leaves as it was stays as it was said.
    """

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._looked = float("-inf")
        self._said = self._told = Record()
        self._written: dict[tuple[str, float | str], float] = {}

    def read(self, circuit: str) -> Record:
        """See Store."""
        return self._look(lambda: self._store.read(circuit))

    def repair(self, circuit: str, fresh: Record) -> Record:
        """See Store."""
        return self._look(lambda: self._store.repair(circuit, fresh))

    def replace(self, circuit: str, before: Record, after: Record) -> Record:
        """See Store."""
        return self._look(lambda: self._store.replace(circuit, before, self._as_said(after)))

    def add(self, circuit: str, epoch: int, entry: Entry) -> Record:
        """See Store."""
        return self._look(lambda: self._store.add(circuit, epoch, entry))

    def _look(self, look: Callable[[], Record]) -> Record:
        asked = self._now()
        try:
            return self._tell(look(), asked)
        except Conflict as conflict:
            raise Conflict(self._tell(conflict.current, asked)) from None

    def _tell(self, said: Record, asked: float) -> Record:
        now, known = self._now(), self._written
        self._written = {}

        def written(what: str, which: float | str, at: float) -> float:
            at = known.get((what, which), max(at, self._looked))
            self._written[what, which] = min(at, now)
            return self._written[what, which]

        settings, override, row, poll = self._settings, said.override, said.row, said.poll
        begun = said.since or now  # a record that was never written has no instants
        later = written("record", said.epoch, begun) - begun
        longest = max(settings.max_wait_duration_in_open_state, settings.max_retry_after)
        if override:  # what a person has said has no limit
            override = replace(override, until=override.until and override.until + later)
            longest = float("inf")
        lease, quiet = settings.permit_lease, settings.sliding_window_size / 2
        wish = written("wish", said.partner_retry_at, now) + settings.max_retry_after
        told = replace(
            said,
            override=override,
            since=said.since and begun + later,
            retry_at=said.retry_at and min(said.retry_at, begun + longest) + later,
            probes=tuple(
                Probe(probe.permit, written("probe", probe.permit, probe.until - lease) + lease)
                for probe in said.probes
            ),
            quiet_until=said.quiet_until
            and written("quiet", said.quiet_until, said.quiet_until - quiet) + quiet,
            row=row and replace(row, since=written("row", row.since, row.since)),
            poll=poll and replace(poll, since=written("poll", poll.since, poll.since)),
            partner_retry_at=min(said.partner_retry_at, wish),
        )
        self._looked, self._said, self._told = asked, said, told
        return told

    def _as_said(self, after: Record) -> Record:
        """Put back what others said of the instants that a write does not change."""
        said, told = self._said, self._told
        probes = dict(zip(told.probes, said.probes, strict=True))
        return replace(
            after,
            override=said.override if after.override == told.override else after.override,
            since=said.since if after.epoch == told.epoch else after.since,
            retry_at=said.retry_at if after.retry_at == told.retry_at else after.retry_at,
            probes=tuple(probes.get(probe, probe) for probe in after.probes),
            quiet_until=said.quiet_until if after.quiet_until == told.quiet_until else after.quiet_until,
        )
