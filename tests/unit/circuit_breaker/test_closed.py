"""While the circuit is closed: what opens it, what does not, and what is written."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.support.circuit_breaker.world import NOW, OURS, PARTNER, PartnerError, World
from wild_rydes_circuit_breaker import Blame, Fault, Record, Settings, State, rules
from wild_rydes_circuit_breaker.record import Poll, Row, Tally

# Nothing to report


def test_a_healthy_call_writes_nothing_and_reads_now_and_then(world: World) -> None:
    here, there = world.environment(), world.environment()
    for _ in range(100):
        here.succeeds(apart=0.05)
        there.succeeds(apart=0.05)
    assert world.store.writes == 0
    assert world.store.reads == 2 * 10  # ten seconds, each view good for one


def test_the_age_of_a_view_is_jittered(world: World) -> None:
    here = world.environment()
    world.draw = 0
    here.succeeds(10, apart=0.15)
    assert world.store.reads == 3  # good for half of the longest time: at 0, 0.6 and 1.2 s


def test_a_clock_that_goes_back_does_not_prolong_a_view(world: World) -> None:
    here = world.environment()
    here.succeeds()
    world.clock.forward(-3600)
    here.succeeds()
    assert world.store.reads == 2


def test_what_is_our_fault_is_no_ones_business(world: World) -> None:
    here, there = world.environment(), world.environment()
    here.fails(50, OURS)
    there.fails(50, OURS)
    assert world.store.writes == 0
    assert here.breaker.tally().calls == 0


# A row of failures


def test_failures_in_a_row_over_all_environments_stop_calls_and_are_checked_at_once(world: World) -> None:
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet:
        environment.succeeds(20)
    for environment in fleet:
        assert world.state() is State.CLOSED
        environment.fails()
    assert world.state() is State.OPEN
    assert world.record.reason == "5 bad calls in a row"
    assert world.environment().begins().probe


def test_from_the_write_of_the_last_failure_nobody_is_let_through_though_its_reporter_dies(
    world: World,
) -> None:
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet[:4]:
        environment.fails()
    last = fleet[4].begins()

    world.store.writes_left = 1
    fleet[4].breaker.end(last, Fault(Blame.PARTNER, retry_after=60))
    world.store.writes_left = None
    assert world.state() is State.CLOSED  # the row is full, but it was not put on record
    refusal = world.environment().refused()
    assert refusal
    assert refusal.retry_after == 60
    assert world.state() is State.OPEN  # whoever was refused has put it on record
    assert world.heard.transitions[-1].opened


def test_a_success_that_knew_of_the_row_ends_it(world: World) -> None:
    here, there = world.environment(), world.environment()
    here.fails(4, apart=0.1)
    there.succeeds()
    assert world.record.row is None
    here.fails(4, apart=0.1)
    there.fails()
    assert world.state() is State.CLOSED


def test_a_success_that_did_not_know_of_the_row_does_not_end_it(world: World) -> None:
    here, there = world.environment(), world.environment()
    began_before = there.begins()
    here.fails(4)
    there.breaker.end(began_before)
    here.fails()
    there.fails()
    assert world.record.row is None
    assert world.state() is State.OPEN


def test_one_environment_alone_must_have_given_the_others_time_to_answer(world: World) -> None:
    here = world.environment()
    here.fails(14, apart=0.2)
    assert world.state() is State.CLOSED
    here.fails(2, apart=0.2)
    assert world.state() is not State.CLOSED


def test_one_environment_whom_the_others_refute_never_opens_the_circuit_and_falls_silent(
    world: World,
) -> None:
    broken, sound = world.environment(), world.environment()
    for calls in range(200):
        if calls == 2 * world.settings.minimum_number_of_calls:
            world.store.writes = 0  # until then each of its calls is reported and refuted
        broken.fails(apart=0.1)
        sound.succeeds(apart=0.1)
    assert world.state() is State.CLOSED
    polls = 200 * 0.2 / 5
    assert world.store.writes <= 3 * polls


def test_a_busy_environment_that_failed_lately_adds_to_no_row(world: World) -> None:
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet:
        environment.fails()
        environment.succeeds(apart=0.1)
    world.clock.forward(world.settings.calm_period - 1)
    for environment in fleet:
        environment.succeeds(2 * world.settings.minimum_number_of_calls)
    writes = world.store.writes
    for environment in fleet:
        environment.fails()
    assert world.store.writes == writes
    assert world.state() is State.CLOSED
    world.clock.forward(world.settings.calm_period)
    for environment in fleet:
        environment.fails()
    assert world.state() is State.OPEN


def test_a_busy_environment_adds_to_the_row_after_as_many_bad_calls_as_make_one(world: World) -> None:
    """Else a fleet whose environments all had an error lately would wait for half of their windows to go bad."""
    fleet = [world.environment() for _ in range(3)]
    for environment in fleet:
        environment.fails()
        environment.succeeds(50)
    writes = world.store.writes
    for _ in range(world.settings.consecutive_failures - 1):
        for environment in fleet:
            environment.fails()
    assert world.store.writes == writes
    for environment in (*fleet, *fleet):
        if world.state() is State.CLOSED:
            environment.fails()
    assert world.state() is State.OPEN


def test_slow_calls_make_a_row_too(world: World) -> None:
    for _ in range(5):
        world.environment().is_slow()
    assert world.state() is State.OPEN


def test_a_false_alarm_silences_everybody_for_a_while(world: World) -> None:
    fleet = [world.environment() for _ in range(10)]
    for environment in fleet:
        environment.succeeds()
    for environment in fleet[:5]:
        environment.fails()
    world.clock.forward(1)
    for environment in fleet[:3]:
        environment.succeeds()
    assert world.state() is State.CLOSED
    world.clock.forward(1)
    for environment in fleet[5:]:
        environment.fails()
    assert world.state() is State.CLOSED


def test_after_a_true_outage_the_next_one_may_come_at_once(world: World) -> None:
    world.put(Record(revision=1, epoch=4, state=State.CLOSED, opens=2, since=NOW))
    fleet = [world.environment() for _ in range(5)]
    for environment in fleet:
        environment.fails()
    assert world.state() is State.OPEN


def test_environments_that_report_at_the_same_moment_are_all_counted(world: World) -> None:
    fleet = [world.environment() for _ in range(5)]
    calls = [environment.begins() for environment in fleet]
    for environment, call, nobody_knew in zip(fleet, calls, [0, 0, 0, 0, 0], strict=True):
        assert world.state() is State.CLOSED
        assert call.epoch == nobody_knew
        environment.breaker.end(call, Fault(Blame.PARTNER))
    assert world.state() is State.OPEN


# A poll of windows


@pytest.fixture
def polls() -> World:
    """A world in which rows are never long enough."""
    return World(Settings(consecutive_failures=1000))


def some_fail(world: World, rates: list[float], *, seconds: int, rate: int = 5) -> None:
    """Each environment makes `rate` calls a second, of which its share fails, evenly."""
    fleet = [(world.environment(), share) for share in rates]
    due = [index / len(fleet) for index in range(len(fleet))]
    for _ in range(seconds * rate):
        for index, (environment, share) in enumerate(fleet):
            if world.state() is not State.CLOSED:
                return
            due[index] += share
            if due[index] >= 1:
                due[index] -= 1
                environment.fails()
            else:
                environment.succeeds()
        world.clock.forward(1 / rate)


@pytest.mark.parametrize("environments", [1, 2, 10])
def test_a_failure_rate_at_the_threshold_opens_the_circuit(polls: World, environments: int) -> None:
    some_fail(polls, [0.5] * environments, seconds=30)
    assert polls.state() is State.OPEN
    assert f"environments: {environments}" in polls.record.reason
    assert polls.record.retry_at == pytest.approx(
        polls.clock.now + polls.settings.wait_duration_in_open_state
    )


@pytest.mark.parametrize("environments", [1, 2, 10])
def test_a_failure_rate_below_the_threshold_does_not(polls: World, environments: int) -> None:
    some_fail(polls, [0.45] * environments, seconds=60)
    assert polls.state() is State.CLOSED


def test_windows_of_all_active_environments_are_added_up(polls: World) -> None:
    some_fail(polls, [0.9, 0.9, 0.9, 0.0, 0.0, 0.0, 0.0], seconds=40)
    assert polls.state() is State.CLOSED


def test_two_must_say_so_where_two_are_active(polls: World) -> None:
    busy, idle = polls.environment(), polls.environment()
    for second in range(40):
        busy.fails(5) if second % 10 else busy.succeeds(5)
        if second % 2:
            idle.succeeds()
        polls.clock.forward(1)
        assert polls.state() is State.CLOSED


def test_few_calls_prove_nothing(polls: World) -> None:
    here = polls.environment()
    for _ in range(20):
        here.succeeds()
        here.fails()
        polls.clock.forward(3)
    assert polls.state() is State.CLOSED


def test_a_poll_that_clears_the_partner_lets_things_rest(polls: World) -> None:
    some_fail(polls, [0.9, *[0.1] * 9], seconds=40)
    assert polls.state() is State.CLOSED
    begun = sorted(polls.store.polls)
    assert len(begun) > 2
    apart = polls.settings.hearing_period + polls.settings.sliding_window_size / 2
    assert all(later - earlier >= apart for earlier, later in pairwise(begun))


def test_what_was_polled_long_ago_is_forgotten(polls: World) -> None:
    here = polls.environment()
    here.succeeds(2)
    here.fails(10)
    assert polls.record.poll
    polls.clock.forward(3600)
    here.succeeds()
    assert polls.state() is State.CLOSED
    assert polls.record.poll is None


def test_the_slow_call_rate_counts_by_itself() -> None:
    world = World(Settings(slow_call_rate_threshold=60, slow_call_duration_threshold=0.25))
    here = world.environment()
    for _ in range(20):
        for seconds in (0.25, 0.25, 0.2):
            if world.state() is State.CLOSED:
                here.is_slow(seconds)
    assert world.state() is State.OPEN
    assert "0 failed and" in world.record.reason


def test_results_leave_the_window_with_time(world: World) -> None:
    here = world.environment()
    here.fails(4, OURS)
    here.succeeds(3, apart=1)
    here.fails(2, apart=1)
    assert (here.breaker.tally().calls, here.breaker.tally().failed) == (5, 2)
    world.clock.forward(world.settings.sliding_window_size - 3)
    assert (here.breaker.tally().calls, here.breaker.tally().failed) == (2, 2)
    world.clock.forward(world.settings.sliding_window_size)
    assert here.breaker.tally().calls == 0


# The partner's own word


def test_the_partners_retry_after_overrides_the_wait(world: World) -> None:
    for _ in range(5):
        world.environment().fails(fault=Fault(Blame.THROTTLED, retry_after=42))
    assert world.state() is State.OPEN
    refusal = world.environment().refused()
    assert refusal
    assert refusal.retry_after == 42
    world.clock.forward(42)
    assert world.environment().begins().probe


@pytest.mark.parametrize(("asked", "waits"), [(1e9, 300), (float("inf"), 300), (float("nan"), 0), (-5, 0)])
def test_an_absurd_retry_after_is_not_believed(world: World, asked: float, waits: float) -> None:
    for _ in range(5):
        world.environment().fails(fault=Fault(Blame.THROTTLED, retry_after=asked))
    assert world.record.retry_at == NOW + waits


def test_a_wish_is_over_when_the_partner_serves_calls_again(world: World) -> None:
    here, there = world.environment(), world.environment()
    here.fails(fault=Fault(Blame.THROTTLED, retry_after=300))
    for environment in (there, here):
        environment.succeeds(2, apart=world.settings.state_cache_ttl)
    assert (world.record.row, world.record.partner_retry_at) == (None, 0)
    before = world.store.writes
    here.succeeds(50, apart=0.5)
    assert world.store.writes == before
    for _ in range(5):
        world.environment().fails()
    assert world.state() is State.OPEN
    assert world.environment().begins().probe  # it is asked at once, as after any row


def test_a_wish_is_over_with_the_poll_that_clears_the_partner(world: World) -> None:
    row = Row(NOW, 1, 0, frozenset())
    poll = Poll(NOW, Tally(1000, 1), frozenset({"a", "b"}), frozenset({"a"}))
    later = rules.Report("b", NOW + world.settings.hearing_period, epoch=0, draw=1)
    for record, wish in ((Record(poll=poll), 0), (Record(poll=poll, row=row), NOW + 300)):
        after = rules.tripped(replace(record, partner_retry_at=NOW + 300), world.settings, later)
        assert (after.state, after.poll, after.partner_retry_at) == (State.CLOSED, None, wish)


def test_a_polls_retry_after_counts(polls: World) -> None:
    here = polls.environment()
    while polls.state() is State.CLOSED:
        here.fails(fault=Fault(Blame.THROTTLED, retry_after=42), apart=0.5)
    assert polls.record.retry_at == polls.record.since + 42


# The caller's side


def test_the_context_tells_how_the_call_went(world: World) -> None:
    here = world.environment()
    with here.breaker.call() as call:
        assert call.probe is None
    for error in (PartnerError, ValueError, KeyboardInterrupt):
        with pytest.raises(error), here.breaker.call():
            raise error
    assert here.breaker.tally().calls == 2
    assert here.breaker.tally().failed == 1


def test_a_failed_call_looks_again_before_the_next(world: World) -> None:
    here, others = world.environment(), [world.environment() for _ in range(5)]
    here.succeeds()
    here.fails()
    here.succeeds()
    for environment in others:
        environment.fails()
    assert world.state() is State.OPEN
    world.put(Record(revision=9, epoch=9, state=State.OPEN, retry_at=NOW + 60))
    assert here.refused() is None  # as far as its view goes
    here.fails()
    assert here.refused()


def test_what_others_reported_is_not_judged_by_a_stale_result() -> None:
    row = Row(NOW, 9, 9, frozenset({"a", "b"}))
    poll = Poll(NOW - 5, Tally(50, 50), frozenset({"a", "b"}), frozenset({"a", "b"}))
    record = Record(revision=9, epoch=4, row=row, poll=poll)
    stale = rules.Report("c", NOW, epoch=2, draw=1)
    assert rules.tripped(record, Settings(), stale) is record
    assert rules.refuted(record, stale, row=NOW) is record
    assert rules.tripped(record, Settings(), replace(stale, epoch=4)).state is State.OPEN


def test_a_call_may_end_in_another_environment_that_knows_nothing_yet(world: World) -> None:
    here = world.environment()
    here.succeeds()
    world.put(replace(world.record, revision=7, epoch=3))
    world.clock.forward(world.settings.state_cache_ttl)
    calls = [here.begins() for _ in range(2)]
    world.environment().breaker.conclude(calls[0], PARTNER)
    assert world.record.row
    assert world.record.row.count == 1
    world.put(replace(world.record, epoch=4, row=None))
    world.environment().breaker.conclude(calls[1], PARTNER)  # of an epoch that is over
    assert world.record.row is None


def test_a_probe_may_end_in_another_environment(world: World) -> None:
    world.put(Record(epoch=1, state=State.OPEN, since=NOW, retry_at=NOW, opens=1))
    here = world.environment()
    calls = [here.begins() for _ in range(world.settings.permitted_number_of_calls_in_half_open_state)]
    assert world.state() is State.HALF_OPEN
    for call in calls:
        world.environment().breaker.conclude(call)
    assert world.state() is State.CLOSED


def test_without_the_store_what_began_long_ago_says_nothing(world: World) -> None:
    call = world.environment().begins()
    world.store.down = True
    world.environment().breaker.conclude(call, PARTNER)
    assert world.record.row is None
