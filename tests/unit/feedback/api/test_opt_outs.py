"""Numbers that are opted out by hand, and the export of all that want no messages."""

from datetime import timedelta
from typing import Any

import pytest

from feedback.api.pages import SIZE
from tests.support.feedback.support_api import Client
from tests.support.feedback.world import MADRID, SEATTLE, World
from tests.support.requests import BASE

BY_HAND = {"how": "support", "by": "ann", "reason": "by-phone", "since": "2026-11-21T20:00:00Z"}


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


@pytest.mark.parametrize("named_by", ["number", "customer-id"])
def test_what_waits_for_a_number_that_is_opted_out_is_withheld_and_nothing_confirms_it(
    world: World, client: Client, named_by: str
) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    world.hear("3", world.last_sms())  # the next question waits
    who = {"number": "+1 (206) 555-0142", "customer-id": customer}
    body = {named_by: who[named_by], "reason": "by-phone"}
    status, opted_out = client("POST", "/opt-outs", body)
    key = world.pseudonyms.pseudonym_of(SEATTLE)
    assert (status, opted_out) == (200, {**BY_HAND, "pseudonym": key, "customer-id": customer})
    assert world.states("r")[-1] == "withheld"
    world.pass_time(days=1, hours=1)
    world.ride("next", customer)
    world.pump()
    assert (len(world.phones.sent), world.states("next")) == (1, ["withheld"])


def test_an_opt_out_by_hand_may_be_repeated_and_one_by_sms_stays_what_it_is(
    world: World, client: Client
) -> None:
    for number, body in ((MADRID, {"reason": "by-mail"}), (SEATTLE, {"reason": "by-phone"})):
        if number == MADRID:
            world.hear("STOP", sender=number)
        first = client("POST", "/opt-outs", {"number": number, **body})
        world.now += timedelta(minutes=1)
        again = client("POST", "/opt-outs", {"number": number, "reason": "wrong-person"}, agent="bob")
        assert again == first
        assert first[1]["how"] == ("sms" if number == MADRID else "support")


def test_of_start_and_an_opt_out_by_hand_the_last_counts(world: World, client: Client) -> None:
    """A START that was sent before, and comes late, is the older word."""
    early = world.reply("START", at=world.now - timedelta(seconds=1))
    client("POST", "/opt-outs", {"number": SEATTLE, "reason": "by-phone"})
    world.handle(world.replies, early)
    standing = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE))
    assert standing.opted_out
    world.now += timedelta(minutes=1)
    world.hear("START")
    assert client("GET", "/opt-outs")[1]["opt-outs"] == []
    # The clock of the START was ahead of ours; the hand that opts out is later all the same.
    world.now -= timedelta(seconds=30)
    assert client("POST", "/opt-outs", {"number": SEATTLE, "reason": "by-phone"})[0] == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": "by-phone"}, "body"),
        ({"reason": "by-phone", "number": SEATTLE, "customer-id": "c"}, "body"),
        ({"reason": "because", "number": SEATTLE}, "reason"),
        ({"reason": "by-phone", "number": "2065550142"}, "number"),
        ({"reason": "by-phone", "number": "+1"}, "number"),
        ({"reason": "by-phone", "number": 12065550142}, "number"),
        ({"reason": "by-phone", "customer-id": "of nobody"}, "customer-id"),
        ({"reason": "by-phone", "customer-id": "nobody"}, "customer-id"),
    ],
)
def test_what_names_no_number_is_refused_and_not_quoted(
    world: World, client: Client, body: Any, field: str
) -> None:
    status, problem = client("POST", "/opt-outs", body)
    assert (status, [error["field"] for error in problem["errors"]]) == (400, [field])
    assert "206555" not in str(problem)
    assert world.aws.items() == []


def test_the_export_has_the_number_while_its_customer_still_has_it(world: World, client: Client) -> None:
    stays, moves, leaves = (f"+1206555014{i}" for i in range(3))
    customers = {number: world.customer(number) for number in (stays, moves, leaves)}
    for number, customer in customers.items():
        world.ride(number[1:], customer)
        world.pump()
        world.now += timedelta(minutes=1)
        world.hear("STOP", sender=number)
    client("POST", "/opt-outs", {"number": MADRID, "reason": "wrong-person"})
    world.set_customer(customers[moves], "+12065550149")
    world.set_customer(customers[leaves], None)
    _, body = client("GET", "/opt-outs")
    found = [(o.get("number"), o.get("customer-id"), o["how"]) for o in body["opt-outs"]]
    assert found == [
        (stays, customers[stays], "sms"),
        (None, customers[moves], "sms"),
        (None, customers[leaves], "sms"),
        (None, None, "support"),
    ]
    assert [o["pseudonym"] for o in body["opt-outs"]] == [
        world.pseudonyms.pseudonym_of(number) for number in (stays, moves, leaves, MADRID)
    ]


def test_numbers_are_in_answers_alone_and_each_export_is_logged(world: World, client: Client) -> None:
    world.ride("r", world.customer())
    world.pump()
    client("POST", "/opt-outs", {"number": SEATTLE, "reason": "by-phone"})
    assert client("GET", "/opt-outs", agent="bob")[1]["opt-outs"][0]["number"] == SEATTLE
    logged = {line["message"]: line for line in world.logs}
    assert (logged["opted out"]["agent"], logged["opted out"]["reason"]) == ("ann", "by-phone")
    exported = logged["opt-outs exported"]
    assert (exported["agent"], exported["opt_outs"], exported["numbers"]) == ("bob", 1, 1)
    for text in (world.lines.getvalue(), str(world.aws.items())):
        assert "2065550142" not in text


def test_opt_outs_come_in_pages(world_in_account: World) -> None:
    world, client = world_in_account, Client(world_in_account)
    numbers = [f"+12065550{i:03}" for i in range(SIZE + 1)]
    for number in numbers:
        client("POST", "/opt-outs", {"number": number, "reason": "by-mail"})
        world.now += timedelta(seconds=1)
    first = client("GET", "/opt-outs")[1]
    second = client.follow(first["links"]["next"])
    listed = [opt_out["pseudonym"] for page in (first, second) for opt_out in page["opt-outs"]]
    assert listed == [world.pseudonyms.pseudonym_of(number) for number in numbers]
    assert "next" not in second["links"]
    assert first["links"]["self"] == f"{BASE}/opt-outs"


def test_a_cursor_that_is_none(client: Client) -> None:
    status, body = client("GET", "/opt-outs", query={"cursor": "x"})
    assert (status, body["errors"][0]["field"]) == (400, "cursor")
