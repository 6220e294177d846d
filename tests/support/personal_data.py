"""Look for personal data wherever there must be none: what Macie does for buckets on AWS, for all that a local cloud keeps.

`Watch` listens to the bus from the start, and looks through everything in the end.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from infra.naming import BUS_NAME, EVENT_SOURCE_PREFIX
from infra.rydes.cloud.cloud import Cloud

TAP: Final = "test-personal-data-tap"
MAY_HAVE_NUMBERS: Final = ("feedback-sms-",)
"""Queues of what comes from the SMS service: it carries numbers, and is encrypted with a key of its own."""
_PERSONAL: Final = ("name", "given_name", "family_name", "phone_number", "email", "address", "birthdate")
_AT_ONCE: Final = 10_000
_SHORTEST: Final = 4
"""Characters of a name that is looked for by itself: shorter ones are in other words."""

PATTERNS: Final = {
    "a phone number": re.compile(r"(?<![\w.+-])\+[1-9](?:[ ().-]{0,2}\d){9,14}(?![\w.])"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.(?!amazonaws)[a-z]{2,}(?!\w)"),
    "a token": re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}"),
}
PLACE: Final = re.compile(r"\b(?:lat|lon|latitude|longitude)\b\W{1,6}(?:N\W{1,5})?-?\d")
"""A coordinate. The bus, and queues behind it, carry those of rides; logs, metrics and documents do not."""


@dataclass(frozen=True)
class Finding:
    """What was found, and where. Not the text: that would be one more place."""

    what: str
    where: str


@dataclass(frozen=True)
class People:
    """What is known of people: their numbers, names and addresses. `ours` are numbers of our own, which are no secret."""

    values: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()

    def found_in(self, text: str, *, places: bool = True) -> Iterator[str]:
        """Say what of a person is in a text. `places`: coordinates are personal there, too."""
        for number in self.ours:
            text = text.replace(number, "")
        for what, pattern in PATTERNS.items():
            if pattern.search(text):
                yield what
        if places and PLACE.search(text):
            yield "a place"
        if any(value in text for value in self.values):
            yield "what a user is called, or can be reached at"


class Watch:
    """Everything that a cloud keeps, logs and tells."""

    def __init__(self, cloud: Cloud, tap: str = TAP) -> None:
        self._cloud = cloud
        self._bus, self._sqs = cloud.client("events"), cloud.client("sqs")
        self._target = {"Rule": tap, "EventBusName": cloud.names.of(BUS_NAME)}
        self._queue = self._sqs.create_queue(QueueName=tap)["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": [{"prefix": EVENT_SOURCE_PREFIX}]})
        self._bus.put_rule(Name=tap, EventBusName=self._target["EventBusName"], EventPattern=pattern)
        arn = found["Attributes"]["QueueArn"]
        self._bus.put_targets(**self._target, Targets=[{"Id": "tap", "Arn": arn}])

    def settle(self) -> None:
        """Look through everything. Fails on personal data, and on a cloud in which nothing happened to be seen."""
        people, counted, found = self._people(), dict.fromkeys(self._sources(), 0), set()
        for where, texts in self._sources().items():
            for text in texts:
                counted[where] += 1
                found |= {Finding(what, where) for what in people.found_in(text, places=where in _NO_PLACES)}
        assert counted["logs"], "there are no logs to look at"
        assert not found, f"personal data: {sorted(map(str, found))}"

    def close(self) -> None:
        """Stop listening."""
        self._bus.remove_targets(**self._target, Ids=["tap"])
        self._bus.delete_rule(Name=self._target["Rule"], EventBusName=self._target["EventBusName"])
        self._sqs.delete_queue(QueueUrl=self._queue)

    def _sources(self) -> dict[str, Iterable[str]]:
        return {
            "logs": self._logs(),
            "metrics": self._metrics(),
            "buckets": self._objects(),
            "events": self._events(),
            "dead letters": self._dead_letters(),
            "tables": self._items(),
        }

    def _people(self) -> People:
        """What the user directory knows."""
        values: set[str] = set()
        pages = self._cloud.client("cognito-idp").get_paginator("list_users")
        for page in pages.paginate(UserPoolId=self._cloud.users.pool):
            for user in page["Users"]:
                for attribute in user.get("Attributes", ()):
                    if attribute["Name"] in _PERSONAL:
                        values.add(attribute["Value"])
                        values |= {word for word in attribute["Value"].split() if len(word) > _SHORTEST}
        return People(frozenset(filter(None, values)), frozenset({self._cloud.names.local_number}))

    def _logs(self) -> Iterator[str]:
        logs = self._cloud.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                since, more = 0, True
                while more:  # the emulator gives no token for more than it takes at once
                    events = logs.filter_log_events(
                        logGroupName=group["logGroupName"], startTime=since, limit=_AT_ONCE
                    )["events"]
                    yield from (event["message"] for event in events)
                    more = len(events) == _AT_ONCE and events[-1]["timestamp"] > since
                    since = events[-1]["timestamp"] if events else since

    def _metrics(self) -> Iterator[str]:
        for page in self._cloud.client("cloudwatch").get_paginator("list_metrics").paginate():
            yield from map(json.dumps, page["Metrics"])

    def _objects(self) -> Iterator[str]:
        s3 = self._cloud.client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            if "asset" in bucket["Name"] or bucket["Name"].startswith(
                _OF_DOCUMENTS
            ):  # what was deployed, or payees say
                continue
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
                for each in page.get("Contents", ()):
                    yield each["Key"]
                    with suppress(s3.exceptions.NoSuchKey):
                        yield s3.get_object(Bucket=bucket["Name"], Key=each["Key"])["Body"].read().decode()

    def _events(self) -> Iterator[str]:
        while batch := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            yield from (message["Body"] for message in batch)
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(batch)]
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=entries)

    def _dead_letters(self) -> Iterator[str]:
        for name, url in self._cloud.queues().items():
            if not name.endswith(("-dlq", "-parking")) or name.startswith(MAY_HAVE_NUMBERS):
                continue
            seen: set[str] = set()
            while batch := self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=600
            ).get("Messages"):
                new = [message for message in batch if message["MessageId"] not in seen]
                seen |= {message["MessageId"] for message in new}
                yield from (json.dumps([m["Body"], m.get("MessageAttributes", {})], default=str) for m in new)

    def _items(self) -> Iterator[str]:
        """Tables hold places: whose they are says the item. Numbers and names are in none."""
        dynamodb = self._cloud.client("dynamodb")
        for table in dynamodb.list_tables()["TableNames"]:
            for page in dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    yield json.dumps(item, default=lambda sealed: sealed.decode("latin-1"))


_OF_DOCUMENTS: Final = "wildrydessettlement-"
"""Buckets of payees' documents, in which there may be anything: Macie looks through them, and a person looks at what it finds."""
_NO_PLACES: Final = ("logs", "metrics", "buckets")
