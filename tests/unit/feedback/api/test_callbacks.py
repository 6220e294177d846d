"""Calls that customers want: listed, claimed by one agent who sees whom to call, and closed."""

from datetime import timedelta
from typing import Any

import pytest

from feedback.api.pages import SIZE
from tests.support.feedback.support_api import Client
from tests.support.feedback.world import SEATTLE, World
from tests.support.requests import BASE
from wild_rydes_dynamodb.change import Conflict

NAME = "Tiffany Aching"
CLAIM, OUTCOME = "/callbacks/r/claim", "/callbacks/r/outcome"


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_a_call_is_claimed_made_and_closed(world: World, client: Client) -> None:
    customer = world.wants_call("r", name=NAME, time_zone="America/Los_Angeles")
    status, claimed = client("PUT", CLAIM)
    here = f"{BASE}/callbacks/r"
    shown = {
        "ride-id": "r",
        "responder-id": "u-shadowfax",
        "customer-id": customer,
        "score": 2,
        "language": "en",
        "time-zone": "America/Los_Angeles",
        "requested-at": "2026-11-21T20:00:00Z",
        "links": {
            "self": here,
            "feedback": f"{BASE}/rides/r/feedback",
            "claim": f"{here}/claim",
            "outcome": f"{here}/outcome",
        },
    }
    claim = {"claimed-by": "ann", "claimed-until": "2026-11-21T20:30:00Z"}
    contact = {"number": SEATTLE, "name": NAME, "number-verified": True, "sms-opted-out": False}
    assert (status, claimed) == (200, {**shown, **claim, "contact-state": "shown", "contact": contact})
    hidden = {**shown, **claim, "contact-state": "hidden"}
    assert client("GET", "/callbacks/r", agent="bob") == (200, hidden)
    assert client("GET", "/callbacks")[1]["callbacks"] == [hidden]
    assert client("GET", "/callbacks/r") == (200, claimed)

    end = {"closed-at": "2026-11-21T20:00:00Z", "outcome": "reached", "contact-state": "hidden"}
    for _ in range(2):
        assert client("POST", OUTCOME, {"outcome": "reached"}) == (200, {**shown, **end})
    assert client("GET", "/callbacks/r") == (200, {**shown, **end})
    assert client("GET", "/callbacks")[1]["callbacks"] == []
    world.pump()
    told = world.aws.told()
    assert told[-1]["detail-type"] == "CallbackDone"
    assert told[-1]["detail"]["data"] == {
        "ride_id": "r",
        "responder_id": "u-shadowfax",
        "customer_id": customer,
        "outcome": "reached",
        "done_at": "2026-11-21T20:00:00Z",
    }


