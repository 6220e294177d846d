"""The status document: there when preferred, true at each step, and never personal."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ride_booking.domain.rfq import Rfq
from tests.support.ride_booking.world import (
    BODY,
    DOCUMENTS,
    NOW,
    SECRETS,
    Api,
    World,
    quote,
    record,
    response,
    rfq,
)


def document(world: World, rfq_id: str) -> Any:
    return json.loads(world.s3.get_object(Bucket=DOCUMENTS, Key=f"rfqs/{rfq_id}.json")["Body"].read())


def test_the_202_tells_where_the_document_is(api: Api, world: World) -> None:
    answer = api.post({**BODY, "respond-within": 60}, Prefer="status-document", Idempotency_Key="k")

    assert answer.headers["preference-applied"] == "status-document"
    url = urlsplit(answer.body["links"]["status-document"])
    assert url.path == f"/{DOCUMENTS}/rfqs/{answer.body['id']}.json"
    assert parse_qs(url.query)["X-Amz-Expires"] == ["360"]
    world.now += timedelta(seconds=30)
    again = api.post({**BODY, "respond-within": 60}, Prefer="status-document", Idempotency_Key="k")
    assert "X-Amz-Expires=330" in again.body["links"]["status-document"]


def test_without_the_preference_there_is_none(api: Api, world: World, calls: list[str]) -> None:
    answer = api.post(Prefer="respond-async")
    world.outbox().handle({"Records": [record(rfq())]})

    assert "preference-applied" not in answer.headers
    assert "status-document" not in answer.body["links"]
    assert "PutObject" not in calls


def test_of_repeated_lines_each_counts(api: Api) -> None:
    assert api.post(prefer=["status-document", "wait=10"]).headers["preference-applied"] == "status-document"


def test_it_is_true_at_the_start_at_completion_and_on_cancel(world: World) -> None:
    new, unwanted = world.put(document=True), world.put(document=True)
    world.outbox().handle({"Records": [record(new), record(unwanted)]})
    assert document(world, new.id) == {
        "id": new.id,
        "status": "running",
        "responses-received": 0,
        "responders-asked": 0,
        "eta": "2026-11-21T09:05:00.123000Z",
    }
    world.gather(response(new.id, quote("u-a"), asked=("u-a",)))
    world.rfqs.change(unwanted.id, lambda found: found.cancel(NOW))
    after = [world.stored(kept.id) for kept in (new, unwanted)]
    world.outbox().handle({"Records": [record(after[0], new), record(after[1], unwanted)]})

    done = document(world, new.id)
    assert (done["status"], done["completed-by"], done["responses-received"]) == (
        "completed",
        "all-answered",
        1,
    )
    assert document(world, unwanted.id)["completed-by"] == "cancelled"


def test_a_batch_writes_the_last_state_alone(world: World, calls: list[str]) -> None:
    new = rfq(document=True)
    done = new.cancel(NOW)
    world.outbox().handle({"Records": [record(new), record(done, new)]})

    assert calls.count("PutObject") == 1
    assert document(world, new.id)["status"] == "completed"


def test_nothing_personal_is_in_it(world: World) -> None:
    new: Rfq = rfq(document=True, customer="c-secret")
    world.outbox().handle({"Records": [record(new)]})

    text = json.dumps(document(world, new.id))
    assert not [secret for secret in (*SECRETS, "c-secret") if secret in text]
