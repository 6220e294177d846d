"""`rydes verify`, on a cloud of its own: the last test leaves it broken."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.verify.guests import PREFIX
from tests.support.patience import eventually
from tests.support.rydes_command import rydes

Json = dict[str, Any]

TABLES = ("ride-booking", "unicorn-mgmt", "feedback")
STAYS = "number#"
"""How the id of the one item begins that stays: the standing of AWS's own number, the same for every run."""


def verified(cloud: Cloud, status: int) -> dict[str, Json]:
    """Run the command, which ends with this status; its promises by what they say."""
    answer = rydes(cloud, "verify", "--json")
    assert answer.returncode == status, answer.stdout + answer.stderr
    report = json.loads(answer.stdout)
    assert report["kept"] is (status == 0)
    return {promise["says"]: promise for promise in report["promises"]}


def broken(promises: dict[str, Json]) -> dict[str, Json]:
    """Those that are broken."""
    return {says: promise for says, promise in promises.items() if promise["state"] == "broken"}


def everything(cloud: Cloud) -> Json:
    """All that a run could leave: users, items, documents, and messages that are not timers."""
    dynamodb, sqs, s3 = (cloud.client(name) for name in ("dynamodb", "sqs", "s3"))
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queues = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=attributes)["Attributes"]
        for name, url in cloud.queues().items()
    }
    documents = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "documents" in bucket["Name"]]
    return {
        "users": [
            user["Username"]
            for page in cloud.client("cognito-idp")
            .get_paginator("list_users")
            .paginate(UserPoolId=cloud.users.pool)
            for user in page["Users"]
        ],
        "items": {
            table: sorted(
                id_
                for item in dynamodb.scan(TableName=table)["Items"]
                if not (id_ := item["id"]["S"]).startswith(STAYS)
            )
            for table in TABLES
        },
        "queues": {name: found for name, found in queues.items() if any(map(int, found.values()))},
        "documents": [
            found["Key"]
            for name in documents
            for found in s3.list_objects_v2(Bucket=name).get("Contents", [])
        ],
    }


NOTHING: Json = {"users": [], "items": {table: [] for table in TABLES}, "queues": {}, "documents": []}


def nothing_is_left(cloud: Cloud) -> None:
    eventually(lambda: everything(cloud), "a clean system", lambda found: found == NOTHING)


def test_a_system_that_keeps_its_promises_is_left_as_it_was(cloud: Cloud) -> None:
    nothing_is_left(cloud)
    promises = verified(cloud, 0)
    assert not [promise for promise in promises.values() if promise["state"] == "untried"]
    nothing_is_left(cloud)


