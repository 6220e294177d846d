"""The model of DynamoDB does what the emulator does, and AWS's documentation says."""

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

DOCUMENTED = pytest.mark.aws_alone(
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html"
)


EVERYTHING: dict[str, Any] = {
    "txt": s("grün"),
    "num": n("12.50"),
    "alike": n("1250e-2"),
    "octets": {"B": b"\x00\xff"},
    "yep": {"BOOL": True},
    "nil": {"NULL": True},
    "texts": {"SS": ["b", "a"]},
    "numbers": {"NS": ["10", "9", "-1.0"]},
    "blobs": {"BS": [b"b", b"a"]},
    "many": {"L": [s("first"), n(2), {"L": [n(3)]}]},
    "tree": {"M": {"in": {"M": {"deep": n(1)}}, "key": s("a")}},
    "blank": s(""),
}

V: dict[str, Any] = {
    "txt": s("grün"),
    "gr": s("gr"),
    "mid": s("rü"),
    "a": s("a"),
    "z": s("z"),
    "one": n(1),
    "three": n("3.0"),
    "twelve": n("12.5"),
    "thirteen": n(13),
    "octets": {"B": b"\x00\xff"},
    "null_byte": {"B": b"\x00"},
    "yep": {"BOOL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["-1", "9", "10.0"]},
    "type_s": s("S"),
    "type_ns": s("NS"),
    "no_type": s("STRING"),
    "row": {"L": [n(3)]},
    "tree": {"M": {"deep": n(1)}},
    "four": n(4),
    "five": n(5),
    "nil": {"NULL": True},
}
"""Values, which an expression has by these names."""


def named(expression: str) -> dict[str, Any]:
    """The values that an expression uses."""
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
    used = {word[1:] for word in words if word.startswith(":")}
    return {"ExpressionAttributeValues": {f":{name}": V[name] for name in used}} if used else {}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("num = alike", True),
        ("num = :twelve", True),
        ("num = :txt", False),
        ("num <> :twelve", False),
        ("no_such = :one", False),
        ("no_such <> :one", True),
        pytest.param("no_such = absent", False, marks=MEASURED),
        pytest.param("no_such <> absent", True, marks=MEASURED),
        ("texts = :texts", True),
        ("numbers = :numbers", True),
        ("many[2] = :row", True),
        ("tree.#in = :tree", True),
        ("tree.#in.deep = :one", True),
        ("many[9] = :one", False),
        ("txt[0] = :one", False),
        ("nil = :nil", True),
        ("num < :thirteen", True),
        ("num >= :twelve", True),
        ("num > :twelve", False),
        ("txt < :z", True),
        ("txt < :thirteen", False),
        ("no_such < :one", False),
        ("octets > :null_byte", True),
        ("yep < :one", False),
        ("num BETWEEN :one AND :thirteen", True),
        ("num BETWEEN :one AND :three", False),
        (":three BETWEEN tree.#in.deep AND num", True),
        ("num IN (:one, :twelve)", True),
        ("num IN (:one, txt, alike)", True),
        ("no_such IN (:one)", False),
        ("attribute_exists(tree.#in)", True),
        ("attribute_exists(tree.another)", False),
        ("attribute_not_exists(many[3])", True),
        ("attribute_exists(nil)", True),
        ("attribute_type(txt, :type_s)", True),
        ("attribute_type(numbers, :type_s)", False),
        ("attribute_type(numbers, :type_ns)", True),
        ("attribute_type(no_such, :type_s)", False),
        ("begins_with(txt, :gr)", True),
        ("begins_with(txt, :mid)", False),
        ("texts[0] = :a", False),
        ("attribute_exists(tree[0])", False),
        ("begins_with(octets, :null_byte)", True),
        pytest.param("begins_with(num, :gr)", False, marks=MEASURED),
        ("begins_with(no_such, :gr)", False),
        ("contains(txt, :gr)", True),
        ("contains(texts, :a)", True),
        ("contains(numbers, :one)", False),
        ("contains(numbers, :a)", False),
        ("contains(many, :row)", True),
        ("contains(many, :a)", False),
        ("contains(tree, :a)", False),
        pytest.param("contains(octets, :null_byte)", True, marks=MEASURED),
        ("contains(no_such, :a)", False),
        ("size(texts) = :three", False),
        ("size(numbers) = :three", True),
        ("size(many) = :three", True),
        ("size(tree) > :one", True),
        ("size(blobs) > :one", True),
        ("size(octets) > :one", True),
        ("size(txt) = :four", True),
        ("size(txt) = :five", False),
        ("size(num) > :one", False),
        ("size(no_such) < :five", False),
        ("size(texts) <> size(numbers)", True),
        ("NOT no_such = :one", True),
        ("NOT (no_such = :one OR num = :twelve)", False),
        ("no_such = :one AND num = :one OR txt = :txt", True),
        ("no_such = :one AND (num = :one OR txt = :txt)", False),
        ("txt = :txt and not num = :one", True),
        # Refused, whatever the item.
        ("num = ", REFUSED),
        ("", REFUSED),
        ("num == :one", REFUSED),
        ("num", REFUSED),
        ("((num = :one))", REFUSED),
        pytest.param("txt = txt", REFUSED, marks=MEASURED),
        ("begins_with(txt, :one)", REFUSED),
        ("contains(texts, :texts)", False),
        pytest.param("num < :yep", REFUSED, marks=MEASURED),
        pytest.param("num < :texts", REFUSED, marks=MEASURED),
        ("num BETWEEN :thirteen AND :one", REFUSED),
        pytest.param("num BETWEEN :one AND :a", REFUSED, marks=MEASURED),
        pytest.param("attribute_type(txt, :no_type)", REFUSED, marks=MEASURED),
        pytest.param("attribute_type(txt, :one)", REFUSED, marks=MEASURED),
        ("attribute_exists(:one)", REFUSED),
        ("attribute_exists(txt, num)", REFUSED),
        ("unknown(txt)", REFUSED),
        ("size(txt)", REFUSED),
        ("begins_with(txt, :gr) = :yep", REFUSED),
        ("if_not_exists(txt, :gr) = :yep", REFUSED),
        ("name = :one", REFUSED),
        pytest.param("_text = :one", REFUSED, marks=MEASURED),
        ("tree.#other = :one", REFUSED),
        ("txt = :undefined", REFUSED),
    ],
)
def test_condition(tables: Tables, condition: str, holds: object) -> None:
    item = tables.put(**EVERYTHING)
    more = named(condition) if "undefined" not in condition else {}
    if "#in" in condition:
        more["ExpressionAttributeNames"] = {"#in": "in"}

    found = outcome(
        tables.client.update_item,
        TableName="things",
        Key={"id": item["id"]},
        ConditionExpression=condition,
        **more,
    )

    assert (found.get("refused") or True) == (holds or FAILED)


