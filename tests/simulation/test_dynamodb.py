"""What the model of DynamoDB has beyond the client's methods: streams, expiry, reads that lag; and what it promises."""

import copy
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulation.aws.client import Client
from tests.simulation.aws.dynamodb import STALEST, DynamoDb
from tests.simulation.conformance.tables import LINES, THINGS, n, s

NOON = 1_800_000_000.5


class World:
    """A model, its clock, and the records of its streams."""

    def __init__(self) -> None:
        self.now = NOON
        self.lag = 0.0
        self.asked = 0
        self.records: list[dict[str, Any]] = []
        self.model = DynamoDb.of([THINGS, LINES], lambda: self.now, self._changed, self._staleness)
        self.client: Any = Client.of(self.model)

    def _changed(self, table: str, record: dict[str, Any]) -> None:
        assert table == "things"
        self.records.append(record)

    def _staleness(self) -> float:
        self.asked += 1
        return self.lag

    def put(self, id_: str, **more: Any) -> dict[str, Any]:
        item = {"id": s(id_), **more}
        self.client.put_item(TableName="things", Item=item)
        return item

    def get(self, id_: str, **more: Any) -> Any:
        return self.client.get_item(TableName="things", Key={"id": s(id_)}, **more).get("Item")

    def kin(self, kin: str) -> list[str]:
        found = self.client.query(
            TableName="things",
            IndexName="of-kin",
            KeyConditionExpression="kin = :kin",
            ExpressionAttributeValues={":kin": s(kin)},
        )
        return [item["id"]["S"] for item in found["Items"]]


@pytest.fixture
def world() -> World:
    return World()


def test_record(world: World) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    world.put("a", octets={"B": b"\xff"}, nested={"L": [{"BS": [b"\x00"]}]})
    (record,) = world.records

    image = {"id": s("a"), "octets": {"B": "/w=="}, "nested": {"L": [{"BS": ["AA=="]}]}}
    assert json.loads(json.dumps(record)) == {
        "eventID": record["eventID"],
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": int(NOON),
            "Keys": {"id": s("a")},
            "NewImage": image,
            "SequenceNumber": "000000000000000000001",
            "SizeBytes": 3 + 3 + len("octets") + 1 + len("nested") + 3 + 1 + 1,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:111122223333:table/things/stream/2026-01-01T00:00:00.000",
    }


def test_records_are_of_changes_in_their_order(world: World) -> None:
    world.put("a", v=n(1))
    world.put("a", v=n("1.0"))
    key = {"TableName": "things", "Key": {"id": s("a")}}
    world.client.update_item(**key, UpdateExpression="SET v = v")
    with pytest.raises(world.client.exceptions.ConditionalCheckFailedException):
        world.client.update_item(
            **key, UpdateExpression="REMOVE v", ConditionExpression="attribute_exists(w)"
        )
    add = {"UpdateExpression": "ADD v :one", "ExpressionAttributeValues": {":one": n(1)}}
    put = {"TableName": "things", "Item": {"id": s("b")}}
    world.client.transact_write_items(TransactItems=[{"Update": {**key, **add}}, {"Put": put}])
    world.client.delete_item(**key)
    world.client.delete_item(**key)
    world.client.put_item(TableName="lines", Item={"book": s("b"), "line": n(1)})

    told = [
        (
            record["eventName"],
            record["dynamodb"]["Keys"]["id"]["S"],
            record["dynamodb"].get("OldImage", {}).get("v"),
            record["dynamodb"].get("NewImage", {}).get("v"),
        )
        for record in world.records
    ]
    assert told == [
        ("INSERT", "a", None, n(1)),
        ("MODIFY", "a", n(1), n(2)),
        ("INSERT", "b", None, None),
        ("REMOVE", "a", n(2), None),
    ]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in world.records]
    assert numbers == sorted(set(numbers))
    assert len({record["eventID"] for record in world.records}) == 4


def test_size_of_a_record_is_the_same_however_the_item_came_to_be(world: World) -> None:
    key = {"TableName": "things", "Key": {"id": s("a")}}
    world.put("a", v={"M": {"x": n(1)}}, w={"SS": ["ä"]})
    world.client.update_item(
        **key,
        UpdateExpression="SET v.y = :y, z = :z REMOVE w",
        ExpressionAttributeValues={":y": {"B": b"yy"}, ":z": n("-12.5")},
    )
    changed = world.records[-1]["dynamodb"]
    assert changed["NewImage"]["v"]["M"]["y"] == {"B": "eXk="}
    item = world.get("a", ConsistentRead=True)
    world.client.delete_item(**key)
    world.client.put_item(TableName="things", Item=item)

    put = world.records[-1]["dynamodb"]
    assert put["NewImage"] == changed["NewImage"]
    assert changed["SizeBytes"] - put["SizeBytes"] == len("ida") + len("v") + 3 + 1 + 1 + 2 + len("w") + 2


