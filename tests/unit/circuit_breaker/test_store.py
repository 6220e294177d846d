"""What every store does, DynamoDB's and the one in memory."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_dynamodb import DynamoDBClient

from tests.support import aws, modelled
from wild_rydes_circuit_breaker import (
    Conflict,
    DynamoDbStore,
    MemoryStore,
    Mode,
    Override,
    Record,
    State,
    Store,
    StoreUnavailable,
    Transition,
    transition_in,
)
from wild_rydes_circuit_breaker.record import Entry, Poll, Probe, Row, Tally

NOW = 1_800_000_000.125
LATER = NOW + 0.1
EVERYTHING = Record(
    revision=1,
    epoch=3,
    state=State.HALF_OPEN,
    since=NOW,
    reason="5 bad calls in a row; »ümlaut«",
    by="environment-1",
    override=Override(Mode.METRICS_ONLY, "ops", "drill", NOW + 0.3),
    opens=4,
    retry_at=NOW + 1e-6,
    probes=(Probe("environment-1/1", NOW + 5.7), Probe("environment-2/9", NOW + 6)),
    tally=Tally(3, 2, 1),
    quiet_until=NOW + 7,
    partner_retry_at=NOW + 30.25,
)


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with modelled.account():
        yield aws.client("dynamodb")


@pytest.fixture
def dynamodb(client: DynamoDBClient) -> Iterator[DynamoDBClient]:
    """With an empty table."""
    client.create_table(
        TableName="circuits",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    yield client
    client.delete_table(TableName="circuits")


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return DynamoDbStore(request.getfixturevalue("dynamodb"), "circuits")


def first(store: Store, record: Record = EVERYTHING) -> Record:
    return store.replace("unicab", Record(), record)


def test_a_circuit_never_written_to_is_closed(store: Store) -> None:
    assert store.read("unicab") == Record()


def test_what_is_written_is_read_to_the_last_digit(store: Store) -> None:
    assert first(store) == EVERYTHING
    assert store.read("unicab") == EVERYTHING


def test_circuits_are_kept_apart(store: Store) -> None:
    first(store)
    assert store.read("hoof-cab") == Record()


def test_only_one_of_two_writes_of_the_same_revision_counts(store: Store) -> None:
    first(store)
    second = replace(EVERYTHING, revision=2, reason="second")
    store.replace("unicab", EVERYTHING, second)
    with pytest.raises(Conflict) as conflict:
        store.replace("unicab", EVERYTHING, replace(EVERYTHING, revision=2, reason="too late"))
    assert conflict.value.current == second == store.read("unicab")


def test_only_one_of_two_first_writes_counts(store: Store) -> None:
    first(store)
    with pytest.raises(Conflict) as conflict:
        first(store)
    assert conflict.value.current == EVERYTHING


def test_a_record_that_is_gone_is_not_written_over(store: Store) -> None:
    with pytest.raises(Conflict) as conflict:
        store.replace("unicab", EVERYTHING, replace(EVERYTHING, revision=2))
    assert conflict.value.current == Record()


def test_a_row_grows_whoever_adds(store: Store) -> None:
    one = store.add("unicab", 0, Entry("a", NOW, in_row=True, striking=True))
    assert one == Record(row=Row(NOW, 1, 1, frozenset("a")))
    store.add("unicab", 0, Entry("b", LATER, in_row=True, striking=True))
    store.add("unicab", 0, Entry("a", LATER, in_row=True, striking=True))
    store.add("unicab", 0, Entry("c", LATER, in_row=True))
    assert store.read("unicab").row == Row(NOW, 4, 3, frozenset("ab"))


def test_a_row_may_begin_with_what_is_not_striking(store: Store) -> None:
    assert store.add("unicab", 0, Entry("a", NOW, in_row=True)).row == Row(NOW, 1, 0, frozenset())


def test_a_poll_adds_up_windows(store: Store) -> None:
    store.add("unicab", 0, Entry("a", NOW, window=Tally(10, 6, 1), accuses=True))
    polled = store.add("unicab", 0, Entry("b", LATER, window=Tally(40, 2)))
    assert polled.poll == Poll(NOW, Tally(50, 8, 1), frozenset("ab"), frozenset("a"))
    assert polled == store.read("unicab")


def test_a_poll_may_begin_without_an_accuser(store: Store) -> None:
    polled = store.add("unicab", 0, Entry("b", NOW, window=Tally(1)))
    assert polled.poll == Poll(NOW, Tally(1), frozenset("b"), frozenset())


def test_the_partners_last_wish_is_kept(store: Store) -> None:
    store.add("unicab", 0, Entry("a", NOW, in_row=True, retry_at=NOW + 30))
    store.add("unicab", 0, Entry("b", NOW, in_row=True))
    assert store.read("unicab").partner_retry_at == NOW + 30
    store.add("unicab", 0, Entry("a", NOW, in_row=True, retry_at=NOW + 20))
    assert store.read("unicab").partner_retry_at == NOW + 20


def test_nothing_is_added_in_another_epoch(store: Store) -> None:
    first(store)
    with pytest.raises(Conflict) as conflict:
        store.add("unicab", 2, Entry("a", NOW, in_row=True))
    assert conflict.value.current == EVERYTHING == store.read("unicab")
    with pytest.raises(Conflict):
        store.add("unicab", 0, Entry("a", NOW, in_row=True))


def test_additions_do_not_get_in_the_way_of_a_write_nor_it_in_theirs(store: Store) -> None:
    first(store)
    store.add("unicab", 3, Entry("a", NOW, in_row=True, window=Tally(1, 1), retry_at=NOW + 9))
    second = store.replace("unicab", EVERYTHING, replace(EVERYTHING, revision=2, quiet_until=LATER))
    assert second == store.read("unicab")
    assert second.quiet_until == LATER
    assert second.row == Row(NOW, 1, 0, frozenset())
    assert second.poll == Poll(NOW, Tally(1, 1), frozenset("a"), frozenset())
    assert second.partner_retry_at == NOW + 9


@pytest.mark.parametrize("part", ["row", "poll"])
def test_a_write_can_end_the_row_or_the_poll_alone(store: Store, part: str) -> None:
    added = store.add("unicab", 0, Entry("a", NOW, in_row=True, window=Tally(1, 1), accuses=True))
    without: dict[str, Any] = {part: None}
    ended = store.replace("unicab", added, replace(added, revision=1, **without))
    assert ended == replace(added, revision=1, **without) == store.read("unicab")
    again = store.add("unicab", 0, Entry("b", LATER, in_row=True, window=Tally(2)))
    assert again.row == (Row(LATER, 1, 0, frozenset()) if part == "row" else Row(NOW, 2, 0, frozenset()))
    assert again.poll == (
        Poll(LATER, Tally(2), frozenset("b"), frozenset())
        if part == "poll"
        else Poll(NOW, Tally(3, 1), frozenset("ab"), frozenset("a"))
    )


def test_a_new_epoch_begins_without_row_poll_and_wish_even_if_they_were_not_known(store: Store) -> None:
    store.add("unicab", 0, Entry("a", NOW, in_row=True, window=Tally(1, 1), accuses=True, retry_at=LATER))
    opened = Record(revision=1, epoch=1, state=State.OPEN)
    assert store.replace("unicab", Record(), opened) == opened == store.read("unicab")


def test_a_write_sets_what_a_probe_was_told(store: Store) -> None:
    first(store)
    told = replace(EVERYTHING, revision=2, partner_retry_at=LATER)
    assert store.replace("unicab", EVERYTHING, told) == told


# DynamoDB alone


def test_no_answer_is_unavailable() -> None:
    nobody = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    store = DynamoDbStore(nobody, "circuits")
    with pytest.raises(StoreUnavailable):
        store.read("unicab")
    with pytest.raises(StoreUnavailable):
        first(store)
    with pytest.raises(StoreUnavailable):
        store.add("unicab", 0, Entry("a", NOW, in_row=True))


def test_a_refusal_is_unavailable(dynamodb: DynamoDBClient) -> None:
    store = DynamoDbStore(dynamodb, "no-such-table")
    with pytest.raises(StoreUnavailable):
        store.read("unicab")
    with pytest.raises(StoreUnavailable) as error:
        first(store)
    assert isinstance(error.value.__cause__, ClientError)


def test_an_item_tells_people_and_filters_what_they_look_for(dynamodb: DynamoDBClient) -> None:
    first(DynamoDbStore(dynamodb, "circuits"))
    item = dynamodb.get_item(TableName="circuits", Key={"id": {"S": "circuit#unicab"}}, ConsistentRead=True)[
        "Item"
    ]
    assert (item["state"], item["epoch"], item["revision"]) == ({"S": "HALF_OPEN"}, {"N": "3"}, {"N": "1"})
    assert json.loads(item["record"]["S"])["reason"] == EVERYTHING.reason


def test_an_item_stays_below_a_write_unit(dynamodb: DynamoDBClient) -> None:
    store = DynamoDbStore(dynamodb, "circuits")
    first(store)
    for index in range(10):
        entry = Entry(f"environment{index}", NOW, in_row=True, window=Tally(50, 25), accuses=index < 3)
        store.add("unicab", 3, entry)
    item = dynamodb.get_item(TableName="circuits", Key={"id": {"S": "circuit#unicab"}}, ConsistentRead=True)[
        "Item"
    ]
    assert len(json.dumps(item)) < 2 * 1024  # as JSON with all its quotes; DynamoDB counts about half


def test_the_stream_tells_transitions(dynamodb: DynamoDBClient) -> None:
    store = DynamoDbStore(dynamodb, "circuits")
    doubted = store.add("unicab", 0, Entry("a", NOW, in_row=True))
    opened = store.replace(
        "unicab",
        doubted,
        Record(revision=1, epoch=1, state=State.OPEN, opens=1, reason="5 bad calls in a row"),
    )
    streams = aws.client("dynamodbstreams")
    arn = dynamodb.describe_table(TableName="circuits")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    changes = [r["dynamodb"] for r in streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]]
    told = [transition_in(c["Keys"], c.get("OldImage"), c["NewImage"]) for c in changes]
    assert [t for t in told if t] == [Transition("unicab", doubted, opened)]
    assert Transition("unicab", doubted, opened).opened