BEFORE: dict[str, Any] = {
    "tally": n(3),
    "tags": {"SS": ["a", "b"]},
    "row": {"L": [n(0), n(1), n(2), n(3)]},
    "tree": {"M": {"twig": {"M": {"x": n(1), "y": n(2)}}, "row": {"L": [s("a")]}}},
    "txt": s("t"),
}


@pytest.mark.parametrize(
    ("update", "changed"),
    [
        ("SET count_ = :one", {"count_": n(1)}),
        ("SET txt = :a, another = txt", {"txt": s("a"), "another": s("t")}),
        ("SET #tally = #tally + :one", {"tally": n(4)}),
        ("SET #tally = :one - #tally", {"tally": n(-2)}),
        ("SET #tally = #tally + #tally", {"tally": n(6)}),
        ("SET #tally = if_not_exists(#tally, :one) + :one", {"tally": n(4)}),
        ("SET fresh = if_not_exists(fresh, :one) + :one", {"fresh": n(2)}),
        ("SET fresh = if_not_exists(another, txt)", {"fresh": s("t")}),
        (
            "SET #row = list_append(#row, :row)",
            {"row": {"L": [*BEFORE["row"]["L"], n(3)]}},
        ),
        (
            "SET #row = list_append(:row, if_not_exists(no_such, :row))",
            {"row": {"L": [n(3), n(3)]}},
        ),
        ("SET #row[1] = :a", {"row": {"L": [n(0), s("a"), n(2), n(3)]}}),
        pytest.param(
            "SET #row[9] = :a, #row[7] = :z",
            {"row": {"L": [n(0), n(1), n(2), n(3), s("z"), s("a")]}},
            marks=DOCUMENTED,
        ),
        pytest.param("REMOVE #row[0], #row[2]", {"row": {"L": [n(1), n(3)]}}, marks=MEASURED),
        ("REMOVE #row[0], #row[7]", {"row": {"L": [n(1), n(2), n(3)]}}),
        ("SET #row[0] = :a REMOVE #row[1]", {"row": {"L": [s("a"), n(2), n(3)]}}),
        pytest.param(
            "SET #row[5] = :a REMOVE #row[4]",
            {"row": {"L": [n(0), n(1), n(2), n(3), s("a")]}},
            marks=MEASURED,
        ),
        (
            "SET #tree.twig.x = :a REMOVE #tree.twig.y",
            {"tree": {"M": {**BEFORE["tree"]["M"], "twig": {"M": {"x": s("a")}}}}},
        ),
        (
            "SET #tree.twig.x = #tree.twig.y + :one",
            {"tree": {"M": {**BEFORE["tree"]["M"], "twig": {"M": {"x": n(3), "y": n(2)}}}}},
        ),
        ("REMOVE #tree.nowhere", {}),
        ("REMOVE no_such, txt", {"txt": None}),
        ("ADD #tally :three", {"tally": n(6)}),
        ("ADD fresh :three", {"fresh": n(3)}),
        ("ADD tags :texts", {}),
        ("ADD tags :z_set", {"tags": {"SS": ["a", "b", "z"]}}),
        ("ADD fresh :texts", {"fresh": {"SS": ["a", "b"]}}),
        (
            "ADD #tree.twig.x :three",
            {"tree": {"M": {**BEFORE["tree"]["M"], "twig": {"M": {"x": n(4), "y": n(2)}}}}},
        ),
        ("DELETE tags :a_set", {"tags": {"SS": ["b"]}}),
        ("DELETE tags :texts", {"tags": None}),
        ("DELETE fresh :texts", {}),
        ("set txt = :a remove tags add fresh :one", {"txt": s("a"), "tags": None, "fresh": n(1)}),
        # Refused.
        pytest.param("SET", REFUSED, marks=DOCUMENTED),
        ("txt = :a", REFUSED),
        ("SET txt = :a SET other = :a", REFUSED),
        pytest.param("SET txt = :a, txt = :z", REFUSED, marks=MEASURED),
        ("SET #tree = :a, #tree.twig = :z", REFUSED),
        pytest.param("SET #tree.twig = :a REMOVE #tree.twig.x", REFUSED, marks=MEASURED),
        pytest.param("SET #tree.twig = :a, #tree[1] = :a", REFUSED, marks=MEASURED),
        ("SET txt = no_such", REFUSED),
        ("SET txt = no_such + :one", REFUSED),
        pytest.param("SET txt = txt + :one", REFUSED, marks=MEASURED),
        pytest.param("SET txt = :a + :one", REFUSED, marks=MEASURED),
        pytest.param("SET txt = list_append(txt, :row)", REFUSED, marks=MEASURED),
        pytest.param("SET txt = list_append(:row, :one)", REFUSED, marks=MEASURED),
        ("SET no_such.twig = :a", REFUSED),
        ("SET txt.twig = :a", REFUSED),
        ("SET no_such[0] = :a", REFUSED),
        pytest.param("SET #tree[0] = :a", REFUSED, marks=MEASURED),
        pytest.param("REMOVE no_such.twig", REFUSED, marks=MEASURED),
        pytest.param("REMOVE txt[0]", REFUSED, marks=MEASURED),
        ("ADD txt :one", REFUSED),
        ("ADD #tally :texts", REFUSED),
        ("ADD fresh :a", REFUSED),
        ("ADD tags :numbers", REFUSED),
        ("DELETE tags :numbers", REFUSED),
        ("DELETE tags :one", REFUSED),
        ("DELETE txt :texts", REFUSED),
        ("SET id = :a", REFUSED),
        ("REMOVE id", REFUSED),
        ("SET id.twig = :a", REFUSED),
        ("SET txt = size(txt)", REFUSED),
        ("SET txt = attribute_exists(txt)", REFUSED),
        pytest.param("SET txt = :one + :one + :one", REFUSED, marks=DOCUMENTED),
        ("SET kin = :one", REFUSED),
        ("SET place = :a", REFUSED),
        ("SET kin = :nil", REFUSED),
        pytest.param("SET txt = :a,", REFUSED, marks=DOCUMENTED),
        pytest.param("SET txt :a", REFUSED, marks=DOCUMENTED),
        pytest.param("REMOVE", REFUSED, marks=DOCUMENTED),
        ("SET user = :a", REFUSED),
    ],
)
def test_update(tables: Tables, monkeypatch: pytest.MonkeyPatch, update: str, changed: Any) -> None:
    for name, value in {"z_set": {"SS": ["z", "a"]}, "a_set": {"SS": ["a", "q"]}, "nil": s("")}.items():
        monkeypatch.setitem(V, name, value)
    item = tables.put(**BEFORE)
    names = {f"#{name}": name for name in ("tally", "row", "tree") if f"#{name}" in update}
    more = {**named(update), **({"ExpressionAttributeNames": names} if names else {})}

    def call() -> Any:
        return tables.client.update_item(
            TableName="things",
            Key={"id": item["id"]},
            UpdateExpression=update,
            ReturnValues="ALL_NEW",
            **more,
        )

    if changed == REFUSED:
        assert outcome(call).get("refused") == REFUSED
        assert tables.thing(item) == in_order(item)
        return
    expected = {name: value for name, value in {**item, **changed}.items() if value is not None}
    assert outcome(call) == {"Attributes": in_order(expected)}
    assert tables.thing(item) == in_order(expected)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1.0", "1"),
        ("-0", "0"),
        ("0.00", "0"),
        ("1E2", "100"),
        ("+5", "5"),
        ("007", "7"),
        (".5", "0.5"),
        ("1.50e-3", "0.0015"),
        ("1" + "0" * 60, "1" + "0" * 60),
        ("9" * 38, "9" * 38),
        ("1e125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("1e126", REFUSED),
        ("1e-131", REFUSED),
        ("1" * 39, REFUSED),
        ("", REFUSED),
        ("1 ", REFUSED),
        ("1_0", REFUSED),
        ("NaN", REFUSED),
        ("Infinity", REFUSED),
        ("0x10", REFUSED),
    ],
)
def test_number(tables: Tables, given: str, kept: str) -> None:
    id_ = {"id": s(tables.new())}
    put = outcome(tables.client.put_item, TableName="things", Item={**id_, "number": n(given)})

    assert put.get("refused", kept) == kept
    assert tables.thing(id_) == (None if kept == REFUSED else {**id_, "number": n(kept)})


