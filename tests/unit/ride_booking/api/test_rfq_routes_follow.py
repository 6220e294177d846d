"""Follow, read, cancel and list RFQs; and what the API answers to anything else."""

from datetime import timedelta
from typing import Any

import pytest

from ride_booking.domain.rfq import Completion, Response
from tests.support import aws
from tests.support.ride_booking.faults import throttle
from tests.support.ride_booking.world import (
    DEADLINE,
    NOW,
    TABLE,
    Api,
    World,
    decline,
    quote,
    record,
    response,
)
from wild_rydes_contracts import Rating

URL = "https://abc.execute-api.us-east-1.amazonaws.com/v1/instant-ride-rfqs"
NEVER = "01a1fd55-5472-797f-b00e-2dcdef8f6e19"
PATHS = ["", "/quotes", "/result"]


def quoted(world: World, *, asked: tuple[str, ...] = ("u-a", "u-b", "u-c")) -> str:
    """An RFQ with two quotes and a forged one; completed unless more than two were asked."""
    kept = world.put()
    answers = quote("u-a", "12.50"), quote("u-b", "9.00", pickup=60), quote("u-forged", "0.01")
    world.gather(response(kept.id, *answers, asked=asked))
    return kept.id


SHOWN = [
    {
        "quote-id": "u-b",
        "responder-id": "u-b",
        "name": "Shadowfax",
        "price": {"amount": "9.00", "currency": "USD"},
        "pickup-in-seconds": 60,
    },
    {
        "quote-id": "u-a",
        "responder-id": "u-a",
        "name": "Shadowfax",
        "price": {"amount": "12.50", "currency": "USD"},
        "pickup-in-seconds": 240,
    },
]


class TestFollow:
    def test_while_it_runs(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)
        world.now += timedelta(seconds=10.5)
        answer = api.get(f"/{rfq_id}")

        assert answer.status == 200
        assert answer.headers["retry-after"] == "6"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.body == {
            "id": rfq_id,
            "status": "running",
            "responses-received": 2,
            "responders-asked": 3,
            "eta": "2026-11-21T09:05:00.123000Z",
            "links": {
                "self": f"{URL}/{rfq_id}",
                "quotes": f"{URL}/{rfq_id}/quotes",
                "result": f"{URL}/{rfq_id}/result",
                "bookings": f"{URL}/{rfq_id}/bookings",
            },
        }

    def test_declines_are_responses_too(self, api: Api, world: World) -> None:
        kept = world.put()
        world.gather(response(kept.id, decline("u-a"), asked=("u-a", "u-b")))

        assert api.get(f"/{kept.id}").body["responses-received"] == 1

    def test_costs_half_a_read_unit(self, api: Api, world: World, calls: list[str]) -> None:
        rfq_id = quoted(world)
        calls.clear()
        api.get(f"/{rfq_id}")

        assert calls == ["GetItem"]

    def test_never_says_to_come_back_at_once(self, api: Api, world: World) -> None:
        kept = world.put()
        world.now = DEADLINE - timedelta(milliseconds=1)

        assert api.get(f"/{kept.id}").headers["retry-after"] == "1"

    def test_who_obeys_sees_early_answers_early_and_seldom_looks(self, api: Api, world: World) -> None:
        kept = world.put()
        looked = []
        while (answer := api.get(f"/{kept.id}")).status == 200:
            looked.append((world.now - NOW).total_seconds())
            world.now += timedelta(seconds=int(answer.headers["retry-after"]))
        assert looked[:5] == [0, 1, 2, 3, 5]
        assert len(looked) <= 15
        assert world.now <= DEADLINE + timedelta(seconds=1)

    def test_head_tells_what_get_would_without_a_body(self, api: Api, world: World) -> None:
        kept = world.put()
        got, head = api.get(f"/{kept.id}"), api.call("HEAD", f"/instant-ride-rfqs/{kept.id}")
        assert (head.status, head.headers, head.raw["body"]) == (got.status, got.headers, "")

    def test_at_its_deadline_an_rfq_is_over_even_if_its_timer_was_lost(self, api: Api, world: World) -> None:
        kept = world.put()
        world.now = DEADLINE

        assert [item["status"] for item in api.get("").body["rfqs"]] == ["completed"]
        assert world.stored(kept.id) == kept  # a list writes nothing
        assert api.get(f"/{kept.id}").status == 303
        stored = world.stored(kept.id)
        assert stored.completion == Completion("deadline", DEADLINE)
        assert api.get(f"/{kept.id}/result").body["completed-by"] == "deadline"
        assert world.stored(kept.id) == stored
        world.outbox().handle({"Records": [record(stored, kept)]})
        assert [event["detail-type"] for event in world.published()] == ["RfqCompleted"]

    def test_done(self, api: Api, world: World) -> None:
        rfq_id = quoted(world, asked=("u-a", "u-b"))
        answer = api.get(f"/{rfq_id}")

        assert answer.status == 303
        assert answer.headers["location"] == f"{URL}/{rfq_id}/result"
        assert answer.raw["body"] == ""


