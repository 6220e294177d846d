"""Nimbus, a partner that calls back, and whoever pretends to be it."""

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from tests.support.clients import REPLY_QUEUE, Customer
from tests.support.partner_fleets import in_time, submit
from tests.support.patience import PATIENCE, eventually
from unicorn_mgmt.adapters.callback_table import CallbackTable
from unicorn_mgmt.adapters.partners.sealed_reference import seal
from wild_rydes_contracts import Metadata

NIMBUS = "p-nimbus"


class Nimbus:
    """Nimbus, who has been asked and says nothing by itself, and whoever pretends to be it."""

    def __init__(self, cloud: Cloud, partners: Partners) -> None:
        self._cloud = cloud
        self._callbacks = CallbackTable(cloud.client("dynamodb"), "unicorn-mgmt")
        self.secrets = partners.secrets
        self.mine = partners.secrets[NIMBUS]
        self._api = cloud.urls["partner-api"]
        sqs = cloud.client("sqs")
        asked = sqs.get_queue_attributes(QueueUrl=cloud.queues()[REPLY_QUEUE], AttributeNames=["QueueArn"])
        self._return_address = asked["Attributes"]["QueueArn"]

    def asked(self, customer: Customer) -> str:
        """An RFQ of which Nimbus has taken note in time, and which may wait for its callback until its deadline."""

        def ask() -> str:
            rfq = submit(customer)
            self._callbacks.note(NIMBUS, rfq.rpartition("/")[2], datetime.now(UTC))
            return rfq

        return eventually(ask, "Nimbus asked", lambda rfq: in_time(self._cloud, rfq, {NIMBUS}))

    def reference(
        self, rfq: str, *, partner: str = NIMBUS, key: str | None = None, seconds: float = 3600
    ) -> str:
        """What the partner was given with this RFQ, given by its URL: sealed with our key, good for so long."""
        now = datetime.now(UTC)
        metadata = Metadata(
            event_id=uuid.uuid4(),
            event_version=1,
            occurred_at=now,
            correlation_id=rfq.rpartition("/")[2],
            reply_to=self._return_address,
            deadline=now + timedelta(seconds=seconds),
        )
        return seal(metadata, partner, key or self.mine["reference_key"])

    def sign(self, body: bytes, *, key: str | None = None, at: float | None = None) -> str:
        stamp = str(int(at or time.time()))
        mac = hmac.new(
            (key or self.mine["callback_key"]).encode(), f"{stamp}.".encode() + body, hashlib.sha256
        )
        return f"t={stamp},v1={mac.hexdigest()}"

    def post(self, body: bytes, signature: str | None, *, to: str = NIMBUS) -> int:
        headers = {"Content-Type": "application/json"}
        if signature is not None:
            headers["Nimbus-Signature"] = signature
        url = f"{self._api}/partners/{to}/answers"
        return httpx.post(url, content=body, headers=headers, timeout=PATIENCE).status_code

    def answer(self, reference: str, amount: str = "21.00") -> int:
        """Answer as the partner does."""
        body = offer(reference, amount)
        return self.post(body, self.sign(body))


def offer(reference: str, amount: str = "21.00") -> bytes:
    price = {"amount": amount, "currency": "USD"}
    return json.dumps({"reference": reference, "offer": {"price": price, "pickup_in_seconds": 300}}).encode()
