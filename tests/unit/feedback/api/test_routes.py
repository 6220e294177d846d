"""The API of the support team."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from feedback.api.routes import PAGE_SIZE, Routes
from tests.support.feedback.world import MACHINE, World
from wild_rydes_dynamodb.change import Conflict
from wild_rydes_http.api import RestApi
from wild_rydes_messaging.transient import is_transient

BASE = "https://api.example/v1"


@pytest.fixture
def world(world_on_moto: World) -> World:
    return world_on_moto


class Client:
    def __init__(self, world: World) -> None:
        self.api = RestApi(world.logger, is_transient=is_transient)
        Routes(self.api, world.table, MACHINE, now=lambda: world.now)

    def __call__(
        self, method: str, path: str, *, groups: str | None = "support", query: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        claims = {"claims": {"sub": "gandalf", "cognito:groups": groups}} if groups is not None else None
        event = {
            "httpMethod": method,
            "path": path,
            "headers": {},
            "queryStringParameters": query,
            "requestContext": {
                "domainName": "api.example",
                "stage": "v1",
                "path": f"/v1{path}",
                "authorizer": claims,
            },
            "body": None,
        }
        answer = self.api.handle(event)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def follow(self, url: str) -> Any:
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}/v1" == BASE
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, body = self("GET", parts.path.removeprefix("/v1"), query=query)
        assert status == 200
        return body


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def wants_call(world: World, ride_id: str, number: str) -> None:
    world.ride(ride_id, world.customer(number))
    world.pump()
    for text in ("2", "yes"):
        world.hear(text, world.last_sms(number), sender=number)
        world.pump()


def test_feedback_of_a_ride(world: World, client: Client) -> None:
    customer = world.customer()
    world.ride("r", customer)
    status, body = client("GET", "/rides/r/feedback")
    assert (status, body["status"], body["call-wanted"]) == (200, "requested", False)
    world.pump()
    world.track("TEXT_DELIVERED", world.last_sms())
    assert client("GET", "/rides/r/feedback")[1]["status"] == "asked"
    world.hear("8", world.last_sms())
    world.phones.faults = ["invalid"]
    world.pump()
    _, body = client("GET", "/rides/r/feedback")
    noon = "2026-11-21T20:00:00Z"
    assert body == {
        "ride-id": "r",
        "responder-id": "u-shadowfax",
        "customer-id": customer,
        "status": "ended",
        "ending": "answered",
        "score": 8,
        "call-wanted": False,
        "opted-out": False,
        "created-at": noon,
        "asked-at": noon,
        "answered-at": noon,
        "ended-at": noon,
        "cost": 0.00881,
        "messages": [
            {
                "prompt": "ask-score",
                "said-at": noon,
                "state": "delivered",
                "state-since": noon,
                "parts": 1,
                "price": 0.00881,
            },
            {
                "prompt": "thank",
                "said-at": noon,
                "state": "refused",
                "state-since": noon,
                "reason": "INVALID_PARAMETER",
            },
        ],
        "links": {"self": f"{BASE}/rides/r/feedback"},
    }


def test_feedback_tells_what_time_will_bring(world: World, client: Client) -> None:
    world.now = datetime(2026, 11, 22, 9, tzinfo=UTC)  # one in the night in Seattle
    world.ride("r", world.customer())
    world.pump()

    def look(*names: str) -> list[Any]:
        body = client("GET", "/rides/r/feedback")[1]
        return [body["messages"][0].get(name) for name in ("state", "reason", "not-before")] + [
            body.get(name) for name in ("reminder-at", "expires-at", "opted-out")
        ]

    morning = "2026-11-22T16:00:00Z"
    assert look() == ["waiting", "night", morning, None, "2026-11-25T09:00:00Z", False]
    world.pass_time(hours=7)
    world.pump()
    assert look() == ["sent", None, None, "2026-11-23T16:00:00Z", "2026-11-25T16:00:00Z", False]
    world.hear("STOP", world.last_sms())
    world.pump()
    assert look()[3:] == [None, "2026-11-25T16:00:00Z", True]


@pytest.mark.slow
def test_open_callbacks_the_longest_waiting_first_until_called(world: World, client: Client) -> None:
    for i in range(3):
        wants_call(world, f"r{i}", f"+1206555014{i}")
        world.now += timedelta(minutes=1)
    _, body = client("GET", "/callbacks")
    assert [callback["ride-id"] for callback in body["callbacks"]] == ["r0", "r1", "r2"]
    first = body["callbacks"][0]
    assert (first["score"], first["requested-at"]) == (2, "2026-11-21T20:00:00Z")
    feedback = client.follow(first["links"]["feedback"])
    assert feedback["links"]["callback"] == first["links"]["self"] == f"{BASE}/callbacks/r0"
    for _ in range(2):
        assert client("DELETE", "/callbacks/r0") == (204, None)
    assert [c["ride-id"] for c in client("GET", "/callbacks")[1]["callbacks"]] == ["r1", "r2"]
    assert "called-at" in client("GET", "/rides/r0/feedback")[1]
    assert world.names_told().count("CallbackRequested") == 3


def test_callbacks_come_in_pages(world: World, client: Client) -> None:
    ride = world.completed("r", world.customer())
    assert world.handle(world.rides, ride) == []
    item = next(item for item in world.aws.items() if item["id"]["S"] == "ride#r")
    for i in range(PAGE_SIZE + 1):
        more = {
            "id": {"S": f"ride#r{i}"},
            "answers": {"M": {"score": {"N": "2"}, "call": {"S": "yes"}}},
            "callback": {"S": "open"},
            "callback_at": {"N": str(i)},
        }
        world.aws.dynamodb.put_item(TableName=world.aws.table, Item={**item, **more})
    first = client("GET", "/callbacks")[1]
    second = client.follow(first["links"]["next"])
    listed = [c["ride-id"] for page in (first, second) for c in page["callbacks"]]
    assert listed == [f"r{i}" for i in range(PAGE_SIZE + 1)]
    assert "next" not in second["links"]


def test_nothing_waits(client: Client) -> None:
    assert client("GET", "/callbacks") == (200, {"callbacks": [], "links": {"self": f"{BASE}/callbacks"}})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/rides/unknown/feedback"),
        ("DELETE", "/callbacks/unknown"),
        ("GET", f"/rides/{'x' * 3000}/feedback"),
    ],
)
def test_what_is_unknown(client: Client, method: str, path: str) -> None:
    status, body = client(method, path)
    assert (status, body["status"]) == (404, 404)


def test_nobody_wanted_to_be_called(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    assert client("DELETE", "/callbacks/r")[0] == 404


@pytest.mark.parametrize(
    ("groups", "status"), [("customers", 403), ("unicorns,customers", 403), ("", 403), (None, 401)]
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/callbacks"), ("DELETE", "/callbacks/r"), ("GET", "/rides/r/feedback")]
)
def test_others_are_kept_out(client: Client, groups: str | None, status: int, method: str, path: str) -> None:
    assert client(method, path, groups=groups)[0] == status


@pytest.mark.parametrize("text", ["x", "", "bm90IGpzb24", "WzEsMl0", "W10", "é", "A" * 5000])
def test_a_cursor_that_is_none(client: Client, text: str) -> None:
    status, body = client("GET", "/callbacks", query={"cursor": text})
    assert (status, body["errors"][0]["field"]) == (400, "cursor")


def test_a_callback_without_a_score_is_not_listed(world: World, client: Client) -> None:
    wants_call(world, "r", "+12065550142")
    item = next(item for item in world.aws.items() if item["id"]["S"] == "ride#r")
    answers = {"M": {"call": {"S": "yes"}}}
    world.aws.dynamodb.put_item(TableName=world.aws.table, Item={**item, "answers": answers})
    assert client("GET", "/callbacks")[1]["callbacks"] == []


def test_while_others_are_faster_the_caller_is_asked_to_wait(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants_call(world, "r", "+12065550142")
    waiting = world.conversation("r")

    def write(*_: object, **__: object) -> None:
        raise Conflict(waiting)

    monkeypatch.setattr(world.table, "write", write)
    status, body = client("DELETE", "/callbacks/r")
    assert (status, body["title"]) == (503, "Service Unavailable")