class TestQuotes:
    def test_so_far(self, api: Api, world: World) -> None:
        answer = api.get(f"/{quoted(world)}/quotes")

        assert answer.status == 200
        assert answer.body["status"] == "running"
        assert answer.body["quotes"] == SHOWN

    def test_with_what_customers_think_of_who_offers(self, api: Api, world: World) -> None:
        kept = world.put()
        rated = quote("u-a", rating=Rating(count=12, total=103)), quote("u-b", "13.00")
        world.gather(response(kept.id, *rated, asked=("u-a", "u-b")))

        for part in ("quotes", "result"):
            shown = api.get(f"/{kept.id}/{part}").body["quotes"]
            assert shown[0]["rating"] == {"score": 8.6, "count": 12}
            assert "rating" not in shown[1]

    def test_what_has_expired_comes_last(self, api: Api, world: World) -> None:
        kept = world.put()
        short = quote("u-a").model_copy(update={"valid_until": NOW + timedelta(seconds=60)})
        world.gather(response(kept.id, short, quote("u-b", "13.00"), asked=("u-a", "u-b")))

        def shown(part: str) -> list[str]:
            return [body["quote-id"] for body in api.get(f"/{kept.id}/{part}").body["quotes"]]

        assert (shown("quotes"), shown("result")) == (["u-a", "u-b"], ["u-a", "u-b"])
        world.now += timedelta(seconds=60)
        assert (shown("quotes"), shown("result")) == (["u-b", "u-a"], ["u-b", "u-a"])

    def test_none_yet(self, api: Api, world: World) -> None:
        assert api.get(f"/{world.put().id}/quotes").body["quotes"] == []

    @pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', "*", '{tag}\n"other"'])
    def test_the_same_as_the_caller_has(self, api: Api, world: World, known: str) -> None:
        rfq_id = quoted(world)
        tag = api.get(f"/{rfq_id}/quotes").headers["etag"]
        answer = api.get(f"/{rfq_id}/quotes", If_None_Match=known.format(tag=tag).split("\n"))

        assert (answer.status, answer.raw["body"], answer.headers["etag"]) == (304, "", tag)

    def test_more_than_the_caller_has(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)
        tag = api.get(f"/{rfq_id}/quotes").headers["etag"]
        world.gather(response(rfq_id, quote("u-c")))
        answer = api.get(f"/{rfq_id}/quotes", If_None_Match=tag)

        assert answer.status == 200
        assert len(answer.body["quotes"]) == 3
        assert answer.headers["etag"] != tag

    def test_what_nobody_sees_leaves_the_tag_as_it_is(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)
        tag = api.get(f"/{rfq_id}/quotes").headers["etag"]
        world.gather(response(rfq_id, asked=("u-d",)))
        assert api.get(f"/{rfq_id}/quotes", If_None_Match=tag).status == 304