@pytest.mark.parametrize(
    "value",
    [
        {"SS": []},
        {"SS": ["a", "a"]},
        {"NS": ["1", "1.0"]},
        {"NULL": False},
        {},
        {"S": "a", "N": "1"},
        {"BS": [b"a", b"a"]},
    ],
)
def test_value_that_cannot_be(tables: Tables, value: dict[str, Any]) -> None:
    id_ = {"id": s(tables.new())}
    for call in (
        lambda: tables.client.put_item(TableName="things", Item={**id_, "value": value}),
        lambda: tables.client.update_item(
            TableName="things",
            Key=id_,
            UpdateExpression="SET v = :v",
            ExpressionAttributeValues={":v": value},
        ),
    ):
        assert outcome(call).get("refused") == REFUSED
    assert tables.thing(id_) is None


def test_values_come_back_as_they_are(tables: Tables) -> None:
    item = tables.put(**EVERYTHING)

    assert tables.thing(item) == in_order(
        {
            **item,
            "num": n("12.5"),
            "alike": n("12.5"),
            "numbers": {"NS": ["9", "-1", "10"]},
        }
    )


@pytest.mark.parametrize(
    ("table", "key", "code"),
    [
        ("things", {}, REFUSED),
        ("things", {"id": s("")}, REFUSED),
        ("things", {"id": n(1)}, REFUSED),
        ("things", {"id": s("a"), "more": s("b")}, REFUSED),
        ("things", {"other": s("a")}, REFUSED),
        ("things", {"id": s("x" * 2049)}, REFUSED),
        ("lines", {"book": s("a")}, REFUSED),
        ("lines", {"book": s("a"), "line": s("1")}, REFUSED),
        ("nothing", {"id": s("a")}, "ResourceNotFoundException"),
    ],
)
def test_key_that_cannot_be(tables: Tables, table: str, key: dict[str, Any], code: str) -> None:
    for call in (
        lambda: tables.client.get_item(TableName=table, Key=key),
        lambda: tables.client.delete_item(TableName=table, Key=key),
        lambda: tables.client.update_item(TableName=table, Key=key),
        lambda: tables.client.batch_get_item(RequestItems={table: {"Keys": [key]}}),
        lambda: tables.client.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}}]}),
    ):
        assert outcome(call).get("refused") == code


