"""Queries, scans, batches and transactions of the model of DynamoDB: as the emulator's, and as AWS documents them."""

from typing import Any

import pytest

from tests.simulation.conformance.tables import (
    FAILED,
    MEASURED,
    NOTHING,
    REFUSED,
    Tables,
    in_order,
    n,
    outcome,
    s,
)

_GUIDE = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"
KEY_CONDITIONS = pytest.mark.aws_alone(f"{_GUIDE}/Query.KeyConditionExpressions.html")
FILTERS = pytest.mark.aws_alone(f"{_GUIDE}/Query.FilterExpression.html")


@pytest.fixture
def book(tables: Tables) -> str:
    """A book of five lines, which were not written in their order."""
    name = tables.new("book")
    for line in (9, 10, -1, 2.5, 100):
        item = {
            "book": s(name),
            "line": n(line),
            "word": {"B": name.encode()},
            "even": {"BOOL": line % 2 == 0},
        }
        tables.client.put_item(TableName="lines", Item=item)
    return name


def lines(answer: dict[str, Any]) -> list[str]:
    return [item["line"]["N"] for item in answer["Items"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("book = :book", ["-1", "2.5", "9", "10", "100"]),
        (":nothing", REFUSED),
        ("book = :book AND line = :nine", ["9"]),
        ("book = :book AND line < :nine", ["-1", "2.5"]),
        ("line <= :nine AND book = :book", ["-1", "2.5", "9"]),
        ("(book = :book) AND (line > :nine)", ["10", "100"]),
        ("book = :book AND line >= :nine", ["9", "10", "100"]),
        ("book = :book AND line BETWEEN :nine AND :hundred", ["9", "10", "100"]),
        ("line = :nine", REFUSED),
        ("book > :book", REFUSED),
        ("book = :nine", REFUSED),
        ("book = :book AND line = :book", REFUSED),
        ("book = :book AND begins_with(line, :nine)", REFUSED),
        pytest.param("book = :book AND line <> :nine", REFUSED, marks=KEY_CONDITIONS),
        pytest.param("book = :book OR line = :nine", REFUSED, marks=KEY_CONDITIONS),
        pytest.param("book = :book AND NOT line = :nine", REFUSED, marks=KEY_CONDITIONS),
        ("book = :book AND word = :nine", REFUSED),
        ("book = :book AND line > :nine AND line < :hundred", REFUSED),
        ("book = :book AND line BETWEEN :hundred AND :nine", REFUSED),
        ("book = :book AND line IN (:nine)", REFUSED),
        pytest.param("book = :book AND attribute_exists(line)", REFUSED, marks=KEY_CONDITIONS),
    ],
)
def test_key_condition(tables: Tables, book: str, condition: str, found: object) -> None:
    all_values = {":book": s(book), ":nine": n("9.0"), ":hundred": n(100)}
    values = {name: value for name, value in all_values.items() if name in condition}

    def query() -> Any:
        return tables.client.query(
            TableName="lines",
            KeyConditionExpression=condition,
            **({"ExpressionAttributeValues": values} if values else {}),
        )

    answer = outcome(query)
    assert (answer.get("refused") or lines(answer)) == found


def _of(book: str, **more: Any) -> dict[str, Any]:
    return {
        "TableName": "lines",
        "KeyConditionExpression": "book = :book",
        "ExpressionAttributeValues": {":book": s(book)},
        **more,
    }


def test_query_backward(tables: Tables, book: str) -> None:
    answer = tables.client.query(**_of(book, ScanIndexForward=False))
    assert lines(answer) == ["100", "10", "9", "2.5", "-1"]


@pytest.mark.parametrize("forward", [True, False])
def test_pages(tables: Tables, book: str, forward: bool) -> None:
    query = _of(book, ScanIndexForward=forward, Limit=2)
    pages = [tables.client.query(**query)]
    while last := pages[-1].get("LastEvaluatedKey"):
        pages.append(tables.client.query(**query, ExclusiveStartKey=last))

    order = ["-1", "2.5", "9", "10", "100"][:: 1 if forward else -1]
    assert [lines(page) for page in pages] == [order[:2], order[2:4], order[4:]]


def test_page_that_ends_at_the_last_item_does_not_know_it(tables: Tables, book: str) -> None:
    answer = tables.client.query(**_of(book, Limit=5))
    assert answer["LastEvaluatedKey"] == {"book": s(book), "line": n(100)}

    rest = outcome(tables.client.query, **_of(book, ExclusiveStartKey=answer["LastEvaluatedKey"]))
    assert rest == {"Items": [], "Count": 0, "ScannedCount": 0}