def test_what_has_expired_is_read_until_it_is_deleted(world: World) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html"""
    old = world.put("old", expires_at=n(int(NOON)), kin=s("k"))
    for id_, at in (
        ("young", n(int(NOON) + 10)),
        ("text", s("1")),
        ("ancient", n(int(NOON) - 6 * 365 * 86400)),
    ):
        world.put(id_, expires_at=at)
    world.put("forever")
    world.records.clear()
    assert world.get("old") == old

    assert world.model.expire() == 1
    (record,) = world.records
    assert world.get("old") is None
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["OldImage"] == old

    world.now += 10
    assert world.model.expire() == 1
    assert {id_ for id_ in ("young", "text", "ancient", "forever") if world.get(id_)} == {
        "text",
        "ancient",
        "forever",
    }


def test_reads_lag(world: World) -> None:
    world.put("a", v=n(1))
    world.now += 1
    world.put("a", v=n(2))
    world.now += 1
    world.client.delete_item(TableName="things", Key={"id": s("a")})

    def seen(lag: float) -> Any:
        world.lag = lag
        keys = {"things": {"Keys": [{"id": s("a")}]}}
        found = world.client.batch_get_item(RequestItems=keys)["Responses"]["things"]
        item = world.get("a")
        assert found == ([item] if item else [])
        return item and item["v"]["N"]

    assert [seen(lag) for lag in (0, 0.5, 1, 1.5, 2, 2.5)] == [None, "2", "2", "1", "1", None]
    assert world.get("a", ConsistentRead=True) is None
    world.now += 1
    assert [seen(lag) for lag in (0, 1, 1.5, 2)] == [None, None, "2", "2"]


def test_indexes_lag(world: World) -> None:
    world.put("a", kin=s("k"))
    world.put("b", kin=s("k"))
    world.now += 1
    world.put("a", kin=s("other"))
    world.client.delete_item(TableName="things", Key={"id": s("b")})
    world.put("c", kin=s("k"))

    def seen(lag: float) -> tuple[list[str], list[str]]:
        world.lag = lag
        return sorted(world.kin("k")), world.kin("other")

    assert seen(0) == (["c"], ["a"])
    assert seen(0.5) == (["a", "b"], [])
    assert seen(1.5) == ([], [])


def test_only_reads_that_may_be_stale_are_decided(world: World) -> None:
    world.put("a", kin=s("k"))
    world.put("b", kin=s("other"))
    world.get("a", ConsistentRead=True)
    assert world.asked == 0
    world.get("a")
    world.kin("k")
    assert world.asked == 2
    world.now += STALEST + 1
    world.get("a")
    world.get("nobody")
    world.kin("k")
    assert world.asked == 2


def test_history_is_forgotten(world: World) -> None:
    for number in range(100):
        world.put("a", v=n(number))
        world.now += 1
    world.lag = 1000
    assert world.get("a")["v"] == n(100 - int(STALEST))


def test_nobody_changes_a_table_through_what_it_took_or_gave(world: World) -> None:
    given = {"id": s("a"), "v": {"M": {"x": {"L": [n(1)]}}}, "w": {"SS": ["a"]}}
    kept = copy.deepcopy(given)

    def spoil(item: Any) -> None:
        item["v"]["M"]["x"]["L"].append(n(2))
        item["w"]["SS"].append("z")
        item["id"]["S"] = "b"

    world.client.put_item(TableName="things", Item=given)
    spoil(given)
    key: dict[str, Any] = {"TableName": "things", "Key": {"id": s("a")}}
    spoil(world.client.get_item(**key)["Item"])
    spoil(world.client.scan(TableName="things")["Items"][0])
    for returned in ("ALL_OLD", "ALL_NEW"):
        update = {"UpdateExpression": "SET v = v", "ReturnValues": returned}
        spoil(world.client.update_item(**key, **update)["Attributes"])
    with pytest.raises(ClientError) as failed:
        world.client.update_item(
            **key,
            ConditionExpression="attribute_exists(z)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    response: Any = failed.value.response
    spoil(response["Item"])
    value = {"L": [n(1)]}
    world.client.update_item(**key, UpdateExpression="SET z = :z", ExpressionAttributeValues={":z": value})
    value["L"].append(n(2))
    assert world.get("a") == {**kept, "z": {"L": [n(1)]}}


def test_what_the_model_does_not_know_is_no_silent_mistake(world: World) -> None:
    with pytest.raises(NotImplementedError, match="Segment"):
        world.client.scan(TableName="things", Segment=1)
