"""What remains of recorded calls: their shapes, and no value of a person or of one run."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.proof.recording import reduce, unknown

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "blue-feedback-api",
    "POWERTOOLS_SERVICE_NAME": "feedback",
    "TABLE_NAME": "blue-feedback",
    "USER_POOL_ID": "us-east-1_AbC",
    "TOKEN_ISSUER": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC",
    "DEAD_LETTER_QUEUE_URL": "http://localhost:4566/000000000000/blue-feedback-dlq",
}


def shape_of(folder: Path, call: str, parameters: dict[str, Any]) -> dict[str, Any]:
    service, _, operation = call.partition(".")
    first = {"function": "blue-feedback-api", "environment": ENVIRONMENT}
    entry = {"service": service, "operation": operation, "parameters": parameters}
    (folder / "1.jsonl").write_text(f"{json.dumps(first)}\n{json.dumps(entry)}\n")
    [shape] = reduce(folder)["feedback-api"][call]
    return shape


@pytest.mark.parametrize(
    ("call", "resource", "value", "written"),
    [
        ("dynamodb.GetItem", "TableName", "blue-feedback", "{TABLE_NAME}"),
        # The issuer's URL ends with the pool's id, but does not name the pool to the function.
        ("cognito-idp.AdminGetUser", "UserPoolId", "us-east-1_AbC", "{USER_POOL_ID}"),
        ("sqs.SendMessage", "QueueUrl", ENVIRONMENT["DEAD_LETTER_QUEUE_URL"], "{DEAD_LETTER_QUEUE_URL}"),
        ("sqs.SendMessage", "QueueUrl", "http://localhost/0/blue-feedback-other", "feedback-other"),
    ],
)
def test_a_resource_is_the_variable_that_names_it(
    tmp_path: Path, call: str, resource: str, value: str, written: str
) -> None:
    assert shape_of(tmp_path, call, {resource: value}) == {resource: written}


def test_nothing_of_a_person_or_of_one_run_remains(tmp_path: Path) -> None:
    item = {"id": {"S": "ride#ride-1"}, "phone": {"S": "+12065550100"}, "name": {"S": "Ada"}}
    values = {":phone": {"S": "+12065550100"}}
    shape = shape_of(
        tmp_path,
        "dynamodb.PutItem",
        {"TableName": "blue-feedback", "Item": item, "ExpressionAttributeValues": values},
    )
    assert shape == {
        "TableName": "{TABLE_NAME}",
        "Item": {"id": {"S": "ride#*"}},
        "ExpressionAttributeValues": {":phone": {"S": "a"}},
    }


def test_another_resource_is_unknown_and_another_wording_is_not(tmp_path: Path) -> None:
    def recorded(table: str, condition: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
        parameters = {"TableName": table, "ConditionExpression": condition}
        return {"feedback-api": {"dynamodb.PutItem": [parameters]}}

    known = recorded("{TABLE_NAME}", "attribute_exists(id)")
    assert unknown(recorded("{TABLE_NAME}", "revision = :r"), known) == []
    [found] = unknown(recorded("other", "attribute_exists(id)"), known)
    assert found == 'feedback-api: dynamodb.PutItem {"TableName": "other"}'


def test_what_only_a_failure_leads_to_is_no_news() -> None:
    """It is asked of all consumers and replays (infra/proof/deliveries.py), whether or not one fails while calls are recorded."""

    def sends(queue: str) -> dict[str, Any]:
        return {"sqs.SendMessage": [{"QueueUrl": queue}]}

    given_up = {"{DEAD_LETTER_QUEUE_URL}", "{PARKING_QUEUE_URL}"}
    assert [unknown({"feedback-rides": sends(queue)}, {}) for queue in given_up] == [[], []]
    assert len(unknown({"feedback-rides": sends("other")}, {})) == 1
    assert unknown({"feedback-replay": sends("feedback-rides")}, {}) == []