class TestResult:
    def test_while_it_runs(self, api: Api, world: World) -> None:
        answer = api.get(f"/{quoted(world)}/result")

        assert answer.status == 409
        assert answer.headers["retry-after"] == "1"

    def test_when_all_have_answered(self, api: Api, world: World) -> None:
        rfq_id = quoted(world, asked=("u-a", "u-b"))
        answer = api.get(f"/{rfq_id}/result")

        assert answer.status == 200
        assert answer.body == {
            "id": rfq_id,
            "status": "completed",
            "customer": "cust-1",
            "from": {"lat": 47.6205, "lon": -122.3493, "label": "Grandma"},
            "to": {"lat": 47.4502, "lon": -122.3088, "label": "Hangar"},
            "created-at": "2026-11-21T09:00:00.123000Z",
            "completed-at": "2026-11-21T09:00:00.123000Z",
            "completed-by": "all-answered",
            "quotes": SHOWN,
            "responders": {"asked": 2, "quoted": 2, "declined": 0, "silent": 0, "late": 0},
            "rides": [],
            "links": {
                "self": f"{URL}/{rfq_id}",
                "quotes": f"{URL}/{rfq_id}/quotes",
                "result": f"{URL}/{rfq_id}/result",
                "bookings": f"{URL}/{rfq_id}/bookings",
            },
        }

    def test_after_the_deadline(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)
        world.now = DEADLINE
        world.gather(response(rfq_id, quote("u-c")))
        body = api.get(f"/{rfq_id}/result").body

        assert (body["completed-by"], body["completed-at"]) == ("deadline", "2026-11-21T09:05:00.123000Z")
        assert body["responders"] == {"asked": 3, "quoted": 2, "declined": 0, "silent": 1, "late": 1}
        assert body["quotes"] == SHOWN

    def test_a_stale_read_does_not_refuse_what_is_done(self, api: Api, world: World) -> None:
        rfq_id = world.put().id
        aws.reads.catch_up()
        world.rfqs.change(rfq_id, lambda found: found.close(DEADLINE))
        statuses = [
            api.call("GET", f"/instant-ride-rfqs/{rfq_id}{path}").status
            for path in ("", "/quotes", "/result")
        ]

        assert statuses == [200, 200, 200]


class TestCancel:
    def test_ends_it_once(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)

        for _ in range(2):
            answer = api.call("DELETE", f"/instant-ride-rfqs/{rfq_id}")
            assert (answer.status, answer.raw["body"]) == (204, "")
            world.now += timedelta(seconds=1)
        assert world.stored(rfq_id).completion == Completion("cancelled", NOW)
        assert api.get(f"/{rfq_id}/result").body["completed-by"] == "cancelled"
        assert len(world.logged("completed")) == 1

    def test_what_is_completed_stays_so(self, api: Api, world: World) -> None:
        rfq_id = quoted(world, asked=("u-a", "u-b"))

        assert api.call("DELETE", f"/instant-ride-rfqs/{rfq_id}").status == 409
        assert api.get(f"/{rfq_id}/result").body["completed-by"] == "all-answered"

    def test_is_too_late_at_the_deadline(self, api: Api, world: World) -> None:
        kept = world.put()
        world.now = DEADLINE

        assert api.call("DELETE", f"/instant-ride-rfqs/{kept.id}").status == 409
        assert world.stored(kept.id).completion == Completion("deadline", DEADLINE)

    def test_answers_that_come_afterwards_do_not_show(self, api: Api, world: World) -> None:
        rfq_id = quoted(world)
        api.call("DELETE", f"/instant-ride-rfqs/{rfq_id}")
        world.gather(response(rfq_id, quote("u-c")))
        body = api.get(f"/{rfq_id}/result").body

        assert body["quotes"] == SHOWN
        assert body["responders"]["late"] == 1