def test_page_begins_after_an_item_that_is_gone(tables: Tables, book: str) -> None:
    key = {"book": s(book), "line": n(9)}
    tables.client.delete_item(TableName="lines", Key=key)
    assert lines(tables.client.query(**_of(book, ExclusiveStartKey=key))) == ["10", "100"]


def test_page_of_a_megabyte(tables: Tables) -> None:
    book = tables.new("book")
    for line in range(4):
        item = {"book": s(book), "line": n(line), "text": s("x" * 350_000)}
        tables.client.put_item(TableName="lines", Item=item)

    answer = tables.client.query(**_of(book, FilterExpression="attribute_not_exists(v)"))
    assert lines(answer) == ["0", "1"]
    assert answer["LastEvaluatedKey"] == {"book": s(book), "line": n(1)}


def test_filter(tables: Tables, book: str) -> None:
    query = _of(book, FilterExpression="even = :yes")
    query["ExpressionAttributeValues"][":yes"] = {"BOOL": True}

    answer = outcome(tables.client.query, **query, Limit=4)
    assert (lines(answer), answer["Count"], answer["ScannedCount"]) == (["10"], 1, 4)
    counted = outcome(tables.client.query, **query, Select="COUNT")
    assert counted == {"Count": 2, "ScannedCount": 5}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"FilterExpression": "line > :book"}, marks=FILTERS),
        {"Select": "ALL_PROJECTED_ATTRIBUTES"},
        {"Select": "COUNT", "ProjectionExpression": "line"},
        {"IndexName": "by-nothing"},
        {"ExclusiveStartKey": {"book": s("b")}},
        {"ExclusiveStartKey": {"line": n(1)}},
        {"ProjectionExpression": "line, line"},
        {"ProjectionExpression": "even[0], even"},
        pytest.param({"ProjectionExpression": "line,"}, marks=MEASURED),
    ],
)
def test_query_that_cannot_be(tables: Tables, book: str, more: dict[str, Any]) -> None:
    assert outcome(tables.client.query, **_of(book, **more)).get("refused") == REFUSED


DOCUMENT: dict[str, Any] = {
    "a": {"M": {"x": n(1), "y": {"L": [n(0), {"M": {"z": n(1), "w": n(2)}}, n(2), n(3)]}}},
    "b": n(1),
}


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ("b", {"b": n(1)}),
        ("a.x, b", {"a": {"M": {"x": n(1)}}, "b": n(1)}),
        ("a.y[3], a.y[0]", {"a": {"M": {"y": {"L": [n(0), n(3)]}}}}),
        ("a.y[1].z", {"a": {"M": {"y": {"L": [{"M": {"z": n(1)}}]}}}}),
        ("a.q, b.q, c, a.y[9]", {}),
        ("a.x, a", REFUSED),
        pytest.param("a.x, a[0]", REFUSED, marks=MEASURED),
    ],
)
def test_projection(tables: Tables, paths: str, shown: object) -> None:
    item = tables.put(**DOCUMENT)
    get = {"TableName": "things", "Key": {"id": item["id"]}, "ProjectionExpression": paths}

    answer = outcome(tables.client.get_item, **get)
    assert (answer.get("refused") or answer["Item"]) == shown


def _kin(kin: str, index: str = "by-kin", **more: Any) -> dict[str, Any]:
    return {
        "TableName": "things",
        "IndexName": index,
        "KeyConditionExpression": "kin = :kin",
        "ExpressionAttributeValues": {":kin": s(kin)},
        **more,
    }


def test_index(tables: Tables) -> None:
    client, kin = tables.client, tables.new("kin")
    old = tables.put(kin=s(kin), place=n(10), note=s("a"), other=n(1))
    young = tables.put(kin=s(kin), place=n(9))
    homeless = tables.put(kin=s(kin))
    shown = {name: old[name] for name in ("id", "kin", "place", "note")}

    assert client.query(**_kin(kin))["Items"] == [young, shown]
    found = client.query(**_kin(kin, "of-kin"))["Items"]
    assert sorted(item["id"]["S"] for item in found) == sorted(i["id"]["S"] for i in (old, young, homeless))
    assert all(item.keys() == {"id", "kin"} for item in found)

    client.update_item(TableName="things", Key={"id": old["id"]}, UpdateExpression="REMOVE place")
    move: dict[str, Any] = {
        "UpdateExpression": "SET kin = :kin",
        "ExpressionAttributeValues": {":kin": s(kin + "b")},
    }
    client.update_item(TableName="things", Key={"id": young["id"]}, **move)
    assert client.query(**_kin(kin))["Items"] == []
    assert client.query(**_kin(kin + "b"))["Items"] == [{**young, "kin": s(kin + "b")}]
    client.delete_item(TableName="things", Key={"id": young["id"]})
    assert client.query(**_kin(kin + "b"))["Items"] == []