@pytest.mark.parametrize(
    "more",
    [{"kin": n(1)}, {"kin": s("")}, {"kin": s("k"), "place": s("1")}, {"big": s("x" * 400 * 1024)}],
)
def test_item_that_cannot_be(tables: Tables, more: dict[str, Any]) -> None:
    item = {"id": s(tables.new()), **more}
    for call in (
        lambda: tables.client.put_item(TableName="things", Item=item),
        lambda: tables.client.put_item(TableName="things", Item=more),
        lambda: tables.client.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}}]}),
    ):
        assert outcome(call).get("refused") == REFUSED
    assert tables.thing(item) is None


def test_largest_item(tables: Tables) -> None:
    id_ = s(tables.new())
    most = 400 * 1024 - len("id") - len(id_["S"]) - len("big")
    tables.client.put_item(TableName="things", Item={"id": id_, "big": s("x" * most)})

    put = {"TableName": "things", "Item": {"id": id_, "big": s("x" * most + "x")}}
    assert outcome(tables.client.put_item, **put).get("refused") == REFUSED


UNUSED: list[dict[str, Any]] = [
    {"ExpressionAttributeNames": {"#a": "a"}},
    {"ExpressionAttributeValues": {":a": n(1)}},
    {"ExpressionAttributeNames": {"#a": "a", "#b": "b"}, "ConditionExpression": "attribute_exists(#a)"},
    {"ExpressionAttributeValues": {":a": n(1), ":b": n(1)}, "ConditionExpression": "v = :a"},
    {"ExpressionAttributeNames": {}, "ConditionExpression": "attribute_exists(v)"},
    {"ExpressionAttributeValues": {}, "ConditionExpression": "attribute_exists(v)"},
]


