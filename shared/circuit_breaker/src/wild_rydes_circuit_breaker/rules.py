"""The rules of a shared circuit: functions from one record to the next, without a clock, chance or I/O.

A rule that has nothing to change returns the record it was given, and nothing is written. A rule that changes
something is applied again to what won if the write loses a race, so each rule checks all that it relies on.
The writer counts the revision.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum, auto

from wild_rydes_circuit_breaker.record import (
    Mode,
    Override,
    Poll,
    Probe,
    Record,
    State,
    Tally,
    Verdict,
)
from wild_rydes_circuit_breaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Report:
    """Environment `by` reports at `now`, about a call that began in `epoch`.

    `draw` is a random number between 0 and 1. `retry_after` is the wait that the partner asked for, in
    seconds.
    """

    by: str
    now: float
    epoch: int
    draw: float
    retry_after: float = 0


class Admission(Enum):
    """What a call may do that wants to begin."""

    CALL = auto()
    PROBE = auto()
    """Begin if it gets a permit. There are some left."""
    REFUSE = auto()


def admission(record: Record, settings: Settings, now: float) -> Admission:
    """Decide whether a call may begin at `now`."""
    mode = record.mode(now)
    if mode in (Mode.DISABLED, Mode.METRICS_ONLY):
        return Admission.CALL
    if mode is Mode.FORCED_OPEN:
        return Admission.REFUSE
    if record.state is State.CLOSED and not outage(record, settings, now):
        return Admission.CALL
    if record.state is not State.HALF_OPEN:
        probing = now >= retry_at(record, settings, now) and _places(record, settings, now) > 0
    else:
        probing = _places(record, settings, now) > 0 or _overdue(record, settings, now)
    return Admission.PROBE if probing else Admission.REFUSE


def too_bad(tally: Tally, settings: Settings, of: int) -> bool:
    """Say whether the failures or the slow calls, as a share of `of` calls, reach their threshold."""
    return (
        tally.failed * 100 >= settings.failure_rate_threshold * of
        or tally.slow * 100 >= settings.slow_call_rate_threshold * of
    )


def retry_at(record: Record, settings: Settings, now: float) -> float:
    """Guess when calls may succeed again; never, while a person has forced the circuit open without an end."""
    if record.override and record.mode(now) is Mode.FORCED_OPEN:
        return record.override.until or math.inf
    return record.partner_retry_at if outage(record, settings, now) else record.retry_at


def asked_for(settings: Settings, report: Report) -> float:
    """Return the instant that the partner asked for by Retry-After, else 0."""
    return report.now + min(report.retry_after, settings.max_retry_after) if report.retry_after > 0 else 0


# While closed: what environments report.


def outage(record: Record, settings: Settings, now: float) -> bool:
    """Say whether the row is long enough to stop calls and to probe at once.

    Striking entries of two environments are enough. Any others count once every active environment had the
    time to answer the first of them.
    """
    row = record.row
    if record.state is not State.CLOSED or row is None:
        return False
    heard = now - row.since >= settings.hearing_period
    long_enough = settings.consecutive_failures
    return (row.striking >= long_enough and len(row.reporters) > 1) or (row.count >= long_enough and heard)


def tripped(record: Record, settings: Settings, report: Report) -> Record:
    """Open the circuit if row or poll say so. Drop the poll if it is over and does not.

    A row that is long enough stops calls from the write that made it so. Here it only becomes a state, to be
    probed at once or when the partner asked for it.
    """
    if not _heard(record, report):
        return record
    told = _heeding(record, settings, report)
    if record.row and outage(record, settings, report.now):
        asked = told.partner_retry_at > report.now
        return _opened(told, report, f"{record.row.count} bad calls in a row", wait=0, opens=int(asked))
    poll = record.poll
    if poll is None or report.now - poll.since < settings.hearing_period:
        return record
    conclusive = poll.tally.calls >= settings.minimum_number_of_calls
    current = report.now - poll.since < settings.sliding_window_size
    if conclusive and current and _guilty(poll, settings):
        reason = f"{poll.tally} in {settings.sliding_window_size:g} s, environments: {len(poll.reporters)}"
        return _opened(told, report, reason, wait=_wait(1, settings, report), opens=1)
    quiet_until = report.now + settings.sliding_window_size / 2 if conclusive else record.quiet_until
    return _unless_cleared(replace(record, poll=None, quiet_until=quiet_until))


def refuted(record: Record, report: Report, row: float | None) -> Record:
    """Drop the row that began at `row`: a call that began when the row was known has gone well."""
    if row is None or not _heard(record, report) or record.row is None or record.row.since != row:
        return record
    return _unless_cleared(replace(record, row=None))


# While open or half open: probes.


def granted(record: Record, settings: Settings, report: Report, *, permit: str) -> Record:
    """Grant a permit for a probe, if one is left: the record then `holds` it.

    The first permit after the wait makes the circuit half open. Permits whose lease is over make room.
    """
    now = report.now
    if record.mode(now) is not Mode.AUTO:
        return record
    probe = Probe(permit, now + settings.permit_lease)
    record = tripped(record, settings, report)
    if record.state is State.OPEN and now >= record.retry_at and _places(record, settings, now) > 0:
        half_open = _turned(record, State.HALF_OPEN, now, "time to probe", report.by)
        return replace(half_open, opens=record.opens, probes=(*half_open.probes, probe))
    if record.state is not State.HALF_OPEN or holds(record, permit):
        return record
    if _overdue(record, settings, now):
        return _decided(record, settings, report, of=record.tally.calls)
    if _places(record, settings, now) <= 0:
        return record
    return replace(record, probes=(*_running(record, now), probe))


def answered(
    record: Record, settings: Settings, report: Report, *, permit: str, verdict: Verdict | None
) -> Record:
    """Count a probe's result, and free its permit in any case. None says nothing about the partner.

    The circuit turns as soon as the remaining probes can no longer change the outcome.
    """
    if not any(probe.permit == permit for probe in record.probes):
        return record
    probes = tuple(probe for probe in record.probes if probe.permit != permit)
    if record.epoch != report.epoch or verdict is None:
        return replace(record, probes=probes)
    tally = record.tally.plus(verdict)
    then = replace(_heeding(record, settings, report), probes=probes, tally=tally)
    permitted = settings.permitted_number_of_calls_in_half_open_state
    left = permitted - tally.calls
    at_worst = Tally(permitted, tally.failed + left, tally.slow + left)
    if too_bad(tally, settings, permitted) or not too_bad(at_worst, settings, permitted):
        return _decided(then, settings, report, of=permitted)
    return then


def holds(record: Record, permit: str) -> bool:
    """Say whether a call with this permit may begin."""
    return record.state is State.HALF_OPEN and any(probe.permit == permit for probe in record.probes)


# In any state: what a person wants.


def overridden(record: Record, override: Override, *, now: float) -> Record:
    """Set a mode. AUTO leaves the circuit to itself: one that was forced open is probed at once."""
    if override.mode is Mode.AUTO and record.override is None:
        return record
    state = {Mode.AUTO: record.state, Mode.FORCED_OPEN: State.OPEN}.get(override.mode, State.CLOSED)
    opens = 1 if state is State.OPEN else 0
    turned = _turned(record, state, now, f"{override.mode}: {override.reason}", override.actor)
    if override.mode is Mode.AUTO:
        return replace(turned, opens=opens, retry_at=now)
    return replace(turned, opens=opens, retry_at=override.until or now, override=override)


# Parts of the rules.


def _heard(record: Record, report: Report) -> bool:
    return (
        record.epoch == report.epoch and record.state is State.CLOSED and record.mode(report.now) is Mode.AUTO
    )


def _guilty(poll: Poll, settings: Settings) -> bool:
    seconded = len(poll.accusers) > 1 or len(poll.reporters) == 1
    return seconded and too_bad(poll.tally, settings, poll.tally.calls)


def _heeding(record: Record, settings: Settings, report: Report) -> Record:
    asked = asked_for(settings, report)
    return replace(record, partner_retry_at=asked) if asked else record


def _unless_cleared(record: Record) -> Record:
    """Forget the partner's wish with the last of row and poll: it has served calls since."""
    return record if record.row or record.poll else replace(record, partner_retry_at=0)


