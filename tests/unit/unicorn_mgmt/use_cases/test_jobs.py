"""Workers: whatever comes twice, late, in another order or as garbage, and whoever dies, a job ends once."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.unicorn_mgmt.jobs_desk import LEASE, Desk, Killed, Script
from tests.support.unicorn_mgmt.world import MAX_ATTEMPTS, World
from unicorn_mgmt.domain.job import LOST, MAX_TRIES, Progress
from unicorn_mgmt.use_cases.jobs import TURN, Continue, Done, JobFailed
from wild_rydes_dynamodb.change import TableBusy

pytestmark = pytest.mark.moto


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def scripted(desk: Desk, *steps: Any) -> tuple[str, str, Script]:
    """A job whose steps are these, its message, and its script."""
    script = Script([*steps])
    desk.kinds["ride-statement"] = script
    job_id = desk.submit()
    desk.tell(job_id)
    [message] = desk.messages()
    return job_id, message, script


def test_steps_follow_each_other_at_their_checkpoints(desk: Desk) -> None:
    first, second = Continue({"at": 1}, Progress(10, 0.5)), Continue({"at": 2}, Progress(20, 1.0))
    job_id, message, script = scripted(desk, first, second, Done({"rides": 20}))
    assert desk.work(message) == []
    job = desk.job(job_id)
    assert (job.state, job.result, job.progress) == ("succeeded", {"rides": 20}, Progress(20, 1.0))
    assert script.seen == [None, {"at": 1}, {"at": 2}]
    desk.tell(job_id)
    assert desk.messages() == []


def test_a_worker_whose_time_is_over_hands_the_job_to_another(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Continue({"at": 1}), Done({}))

    class Slow:
        def step(self, job: Any) -> Any:
            desk.world.now += TURN
            return script.step(job)

    desk.kinds["ride-statement"] = Slow()
    desk.work(message)
    job = desk.job(job_id)
    assert (job.state, job.turn, job.leased_until, job.busy) == ("running", 2, None, TURN.total_seconds())
    desk.tell(job_id)
    [next_] = desk.messages()
    assert json.loads(next_)["data"]["turn"] == 2
    # The message of the turn that is over comes again, before and after the next one.
    assert desk.work(message) == []
    desk.work(next_)
    assert desk.work(message) == []
    assert desk.job(job_id).state == "succeeded"
    assert desk.job(job_id).busy == 2 * TURN.total_seconds()
    assert script.seen == [None, {"at": 1}]


def test_a_message_that_comes_twice_waits_for_its_worker_and_is_dropped(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Done({}))
    claimed = desk.jobs.change(job_id, lambda job: job.claim(1, desk.world.now, LEASE))
    assert claimed
    assert len(desk.work(message)) == 1
    assert script.seen == []
    desk.jobs.change(job_id, lambda job: job.succeed(1, {"from": "the first"}, 1, desk.world.now))
    assert desk.work(message) == []
    assert desk.job(job_id).result == {"from": "the first"}


def test_after_a_worker_was_killed_another_goes_on_at_the_checkpoint(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Continue({"at": 1}), Killed(), Done({"whole": True}))
    with pytest.raises(Killed):
        desk.work(message)
    # The queue brings the message again, at first too early.
    assert len(desk.work(message, attempt=2)) == 1
    desk.world.now += LEASE
    assert desk.work(message, attempt=3) == []
    job = desk.job(job_id)
    assert (job.state, job.result, job.attempt) == ("succeeded", {"whole": True}, 2)
    assert script.seen == [None, {"at": 1}, {"at": 1}]


def test_a_job_that_kills_its_workers_tells_so(desk: Desk) -> None:
    job_id, message, _ = scripted(desk, *[Killed()] * MAX_TRIES)
    for attempt in range(MAX_TRIES):
        with pytest.raises(Killed):
            desk.work(message, attempt=attempt + 1)
        desk.world.now += LEASE
    assert desk.work(message, attempt=MAX_TRIES + 1) == []
    job = desk.job(job_id)
    assert (job.state, job.reasons) == ("failed", (LOST,))
    assert desk.world.metrics.metric_set["JobsFailed"]["Value"] == [1.0]


def test_a_worker_that_was_taken_for_dead_changes_nothing(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Done({"from": "the second"}))

    class Late:
        def step(self, _: Any) -> Any:
            desk.world.now += LEASE
            desk.kinds["ride-statement"] = script
            desk.work(message, attempt=2)
            return Done({"from": "the first"})

    desk.kinds["ride-statement"] = Late()
    assert desk.work(message) == []
    assert desk.job(job_id).result == {"from": "the second"}
    assert desk.world.metrics.metric_set["JobsSucceeded"]["Value"] == [1.0]


def test_a_job_that_was_cancelled_takes_no_further_step(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Done({}))

    class Cancelled:
        def step(self, _: Any) -> Any:
            desk.call("DELETE", f"/jobs/{job_id}")
            desk.kinds["ride-statement"] = script
            return Continue({"at": 1})

    desk.kinds["ride-statement"] = Cancelled()
    assert desk.work(message) == []
    assert desk.job(job_id).state == "cancelled"
    assert script.seen == []
    # Nor does it begin, if it was cancelled before.
    other, message, script = scripted(desk, Done({}))
    desk.call("DELETE", f"/jobs/{other}")
    assert desk.work(message) == []
    assert script.seen == []


def test_trouble_that_passes_brings_the_step_again(desk: Desk) -> None:
    job_id, message, script = scripted(desk, TableBusy("busy"), TableBusy("busy"), Done({}))
    assert len(desk.work(message)) == 1
    assert desk.job(job_id).tries == 0
    assert len(desk.work(message, attempt=MAX_ATTEMPTS)) == 1
    assert desk.work(message, attempt=MAX_ATTEMPTS + 1) == []
    assert desk.job(job_id).state == "succeeded"
    assert script.seen == [None, None, None]


def test_a_job_that_cannot_be_done_says_why(desk: Desk) -> None:
    job_id, message, _ = scripted(desk, JobFailed("The period is too long."))
    assert desk.work(message) == []
    found = desk.call("GET", f"/jobs/{job_id}").body
    assert (found["status"], found["reasons"]) == ("failed", ["The period is too long."])


def test_a_bug_is_given_up_with_its_job_unfinished(desk: Desk) -> None:
    _, message, _ = scripted(desk, KeyError("secret"))
    assert desk.work(message, attempt=MAX_ATTEMPTS) == []
    [parked] = desk.world.parked()
    assert (parked["error"], parked["kind"]) == ("KeyError", "bug")
    assert "secret" not in parked["reason"]


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"metadata": {}, "data": {"job_id": 1}}'])
def test_garbage_stops_nobody(desk: Desk, body: str) -> None:
    job_id, message, _ = scripted(desk, Done({}))
    assert desk.work(body, message) == []
    assert desk.job(job_id).state == "succeeded"
    [parked] = desk.world.parked()
    assert parked["kind"] == "invalid"


def test_a_message_of_no_job_and_a_kind_that_is_none_are_given_up(desk: Desk) -> None:
    _, message, _ = scripted(desk)
    del desk.kinds["ride-statement"]
    strange = json.loads(message)
    strange["data"]["job_id"] = "nobody's"
    worker = desk.worker()
    worker.kinds.pop("ride-statement")  # type: ignore[attr-defined]
    worker.handle(desk.world.deliver(message, json.dumps(strange)))
    assert {parked["reason"] for parked in desk.world.parked()} == {
        "there is no such kind of job",
        "there is no such job",
    }


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_messages_in_any_order_and_twice(desk: Desk, order: tuple[int, ...]) -> None:
    """Three turns, each begun as soon as one can be, with all messages so far delivered again in this order."""
    steps = [Continue({"at": i}) for i in range(2)]
    job_id, message, script = scripted(desk, *steps, Done({"steps": 3}))

    class Slow:
        def step(self, job: Any) -> Any:
            desk.world.now += TURN
            return script.step(job)

    desk.kinds["ride-statement"] = Slow()
    messages = [message]
    for _ in range(3):
        for i in order:
            if i < len(messages):
                desk.work(messages[i])
        desk.tell(job_id)
        messages += desk.messages()
    job = desk.job(job_id)
    assert (job.state, job.result) == ("succeeded", {"steps": 3})
    assert script.seen == [None, {"at": 0}, {"at": 1}]


def test_what_was_measured_is_learnt_and_told(desk: Desk) -> None:
    job_id, message, script = scripted(desk, Done({}))

    class Takes:
        def step(self, job: Any) -> Any:
            desk.world.now += timedelta(seconds=4)
            return script.step(job)

    desk.kinds["ride-statement"] = Takes()
    desk.world.now += timedelta(seconds=2)
    desk.work(message)
    measures = desk.measures.get(consistent=True)
    assert (measures.service, measures.dispatch) == ({"ride-statement": 4.0}, 2.0)
    # Three seconds were estimated, and six it took.
    assert desk.job(job_id).accuracy() == 0.5
    assert desk.world.metrics.metric_set["JobEstimatePercent"]["Value"] == [50.0]
    assert "JobEstimatesOff" not in desk.world.metrics.metric_set


def test_a_measure_that_cannot_be_written_brings_nothing_back(desk: Desk, monkeypatch: Any) -> None:
    def busy(*_: Any) -> None:
        raise TableBusy("busy")

    monkeypatch.setattr(type(desk.measures), "learn", busy)
    job_id, message, _ = scripted(desk, Done({}))
    assert desk.work(message) == []
    assert desk.job(job_id).state == "succeeded"
