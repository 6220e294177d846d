"""A job ends once, whatever its workers and its messages do."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.unicorn_mgmt.world import NOW
from unicorn_mgmt.domain.job import LONGEST_DELAY, LOST, MAX_TRIES, Job, Progress
from unicorn_mgmt.domain.job_turn import delay_of, turn_due

LEASE = timedelta(seconds=35)
SECOND = timedelta(seconds=1)
JOB = Job("j-1", "p-comet", "ride-statement", {}, NOW)


def claimed(job: Job = JOB) -> Job:
    return job.claim(job.turn, NOW, LEASE)


def test_a_claim_is_one_workers_until_that_is_dead_for_certain() -> None:
    job = claimed()
    assert (job.state, job.attempt, job.started_at) == ("running", 1, NOW)
    assert job.claim(1, NOW + LEASE - SECOND, LEASE) == job
    assert job.leased(NOW + LEASE - SECOND) == SECOND
    again = job.claim(1, NOW + LEASE, LEASE)
    assert (again.attempt, again.tries, again.started_at) == (2, 2, NOW)


@pytest.mark.parametrize("turn", [0, 2])
def test_a_turn_that_is_not_due_is_nobodys(turn: int) -> None:
    assert JOB.claim(turn, NOW, LEASE) == JOB


def test_a_worker_that_was_taken_for_dead_writes_nothing_any_more() -> None:
    job = claimed().claim(1, NOW + LEASE, LEASE)
    for late in (
        job.keep(1, {"at": 1}, None),
        job.hand_over(1, 1.0),
        job.release(1),
        job.succeed(1, {}, 1.0, NOW),
    ):
        assert late == job


def test_a_job_that_kills_its_workers_fails() -> None:
    job, now = JOB, NOW
    for _ in range(MAX_TRIES):
        job = job.claim(1, now, LEASE)
        now += LEASE
    assert job.state == "running"
    failed = job.claim(1, now, LEASE)
    assert (failed.state, failed.reasons, failed.attempt) == ("failed", (LOST,), job.attempt)


def test_trouble_and_checkpoints_are_no_deaths() -> None:
    job = JOB
    for _ in range(3 * MAX_TRIES):
        job = job.claim(1, NOW, LEASE)
        job = job.release(job.attempt)
    assert (job.state, job.tries) == ("running", 0)
    job = claimed(job)
    assert job.keep(job.attempt, {}, None).tries == 0


def test_another_turn_is_due_when_a_worker_hands_over_and_at_no_other_change() -> None:
    job = claimed()
    first, next_ = turn_due(None, JOB), turn_due(job, job.hand_over(1, 2.5))
    assert first
    assert next_
    assert (first.data.turn, next_.data.turn) == (1, 2)
    assert first.metadata.event_id != next_.metadata.event_id
    assert turn_due(None, JOB) == first
    assert turn_due(JOB, job) is None
    assert turn_due(job, job.cancel(NOW)) is None
    assert job.hand_over(1, 2.5).busy == 2.5


STEPS: dict[str, Any] = {
    "claim": lambda job, now: job.claim(job.turn, now, LEASE),
    "keep": lambda job, _: job.keep(job.attempt, {"at": 1}, Progress(1)),
    "hand over": lambda job, _: job.hand_over(job.attempt, 1.0),
    "release": lambda job, _: job.release(job.attempt),
    "succeed": lambda job, now: job.succeed(job.attempt, {}, 1.0, now),
    "fail": lambda job, now: job.fail(("because",), now),
    "cancel": lambda job, now: job.cancel(now),
}


@given(st.lists(st.tuples(st.sampled_from([*STEPS]), st.integers(0, 60))))
def test_nothing_undoes_an_end_and_no_number_goes_back(steps: list[tuple[str, int]]) -> None:
    job, now = JOB, NOW
    for name, seconds in steps:
        now += timedelta(seconds=seconds)
        after = STEPS[name](job, now)
        if job.ended:
            assert after == job
        assert after.turn >= job.turn
        assert after.attempt >= job.attempt
        assert after.tries <= MAX_TRIES
        assert after.ended == (after.state in ("succeeded", "failed", "cancelled"))
        job = after


def test_the_end_is_expected_by_progress_and_else_as_it_was_estimated() -> None:
    job = replace(JOB, estimated_at=NOW + 10 * SECOND)
    assert job.expected_at(NOW) == NOW + 10 * SECOND
    running = claimed(job).keep(1, {}, Progress(10, 0.25))
    assert running.expected_at(NOW + 5 * SECOND) == NOW + 20 * SECOND
    assert job.expected_at(NOW + 20 * SECOND) == NOW + 25 * SECOND
    assert JOB.expected_at(NOW) is None
    assert job.cancel(NOW).expected_at(NOW) is None


def test_the_first_estimate_is_compared_with_what_it_took() -> None:
    job = claimed(replace(JOB, estimated_at=NOW + 10 * SECOND)).succeed(1, {}, 1.0, NOW + 5 * SECOND)
    assert job.accuracy() == 2
    assert claimed().succeed(1, {}, 1.0, NOW + SECOND).accuracy() is None
    assert replace(job, state="failed").accuracy() is None


HOUR = timedelta(hours=1)
WAITING = JOB.waiting({"upload": "u"}, NOW + HOUR)


def test_a_message_to_a_job_that_waits_leads_to_the_next_one_and_to_no_work() -> None:
    job = WAITING.claim(1, NOW, LEASE)
    assert (job.state, job.attempt, job.turn, job.checkpoint) == ("pending", 0, 2, {"upload": "u"})
    assert job.claim(1, NOW, LEASE) == job, "the message comes again"
    assert delay_of(job, NOW) == LONGEST_DELAY.total_seconds()
    assert delay_of(job, NOW + HOUR - 2.5 * SECOND) == 3
    assert delay_of(job, NOW + HOUR) == delay_of(JOB, NOW) == 0


def test_once_its_time_is_over_a_worker_has_a_job_that_waits() -> None:
    job = WAITING.claim(1, NOW + HOUR, LEASE)
    assert (job.state, job.attempt, job.awaits_until, job.checkpoint) == ("running", 1, None, {"upload": "u"})


def test_the_first_that_comes_in_time_holds_a_job_and_no_other() -> None:
    job = WAITING.hold("first", {"at": 1}, NOW, NOW + 2 * HOUR)
    assert (job.state, job.attempt, job.started_at) == ("running", 1, NOW)
    assert job.held(1)
    assert job.hold("first", {}, NOW, NOW + 3 * HOUR) == job
    assert job.hold("second", {}, NOW, NOW + 3 * HOUR) == job
    assert WAITING.hold("late", {}, NOW + HOUR, NOW + 2 * HOUR) == WAITING
    assert JOB.hold("uninvited", {}, NOW, NOW + HOUR) == JOB
    assert WAITING.cancel(NOW).hold("too late", {}, NOW, NOW + HOUR).state == "cancelled"


def test_what_holds_a_job_writes_until_a_worker_takes_it_away() -> None:
    job = WAITING.hold("first", {}, NOW, NOW + HOUR).keep(1, {"at": 2}, Progress(3, 0.5))
    assert job.checkpoint == {"at": 2}
    assert job.succeed(1, {}, 1.0, NOW).state == "succeeded"
    taken = job.claim(1, NOW + HOUR, LEASE)
    assert not taken.held(1)
    for late in (taken.keep(1, {}, None), taken.succeed(1, {}, 1.0, NOW)):
        assert late == taken


def test_a_job_that_was_cut_short_while_it_made_progress_is_not_quiet_at_once() -> None:
    held = WAITING.hold("first", {}, NOW, NOW + HOUR)
    at_work = held.keep(1, {}, Progress(0, 0.0))
    assert at_work.quiet_at(HOUR) is None
    assert at_work.cancel(NOW).quiet_at(HOUR) == NOW + HOUR
    assert held.cancel(NOW).quiet_at(HOUR) == NOW
    assert at_work.succeed(1, {}, 1.0, NOW).quiet_at(HOUR) == NOW
