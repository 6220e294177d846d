"""The rules of a shared circuit: functions from one record to the next, without time, chance or I/O of their own.

A rule that has nothing to change returns the record it was given, and nothing is written. One that changes something is
applied to the record as it stands when the write wins, so each checks anew what it relies on. The writer counts the
revision.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

from wild_rydes_messaging.circuit_breaker.record import (
    Doubt,
    Mode,
    Override,
    Probe,
    Record,
    State,
    Tally,
    Verdict,
)
from wild_rydes_messaging.circuit_breaker.settings import Settings


@dataclass(frozen=True, slots=True)
class Report:
    """Which environment speaks, when, and of a call that began in which epoch.

    `draw`, between 0 and 1, is its random number; `retry_after` what the partner asked for, in seconds.
    """

    by: str
    now: float
    epoch: int
    draw: float
    retry_after: float = 0


class Admission(Enum):
    """What a record says to a call that wants to begin."""

    CALL = auto()
    PROBE = auto()
    """Only with a permit, and one may be had."""
    REFUSE = auto()


def admission(record: Record, settings: Settings, now: float) -> Admission:
    """Whether a call may begin at `now`."""
    mode = record.mode(now)
    if mode in (Mode.DISABLED, Mode.METRICS_ONLY):
        return Admission.CALL
    if mode is Mode.FORCED_OPEN:
        return Admission.REFUSE
    if record.state is State.CLOSED:
        return Admission.CALL
    if record.state is State.OPEN:
        return Admission.PROBE if now >= record.retry_at else Admission.REFUSE
    taken = record.tally.calls + len(_running(record, now))
    may = taken < settings.permitted_number_of_calls_in_half_open_state or _overdue(record, settings, now)
    return Admission.PROBE if may else Admission.REFUSE


def too_bad(tally: Tally, settings: Settings, of: int) -> bool:
    """Whether the failures or the slow calls reach their threshold, taken as a share of `of` calls."""
    return (
        tally.failed * 100 >= settings.failure_rate_threshold * of
        or tally.slow * 100 >= settings.slow_call_rate_threshold * of
    )


# While closed: reports of environments.


def doubted(record: Record, settings: Settings, report: Report) -> Record:
    """After a failure or slow call, out of the blue or following such a one.

    Opens the circuit, to be probed at once, when it makes `consecutive_failures` in a row over all environments and the
    reporters suffice. An environment that was refuted is not heard again for a window's length.
    """
    if not _heard(record, report):
        return record
    row = _standing(record.row, settings, report.now)
    if row and row.refuted:
        if report.by in row.reporters:
            return record
        row = None
    enough = settings.consecutive_failures
    row = _joined(row, report, keep=enough)
    if row.count >= enough and _suffices(row, settings, report.now):
        reason = f"{row.count} failures or slow calls in a row"
        return _opened(_heeding(record, settings, report), report, reason, wait=0)
    return record if row.count > enough else replace(_heeding(record, settings, report), row=row)


def complained(record: Record, settings: Settings, report: Report, *, why: str) -> Record:
    """After a result that leaves the environment's own window bad.

    Opens the circuit when a second environment says so, or when this one is the only active one.
    """
    if not _heard(record, report):
        return record
    standing = _standing(record.complaint, settings, report.now)
    known = standing is not None and report.by in standing.reporters
    complaint = standing if standing and known else _joined(standing, report, keep=2)
    then = _heeding(record, settings, report)
    if _suffices(complaint, settings, report.now):
        return _opened(then, report, why, wait=_wait(1, settings, report), opens=1)
    return record if known else replace(then, complaint=complaint)


def refuted(
    record: Record, settings: Settings, report: Report, *, row: float | None, window_good: bool
) -> Record:
    """After a good result.

    A call that began when the row that started at `row` was known, and went well, ends that row. An environment whose
    window is good answers another's complaint: the other is not the only active one.
    """
    if not _heard(record, report):
        return record
    changed = record
    standing = _standing(record.row, settings, report.now)
    if standing and standing.since == row and not standing.refuted:
        changed = replace(changed, row=replace(standing, refuted=True))
    complaint = _standing(record.complaint, settings, report.now)
    if window_good and complaint and not complaint.refuted and report.by not in complaint.reporters:
        changed = replace(changed, complaint=replace(complaint, refuted=True))
    return changed


# While open or half open: probes.


def granted(record: Record, settings: Settings, report: Report, *, permit: str) -> Record:
    """With a permit for a probe, if one may be had: see whether the record `holds` it.

    The first permit after the wait makes the circuit half open. Permits whose lease is over make room.
    """
    now = report.now
    if record.mode(now) is not Mode.AUTO:
        return record
    probe = Probe(permit, now + settings.permit_lease)
    if record.state is State.OPEN and now >= record.retry_at:
        half_open = _turned(record, State.HALF_OPEN, now, "time to probe", report.by)
        return replace(half_open, opens=record.opens, probes=(probe,))
    if record.state is not State.HALF_OPEN or holds(record, permit):
        return record
    if _overdue(record, settings, now):
        return _decided(record, settings, report, of=record.tally.calls)
    running = _running(record, now)
    if record.tally.calls + len(running) >= settings.permitted_number_of_calls_in_half_open_state:
        return record
    return replace(record, probes=(*running, probe))


def answered(
    record: Record, settings: Settings, report: Report, *, permit: str, verdict: Verdict | None
) -> Record:
    """After a probe's result; None says nothing of the partner and frees the permit.

    The circuit turns as soon as the outcome of all permitted probes can no longer be another.
    """
    if record.epoch != report.epoch or not holds(record, permit):
        return record
    tally = record.tally.plus(verdict) if verdict else record.tally
    probes = tuple(probe for probe in record.probes if probe.permit != permit)
    then = replace(_heeding(record, settings, report), probes=probes, tally=tally)
    permitted = settings.permitted_number_of_calls_in_half_open_state
    left = permitted - tally.calls
    at_worst = Tally(permitted, tally.failed + left, tally.slow + left)
    if too_bad(tally, settings, permitted) or not too_bad(at_worst, settings, permitted):
        return _decided(then, settings, report, of=permitted)
    return then


def holds(record: Record, permit: str) -> bool:
    """Whether a permit is good, or at least was not given to another."""
    return any(probe.permit == permit for probe in record.probes)


# Whatever the state: a person's word.


def overridden(record: Record, override: Override, *, now: float) -> Record:
    """With a mode set by a person. AUTO leaves the circuit to itself: one that was forced open is probed at once."""
    if override.mode is Mode.AUTO and record.override is None:
        return record
    state = {Mode.AUTO: record.state, Mode.FORCED_OPEN: State.OPEN}.get(override.mode, State.CLOSED)
    turned = _turned(record, state, now, f"{override.mode}: {override.reason}", override.actor)
    if override.mode is Mode.AUTO:
        return replace(turned, retry_at=now)
    return replace(turned, override=override, retry_at=override.until or now)


# What the rules are made of.


def _heard(record: Record, report: Report) -> bool:
    return (
        record.epoch == report.epoch and record.state is State.CLOSED and record.mode(report.now) is Mode.AUTO
    )


def _standing(doubt: Doubt | None, settings: Settings, now: float) -> Doubt | None:
    return doubt if doubt and now - doubt.since < settings.sliding_window_size else None


def _joined(doubt: Doubt | None, report: Report, keep: int) -> Doubt:
    if doubt is None:
        return Doubt(report.now, (report.by,))
    known = report.by in doubt.reporters
    reporters = doubt.reporters if known else (*doubt.reporters, report.by)[:keep]
    return replace(doubt, reporters=reporters, count=doubt.count + 1)


def _suffices(doubt: Doubt, settings: Settings, now: float) -> bool:
    """Two environments have said it, or one whom every other active one has had the time to answer."""
    unanswered = not doubt.refuted and now - doubt.since >= settings.sole_reporter_wait
    return len(doubt.reporters) > 1 or unanswered


def _heeding(record: Record, settings: Settings, report: Report) -> Record:
    if not report.retry_after > 0:
        return record
    asked = report.now + min(report.retry_after, settings.max_retry_after)
    return replace(record, partner_retry_at=max(asked, record.partner_retry_at))


def _running(record: Record, now: float) -> tuple[Probe, ...]:
    return tuple(probe for probe in record.probes if now < probe.until)


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
    """In a new epoch: what was reported, asked for or granted in the old one is gone."""
    return Record(
        revision=record.revision, epoch=record.epoch + 1, state=state, since=now, reason=reason, by=by
    )