def test_an_agent_sees_when_the_customer_wants_to_be_called(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    world.pump()
    for text in ("2", "yes please, tomorrow after 5pm"):
        world.hear(text, world.last_sms())
        world.pump()
    assert client("GET", "/callbacks/r")[1]["wished"] == {"day": "tomorrow", "earliest": 17}


def test_two_agents_do_not_make_one_call(world: World, client: Client) -> None:
    world.wants_call("r")
    assert client("PUT", CLAIM)[0] == 200
    world.now += timedelta(minutes=29)
    for method, path, body in (
        ("PUT", CLAIM, None),
        ("DELETE", CLAIM, None),
        ("POST", OUTCOME, {"outcome": "reached"}),
    ):
        status, problem = client(method, path, body, agent="bob")
        assert (status, problem["detail"]) == (
            409,
            "Another agent has this call until 2026-11-21T20:30:00Z.",
        )
    assert client("PUT", CLAIM)[1]["claimed-until"] == "2026-11-21T20:59:00Z"
    assert client("DELETE", CLAIM) == (204, None)
    assert client("DELETE", CLAIM, agent="bob") == (204, None)
    assert client("GET", "/callbacks/r")[1]["contact-state"] == "hidden"
    assert "claimed-by" not in client("GET", "/callbacks")[1]["callbacks"][0]
    assert client("PUT", CLAIM, agent="bob")[0] == 200


def test_a_claim_lapses_and_with_it_all_that_it_gives(world: World, client: Client) -> None:
    world.wants_call("r")
    client("PUT", CLAIM)
    world.now += timedelta(minutes=30)
    assert client("GET", "/callbacks/r")[1]["contact-state"] == "hidden"
    status, problem = client("POST", OUTCOME, {"outcome": "reached"})
    assert (status, problem["detail"]) == (409, "Claim the call first. A claim may have lapsed.")
    assert client("PUT", CLAIM, agent="bob")[1]["claimed-by"] == "bob"


def test_an_end_is_final(world: World, client: Client) -> None:
    world.wants_call("r")
    client("PUT", CLAIM)
    client("POST", OUTCOME, {"outcome": "not-reached"})
    before = world.conversation("r")
    for agent, method, path, body in (
        ("ann", "POST", OUTCOME, {"outcome": "reached"}),
        ("bob", "POST", OUTCOME, {"outcome": "not-reached"}),
        ("ann", "PUT", CLAIM, None),
    ):
        status, problem = client(method, path, body, agent=agent)
        assert (status, problem["detail"]) == (409, "The call is closed.")
    assert client("DELETE", CLAIM) == (204, None)
    assert world.conversation("r") == before


@pytest.mark.parametrize(
    "body", [None, {}, {"outcome": "fine"}, {"outcome": None}, {"outcome": "reached", "number": SEATTLE}]
)
def test_an_outcome_that_is_none(world: World, client: Client, body: Any) -> None:
    world.wants_call("r")
    client("PUT", CLAIM)
    status, problem = client("POST", OUTCOME, body)
    assert (status, len(problem["errors"])) == (400, 1)
    assert client("GET", "/callbacks")[1]["callbacks"]


def test_nobody_wants_a_call(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    for method, path in (("GET", "/callbacks/r"), ("PUT", CLAIM), ("DELETE", CLAIM)):
        assert client(method, path)[0] == 404
    assert client("POST", OUTCOME, {"outcome": "reached"})[0] == 404


def test_a_customer_who_cannot_be_called_any_more(world: World, client: Client) -> None:
    """They have left, for instance. The agent closes the call, or leaves it."""
    world.set_customer(world.wants_call("r", name=NAME), None, name=NAME)
    status, claimed = client("PUT", CLAIM)
    assert (status, claimed["contact-state"]) == (200, "none")
    assert "contact" not in claimed
    assert client("POST", OUTCOME, {"outcome": "not-reached"})[0] == 200


def test_who_calls_sees_that_the_number_wants_no_sms(world: World, client: Client) -> None:
    world.wants_call("r")
    world.hear("STOP")
    assert client("PUT", CLAIM)[1]["contact"]["sms-opted-out"] is True


def test_each_look_at_a_number_is_logged_and_neither_number_nor_name_is(world: World, client: Client) -> None:
    world.wants_call("r", name=NAME)
    client("PUT", CLAIM)
    client("GET", "/callbacks/r")
    client("GET", "/callbacks/r", agent="bob")
    client("GET", "/callbacks")
    client("POST", OUTCOME, {"outcome": "reached"})
    looks = [line for line in world.logs if line["message"] == "contact shown"]
    assert [(line["ride_id"], line["agent"]) for line in looks] == [("r", "ann")] * 2
    for text in (*world.lines.getvalue().splitlines(), str(world.aws.items())):
        assert "2065550142" not in text
        assert "Tiffany" not in text


@pytest.mark.slow
def test_open_callbacks_the_longest_waiting_first(world_in_account: World) -> None:
    world, client = world_in_account, Client(world_in_account)
    for i in range(3):
        world.wants_call(f"r{i}", f"+1206555014{i}")
        world.now += timedelta(minutes=1)
    _, body = client("GET", "/callbacks")
    assert [callback["ride-id"] for callback in body["callbacks"]] == ["r0", "r1", "r2"]
    first = body["callbacks"][0]
    feedback = client.follow(first["links"]["feedback"])
    assert feedback["links"]["callback"] == first["links"]["self"]
    client.follow(first["links"]["claim"], "PUT")
    client.follow(first["links"]["outcome"], "POST", {"outcome": "reached"})
    assert [c["ride-id"] for c in client("GET", "/callbacks")[1]["callbacks"]] == ["r1", "r2"]
    assert world.names_told().count("CallbackRequested") == 3


def test_callbacks_come_in_pages(world_in_account: World) -> None:
    """Items of before there were claims, too; and one whose score is not there."""
    world, client = world_in_account, Client(world_in_account)
    ride = world.completed("r", world.customer())
    assert world.handle(world.rides, ride) == []
    item = next(item for item in world.aws.items() if item["id"]["S"] == "ride#r")
    for i in range(SIZE + 1):
        more = {
            "id": {"S": f"ride#r{i}"},
            "answers": {
                "M": {"call": {"S": "yes"}} if i == 3 else {"score": {"N": "2"}, "call": {"S": "yes"}}
            },
            "callback": {"S": "open"},
            "callback_at": {"N": str(i)},
        }
        world.aws.dynamodb.put_item(TableName=world.aws.table, Item={**item, **more})
    first = client("GET", "/callbacks")[1]
    second = client.follow(first["links"]["next"])
    listed = [c["ride-id"] for page in (first, second) for c in page["callbacks"]]
    assert listed == [f"r{i}" for i in range(SIZE + 1)]
    assert "next" not in second["links"]
    assert client("PUT", "/callbacks/r3/claim")[0] == 200


def test_nothing_waits(world_in_account: World) -> None:
    client = Client(world_in_account)
    assert client("GET", "/callbacks") == (200, {"callbacks": [], "links": {"self": f"{BASE}/callbacks"}})


@pytest.mark.parametrize("text", ["x", "", "bm90IGpzb24", "WzEsMl0", "W10", "é", "A" * 5000])
def test_a_cursor_that_is_none(client: Client, text: str) -> None:
    status, body = client("GET", "/callbacks", query={"cursor": text})
    assert (status, body["errors"][0]["field"]) == (400, "cursor")


def test_while_others_are_faster_the_caller_is_asked_to_wait(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.wants_call("r")
    waiting = world.conversation("r")

    def write(*_: object, **__: object) -> None:
        raise Conflict(waiting)

    monkeypatch.setattr(world.table, "write", write)
    status, body = client("PUT", CLAIM)
    assert (status, body["title"]) == (503, "Service Unavailable")
