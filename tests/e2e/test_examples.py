"""A team outside of this repository builds on the bus, with IAM enforced: surge listens, and touches nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import h3
import httpx
import pytest
from botocore.exceptions import ClientError

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from tests.support.bus import Listener
from tests.support.clients import Customer, Fleet, Json, Place
from tests.support.patience import eventually
from tests.support.rydes_command import rydes
from tests.support.sessions import client_as
from wild_rydes_contracts import RfqRequested

SURGE = "docs/examples/surge"
FAILING = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam

app = cdk.App()
trust = {"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
iam.CfnRole(cdk.Stack(app, "Theirs"), "Role", assume_role_policy_document=trust)
app.synth()
"""


def stacks(cloud: Cloud) -> dict[str, Any]:
    """When each stack was last changed."""
    pages = cloud.client("cloudformation").get_paginator("describe_stacks").paginate()
    return {
        stack["StackName"]: stack.get("LastUpdatedTime", stack["CreationTime"])
        for page in pages
        for stack in page["Stacks"]
        if stack["StackStatus"] != "DELETE_COMPLETE"
    }


class Surge:
    """The deployed example."""

    def __init__(self, cloud: Cloud, said: str) -> None:
        self._figures, self._plot = re.findall(r"http\S+", said)
        self._cloud = cloud

    def figures(self, place: Place) -> Json:
        """What is counted at a place, which is a test's own, in this hour."""
        cell = h3.latlng_to_cell(place.lat, place.lon, 7)
        found = httpx.get(self._figures).json()["figures"]
        here = [each for each in found if each["cell"] == cell]
        return {key: sum(each[key] for each in here) for key in ("rfqs", "completed", "unquoted", "quotes")}

    def picture(self) -> httpx.Response:
        return httpx.get(self._plot)

    def send(self, body: str) -> None:
        """Put a message into its inbox, past the rule."""
        sqs = self._cloud.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="surge-inbox")["QueueUrl"], MessageBody=body)

    def parked(self) -> list[str]:
        """The reasons of what is parked."""
        sqs = self._cloud.client("sqs")
        found = sqs.receive_message(
            QueueUrl=sqs.get_queue_url(QueueName="surge-inbox-dlq")["QueueUrl"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )
        return [each["MessageAttributes"]["reason"]["StringValue"] for each in found.get("Messages", [])]

    def counted_before(self, rfq_id: str) -> int:
        """How many events of an RFQ it has taken for duplicates."""
        found = self._cloud.client("logs").filter_log_events(
            logGroupName="/aws/lambda/surge-consumer", filterPattern=f'"{rfq_id}"'
        )
        return sum("counted before" in event["message"] for event in found["events"])


@pytest.fixture(scope="module")
def surge(cloud: Cloud) -> Iterator[Surge]:
    before = stacks(cloud)
    answer = rydes(cloud, "deploy", SURGE)
    assert answer.returncode == 0, answer.stderr
    after = stacks(cloud)
    assert after.keys() - before.keys() == {"Surge"}
    assert {name: after[name] for name in before} == before
    yield Surge(cloud, answer.stdout)
    answer = rydes(cloud, "destroy", SURGE)
    assert answer.returncode == 0, answer.stderr
    assert stacks(cloud) == before


def test_surge_counts_rfqs_and_quotes_and_each_once(
    cloud: Cloud, surge: Surge, customer: Customer, fleet: Fleet, place: Place
) -> None:
    listener = Listener(cloud, RfqRequested.source)
    for base in ("4.00", "5.00"):
        fleet.unicorn(place, base=base)
    rfqs = [customer.submit(place) for _ in range(2)]
    quotes = sum(len(customer.result(rfq)["quotes"]) for rfq in rfqs)
    assert quotes == 4
    counted = {"rfqs": 2, "completed": 2, "unquoted": 0, "quotes": quotes}
    eventually(lambda: surge.figures(place), "two RFQs in the figures", lambda found: found == counted)

    rfq_id = rfqs[0].rpartition("/")[2]
    heard = eventually(
        lambda: listener.of_conversation(rfq_id), "both events of an RFQ", lambda events: len(events) == 2
    )
    listener.close()
    again = [
        {
            "EventBusName": BUS_NAME,
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
        }
        for event in reversed(heard)
    ]
    cloud.client("events").put_events(Entries=again)
    eventually(lambda: surge.counted_before(rfq_id), "both came again", lambda times: times == 2)
    assert surge.figures(place) == counted


def test_surge_shows_a_picture(surge: Surge) -> None:
    picture = surge.picture()
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert ElementTree.fromstring(picture.text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_surge_parks_poison_with_the_reason(surge: Surge) -> None:
    surge.send(json.dumps({"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": {}}))
    eventually(
        surge.parked, "the poison in the dead-letter queue", lambda reasons: "metadata" in str(reasons)
    )


def test_a_function_of_surge_may_do_what_it_must_and_no_more(cloud: Cloud, surge: Surge) -> None:
    """What it must is seen by the other tests."""
    assert surge
    with pytest.raises(ClientError, match="AccessDenied"):
        client_as(cloud, "surge-api", "dynamodb").put_item(
            TableName="surge", Item={"pk": {"S": "rfq#1"}, "sk": {"S": "rfq"}}
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        client_as(cloud, "surge-consumer", "dynamodb").get_item(
            TableName="ride-booking", Key={"id": {"S": "x"}}
        )
    with pytest.raises(ClientError, match="AccessDenied"):
        client_as(cloud, "surge-consumer", "sqs").send_message(
            QueueUrl=cloud.queues()["unicorn-mgmt-inbox"], MessageBody="{}"
        )


def test_a_stack_that_fails_is_one_line_with_the_first_reason(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python3 app.py"}))
    (tmp_path / "app.py").write_text(FAILING)
    answer = rydes(cloud, "deploy", str(tmp_path))
    rydes(cloud, "destroy", str(tmp_path))
    assert answer.returncode == 1
    [line] = answer.stderr.splitlines()
    assert "Theirs/Role (AWS::IAM::Role): Allow with NotPrincipal is not allowed." in line
