"""The table's conditions, each met and unmet, in an account and in memory: so the stand-in is true to the table."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback.adapters import feedback_items as items
from feedback.adapters.feedback_table import FeedbackTable, Lookup, Repeated, TooSoon
from feedback.domain.callback import Callback
from feedback.domain.consent import Consent
from feedback.domain.conversation import Conversation
from feedback.domain.correction import Correction, corrected
from feedback.domain.frequency_cap import Capped
from feedback.domain.number import Heard, NumberStanding, OptOut
from feedback.domain.rating import RatedScore
from feedback.domain.wished_time import WishedTime
from tests.support.feedback.memory import Memory, TransactionCancelled
from tests.support.feedback.world import MACHINE, NOON, Account, World
from wild_rydes_dynamodb.change import Conflict, TableBusy
from wild_rydes_dynamodb.instants import to_number

DAY = timedelta(days=1)


@pytest.fixture(params=["account", "memory"])
def aws(request: pytest.FixtureRequest) -> Account | Memory:
    name = {"account": "world_in_account", "memory": "world"}[request.param]
    world: World = request.getfixturevalue(name)
    return world.aws


@pytest.fixture
def table(aws: Account | Memory) -> FeedbackTable:
    return FeedbackTable(aws.dynamodb, aws.table, MACHINE)


def opened(ride_id: str = "r", *, customer: str = "c", days: float = 0) -> Conversation:
    return MACHINE.opened(
        ride_id=ride_id,
        responder_id="u-silver",
        customer_id=customer,
        correlation_id="rfq-1",
        now=NOON + days * DAY,
    )


def opens(table: FeedbackTable, conversation: Conversation) -> bool:
    """About a ride that has just ended."""
    return table.open(conversation, conversation.created_at)


def found(table: FeedbackTable, ride_id: str = "r") -> Conversation:
    conversation = table.conversation(ride_id)
    assert conversation
    return conversation


def by_id(aws: Account | Memory) -> dict[str, Any]:
    return {item["id"]["S"]: item for item in aws.items()}


def rated(aws: Account | Memory) -> RatedScore:
    return items.to_rated_score(by_id(aws)["responder#u-silver"])


def test_a_ride_has_one_conversation(table: FeedbackTable) -> None:
    assert opens(table, opened())
    assert found(table) == replace(opened(), revision=1)
    assert not opens(table, opened(days=2))
    assert found(table).created_at == NOON
    assert table.conversation("another") is None


def test_a_customer_has_one_a_day_and_a_known_ride_is_known_rather_than_too_soon(
    table: FeedbackTable,
) -> None:
    assert opens(table, opened())
    with pytest.raises(TooSoon):
        opens(table, opened("next", days=0.99))
    assert not opens(table, opened(days=0.5))
    assert opens(table, opened("of-another", customer="d"))
    assert opens(table, opened("next", days=1))


def test_a_customer_of_before_there_was_a_cap_a_month(aws: Account | Memory, table: FeedbackTable) -> None:
    """The item then had the last time only."""
    opens(table, opened())
    for item in (by_id(aws)["customer#c"],):
        del item["earlier"]
        aws.dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": aws.table, "Item": item}}])
    with pytest.raises(TooSoon) as too_soon:
        opens(table, opened("next", days=0.99))
    assert too_soon.value.capped == Capped("too soon", NOON + DAY)
    assert opens(table, opened("next", days=1))
    assert items.to_asked(by_id(aws)["customer#c"]) == [NOON, NOON + DAY]


def test_what_somebody_else_has_written_meanwhile_is_stale_and_nothing_is_written(
    aws: Account | Memory, table: FeedbackTable
) -> None:
    opens(table, opened())
    seen, unknown = found(table), table.standing("n")
    table.write(replace(seen, muted=True), standing=unknown, now=NOON)
    before = by_id(aws)
    for conversation, standing in (
        (seen, table.standing("n")),
        (found(table), unknown),
        (seen, unknown),
        (replace(opened(), revision=0), None),
    ):
        with pytest.raises(Conflict):
            table.write(
                conversation,
                standing=standing,
                lookup=Lookup("sms-1", "r"),
                inbound_id="in-1",
                now=NOON,
            )
    assert by_id(aws) == before
    assert found(table).muted
    assert table.ride_of("sms-1") is None


def test_an_inbound_message_counts_once_even_if_all_else_is_stale(
    aws: Account | Memory, table: FeedbackTable
) -> None:
    opens(table, opened())
    seen = found(table)
    table.write(
        replace(seen, muted=True),
        standing=NumberStanding("n").noted(Heard("d", "r", NOON)),
        inbound_id="in-1",
        now=NOON,
    )
    before = by_id(aws)
    with pytest.raises(Repeated):
        table.write(found(table), standing=table.standing("n"), inbound_id="in-1", now=NOON + DAY)
    with pytest.raises(Repeated):
        table.write(seen, standing=NumberStanding("n"), inbound_id="in-1", now=NOON + DAY)
    assert by_id(aws) == before
    table.write(found(table), standing=table.standing("n"), inbound_id="in-2", now=NOON)
    assert table.standing("n").heard == (Heard("d", "r", NOON),)
    assert (found(table).revision, table.standing("n").revision) == (3, 2)


def test_all_of_a_standing_is_read_back(aws: Account | Memory, table: FeedbackTable) -> None:
    consent = Consent(NOON, "app", "customer")
    agreed = NumberStanding("n").texted("c", consent).asked("r", "+1").noted(Heard("d", None, NOON))
    for n, standing in enumerate((agreed, agreed.stopped(NOON, "support", "agent-7")), 1):
        table.write(standing=replace(standing, revision=n - 1), now=NOON)
        assert table.standing("n") == replace(standing, revision=n)
        assert table.opt_outs(None, 9)[0] == ([table.standing("n")] if standing.opted_out else [])
    assert "expires_at" not in by_id(aws)["number#n"]


def test_an_opt_out_that_was_stored_without_its_origin_is_one() -> None:
    item = {
        "id": {"S": "number#n"},
        "opted_out": {"BOOL": True},
        "decided_at": {"N": "1763755200000"},
        "conversations": {"L": []},
        "heard": {"L": []},
        "revision": {"N": "3"},
    }
    at = datetime(2025, 11, 21, 20, tzinfo=UTC)
    assert items.to_standing(item) == NumberStanding("n", OptOut(at, "sms", "customer"), at, revision=3)
    assert not items.to_standing({**item, "opted_out": {"BOOL": False}}).opted_out


CALLS = (
    Callback(NOON),
    Callback(NOON, WishedTime("tomorrow", 17, None), claimed_by="ann", claimed_until=NOON + DAY),
    Callback(NOON, WishedTime(), outcome="wrong-number", closed_at=NOON + DAY, closed_by="ann"),
)


def test_a_call_that_a_customer_wants_is_kept_and_found_until_it_is_closed(table: FeedbackTable) -> None:
    opens(table, opened())
    for call in CALLS:
        table.write(replace(found(table), call=call), now=NOON)
        assert found(table).call == call
        assert [c.call for c in table.callbacks(None, 9)[0]] == ([] if call.closed_at else [call])


def test_calls_of_before_there_were_claims_are_understood() -> None:
    """Items then had the answer, the end of the conversation, and when the customer was called."""
    item = items.from_conversation(replace(opened(), answers={"score": 2, "call": "yes"}), None, NOON)
    item["ended_at"] = to_number(NOON + DAY)
    assert items.to_conversation(item).call == Callback(NOON + DAY)
    item["called_at"] = to_number(NOON + 2 * DAY)
    old = items.to_conversation(item)
    assert old.call == Callback(NOON + DAY, closed_at=NOON + 2 * DAY)
    assert items.to_conversation(items.from_conversation(old, None, NOON)) == old
    item["answers"]["M"]["call"] = {"S": "no"}
    assert items.to_conversation(item).call is None


def test_an_sms_is_known_by_its_id(table: FeedbackTable) -> None:
    table.write(lookup=Lookup("sms-1", "r"), now=NOON)
    table.write(lookup=Lookup("sms-1", "r"), now=NOON)
    assert (table.ride_of("sms-1"), table.ride_of("sms-2")) == ("r", None)


def test_what_is_due_is_found_the_longest_overdue_first(table: FeedbackTable) -> None:
    for ride_id, days in (("late", 0.2), ("early", 0.1), ("later", 0.3)):
        opens(table, opened(ride_id, customer=ride_id, days=days))
    over = found(table, "later")
    table.write(replace(over.with_last(over.last.ended("dropped", NOON)), stage=None), now=NOON)
    look_after = timedelta(seconds=MACHINE.limits.look_again_after)
    assert list(table.due(NOON + 0.1 * DAY)) == []
    assert list(table.due(NOON + 0.1 * DAY + look_after)) == ["early"]
    assert list(table.due(NOON + 9 * DAY)) == ["early", "late"]


def test_a_score_is_added_once(aws: Account | Memory, table: FeedbackTable) -> None:
    for ride_id, score in (("a", 9), ("b", 4)):
        opens(table, opened(ride_id, customer=ride_id))
        table.write(MACHINE.heard(found(table, ride_id), str(score), NOON), now=NOON)
        answered = found(table, ride_id)
        assert table.tally(answered)
        assert not table.tally(answered)
        assert found(table, ride_id) == replace(answered, tallied=1, revision=answered.revision + 1)
        assert not table.tally(found(table, ride_id))
    assert rated(aws) == RatedScore("b", "u-silver", "b", "rfq-1", 1, 4, NOON, count=2, total=13, revision=2)


def test_a_rating_follows_corrections_each_once(aws: Account | Memory, table: FeedbackTable) -> None:
    opens(table, opened())
    table.write(MACHINE.heard(found(table), "9", NOON), now=NOON)
    for score in (None, 4):
        table.change("r", lambda c, s=score: corrected(c, Correction(s, "misread", "a", NOON)), NOON)  # type: ignore[misc]
    seen = []
    while table.tally(stale := found(table)):
        assert not table.tally(stale)
        last = rated(aws)
        seen.append((last.number, last.score, last.count, last.total, last.revision))
    assert seen == [(1, 9, 1, 9, 1), (2, None, 0, 0, 2), (3, 4, 1, 4, 3)]


def test_a_score_is_added_whatever_else_was_written_since(
    aws: Account | Memory, table: FeedbackTable
) -> None:
    opens(table, opened())
    table.write(MACHINE.heard(found(table), "9", NOON), now=NOON)
    stale = found(table)
    table.write(replace(stale, muted=True), now=NOON)
    table.change("r", lambda c: corrected(c, Correction(4, "misread", "a", NOON)), NOON)
    assert table.tally(stale)
    assert (rated(aws).score, found(table).muted, found(table).score_in_force) == (9, True, 4)
    assert not table.tally(stale)


def test_items_of_before_there_were_corrections(aws: Account | Memory, table: FeedbackTable) -> None:
    """Scores that were added stay added, and the rating's revision goes on from the count."""
    opens(table, opened())
    item = items.from_conversation(MACHINE.heard(found(table), "9", NOON), None, NOON)
    del item["corrections"]
    for tallied, expected in ((False, 0), (True, 1)):
        assert items.to_conversation({**item, "tallied": {"BOOL": tallied}}).tallied == expected
    latest = {
        "M": {name: {"S": "r"} for name in ("ride_id", "customer_id", "correlation_id")}
        | {"score": {"N": "9"}, "answered_at": to_number(NOON)}
    }
    responder = {
        "id": {"S": "responder#u-silver"},
        "scores": {"N": "5"},
        "total": {"N": "40"},
        "latest": latest,
    }
    assert items.to_rated_score(responder) == RatedScore(
        "r", "u-silver", "r", "r", 1, 9, NOON, count=5, total=40, revision=5
    )