@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_an_index(tables: Tables, forward: bool) -> None:
    kin = tables.new("kin")
    items = [tables.put(kin=s(kin), place=n(place)) for place in (1, 1, 2, 1, 3)]
    query = _kin(kin, ScanIndexForward=forward, Limit=2)
    pages = [tables.client.query(**query)]
    while last := pages[-1].get("LastEvaluatedKey"):
        assert last.keys() == {"id", "kin", "place"}
        pages.append(tables.client.query(**query, ExclusiveStartKey=last))

    found = [item for page in pages for item in page["Items"]]
    places = [item["place"]["N"] for item in found]
    assert [len(page["Items"]) for page in pages] == [2, 2, 1]
    assert places == ["1", "1", "1", "2", "3"][:: 1 if forward else -1]
    assert {item["id"]["S"] for item in found} == {item["id"]["S"] for item in items}


@pytest.mark.parametrize(
    "more",
    [
        {"ConsistentRead": True},
        {"ExclusiveStartKey": {"id": s("a"), "kin": s("k")}},
        pytest.param({"Select": "ALL_ATTRIBUTES"}, marks=MEASURED),
        pytest.param({"ProjectionExpression": "secret"}, marks=MEASURED),
    ],
)
def test_query_of_an_index_that_cannot_be(tables: Tables, more: dict[str, Any]) -> None:
    assert outcome(tables.client.query, **_kin("k", **more)).get("refused") == REFUSED


def test_scan_by_pages(tables: Tables, book: str) -> None:
    mine = {"FilterExpression": "word = :book", "ExpressionAttributeValues": {":book": {"B": book.encode()}}}
    found: list[Any] = []
    for page in tables.client.get_paginator("scan").paginate(TableName="lines", **mine):
        found += page["Items"]
    assert sorted(item["line"]["N"] for item in found) == sorted(["-1", "2.5", "9", "10", "100"])

    pages = 0
    seen: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        page = tables.client.scan(TableName="lines", Limit=3, **mine, **start)
        seen, pages = seen + page["Items"], pages + 1
        if not (last := page.get("LastEvaluatedKey")):
            break
        start = {"ExclusiveStartKey": last}
    assert pages > 1
    assert in_order(seen) == in_order(found)


def test_batch_of_reads(tables: Tables) -> None:
    first, second = tables.put(v=n(1), w=n(2)), tables.put(v=n(1))
    keys = [{"id": item["id"]} for item in (first, second, {"id": s("nobody")})]
    wanted = {"things": {"Keys": keys, "ProjectionExpression": "id, v"}}

    answer = outcome(tables.client.batch_get_item, RequestItems=wanted)
    found = sorted(answer["Responses"]["things"], key=str)
    assert found == sorted(({"id": item["id"], "v": n(1)} for item in (first, second)), key=str)
    assert answer["UnprocessedKeys"] == {}


def test_batches_that_cannot_be(tables: Tables) -> None:
    client = tables.client
    many = [{"id": s(f"many{number}")} for number in range(101)]

    def refused_get(keys: list[Any]) -> bool:
        answer = outcome(client.batch_get_item, RequestItems={"things": {"Keys": keys}})
        return bool(answer.get("refused") == REFUSED)

    def refused_write(*entries: Any) -> bool:
        answer = outcome(client.batch_write_item, RequestItems={"things": list(entries)})
        return bool(answer.get("refused") == REFUSED)

    assert refused_get(many)
    assert refused_get([many[0], many[0]])
    puts = [{"PutRequest": {"Item": item}} for item in many]
    assert refused_write(*puts[:26])
    assert refused_write(puts[0], puts[0])
    assert refused_write(puts[0], {"DeleteRequest": {"Key": many[0]}})
    assert refused_write(puts[0], {"PutRequest": {"Item": {"v": n(1)}}})
    assert outcome(client.batch_get_item, RequestItems={"things": {"Keys": many[:100]}}) == {
        "Responses": {"things": []},
        "UnprocessedKeys": {},
    }


def test_batch_of_writes(tables: Tables) -> None:
    old, new = tables.put(v=n(1)), {"id": s(tables.new()), "v": n(2)}
    gone = {"id": s("nobody")}
    entries = [
        {"PutRequest": {"Item": new}},
        {"DeleteRequest": {"Key": {"id": old["id"]}}},
        {"DeleteRequest": {"Key": gone}},
    ]

    answer = outcome(tables.client.batch_write_item, RequestItems={"things": entries})
    assert answer == {"UnprocessedItems": {}}
    assert (tables.thing(old), tables.thing(new)) == (None, new)


