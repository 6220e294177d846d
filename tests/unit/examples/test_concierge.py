"""The desk asks under its own name, and keeps the first answer of each responder."""

import io
import json
import runpy
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from wild_rydes_contracts import Decline, Envelope, Quote, RfqRequested, RfqResponse
from wild_rydes_contracts.fakes import fake, in_a_queue
from wild_rydes_contracts.reading import read

ADDRESS = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-concierge"
ASK = Path(__file__).parents[3] / "docs/examples/concierge/ask.py"
RIDE = {"start": {"lat": 47.6, "lon": -122.3}, "destination": {"lat": 47.4, "lon": -122.3}}


class Concierge:
    """Its functions, its queue for what it parks, and a queue that hears the bus."""

    def __init__(self) -> None:
        self._sqs: Any = boto3.client("sqs")
        events: Any = boto3.client("events")
        boto3.client("dynamodb").create_table(
            TableName="concierge",
            KeySchema=[
                {"AttributeName": "rfq_id", "KeyType": "HASH"},
                {"AttributeName": "responder_id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("rfq_id", "responder_id")
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        self.dead_letters = self._sqs.create_queue(QueueName="dlq")["QueueUrl"]
        self._heard = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        events.create_event_bus(Name="wild-rydes")
        events.put_rule(
            Name="all", EventBusName="wild-rydes", EventPattern=json.dumps({"source": [{"prefix": ""}]})
        )
        target = {"Id": "heard", "Arn": "arn:aws:sqs:us-east-1:123456789012:heard"}
        events.put_targets(Rule="all", EventBusName="wild-rydes", Targets=[target])

    def function(self, name: str) -> ModuleType:
        """A function's module, as a new worker imports it."""
        sys.modules.pop(f"concierge.{name}", None)
        return import_module(f"concierge.{name}")

    def desk(self, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.function("desk").handler(event, None)
        return answer

    def answers(self, *messages: Any) -> None:
        assert self.function("answers").handler(in_a_queue(*messages), None) == {"batchItemFailures": []}

    def heard(self) -> list[str]:
        return [each["Body"] for each in self._take(self._heard)]

    def parked(self) -> list[str]:
        return [each["MessageAttributes"]["reason"]["StringValue"] for each in self._take(self.dead_letters)]

    def _take(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return found


@pytest.fixture
def concierge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Concierge]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("TABLE_NAME", "concierge")
    monkeypatch.setenv("BUS_NAME", "wild-rydes")
    monkeypatch.setenv("REPLY_QUEUE_ARN", ADDRESS)
    with mock_aws():
        made = Concierge()
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", made.dead_letters)
        yield made


def response(rfq_id: str, *answers: Quote | Decline) -> Envelope[RfqResponse]:
    return fake(RfqResponse, metadata={"correlation_id": rfq_id}, answers=answers)


def quote(responder: str, amount: str) -> Quote:
    price = {"amount": amount, "currency": "USD"}
    return Quote.model_validate({"responder_id": responder, "price": price, "pickup_in_seconds": 60})


def test_it_asks_under_its_own_source_and_for_its_own_queue(concierge: Concierge) -> None:
    asked = concierge.desk(RIDE)
    [body] = concierge.heard()
    event = json.loads(body)
    assert event["source"] == "wildrydes.concierge"
    envelope = read(event, RfqRequested, sources=["wildrydes.concierge"])
    assert envelope.metadata.reply_to == ADDRESS
    assert envelope.metadata.correlation_id == envelope.data.rfq_id == asked["rfq_id"]
    assert envelope.data.start.lat == 47.6
    assert concierge.desk(RIDE)["rfq_id"] != asked["rfq_id"]


def test_a_ride_that_is_none_is_not_asked_for(concierge: Concierge) -> None:
    with pytest.raises(ValueError, match="lat"):
        concierge.desk({**RIDE, "start": {"lat": 91, "lon": 0}})
    assert concierge.heard() == []


def test_the_first_answer_of_each_stands_and_the_cheapest_comes_first(concierge: Concierge) -> None:
    first = response("rfq-1", quote("u-1", "20.00"), Decline(responder_id="u-2", reason="busy"))
    concierge.answers(first, first, response("rfq-1", quote("u-1", "1.00"), quote("u-3", "9.50")))
    concierge.answers(response("rfq-2", quote("u-4", "5.00")))
    shown = concierge.desk({"rfq_id": "rfq-1"})
    assert [(each["responder_id"], each["price"]["amount"]) for each in shown["quotes"]] == [
        ("u-3", "9.50"),
        ("u-1", "20.00"),
    ]
    assert concierge.desk({"rfq_id": "unknown"})["quotes"] == []


def test_what_is_no_answer_is_parked_with_the_reason_and_stops_nothing_else(concierge: Concierge) -> None:
    broken = response("rfq-1", quote("u-1", "20.00")).to_json().replace("20.00", "-6.66")
    concierge.answers("text", broken, response("rfq-1", quote("u-2", "9.50")))
    assert [each["responder_id"] for each in concierge.desk({"rfq_id": "rfq-1"})["quotes"]] == ["u-2"]
    one, other = concierge.parked()
    assert one == "not JSON"
    assert "price.amount" in other
    assert "6.66" not in other


class Desk:
    """The desk's function as a caller sees it, with quotes that come, or none."""

    def __init__(self, *quotes: Quote) -> None:
        self._quotes = [each.model_dump(mode="json") for each in quotes]

    def invoke(self, **_: str) -> dict[str, Any]:
        answer = {"rfq_id": "rfq-1", "quotes": self._quotes}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.mark.parametrize(
    ("quotes", "said"),
    [
        ([], "no quote has come in 10 s: perhaps no unicorn is free nearby\n"),
        ([quote("u-1", "9.50")], "      9.50 USD  u-1\n"),
    ],
    ids=["none", "one"],
)
def test_asking_shows_each_quote_once_or_says_that_there_is_none(
    quotes: list[Quote], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: Desk(*quotes))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    runpy.run_path(str(ASK))
    assert capsys.readouterr().out == f"asked: rfq-1\n{said}"
