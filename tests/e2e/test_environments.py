"""Two environments on one cloud, with IAM enforced: each goes its way, and neither sees anything of the other."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from infra.naming import Names
from infra.pages import PAGES
from infra.rydes.cloud import deploy
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import SERVICES
from infra.rydes.cloud.up import up
from infra.rydes.operator import trace
from infra.rydes.pages import process
from tests.support.clients import REPLY_QUEUE, Customer, Fleet, Place, Queues
from tests.support.patience import eventually, step
from tests.support.riders import ASKED, THANKED, Bus, Rider
from tests.support.rydes_command import rydes
from tests.support.sessions import client_as


@dataclass
class Side:
    """One of the two environments, with what is used of it."""

    cloud: Cloud
    customer: Customer
    fleet: Fleet
    bus: Bus

    def ask(self, place: Place) -> tuple[str, list[str]]:
        """Ask for quotes; the RFQ's id, and the unicorns that quote."""
        rfq = self.customer.submit(place)
        quotes = self.customer.result(rfq)["quotes"]
        return rfq.rpartition("/")[2], [quote["responder-id"] for quote in quotes]

    def knows(self, rfq_id: str) -> list[str]:
        """Where this environment has anything about an RFQ."""
        found = ["events"] if rfq_id in json.dumps(self.bus.everything()) else []
        found += ["logs"] if trace.lines(self.cloud, rfq_id) else []
        dynamodb = self.cloud.client("dynamodb")
        for service in SERVICES:
            pages = dynamodb.get_paginator("scan").paginate(TableName=self.cloud.names.of(service))
            found += [
                f"table {service}" for page in pages if rfq_id in json.dumps(page["Items"], default=str)
            ]
        return found


@pytest.fixture(scope="module")
def blue_cloud(cloud: Cloud) -> Cloud:
    """A second environment on the cloud of the other tests."""
    settings = replace(cloud.settings, names=Names("blue"))
    with step("a second environment is deployed"):
        deployed, process = up(settings, Progress(Console(stderr=True)), owned=False)
    assert process is None
    return deployed


def _side(cloud: Cloud) -> Iterator[Side]:
    side = Side(cloud, Customer(cloud), Fleet(cloud), Bus(cloud))
    yield side
    side.fleet.close()
    side.bus.close()


@pytest.fixture
def plain(cloud: Cloud) -> Iterator[Side]:
    yield from _side(cloud)


@pytest.fixture
def blue(blue_cloud: Cloud) -> Iterator[Side]:
    yield from _side(blue_cloud)


def test_each_environment_has_a_journey_of_its_own(plain: Side, blue: Side) -> None:
    """At one and the same place: only its own unicorns quote, and only it knows of the RFQ."""
    place = Place.new()
    ours, theirs = plain.fleet.unicorn(place), blue.fleet.unicorn(place, base="4.50")
    plain_rfq, quoted = plain.ask(place)
    assert quoted == [ours]
    blue_rfq, quoted = blue.ask(place)
    assert quoted == [theirs]
    everywhere = {"events", "logs", "table ride-booking"}
    eventually(lambda: plain.knows(plain_rfq), "the RFQ at home", everywhere.issubset)
    eventually(lambda: blue.knows(blue_rfq), "the blue RFQ at home", everywhere.issubset)
    assert (plain.knows(blue_rfq), blue.knows(plain_rfq)) == ([], [])


def test_queues_have_the_same_plain_names_and_are_others(plain: Side, blue: Side) -> None:
    ours, theirs = plain.cloud.queues(), blue.cloud.queues()
    assert ours.keys() == theirs.keys()
    assert not set(ours.values()) & set(theirs.values())
    assert [q for q in theirs if q.endswith("-dlq") and Queues(blue.cloud).depth(q)] == []


def test_no_function_may_send_to_another_environments_return_address(plain: Side, blue: Side) -> None:
    body = json.dumps({"not": "a message"})
    for side, other in ((plain, blue), (blue, plain)):
        sqs = client_as(side.cloud, "unicorn-mgmt-responder", "sqs")
        sqs.send_message(QueueUrl=side.cloud.queues()[REPLY_QUEUE], MessageBody=body)
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.send_message(QueueUrl=other.cloud.queues()[REPLY_QUEUE], MessageBody=body)


def test_a_reply_reaches_the_environment_that_has_texted(plain: Side, blue: Side) -> None:
    """One phone, which both of them text."""
    number = "+14255559876"
    riders = [Rider(side.cloud, side.bus, number) for side in (plain, blue)]
    for rider in riders:
        rider.rides()
        rider.read(ASKED)
    riders[1].says("9")
    riders[1].read(THANKED)
    [received] = blue.bus.told(riders[1].ride_id, "FeedbackReceived")
    assert received["score"] == 9
    assert [ASKED in sms.text for sms in riders[0].got()] == [True]


def test_commands_work_on_the_environment_that_is_named(plain: Side, blue: Side) -> None:
    for side in (plain, blue):
        status = json.loads(rydes(side.cloud, "status", "--json").stdout)
        pages = process.urls(side.cloud.settings)
        assert status == {"ready": True, "urls": pages | side.cloud.urls, "queues": side.cloud.queues()}
    # It came up by `rydes up`, with pages of its own.
    assert process.urls(blue.cloud.settings).keys() == PAGES.keys()
    place = Place.new()
    blue.fleet.unicorn(place)
    rfq, _ = blue.ask(place)
    assert "unicorn-mgmt" in rydes(blue.cloud, "trace", rfq).stdout
    assert rydes(plain.cloud, "trace", rfq).returncode == 1


def test_one_is_deleted_and_the_other_goes_on(plain: Side, blue_cloud: Cloud) -> None:
    """The last test: later files find the cloud as it was."""
    cloudformation = blue_cloud.client("cloudformation")
    stacks = deploy.stacks(blue_cloud.settings.assembly).values()
    for stack in stacks:
        cloudformation.delete_stack(StackName=stack)

    def left() -> set[str]:
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        there = {s["StackName"] for p in pages for s in p["Stacks"] if s["StackStatus"] != "DELETE_COMPLETE"}
        return there & set(stacks)

    eventually(left, "the stacks are gone", lambda found: not found)
    assert blue_cloud.queues() == {}
    place = Place.new()
    unicorn = plain.fleet.unicorn(place)
    assert plain.ask(place)[1] == [unicorn]