def test_transaction(tables: Tables) -> None:
    put, changed, gone, checked = ({"id": s(tables.new())} for _ in range(4))
    for item in (changed, gone, checked):
        tables.client.put_item(TableName="things", Item={**item, "v": n(1)})
    one: dict[str, Any] = {"ExpressionAttributeValues": {":one": n(1)}}
    is_one = {"ConditionExpression": "v = :one", **one}
    writes = [
        {"Put": {"TableName": "things", "Item": put, "ConditionExpression": "attribute_not_exists(id)"}},
        {"Update": {"TableName": "things", "Key": changed, "UpdateExpression": "ADD v :one", **is_one}},
        {"Delete": {"TableName": "things", "Key": gone, **is_one}},
        {"ConditionCheck": {"TableName": "things", "Key": checked, **is_one}},
    ]

    assert outcome(tables.client.transact_write_items, TransactItems=writes) == NOTHING
    after = [tables.thing(item) for item in (put, changed, gone, checked)]
    assert after == [put, {**changed, "v": n(2)}, None, {**checked, "v": n(1)}]

    told = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    writes[1]["Update"] |= told
    writes[2]["Delete"] |= told
    failed = "ConditionalCheckFailed"
    assert outcome(tables.client.transact_write_items, TransactItems=writes) == {
        "refused": "TransactionCanceledException",
        "reasons": [(failed, None), (failed, after[1]), (failed, None), ("None", None)],
    }
    assert [tables.thing(item) for item in (put, changed, gone, checked)] == after


def test_transaction_whose_update_cannot_be(tables: Tables) -> None:
    good, bad = {"id": s(tables.new())}, tables.put(v=s("a"))
    key = {"id": bad["id"]}
    add = {"UpdateExpression": "ADD v :one", "ExpressionAttributeValues": {":one": n(1)}}
    writes = [
        {"Put": {"TableName": "things", "Item": good}},
        {"Update": {"TableName": "things", "Key": key, **add}},
    ]

    assert outcome(tables.client.transact_write_items, TransactItems=writes) == {
        "refused": "TransactionCanceledException",
        "reasons": [("None", None), ("ValidationError", None)],
    }
    assert tables.thing(good) is None


PUT: Any = {"Put": {"TableName": "things", "Item": {"id": s("mine")}}}
CHECK: Any = {
    "ConditionCheck": {
        "TableName": "things",
        "Key": {"id": s("mine")},
        "ConditionExpression": "attribute_not_exists(id)",
    }
}
MANY = [{"Put": {"TableName": "things", "Item": {"id": s(f"many{number}")}}} for number in range(101)]


@pytest.mark.parametrize(
    ("writes", "code"),
    [
        ([PUT, PUT], REFUSED),
        ([PUT, CHECK], REFUSED),
        (MANY, REFUSED),
        ([PUT, {"Put": {"TableName": "nothing", "Item": {"id": s("mine")}}}], "ResourceNotFoundException"),
    ],
    ids=["twice", "check", "many", "lost"],
)
def test_transaction_that_cannot_be(tables: Tables, writes: list[Any], code: str) -> None:
    assert outcome(tables.client.transact_write_items, TransactItems=writes).get("refused") == code
    assert tables.thing({"id": s("mine")}) is None


def test_transaction_with_a_token_is_done_once(tables: Tables) -> None:
    client, key = tables.client, {"id": s(tables.new())}

    def add(number: int, token: str) -> Any:
        update = {
            "TableName": "things",
            "Key": key,
            "UpdateExpression": "ADD v :v",
            "ExpressionAttributeValues": {":v": n(number)},
        }
        writes = [{"Update": update}]
        return outcome(client.transact_write_items, TransactItems=writes, ClientRequestToken=token)

    token = tables.new("token")
    assert add(1, token) == NOTHING
    assert add(1, token) == NOTHING
    assert add(2, token)["refused"] == "IdempotentParameterMismatchException"
    assert tables.thing(key) == {**key, "v": n(1)}
    assert add(2, tables.new("token")) == NOTHING
    assert tables.thing(key) == {**key, "v": n(3)}


def test_a_failed_condition_leaves_all_as_it_was(tables: Tables) -> None:
    item = tables.put(v=n(1))
    writes = [
        {"Delete": {"TableName": "things", "Key": {"id": item["id"]}}},
        {
            "ConditionCheck": {
                "TableName": "things",
                "Key": {"id": s("nobody")},
                "ConditionExpression": "attribute_exists(id)",
            }
        },
    ]
    outcome(tables.client.transact_write_items, TransactItems=writes)
    assert tables.thing(item) == item
    delete = {
        "TableName": "things",
        "Key": {"id": item["id"]},
        "ConditionExpression": "attribute_not_exists(v)",
    }
    assert outcome(tables.client.delete_item, **delete)["refused"] == FAILED
    assert tables.thing(item) == item
