"""AWS as the models of `tests.simulation.aws` have it, behind the clients of `tests.support.aws`.

Botocore checks the parameters of each call and writes the request, as ever, and whoever has registered for its events hears
of them: only the answer comes from a model, in the place of a server's.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any, TypeVar

import pytest
from botocore import xform_name

from tests.simulation.aws.cognito import Cognito, User
from tests.simulation.aws.dynamodb import STALEST, DynamoDb
from tests.simulation.aws.events import Events, Rules
from tests.simulation.aws.ids import Ids
from tests.simulation.aws.kms import Kms
from tests.simulation.aws.s3 import S3
from tests.simulation.aws.sqs import Sqs
from tests.simulation.aws.stores import SecretsManager, Ssm
from tests.support import aws

T = TypeVar("T")
Furnish = Callable[[], T]
MakeAccount = Callable[[Furnish[T]], AbstractContextManager[T]]
Arguments = Mapping[str, Any]
Answer = dict[str, Any]

ACCOUNT = "123456789012"


@contextmanager
def account(furnish: Furnish[T] = aws.nothing) -> Iterator[T]:  # type: ignore[assignment]
    """A new account with what `furnish` creates in it, as `aws.account` makes one on moto.

    It has no clients but those of `aws.client`. Reads that need not be consistent find what was there before
    `aws.reads.catch_up`.
    """
    with aws.served_by(_Account().answer):
        yield furnish()


def account_for(request: pytest.FixtureRequest) -> MakeAccount[Any]:
    """What makes the account of a test: this module, or moto for those that are marked so."""
    return aws.account if request.node.get_closest_marker("moto") else account


class _Account:
    """The models, and what creates something in them, which they leave to templates."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._operation = ""
        self._streams: defaultdict[str, list[Answer]] = defaultdict(list)
        self._rules: dict[str, dict[str, Any]] = {}
        self._keys: set[str] = set()
        self._dynamodb = DynamoDb(
            lambda: aws.reads.moments * 2 * STALEST,
            lambda table, record: self._streams[table].append(record),
            lambda: STALEST if self._operation in ("get_item", "batch_get_item") else 0.0,
        )
        self._sqs = Sqs((), time.time, Ids("5000"))
        self._events = Events(Rules.of(()), time.time, Ids("e000"))
        self._s3 = S3([], time.time)
        self._cognito = Cognito("pool")
        self._secrets = SecretsManager({})
        self._ssm = Ssm({})
        self._models: dict[str, Any] = {
            "dynamodb": self._dynamodb,
            "sqs": self._sqs,
            "events": self._events,
            "s3": self._s3,
            "kms": Kms(self._keys, Ids("b000")),
            "cognito-idp": self._cognito,
            "secretsmanager": self._secrets,
            "ssm": self._ssm,
            "dynamodbstreams": None,
        }

    def answer(self, service: str, operation: str, arguments: Arguments) -> Answer | None:
        """Make a call, if it is to one of these services."""
        if service not in self._models:
            return None
        name = xform_name(operation)
        with self._lock:
            self._operation = name
            make = getattr(self, f"_{name}", None) or getattr(self._models[service], name)
            answer: Answer = make(arguments)
            for owed in self._events.pending:
                self._sqs.put(self._sqs.by_arn[owed.target.arn], owed.body)
            self._events.pending.clear()
        return answer

    def _create_table(self, arguments: Arguments) -> Answer:
        self._dynamodb.add(arguments)
        return {}

    def _describe_table(self, arguments: Arguments) -> Answer:
        return {"Table": {"LatestStreamArn": arguments["TableName"]}}

    def _delete_table(self, arguments: Arguments) -> Answer:
        self._dynamodb.remove(arguments["TableName"])
        self._streams.pop(arguments["TableName"], None)
        return {}

    def _describe_stream(self, arguments: Arguments) -> Answer:
        return {"StreamDescription": {"Shards": [{"ShardId": arguments["StreamArn"]}]}}

    def _get_shard_iterator(self, arguments: Arguments) -> Answer:
        return {"ShardIterator": f"{arguments['ShardId']} 0"}

    def _get_records(self, arguments: Arguments) -> Answer:
        table, _, seen = arguments["ShardIterator"].partition(" ")
        records = self._streams[table]
        return {"Records": records[int(seen) :], "NextShardIterator": f"{table} {len(records)}"}

    def _create_queue(self, arguments: Arguments) -> Answer:
        properties = {"QueueName": arguments["QueueName"], **arguments.get("Attributes", {})}
        return {"QueueUrl": self._sqs.add(properties, ACCOUNT).url}

    def _delete_queue(self, arguments: Arguments) -> Answer:
        self._sqs.remove(arguments["QueueUrl"])
        return {}

    def _create_event_bus(self, _: Arguments) -> Answer:
        return {}

    def _put_rule(self, arguments: Arguments) -> Answer:
        pattern = json.loads(arguments["EventPattern"])
        self._rules[arguments["Name"]] = {**arguments, "EventPattern": pattern}
        return {}

    def _put_targets(self, arguments: Arguments) -> Answer:
        self._rules[arguments["Rule"]]["Targets"] = arguments["Targets"]
        self._events.rules = Rules.of(self._rules.values())
        return {"FailedEntryCount": 0}

    def _create_bucket(self, arguments: Arguments) -> Answer:
        self._s3.buckets[arguments["Bucket"]] = {}
        return {}

    def _put_object(self, arguments: Arguments) -> Answer:
        return self._s3.put_object({**arguments, "Body": arguments["Body"].read()})  # a file by now

    def _list_objects_v2(self, arguments: Arguments) -> Answer:
        return {"Contents": [{"Key": key} for key in sorted(self._s3.buckets[arguments["Bucket"]])]}

    def _create_key(self, _: Arguments) -> Answer:
        arn = f"arn:aws:kms:{aws.REGION}:{ACCOUNT}:key/{len(self._keys)}"
        self._keys.add(arn)
        return {"KeyMetadata": {"Arn": arn}}

    def _create_user_pool(self, _: Arguments) -> Answer:
        return {"UserPool": {"Id": "pool"}}

    def _admin_create_user(self, arguments: Arguments) -> Answer:
        attributes = {each["Name"]: each["Value"] for each in arguments["UserAttributes"]}
        self._cognito.add(User(arguments["Username"], arguments["Username"], attributes))
        return {}

    def _create_secret(self, arguments: Arguments) -> Answer:
        self._secrets.secrets[_secret(arguments["Name"])] = arguments["SecretString"]
        return {"ARN": _secret(arguments["Name"])}

    def _put_secret_value(self, arguments: Arguments) -> Answer:
        self._secrets.secrets[_secret(arguments["SecretId"])] = arguments["SecretString"]
        return {}

    def _delete_secret(self, arguments: Arguments) -> Answer:
        del self._secrets.secrets[_secret(arguments["SecretId"])]
        return {}

    def _put_parameter(self, arguments: Arguments) -> Answer:
        self._ssm.parameters[arguments["Name"]] = arguments["Value"]
        return {}


def _secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{aws.REGION}:{ACCOUNT}:secret:{name}-abcdef"
