"""What a partner calls back with, and what others would have us believe."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from tests.support.unicorn_mgmt.partner_samples import CREDENTIALS, PARTNERS, metadata
from tests.support.unicorn_mgmt.world import PATTERN, REGION, World
from unicorn_mgmt.adapters.partners.client import integration_of
from unicorn_mgmt.adapters.partners.credentials import Secrets
from unicorn_mgmt.adapters.partners.sealed_reference import seal
from unicorn_mgmt.api.partner_callbacks import Callbacks
from wild_rydes_contracts import Metadata
from wild_rydes_http.api import RestApi
from wild_rydes_messaging.reply import Replies

OFFER = {"price": {"amount": "23.50", "currency": "USD"}, "pickup_in_seconds": 300}


class Partner:
    """Calls back as Nimbus would, or as somebody who is not."""

    def __init__(self, world: World) -> None:
        self.world = world
        secrets = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="partner", SecretString=json.dumps(CREDENTIALS))
        self.api = RestApi(world.logger)
        Callbacks(
            self.api,
            Replies(world.sqs, PATTERN),
            world.partner_rides,
            partners=PARTNERS,
            integrations={id_: integration_of(partner) for id_, partner in PARTNERS.items()},
            secrets=Secrets(secrets),
            secrets_of=dict.fromkeys(PARTNERS, "partner"),
            logger=world.logger,
            now=lambda: datetime.now(UTC),
        )

    def call_back(
        self,
        asked: Metadata,
        offer: dict[str, Any] | None = OFFER,
        *,
        reference: str | None = None,
        reference_key: str = CREDENTIALS["reference_key"],
        key: str = CREDENTIALS["callback_key"],
        late_by: float = 0,
        partner_id: str = "p-nimbus",
        encoded: bool = False,
        **more: Any,
    ) -> int:
        sealed = reference if reference is not None else seal(asked, "p-nimbus", reference_key)
        body = json.dumps({"reference": sealed, "offer": offer, **more})
        stamp = str(int(time.time() - late_by))
        mac = hmac.new(key.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
        return self.post(body, f"t={stamp},v1={mac}", partner_id, encoded=encoded)

    def post(self, body: str, signature: str, partner_id: str = "p-nimbus", *, encoded: bool = False) -> int:
        return self.send(body, {"Nimbus-Signature": signature}, partner_id, encoded=encoded)

    def send(self, body: str, headers: dict[str, str], partner_id: str, *, encoded: bool = False) -> int:
        path = f"/partners/{partner_id}/answers"
        event = {
            "httpMethod": "POST",
            "path": path,
            "headers": headers,
            "multiValueHeaders": {},
            "body": base64.b64encode(body.encode()).decode() if encoded else body,
            "isBase64Encoded": encoded,
            "queryStringParameters": None,
            "requestContext": {"path": f"/v1{path}", "stage": "v1", "domainName": "here"},
        }
        answer = self.api.handle(event)
        assert isinstance(answer["body"], str)  # none at all is no answer to every gateway
        return int(answer["statusCode"])


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner(world)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_genuine_answer_goes_to_the_return_address(partner: Partner, encoded: bool) -> None:
    assert partner.call_back(metadata("rfq-9"), encoded=encoded) == 202
    [told] = partner.world.answers()
    assert told["metadata"]["correlation_id"] == "rfq-9"
    [answer] = told["data"]["answers"]
    assert (answer["kind"], answer["responder_id"], answer["price"]["amount"]) == (
        "quote",
        "p-nimbus",
        "23.50",
    )
    [record] = [line for line in partner.world.logs if line["message"] == "partner called"]
    assert (record["operation"], record["outcome"], record["correlation_id"]) == (
        "callback",
        "quote",
        "rfq-9",
    )


def test_no_offer_is_a_decline(partner: Partner) -> None:
    assert partner.call_back(metadata(), offer=None) == 202
    assert partner.world.answers()[0]["data"]["answers"][0]["reason"] == "declined"


def test_a_duplicate_is_the_same_message_again(partner: Partner) -> None:
    asked = metadata()
    assert [partner.call_back(asked) for _ in range(2)] == [202, 202]
    first, second = partner.world.answers()
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]


@pytest.mark.parametrize(
    "forged",
    [
        {"key": "guessed"},
        {"reference_key": "guessed"},
        {"reference": "e30=.e30="},
        {"reference": ""},
        {"reference": "…"},
        {"late_by": 3600},
        {"late_by": -3600},
    ],
    ids=str,
)
def test_a_forged_or_old_answer_is_refused(partner: Partner, forged: dict[str, Any]) -> None:
    assert partner.call_back(metadata(), **forged) == 401
    assert partner.world.answers() == []


@pytest.mark.parametrize("signature", ["", "t=,v1=", "v1=00", "t=²,v1=é", "t=1,t=2,,,==="])
def test_a_signature_that_is_none_is_refused(partner: Partner, signature: str) -> None:
    assert partner.post("{}", signature) == 401


def test_a_late_answer_is_refused(partner: Partner) -> None:
    assert partner.call_back(metadata(seconds=-1)) == 410
    assert partner.world.answers() == []


def test_a_reference_does_for_no_other_partner(partner: Partner) -> None:
    sealed = seal(metadata(), "p-comet", CREDENTIALS["reference_key"])
    assert partner.call_back(metadata(), reference=sealed) == 401


@pytest.mark.parametrize(
    "offer", [{}, {"price": {}}, {**OFFER, "price": {"amount": "-1", "currency": "USD"}}]
)
def test_an_answer_that_is_none_is_refused(partner: Partner, offer: dict[str, Any]) -> None:
    assert partner.call_back(metadata(), offer=offer) == 400
    assert partner.world.answers() == []


def test_who_is_no_partner_has_no_such_route(partner: Partner) -> None:
    assert partner.call_back(metadata(), partner_id="p-nobody") == 404


def test_a_signature_does_for_no_other_partner(partner: Partner) -> None:
    assert partner.call_back(metadata(), partner_id="p-comet") == 401


def test_a_long_body_is_not_read(partner: Partner) -> None:
    assert partner.call_back(metadata(), filler="x" * 40_000) == 413