@pytest.mark.parametrize("more", UNUSED)
def test_names_and_values_are_used(tables: Tables, more: dict[str, Any]) -> None:
    id_ = {"id": s(tables.new())}

    assert outcome(tables.client.put_item, TableName="things", Item=id_, **more)["refused"] == REFUSED
    assert tables.thing(id_) is None


def test_what_writes_return(tables: Tables) -> None:
    client, id_ = tables.client, {"id": s(tables.new())}
    key = {"TableName": "things", "Key": id_}
    add = {"UpdateExpression": "ADD v :one SET w.x = :one", "ExpressionAttributeValues": {":one": n(1)}}
    first = {**id_, "v": n(1), "w": {"M": {"x": n(0), "y": n(0)}}}

    assert outcome(client.put_item, TableName="things", Item=first, ReturnValues="ALL_OLD") == NOTHING
    found = {
        wanted: outcome(client.update_item, **key, **add, ReturnValues=wanted)
        for wanted in ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
    }

    def state(number: int, **more: Any) -> dict[str, Any]:
        return {"Attributes": {"v": n(number), "w": {"M": {"x": n(1), **more}}}}

    assert found == {
        "NONE": NOTHING,
        "ALL_OLD": {"Attributes": {**id_, **state(2, y=n(0))["Attributes"]}},
        "UPDATED_OLD": state(3),
        "ALL_NEW": {"Attributes": {**id_, **state(5, y=n(0))["Attributes"]}},
        "UPDATED_NEW": state(6),
    }
    old = tables.thing(id_)
    assert outcome(client.put_item, TableName="things", Item=id_, ReturnValues="ALL_NEW")["refused"]
    assert outcome(client.delete_item, **key, ReturnValues="ALL_OLD") == {"Attributes": old}
    assert outcome(client.delete_item, **key, ReturnValues="ALL_OLD") == NOTHING


