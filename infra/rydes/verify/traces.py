"""What a journey leaves in tables and buckets, by its ids, and how it is removed.

Tables forget most of it by themselves, after a day to a month; unicorns would stay. One item does: the standing of AWS's
own number, whose id only the feedback service can make. The ids are those that the services write: whatever else they wrote
would be left, and tests/e2e/verify finds it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.rydes.cloud.aws import Account

RIDE_BOOKING, UNICORN_MGMT, FEEDBACK = "ride-booking", "unicorn-mgmt", "feedback"
"""The tables."""

_ECHO = 2.0
"""Seconds in which a cancelled RFQ goes through all functions."""


@dataclass
class Traces:
    """The ids of a run."""

    account: Account
    bucket: str = ""
    """Of the status documents."""
    rfqs: list[str] = field(default_factory=list)
    unicorns: list[str] = field(default_factory=list)
    rides: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)

    def remove(self) -> None:
        """Remove all items and documents, and what is written after that of RFQs that had not ended.

        Raises botocore's errors.
        """
        self._remove()
        if self.rfqs:
            time.sleep(_ECHO)
            self._remove()

    def _remove(self) -> None:
        dynamodb = self.account.client("dynamodb")
        for table, id_ in [*self._items(), *self._sms()]:
            dynamodb.delete_item(TableName=self.account.names.of(table), Key={"id": {"S": id_}})
        self.remove_documents()

    def remove_documents(self) -> None:
        """Remove the status documents. Raises botocore's errors."""
        for rfq in self.rfqs if self.bucket else ():
            self.account.client("s3").delete_object(Bucket=self.bucket, Key=f"rfqs/{rfq}.json")

    def _items(self) -> Iterator[tuple[str, str]]:
        for rfq in self.rfqs:
            yield RIDE_BOOKING, rfq
            yield UNICORN_MGMT, f"invitation#{rfq}"
            for unicorn in self.unicorns:
                yield UNICORN_MGMT, f"invited#{unicorn}#{rfq}"
        for unicorn in self.unicorns:
            yield UNICORN_MGMT, unicorn
            yield FEEDBACK, f"responder#{unicorn}"
        for ride in self.rides:
            yield UNICORN_MGMT, f"decision#{ride}"
            yield FEEDBACK, f"ride#{ride}"
        for customer in self.customers:
            yield RIDE_BOOKING, f"open#{customer}"
            yield FEEDBACK, f"customer#{customer}"
        for reply in self.replies:
            yield FEEDBACK, f"inbound#{reply}"

    def _sms(self) -> Iterator[tuple[str, str]]:
        """Find the notes of the SMS about the rides, by the ids that AWS has given them."""
        dynamodb = self.account.client("dynamodb")
        for ride in self.rides:
            found = dynamodb.get_item(
                TableName=self.account.names.of(FEEDBACK),
                Key={"id": {"S": f"ride#{ride}"}},
                ConsistentRead=True,
            ).get("Item", {})
            for sms in found.get("sms", {"L": []})["L"]:
                if message := sms["M"].get("message_id"):
                    yield FEEDBACK, f"message#{message['S']}"