def test_a_rule_is_applied_again_to_what_somebody_faster_wrote(table: FeedbackTable) -> None:
    opens(table, opened())
    rivals = [replace(found(table), muted=True)]

    def slow(conversation: Conversation) -> Conversation:
        if rivals:
            table.write(rivals.pop(), now=NOON)
        return replace(conversation, reminded=True)

    after = table.change("r", slow, NOON)
    assert after
    assert found(table) == replace(after, revision=3) == after
    assert (found(table).muted, found(table).reminded) == (True, True)
    assert table.change("unknown", slow, NOON) is None


def test_what_changes_nothing_is_not_written(aws: Account | Memory, table: FeedbackTable) -> None:
    opens(table, opened())
    before = by_id(aws)
    table.change("r", lambda same: same, NOON)
    assert by_id(aws) == before


def test_the_stream_tells_of_each_write_before_and_after(aws: Account | Memory, table: FeedbackTable) -> None:
    opens(table, opened())
    table.write(replace(found(table), muted=True), now=NOON)
    changes = [record["dynamodb"] for record in aws.records()]
    first, second = (change for change in changes if change["Keys"] == {"id": {"S": "ride#r"}})
    assert "OldImage" not in first
    assert second["OldImage"] == first["NewImage"]
    assert second["NewImage"] == by_id(aws)["ride#r"]


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> Callable[[Memory, str], None]:
    """Have each transaction cancelled for a reason."""

    def cancel(aws: Memory, code: str) -> None:
        def transact(**_: object) -> None:
            answer: Any = {"Error": {"Code": "…"}, "CancellationReasons": [{"Code": code}, {"Code": "None"}]}
            raise TransactionCancelled(answer, "TransactWriteItems")

        monkeypatch.setattr(aws, "transact_write_items", transact)

    return cancel