def test_ctrl_c_leaves_nothing_behind(cloud: Cloud) -> None:
    """Right after another run, and as people see it. It tells that nobody hears the alarms of a local cloud."""
    environment = {**os.environ, "RYDES_DIR": str(cloud.settings.run_dir), "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("rydes")), "verify"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
        assert running.stdout
        said = "".join(takewhile(lambda line: "an RFQ is accepted" not in line, running.stdout))
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()
    assert running.returncode == 130
    assert "✓ users: users are created, and sign in by SRP" in said
    assert "! account: nobody is subscribed to the alarms" in said
    assert "✗" not in said
    assert "✓ clean-up: " in rest
    found = everything(cloud)
    assert (found["users"], found["documents"]) == ([], [])
    assert found["items"]["ride-booking"] == []


def test_a_token_for_aws_is_got_by_srp_with_the_users_own_password(cloud: Cloud) -> None:
    """As `rydes token --profile` gets it: the emulator checks the proof as Cognito does."""
    password = cloud.users.create(f"{PREFIX}srp", "customers")
    try:
        token = cloud.users.sign_in(f"{PREFIX}srp", password)
        answer = httpx.get(
            f"{cloud.url('rfq-api')}/instant-ride-rfqs", headers={"Authorization": token}, timeout=30
        )
        assert answer.status_code == 200
        with pytest.raises(Exception, match="cannot sign in"):
            cloud.users.sign_in(f"{PREFIX}srp", f"{password}!")
        with pytest.raises(cloud.client("cognito-idp").exceptions.UsernameExistsException):
            cloud.users.create(f"{PREFIX}srp", "customers")
        assert cloud.users.sign_in(f"{PREFIX}srp", password)  # nobody has changed it
    finally:
        cloud.users.remove(f"{PREFIX}srp")


@contextmanager
def may_not(cloud: Cloud, function: str, action: str) -> Iterator[None]:
    """Take a permission away from a function for a while."""
    iam = cloud.client("iam")
    role = _role(cloud, function)
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = {
        **document,
        "Statement": [each for each in document["Statement"] if action not in _actions(each)],
    }
    assert less != document
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _actions(statement: Json) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def _role(cloud: Cloud, function: str) -> str:
    found = cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(found["Role"].rpartition("/")[2])


def test_a_permission_that_is_taken_away_is_named_where_it_is_missed(cloud: Cloud) -> None:
    with may_not(cloud, "unicorn-mgmt-responder", "dynamodb:Query"):
        promises = verified(cloud, 1)
    policy = "the policy of unicorn-mgmt-responder allows no dynamodb:Query on arn:aws:dynamodb:us-east-1:000000000000:table/unicorn-mgmt/index/by-cell"
    found = broken(promises)
    assert policy in found
    (stuck,) = [promise for says, promise in found.items() if says.startswith("RfqRequested reaches")]
    assert stuck["means"].startswith(f"{policy}, so nothing gets through unicorn-mgmt-responder")
    booking = next(promise for says, promise in promises.items() if says.startswith("a quote is booked"))
    assert (booking["state"], booking["means"]) == ("untried", "it needs what failed: result")


def test_what_is_taken_away_is_named_with_all_that_fails_for_it(cloud: Cloud) -> None:
    """A rule, a mapping, a queue's policy (which the emulator never asks), what a function may do, and a function; nothing brings them back."""
    events, lambda_ = cloud.client("events"), cloud.client("lambda")
    closings = {"Rule": "unicorn-mgmt-closings-inbox", "EventBusName": "wild-rydes"}
    targets = events.list_targets_by_rule(**closings)["Targets"]
    events.remove_targets(**closings, Ids=[target["Id"] for target in targets])
    events.delete_rule(Name=closings["Rule"], EventBusName="wild-rydes")
    (mapping,) = lambda_.list_event_source_mappings(FunctionName="ride-booking-notifier")[
        "EventSourceMappings"
    ]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    cloud.client("sqs").set_queue_attributes(
        QueueUrl=cloud.queues()["feedback-rides-dlq"], Attributes={"Policy": ""}
    )
    # A denial is in no template: only the log of the function that meets it tells.
    denial = {"Effect": "Deny", "Action": "dynamodb:UpdateItem", "Resource": "*"}
    cloud.client("iam").put_role_policy(
        RoleName=_role(cloud, "unicorn-mgmt-ratings"),
        PolicyName="surprise",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denial]}),
    )
    lambda_.delete_function(FunctionName="feedback-receipts")
    found = broken(verified(cloud, 1))
    rule = "the rule unicorn-mgmt-closings-inbox is missing"
    disabled = "the mapping from ride-booking to ride-booking-notifier is disabled"
    function = "the function feedback-receipts is missing"
    assert {rule, disabled, function} <= found.keys()
    assert "the policy of feedback-rides-dlq lets nobody sqs:SendMessage to feedback-rides-dlq" in found
    means = {says: promise["means"] for says, promise in found.items()}
    through = "so nothing gets through"
    assert means["an RFQ is cancelled, and the invited unicorn is told"].startswith(f"{rule}, {through}")
    assert means["the customer's app is told of it over the socket"].startswith(f"{disabled}, {through}")
    assert means["AWS's receipt of the SMS comes back"].startswith(f"{function}, {through}")
    assert means["the score reaches unicorn-mgmt as the unicorn's rating"].startswith(
        "unicorn-mgmt-ratings is refused by AWS: its role allows no dynamodb:UpdateItem"
    )