def _running(record: Record, now: float) -> tuple[Probe, ...]:
    return tuple(probe for probe in record.probes if now < probe.until)


def _places(record: Record, settings: Settings, now: float) -> int:
    """Count the probes that may still begin. One of an earlier burst takes a place without a result."""
    taken = record.tally.calls + len(_running(record, now))
    return settings.permitted_number_of_calls_in_half_open_state - taken


def _overdue(record: Record, settings: Settings, now: float) -> bool:
    return now - record.since >= settings.max_wait_duration_in_half_open_state


def _decided(record: Record, settings: Settings, report: Report, of: int) -> Record:
    tally = record.tally
    if tally.calls and not too_bad(tally, settings, of):
        return replace(
            _turned(record, State.CLOSED, report.now, f"probes: {tally}", report.by), opens=record.opens
        )
    opens = record.opens + 1
    return _opened(record, report, f"probes: {tally}", wait=_wait(opens, settings, report), opens=opens)


def _wait(opens: int, settings: Settings, report: Report) -> float:
    longest = min(
        settings.max_wait_duration_in_open_state,
        settings.wait_duration_in_open_state * 2.0 ** min(opens - 1, 32),
    )
    return longest * (1 + report.draw) / 2


def _opened(record: Record, report: Report, reason: str, *, wait: float, opens: int = 0) -> Record:
    if record.partner_retry_at > report.now:
        retry_at, reason = record.partner_retry_at, f"{reason}; the partner set the wait"
    else:
        retry_at = report.now + wait
    turned = _turned(record, State.OPEN, report.now, reason, report.by)
    return replace(turned, opens=opens, retry_at=retry_at)


def _turned(record: Record, state: State, now: float, reason: str, by: str) -> Record:
    """Begin a new epoch, without what was reported and found in the old one. Its probes run on."""
    return Record(
        revision=record.revision,
        epoch=record.epoch + 1,
        state=state,
        since=now,
        reason=reason,
        by=by,
        probes=_running(record, now),
    )