def test_what_a_failed_condition_returns(tables: Tables) -> None:
    client = tables.client
    item = tables.put(v=n(1))
    key = {"TableName": "things", "Key": {"id": item["id"]}}
    nobody = {"TableName": "things", "Key": {"id": s(tables.new())}}
    fails: dict[str, Any] = {"ConditionExpression": "v > :v", "ExpressionAttributeValues": {":v": n(1)}}
    told = {**fails, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    failed = {"refused": FAILED, "reasons": []}

    for call in (client.update_item, client.delete_item):
        assert outcome(call, **key, **fails) == failed
        assert outcome(call, **key, **told) == {**failed, "Item": item}
        assert outcome(call, **nobody, **told) == failed
    assert outcome(client.put_item, TableName="things", Item=item, **told) == {**failed, "Item": item}
    assert tables.thing(item) == item


@pytest.mark.parametrize(
    ("update", "made"),
    [
        ("SET v = :v", {"v": s("a")}),
        ("SET v = if_not_exists(id, :v)", None),
        pytest.param("REMOVE v", "nothing", marks=MEASURED),
        pytest.param("DELETE v :v", "nothing", marks=MEASURED),
        ("ADD v :v", {"v": {"SS": ["a"]}}),
        (None, {}),
    ],
)
def test_update_of_what_is_not_there(tables: Tables, update: str | None, made: Any) -> None:
    id_ = {"id": s(tables.new())}
    value = {"SS": ["a"]} if update and update.startswith(("ADD", "DELETE")) else s("a")
    more: dict[str, Any] = {"UpdateExpression": update} if update else {}
    if update and ":v" in update:
        more["ExpressionAttributeValues"] = {":v": value}

    tables.client.update_item(TableName="things", Key=id_, **more)

    if made is None:
        made = {"v": id_["id"]}
    assert tables.thing(id_) == (None if made == "nothing" else {**id_, **made})


@pytest.mark.parametrize("length", [4096, 4097])
def test_longest_expression(tables: Tables, length: int) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
    item = tables.put()
    condition = "attribute_exists(id)"
    found = outcome(
        tables.client.update_item,
        TableName="things",
        Key={"id": item["id"]},
        ConditionExpression=condition.replace("(", "(" + " " * (length - len(condition))),
    )
    assert found.get("refused") == (None if length == 4096 else REFUSED)