def test_a_transaction_that_meets_another_may_succeed_later(cancelled: Callable[[Memory, str], None]) -> None:
    aws = Memory()
    table = FeedbackTable(aws.dynamodb, "t", MACHINE)
    cancelled(aws, "TransactionConflict")
    with pytest.raises(TableBusy):
        opens(table, opened())
    with pytest.raises(TableBusy):
        table.tally(MACHINE.heard(opened(), "8", NOON))


def test_a_transaction_cancelled_for_another_reason_is_an_error(
    cancelled: Callable[[Memory, str], None],
) -> None:
    aws = Memory()
    cancelled(aws, "ItemCollectionSizeLimitExceeded")
    with pytest.raises(TransactionCancelled):
        opens(FeedbackTable(aws.dynamodb, "t", MACHINE), opened())


def test_what_is_due_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Memory()
    pages: dict[str | None, Any] = {
        None: {"Items": [{"id": {"S": "ride#a"}}], "LastEvaluatedKey": "a"},
        "a": {"Items": [{"id": {"S": "ride#b"}}]},
    }
    monkeypatch.setattr(aws, "query", lambda **query: pages[query.get("ExclusiveStartKey")])
    assert list(FeedbackTable(aws.dynamodb, "t", MACHINE).due(NOON)) == ["a", "b"]
