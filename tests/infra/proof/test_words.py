"""Reserved words of DynamoDB are found in expressions, however these are written."""

import pytest
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from infra.assembly import Assembly
from infra.proof.recording import Calls
from infra.proof.words import RESERVED, check, check_source, reserved


def test_the_reserved_words_are_those_that_moto_knows() -> None:
    assert len(RESERVED) == 573
    assert set(ReservedKeywords.get_reserved_keywords()) == RESERVED


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("SET #status = :status, name = :name", ["name"]),
        ("SET expires = if_not_exists(ttl, :now)", ["ttl"]),
        ("ADD watchers :connections", []),
        ("REMOVE state", ["state"]),
        ("size(watchers) < :most AND Status = :status", ["Status"]),
        ("answers.data.#unicorn = :answer OR NOT begins_with(id, :prefix)", ["data"]),
        ("customer BETWEEN :date AND :timestamp", []),
        ("id, #connection, comment", ["comment"]),
    ],
)
def test_a_reserved_word_is_one_without_an_alias(expression: str, words: list[str]) -> None:
    assert reserved(expression) == words


@pytest.mark.parametrize(
    "written",
    [
        'update(UpdateExpression="SET status = :status")',
        'query = {"KeyConditionExpression": "status = :status"}',
        'query(ProjectionExpression="id, status")',
        'condition = "attribute_exists(id) AND status = :status"',
        'condition = f"status = :{name}"',
        'part = "SET " + ("status = :status" if changed else "")',
    ],
)
def test_it_is_found_wherever_the_expression_is_written(written: str) -> None:
    [finding] = check_source(f"\n{written}\n", "table.py")
    assert (finding.where, finding.why.split(",")[0]) == ("table.py:2", "'status' is reserved")


def test_it_is_found_in_a_recorded_call(aws: Assembly) -> None:
    query = {"IndexName": "by-status", "KeyConditionExpression": "status = :value"}
    puts = {"TransactItems": [{"Put": {"ConditionExpression": "attribute_not_exists(name)"}}]}
    calls: Calls = {"feedback-api": {"dynamodb.Query": [query], "dynamodb.TransactWriteItems": [puts]}}
    assert [(finding.where, finding.why.split(",")[0]) for finding in check(aws, calls)] == [
        ("feedback-api: dynamodb.Query", "'status' is reserved"),
        ("feedback-api: dynamodb.TransactWriteItems", "'name' is reserved"),
    ]


def test_texts_for_people_are_no_expressions() -> None:
    assert [*check_source('"""Add a name, or set the status."""\nprint("status: new")\n', "t.py")] == []
