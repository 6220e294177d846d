"""The consumer of a partner's queue: the breaker, the queues and the secret in an account, the partner a real
server."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.rydes.simulators.partners.faults import Faults
from infra.rydes.simulators.partners.server import Server
from tests.support.patience import PATIENCE
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SECRETS, secret
from tests.support.unicorn_mgmt.quotes_desk import EVERYTHING_DONE, Desk
from tests.support.unicorn_mgmt.world import World
from wild_rydes_circuit_breaker import (
    Mode,
    Override,
    State,
    set_mode,
)


@pytest.fixture
def desk(world: World, servers: dict[str, Server]) -> Desk:
    return Desk(world, servers["p-comet"])


def test_a_quote_goes_to_the_return_address_with_its_correlation_id(desk: Desk) -> None:
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = desk.world.deliver(desk.world.request("rfq-1", deadline=deadline))
    assert desk.worker().handle(event) == EVERYTHING_DONE
    [told] = desk.world.answers()
    assert told["metadata"]["correlation_id"] == "rfq-1"
    assert "asked" not in told["data"]
    assert told["data"]["answers"][0]["kind"] == "quote"
    assert told["data"]["answers"][0]["responder_id"] == "p-comet"


def test_a_message_that_comes_twice_gives_the_same_message(desk: Desk) -> None:
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = desk.world.deliver(desk.world.request("rfq-1", deadline=deadline))
    for worker in (desk.worker(), desk.worker()):
        worker.handle(event)
    first, second = desk.world.answers()
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]


def test_a_request_past_its_deadline_is_dropped_before_any_call(desk: Desk) -> None:
    assert desk.ask(desk.worker(), "rfq-1", deadline=datetime.now(UTC) - timedelta(seconds=1)) == []
    assert desk.server.served == 0


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_request_that_has_waited_too_long_is_declined_without_a_call(desk: Desk, attempt: int) -> None:
    worker = desk.worker(timeout=2)
    assert desk.ask(worker, "rfq-1", waited=2.0)[0]["kind"] == "quote"
    served = desk.server.served
    answers = desk.ask(worker, "rfq-2", waited=2.001, attempt=attempt)
    assert answers == [{"kind": "decline", "responder_id": "p-comet", "reason": "partner-busy"}]
    assert desk.server.served == served
    record = desk.records()[-1]
    assert (record["operation"], record["outcome"], record["took_ms"]) == ("quote", "busy", 2001)
    assert (record["correlation_id"], record["circuit"]) == ("rfq-2", "")


def test_a_request_is_shed_alike_however_often_it_comes(desk: Desk) -> None:
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = desk.world.deliver(desk.world.request("rfq-1", deadline=deadline), waited=60)
    for worker in (desk.worker(timeout=2), desk.worker(timeout=2)):
        assert worker.handle(event) == EVERYTHING_DONE
    first, second = desk.world.answers()
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]
    assert [a["reason"] for told in (first, second) for a in told["data"]["answers"]] == ["partner-busy"] * 2


def test_what_is_shed_says_nothing_of_the_partner_and_needs_neither_circuit_nor_secret(
    desk: Desk, calls: list[str]
) -> None:
    desk.secrets.delete_secret(SecretId="p-comet", ForceDeleteWithoutRecovery=True)
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = desk.world.deliver(desk.world.request("rfq-1", deadline=deadline), waited=60)
    calls.clear()
    assert desk.worker(timeout=2).handle(event) == EVERYTHING_DONE
    assert calls == ["GetQueueUrl", "SendMessageBatch"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), RecursionError(), AttributeError("of Grandma")])
def test_whatever_goes_wrong_in_a_call_is_its_outcome(desk: Desk, error: Exception) -> None:
    class Broken:
        def quote(self, *_: object) -> None:
            raise error

    broken: Any = Broken()
    [answer] = desk.ask(replace(desk.worker(), client=broken), "rfq-1")
    assert (answer["kind"], answer["reason"]) == ("decline", "partner-unavailable")
    [record] = desk.records()
    assert record["outcome"] == "ours"
    assert record["reason"].startswith(f"unexpected {type(error).__name__} at tests.unit.")
    assert "Grandma" not in desk.world.stream.getvalue()
    assert desk.store.read("p-comet").state is State.CLOSED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "reason", "outcome"),
    [
        (Faults(error=1), "partner-failed", "partner"),
        (Faults(garbage=1), "partner-failed", "partner"),
        (Faults(partial=1), "partner-failed", "partner"),
        (Faults(throttle=1), "partner-throttled", "throttled"),
        (Faults(hang=1), "partner-timeout", "partner"),
    ],
)
def test_a_partner_that_fails_is_declined_at_once(
    desk: Desk, faults: Faults, reason: str, outcome: str
) -> None:
    desk.server.misbehaviour.set(faults)
    [answer] = desk.ask(desk.worker(timeout=0.2 if faults.hang else PATIENCE), "rfq-1")
    assert answer == {"kind": "decline", "responder_id": "p-comet", "reason": reason}
    [record] = desk.records()
    assert (record["outcome"], record["circuit"], record["attempt"]) == (outcome, "CLOSED", 1)
    assert record["correlation_id"] == "rfq-1"


@pytest.mark.slow
def test_the_call_ends_with_the_deadline_and_the_partner_is_not_blamed(desk: Desk) -> None:
    desk.server.misbehaviour.set(Faults(hang=1))
    deadline = datetime.now(UTC) + timedelta(hours=1)
    almost = desk.worker(timeout=60, now=lambda: deadline - timedelta(seconds=0.4))
    [answer] = desk.ask(almost, "rfq-1", deadline=deadline)
    assert answer["reason"] == "partner-unavailable"
    assert desk.store.read("p-comet").row is None


def test_an_outage_opens_the_circuit_for_all_workers_and_requests_are_declined_without_a_call(
    desk: Desk,
) -> None:
    desk.server.misbehaviour.set(Faults(outage_seconds=600, latency_ms=1))
    stays_open = {"wait_duration_in_open_state": 3600, "max_wait_duration_in_open_state": 3600}
    workers = [desk.worker(breaker=stays_open), desk.worker(breaker=stays_open)]
    reasons: list[str] = []
    for i in range(40):
        reasons += [a["reason"] for a in desk.ask(workers[i % 2], f"rfq-{i}")]
        if desk.store.read("p-comet").opens:
            break
    assert desk.store.read("p-comet").state is State.OPEN
    served = desk.server.served
    late = desk.worker(breaker=stays_open)
    assert [a["reason"] for a in desk.ask(late, "rfq-late")] == ["circuit-open"]
    assert desk.server.served == served
    assert desk.records()[-1]["circuit"] == "OPEN"
    assert set(reasons) <= {"partner-failed", "circuit-open"}


def test_a_circuit_forced_open_makes_no_call(desk: Desk) -> None:
    override = Override(Mode.FORCED_OPEN, "astrid", "contract ended")
    set_mode(desk.store, "p-comet", override, now=datetime.now(UTC).timestamp())
    assert [a["reason"] for a in desk.ask(desk.worker(), "rfq-1")] == ["circuit-open"]
    assert desk.server.served == 0


def test_our_own_faults_never_open_the_circuit_and_the_secret_is_read_anew(desk: Desk) -> None:
    desk.secrets.put_secret_value(
        SecretId="p-comet", SecretString=json.dumps({"base_url": desk.server.url, "api_key": "old"})
    )
    worker = desk.worker()
    reasons = [desk.ask(worker, f"rfq-{i}")[0]["reason"] for i in range(12)]
    assert reasons == ["partner-unavailable"] * 12
    assert desk.store.read("p-comet").epoch == 0
    desk.secrets.put_secret_value(SecretId="p-comet", SecretString=secret("p-comet", desk.server.url))
    assert desk.ask(worker, "rfq-new")[0]["kind"] == "quote"


def test_a_wrong_signature_may_be_our_old_key_so_the_secret_is_read_anew(
    world: World, servers: dict[str, Server]
) -> None:
    desk = Desk(world, servers["p-pegasus"], "p-pegasus")
    right = desk.secrets.get_secret_value(SecretId="p-pegasus")["SecretString"]
    wrong = json.dumps({**json.loads(right), "signing_key": "last year's"})
    desk.secrets.put_secret_value(SecretId="p-pegasus", SecretString=wrong)
    worker = desk.worker()
    assert desk.ask(worker, "rfq-1")[0]["reason"] == "partner-failed"
    desk.secrets.put_secret_value(SecretId="p-pegasus", SecretString=right)
    assert desk.ask(worker, "rfq-2")[0]["kind"] == "quote"
    failed, answered = desk.records()
    assert (failed["outcome"], failed["reason"]) == ("partner", "wrong signature")
    assert failed["environment"] == answered["environment"] != ""


def test_a_secret_that_cannot_be_read_returns_the_message(desk: Desk) -> None:
    desk.secrets.delete_secret(SecretId="p-comet", ForceDeleteWithoutRecovery=True)
    deadline = datetime.now(UTC) + timedelta(hours=1)
    event = desk.world.deliver(desk.world.request(deadline=deadline))
    assert desk.worker().handle(event) == {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }
    assert desk.world.answers() == []


def test_a_forbidden_return_address_is_parked_without_a_call(desk: Desk) -> None:
    desk.ask(desk.worker(), "rfq-1", reply_to="arn:aws:sqs:us-east-1:123456789012:somebody-elses")
    assert [parked["error"] for parked in desk.world.parked()] == ["ForbiddenReturnAddress"]
    assert desk.server.served == 0


@pytest.mark.slow
@pytest.mark.parametrize("partner_id", PARTNERS)
@pytest.mark.parametrize("fault", ["nothing", "error", "garbage", "partial", "throttle", "signature"])
def test_secrets_and_places_are_never_logged(
    world: World, servers: dict[str, Server], capsys: pytest.CaptureFixture[str], partner_id: str, fault: str
) -> None:
    desk = Desk(world, servers[partner_id], partner_id)
    if fault != "nothing":
        desk.server.misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    desk.ask(desk.worker(), "rfq-1")
    written = world.stream.getvalue() + "".join(capsys.readouterr())
    assert "partner called" in written
    assert [
        text for text in (*SECRETS[partner_id].values(), "47.62", "122.3", "Bearer") if text in written
    ] == []
