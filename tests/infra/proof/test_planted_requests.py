"""Requests that AWS would refuse are found in recorded calls, and what a recording keeps tells of no person."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.assembly import Assembly
from infra.proof import recording, requests
from tests.support import recorded_calls

UPDATE: dict[str, Any] = {"TableName": "{TABLE_NAME}", "Key": {"id": {"S": "ride#*"}}}
SMS: dict[str, Any] = {"DestinationPhoneNumber": "+11111111111", "MessageBody": "text"}
PUT: dict[str, Any] = {"EventBusName": "{BUS_NAME}", "Source": "s", "DetailType": "d", "Detail": "text"}


@pytest.mark.parametrize(
    ("call", "shape", "why"),
    [
        ("dynamodb.UpdateItem", {**UPDATE, "ReturnValues": "EVERYTHING"}, "one of NONE, ALL_OLD"),
        ("dynamodb.UpdateItem", {**UPDATE, "TableName": ""}, "TableName"),
        ("dynamodb.UpdateItem", {"TableName": "{TABLE_NAME}"}, 'Missing required parameter in input: "Key"'),
        ("dynamodb.UpdateItem", {**UPDATE, "Returns": "NONE"}, 'Unknown parameter in input: "Returns"'),
        ("dynamodb.UpdateItems", UPDATE, "there is no UpdateItems in dynamodb"),
        ("dynamodb.Query", {"TableName": "{TABLE_NAME}", "Limit": "ten"}, "Invalid type for parameter Limit"),
        (
            "pinpoint-sms-voice-v2.SendTextMessage",
            {**SMS, "DestinationPhoneNumber": "+0111"},
            "does not match",
        ),
        ("pinpoint-sms-voice-v2.SendTextMessage", {**SMS, "MessageBody": "a" * 1601}, "1600 is the most"),
        ("events.PutEvents", {"Entries": [PUT] * 11}, "PutEvents.Entries is 11, and 10 is the most"),
        ("events.PutEvents", {"Entries": [{**PUT, "EventBusName": "a bus"}]}, "does not match"),
        ("cognito-idp.AdminGetUser", {"UserPoolId": "pool", "Username": "a"}, "UserPoolId does not match"),
    ],
)
def test_a_request_that_aws_would_refuse_is_found(
    aws: Assembly, call: str, shape: recording.Shape, why: str
) -> None:
    (found,) = requests.check(aws, {"feedback-outbox": {call: [shape]}})
    assert found.rule == "a request that AWS would refuse"
    assert found.where.endswith(f"feedback-outbox: {call}")
    assert why in found.why


def test_a_recording_of_a_function_that_is_gone_is_found(aws: Assembly) -> None:
    (found,) = requests.check(aws, {"feedback-gone": {"dynamodb.UpdateItem": [UPDATE]}})
    assert found.rule == "a recorded call that nobody makes"
    assert found.to_do == "Run `make record`."


ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "x-feedback-rides",
    "TABLE_NAME": "x-feedback",
    "POWERTOOLS_SERVICE_NAME": "feedback",
    "RETURN_ADDRESSES": json.dumps({"a": "arn:aws:sqs:us-east-1:000000000000:wild-rydes-reply-test"}),
    "PARTNER_ID": "p-comet",
    "QUEUES": json.dumps({"p-comet": "http://localhost:1/000000000000/requests"}),
}
KEY = {"id": {"S": "ride#p-comet#0d4b7b7e-1111-4222-8333-444455556666.1"}}


def _record(folder: Path, function: str, call: str, *parameters: dict[str, Any]) -> None:
    """Write what a worker would."""
    service, operation = call.split(".")
    entries: list[dict[str, Any]] = [{"function": function, "environment": ENVIRONMENT}]
    entries += [{"service": service, "operation": operation, "parameters": each} for each in parameters]
    (folder / f"{function}.1.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))


def _reduced(tmp_path: Path, *parameters: dict[str, Any]) -> list[recording.Shape]:
    _record(tmp_path, "x-feedback-f", "s.O", *parameters)
    return recording.reduce(tmp_path)["feedback-f"]["s.O"]


@pytest.mark.parametrize(
    ("recorded", "kept"),
    [
        ({"TableName": "x-feedback"}, {"TableName": "{TABLE_NAME}"}),
        ({"Key": KEY}, {"Key": {"id": {"S": "ride#{PARTNER_ID}#*"}}}),
        ({"Item": {**KEY, "name": {"S": "Jo Doe"}}}, {"Item": {"id": {"S": "ride#{PARTNER_ID}#*"}}}),
        ({"Key": {"id": {"S": "customer#jo-doe"}}}, {"Key": {"id": {"S": "customer#*"}}}),
        ({"Key": {"id": {"S": "jodoe"}}}, {"Key": {"id": {"S": "*"}}}),
        ({"Key": "rfqs/0d4b7b7e-1111-4222-8333-444455556666.json"}, {"Key": "rfqs/*.json"}),
        ({"QueueUrl": "http://127.0.0.1:9/000000000000/requests"}, {"QueueUrl": "{QUEUES.*}"}),
        ({"QueueName": "wild-rydes-reply-test"}, {"QueueName": "{RETURN_ADDRESSES.*}"}),
        ({"QueueName": "x-unicorn-mgmt-p-comet-rides"}, {"QueueName": "unicorn-mgmt-{PARTNER_ID}-rides"}),
        ({"DestinationPhoneNumber": "+12065550142"}, {"DestinationPhoneNumber": "+11111111111"}),
        ({"MessageBody": "Hi Jo, how was it?"}, {"MessageBody": "text"}),
        ({"Username": "Jo.Doe@example.com"}, {"Username": "Aa.Aaa@aaaaaaa.aaa"}),
        ({"DelaySeconds": 298}, {"DelaySeconds": 1}),
        ({"Data": {"$bytes": 144}}, {"Data": {"$bytes": 1}}),
        ({"UpdateExpression": "SET a = :a"}, {"UpdateExpression": "SET a = :a"}),
        (
            {"ExpressionAttributeNames": {"#a": "status", "#b": "u-jodoe"}},
            {"ExpressionAttributeNames": {"#a": "status", "#b": "*"}},
        ),
        (
            {"ExpressionAttributeValues": {":a": {"S": "Jo"}, ":b": {"M": {"lat": {"N": "47.6"}}}}},
            {"ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"M": {}}}},
        ),
        (
            {"RequestItems": {"x-feedback": {"Keys": [KEY]}}},
            {"RequestItems": {"{TABLE_NAME}": {"Keys": [{"id": {"S": "ride#{PARTNER_ID}#*"}}]}}},
        ),
    ],
    ids=str,
)
def test_what_is_kept_of_a_call(tmp_path: Path, recorded: dict[str, Any], kept: recording.Shape) -> None:
    assert _reduced(tmp_path, recorded) == [kept]


def test_functions_of_partners_have_one_name(tmp_path: Path) -> None:
    _record(tmp_path, "x-feedback-p-comet-rides", "s.O", {"TableName": "x-feedback"})
    assert list(recording.reduce(tmp_path)) == ["feedback-{PARTNER_ID}-rides"]


def test_a_batch_gives_a_shape_for_each_kind_of_entry(tmp_path: Path) -> None:
    entries = [{"Source": "a", "Detail": "1"}, {"Source": "a", "Detail": "2"}, {"Source": "b", "Detail": "3"}]
    assert _reduced(tmp_path, {"Entries": entries}) == [
        {"Entries": [{"Source": "a", "Detail": "1"}]},
        {"Entries": [{"Source": "b", "Detail": "1"}]},
    ]


def test_a_file_says_what_was_written(tmp_path: Path) -> None:
    calls: recording.Calls = {"f": {"s.O": [UPDATE, {"TableName": "other"}], "s.P": [{}]}, "g": {"s.O": [{}]}}
    recording.write(calls, tmp_path / "calls.json")
    assert recording.read(tmp_path / "calls.json") == calls
    assert recording.read(tmp_path / "none.json") == {}


PARKED = {"QueueUrl": "{DEAD_LETTER_QUEUE_URL}", "MessageBody": "text"}


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ({"g": {"sqs.SendMessage": [PARKED]}}, False),
        ({"g": {"sqs.GetQueueUrl": [{"QueueName": "inbox"}]}}, False),
        ({"g": {"sqs.ChangeMessageVisibilityBatch": [{"QueueUrl": "{CHECKS_URL}", "Entries": []}]}}, False),
        ({"g": {"sqs.GetQueueUrl": [{"QueueName": "{RETURN_ADDRESSES.*}"}]}}, True),
        ({"g": {"sqs.SendMessage": [{**PARKED, "QueueUrl": "{CHECKS_URL}"}]}}, True),
        ({"f": {"s.O": [{**UPDATE, "ConditionExpression": "attribute_exists(id)"}]}}, False),
        ({"g": {"s.O": [UPDATE]}}, True),
        ({"f": {"s.P": [UPDATE]}}, True),
        ({"f": {"s.O": [{**UPDATE, "TableName": "{OTHER}"}]}}, True),
        ({"f": {"s.O": [{**UPDATE, "IndexName": "i"}]}}, True),
        ({"f": {"s.O": [{**UPDATE, "Key": {"id": {"S": "number#*"}}}]}}, True),
    ],
)
def test_new_is_what_needs_another_permission(new: recording.Calls, *, found: bool) -> None:
    known = {"f": {"s.O": [UPDATE]}}
    assert bool(recording.unknown(new, known)) is found
    assert not recording.unknown(new, recording.union(known, new))


@pytest.mark.parametrize(
    ("call", "parameters", "words"),
    [
        ("dynamodb.Scan", {"TableName": "x-feedback"}, "run `make record`\nfeedback-rides: dynamodb.Scan"),
        (
            "dynamodb.GetItem",
            {"TableName": "x-feedback", "Key": {"id": {"S": "ride#1"}}, "Limit": 1},
            'refuse these requests\nfeedback-rides: .*Unknown parameter in input: "Limit"',
        ),
    ],
)
def test_a_cloud_ends_with_an_error_after_a_call_that_nobody_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: str, parameters: dict[str, Any], words: str
) -> None:
    monkeypatch.delenv("RYDES_RECORD", raising=False)
    _record(tmp_path, "x-feedback-rides", call, parameters)
    with pytest.raises(pytest.fail.Exception, match=words):
        recorded_calls.settle(tmp_path)