class TestList:
    def test_newest_first_in_pages(self, api: Api, world: World) -> None:
        ids = [world.put(created_at=NOW + timedelta(seconds=i)).id for i in range(45)]
        found, path, pages = [], "", []
        while True:
            answer = api.get(path)
            assert answer.status == 200
            found += [summary["id"] for summary in answer.body["rfqs"]]
            pages.append(len(answer.body["rfqs"]))
            if "next" not in answer.body["links"]:
                break
            path = answer.body["links"]["next"].removeprefix(URL)

        assert found == ids[::-1]
        assert pages == [20, 20, 5]

    def test_each_tells_how_it_stands(self, api: Api, world: World) -> None:
        rfq_id = quoted(world, asked=("u-a", "u-b"))

        [summary] = api.get("").body["rfqs"]
        assert summary == {
            "id": rfq_id,
            "status": "completed",
            "from": {"lat": 47.6205, "lon": -122.3493, "label": "Grandma"},
            "to": {"lat": 47.4502, "lon": -122.3088, "label": "Hangar"},
            "created-at": "2026-11-21T09:00:00.123000Z",
            "eta": "2026-11-21T09:05:00.123000Z",
            "completed-by": "all-answered",
            "responses-received": 2,
            "responders-asked": 2,
            "links": {
                "self": f"{URL}/{rfq_id}",
                "quotes": f"{URL}/{rfq_id}/quotes",
                "result": f"{URL}/{rfq_id}/result",
                "bookings": f"{URL}/{rfq_id}/bookings",
            },
        }

    def test_of_nobody_else(self, api: Api, world: World) -> None:
        world.put()

        assert api.get("", sub="cust-2").body["rfqs"] == []

    def test_a_cursor_is_taken_as_it_was_given_and_from_whom(self, api: Api, world: World) -> None:
        for i in range(21):
            world.put(created_at=NOW + timedelta(seconds=i))
        cursor = api.get("").body["links"]["next"].rpartition("=")[2]
        other = "A" if cursor[0] != "A" else "B"

        assert api.get(f"?cursor={cursor}").status == 200
        tampered = [
            cursor[:-1],
            f"{cursor}=",
            f"{cursor}A",
            f"{other}{cursor[1:]}",
            cursor.swapcase(),
            "",
            "ä",
            "%00",
        ]
        for wrong in tampered:
            answer = api.get(f"?cursor={wrong}")
            assert (answer.status, wrong) == (400, wrong)
            assert [error["field"] for error in answer.body["errors"]] == ["cursor"]
        assert api.get(f"?cursor={cursor}", sub="cust-2").status == 400


@pytest.mark.parametrize("path", PATHS)
class TestWhatIsNotTheCallers:
    def test_is_not_there(self, api: Api, world: World, path: str) -> None:
        kept = world.put()
        foreign = api.get(f"/{kept.id}{path}", sub="cust-2")
        unknown = api.get(f"/{NEVER}{path}")

        assert foreign.status == unknown.status == 404
        assert foreign.body == unknown.body
        assert foreign.headers == unknown.headers

    @pytest.mark.parametrize("groups", [["unicorns"], ["support"], []])
    def test_is_for_customers_alone(self, api: Api, world: World, path: str, groups: Any) -> None:
        assert api.get(f"/{world.put().id}{path}", groups=groups).status == 403

    @pytest.mark.parametrize(
        "id_",
        [
            "x",
            "..",
            "%2e%2e",
            NEVER.upper(),
            NEVER.replace("-", ""),
            f"{NEVER}%00",
            "{id}",
            "'; --",
            "\N{MATHEMATICAL DOUBLE-STRUCK DIGIT ZERO}" * 36,
            "a" * 5000,
        ],
    )
    def test_malformed_ids_never_reach_the_table(
        self, api: Api, calls: list[str], path: str, id_: str
    ) -> None:
        assert api.get(f"/{id_}{path}").status == 404
        assert calls == []


