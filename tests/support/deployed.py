"""A service's functions as its stack describes them: with its table, their environment and the stream filters.

Only DynamoDB is there, on moto. Every other call to AWS is counted and answered as if it had gone well.
"""

import importlib
import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import botocore.client
import botocore.session
import pytest

from infra.assembly import Assembly, Resource
from infra.proof.ruler import EventPattern
from infra.rydes.simulators.phones.client import agreed
from tests.support.requests import believe_tokens, claims, request
from wild_rydes_contracts import Envelope, Event
from wild_rydes_contracts.metadata import first_of

REGION = "us-east-1"
PHONE = "+12065550142"
"""Every customer's number."""
CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)
Item = dict[str, Any]


class Deployed:
    """The functions of a service. Needs moto's mock; `monkeypatch` undoes everything else."""

    def __init__(self, assembly: Assembly, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._assembly = assembly
        self._service = service
        self._monkeypatch = monkeypatch
        self._actions = 0
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        session = botocore.session.get_session()
        self.dynamodb: Any = session.create_client("dynamodb", region_name=REGION)
        self._streams: Any = session.create_client("dynamodbstreams", region_name=REGION)
        self._iterator = self._create_tables()
        self._filters = dict(self._stream_consumers())
        self._pretend(monkeypatch)
        believe_tokens(monkeypatch)

    def after(self, function: str, event: Mapping[str, Any]) -> dict[str, list[str]]:
        """Invoke a function; what became of each record that it and the stream's consumers wrote, by
        consumer.

        Each consumer gets each record by itself, whether or not its filter lets it through. `acted`: the
        consumer sent or wrote something. `nothing`: it did not, and the filter keeps the record from it. `in
        vain`: the filter lets it through for nothing. Fails when a consumer acts on a record that its filter
        keeps from it.
        """
        answer = self.invoke(function, event)
        assert not (answer or {}).get("batchItemFailures")
        assert int((answer or {}).get("statusCode", 200)) < 400, answer
        seen: dict[str, list[str]] = {consumer: [] for consumer in self._filters}
        while records := self._records():
            for record in records:
                for consumer, filters in self._filters.items():
                    passes = any(pattern.matches(record) for pattern in filters)
                    before = self._actions
                    self.invoke(consumer, {"Records": [record]})
                    acted = self._actions > before
                    assert passes or not acted, f"{consumer} would not get {record}"
                    seen[consumer].append("acted" if acted else "in vain" if passes else "nothing")
        return seen

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """The function's answer."""
        resource = self._assembly.named("AWS::Lambda::Function", "FunctionName")[
            f"{self._service}-{function}"
        ]
        for name, value in resource.properties["Environment"]["Variables"].items():
            text = self._assembly.text(resource.stack, value)
            for token, its_value in _TOKENS.items():
                text = text.replace(token, its_value)
            self._monkeypatch.setenv(name, text)
        module, _, handler = resource.properties["Handler"].rpartition(".")
        self._monkeypatch.delitem(sys.modules, module, raising=False)
        try:
            return getattr(importlib.import_module(module), handler)(event, CONTEXT)
        finally:
            del sys.modules[module]

    def call(self, method: str, path: str, body: object = None, group: str = "customers") -> dict[str, Any]:
        """A request to an API."""
        text = None if body is None else json.dumps(body)
        return request(method, path, text, who=claims("sub-1", group))

    def _create_tables(self) -> str:
        """The tables of the stack; an iterator over the stream of the one that has one."""
        keys = ("TableName", "BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
        for name, resource in self._assembly.named("AWS::DynamoDB::Table", "TableName").items():
            if name.startswith(self._service):
                table: Any = {key: resource.properties[key] for key in keys}
                if stream := resource.properties.get("StreamSpecification"):
                    table["StreamSpecification"] = {"StreamEnabled": True, **stream}
                self.dynamodb.create_table(**table)
        arn = self.dynamodb.describe_table(TableName=self._service)["Table"]["LatestStreamArn"]
        (shard,) = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator: str = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return iterator

    def _stream_consumers(self) -> Iterator[tuple[str, list[EventPattern]]]:
        """The functions behind the table's stream, with their filter patterns."""
        for mapping in self._assembly.all("AWS::Lambda::EventSourceMapping"):
            if self._source(mapping) == self._service:
                name = self._assembly.invoked(mapping)
                filters = mapping.properties["FilterCriteria"]["Filters"]
                yield (
                    name.removeprefix(f"{self._service}-"),
                    [EventPattern.of(json.loads(each["Pattern"])) for each in filters],
                )

    def _source(self, mapping: Resource) -> str:
        return self._assembly.text(mapping.stack, mapping.properties["EventSourceArn"])

    def _records(self) -> list[Item]:
        """The stream's records since the last look, as Lambda hands them on."""
        answer = self._streams.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        records: list[Item] = []
        for record in json.loads(json.dumps(answer["Records"], default=_plain)):
            last = records[-1] if records else None
            if last and last["dynamodb"].get("NewImage") == record["dynamodb"]["Keys"]:
                # moto tells of an upsert twice, at first with nothing but the key.
                last["dynamodb"]["NewImage"] = record["dynamodb"]["NewImage"]
            else:
                records.append(record)
        return records

    def _pretend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            assert not str(parameters.get("QueueUrl")).endswith("-dlq"), "parked"
            self._actions += operation in _ACTIONS
            if client.meta.service_model.service_name.startswith("dynamodb"):
                return make(client, operation, parameters)
            return _answer(operation, parameters)

        monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", call)


def _plain(value: object) -> object:
    return value.timestamp() if isinstance(value, datetime) else str(value)


_TOKENS = {"<Partition>": "aws", "<Region>": REGION, "<AccountId>": "123456789012"}
_ACTIONS = {
    *("PutEvents", "SendMessage", "SendMessageBatch", "PostToConnection", "SendTextMessage"),
    *("PutItem", "UpdateItem", "TransactWriteItems"),
}


def _answer(operation: str, parameters: Mapping[str, Any]) -> Any:
    entries = parameters.get("Entries", ())
    answers: dict[str, Any] = {
        "PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]},
        "SendMessageBatch": {"Successful": [{"Id": entry.get("Id")} for entry in entries], "Failed": []},
        "GetQueueUrl": {"QueueUrl": parameters.get("QueueName")},
        "GetQueueAttributes": {"Attributes": dict.fromkeys(parameters.get("AttributeNames", ()), "0")},
        "CreateMultipartUpload": {"UploadId": "1"},
        "UploadPart": {"ETag": "1"},
        "SendTextMessage": {"MessageId": uuid.uuid4().hex},
        "AdminGetUser": {
            "UserAttributes": [{"Name": n, "Value": v} for n, v in agreed(PHONE, datetime.now(UTC)).items()]
        },
        "GetParameter": {"Parameter": {"Value": "+12065550100"}},
        "GetSecretValue": {"SecretString": json.dumps({"webhook_token": "token"})},
    }
    return answers.get(operation, {})


def batch(*bodies: str) -> dict[str, Any]:
    """The event in which Lambda hands on messages of a queue."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": str(number),
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795251600000"},
                "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:queue",
            }
            for number, body in enumerate(bodies)
        ]
    }


def on_the_bus(data: Event, correlation_id: str, **metadata: Any) -> dict[str, Any]:
    """The event in which Lambda hands on an event of the bus from a subscription's queue."""
    envelope: Envelope[Event] = Envelope(
        metadata=first_of(type(data), correlation_id=correlation_id, **metadata), data=data
    )
    detail = json.loads(envelope.to_json())
    return batch(json.dumps({"source": data.source, "detail-type": data.name, "detail": detail}))