def test_nobody_cancels_another_customers_rfq(api: Api, world: World) -> None:
    kept = world.put()

    for rfq_id, sub in ((kept.id, "cust-2"), (NEVER, "cust-1"), ("x", "cust-1")):
        assert api.call("DELETE", f"/instant-ride-rfqs/{rfq_id}", sub=sub).status == 404
    assert world.stored(kept.id) == kept


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/instant-ride-rfqs", "GET, HEAD, POST"),
        ("DELETE", "/instant-ride-rfqs", "GET, HEAD, POST"),
        ("POST", f"/instant-ride-rfqs/{NEVER}", "DELETE, GET, HEAD"),
        ("PATCH", f"/instant-ride-rfqs/{NEVER}", "DELETE, GET, HEAD"),
        ("DELETE", f"/instant-ride-rfqs/{NEVER}/quotes", "GET, HEAD"),
        ("POST", f"/instant-ride-rfqs/{NEVER}/result", "GET, HEAD"),
    ],
)
def test_wrong_methods(api: Api, method: str, path: str, allowed: str) -> None:
    answer = api.call(method, path)

    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/instant-ride-rfqs-of-all",
        "/Instant-Ride-Rfqs",
        f"/instant-ride-rfqs/{NEVER}/quotes/u-a",
        f"/instant-ride-rfqs/{NEVER}/bookings/u-a",
        "/instant-ride-rfqs/../../etc/passwd",
        "//evil.example.com",
    ],
)
def test_unknown_paths(api: Api, calls: list[str], path: str) -> None:
    answer = api.call("GET", path)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert calls == []


def test_without_a_token_nobody_gets_in(api: Api) -> None:
    assert api.get("", sub=None).status == 401


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "", "Query"),
        ("GET", "/{id}", "GetItem"),
        ("GET", "/{id}/result", "GetItem"),
        ("DELETE", "/{id}", "UpdateItem"),
    ],
)
def test_a_throttled_table_is_told_as_such(
    api: Api, world: World, method: str, path: str, operation: str
) -> None:
    kept = world.put()
    with throttle(world.dynamodb, operation):
        answer = api.call(method, f"/instant-ride-rfqs{path.format(id=kept.id)}")

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("code", "status"),
    [("Throttling", 400), ("LimitExceededException", 400), ("InternalServerError", 500), ("whatever", 503)],
)
def test_trouble_that_passes_is_not_our_mistake(api: Api, world: World, code: str, status: int) -> None:
    with throttle(world.dynamodb, "PutItem", code=code, status=status):
        assert (api.post().status, api.post().headers["retry-after"]) == (503, "1")
    with throttle(world.dynamodb, "PutItem", code="AccessDeniedException"):
        assert api.post().status == 500


def test_a_table_where_others_are_always_faster_is_told_as_such(api: Api, world: World) -> None:
    kept = world.put()

    def rival(**_: Any) -> None:
        """Before each write, someone else asks one responder more."""
        world.dynamodb.meta.events.unregister("before-call.dynamodb.UpdateItem", rival)
        more = Response(asked=frozenset({f"u-{len(world.stored(kept.id).responders)}"}))
        world.rfqs.change(kept.id, lambda found: found.gather([more], NOW))
        world.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", rival)

    world.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", rival)

    answer = api.call("DELETE", f"/instant-ride-rfqs/{kept.id}")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_our_own_mistakes_stay_inside(api: Api, world: World) -> None:
    kept = world.put()
    world.dynamodb.delete_table(TableName=TABLE)
    answer = api.get(f"/{kept.id}")

    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert TABLE not in answer.raw["body"]
    assert "ResourceNotFound" not in answer.raw["body"]
    assert [line["level"] for line in world.logs] == ["ERROR", "INFO"]
