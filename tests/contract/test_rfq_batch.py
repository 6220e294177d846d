"""API Gateway and ride-booking agree on a batch: what the template makes of a request is a message of the service."""

import json
import re
import uuid
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest

from infra.assembly import Assembly
from ride_booking.domain.rfq_batch import RfqBatch, batch_id
from wild_rydes_contracts import Envelope
from wild_rydes_contracts.reading import read

AUTHORIZED = {
    "batch": batch_id("m-1", uuid.UUID(int=1), None),
    "customer": "m-1",
    "tier": "gold",
    "event": str(uuid.uuid4()),
    "now": "2026-11-21T09:00:00.123000Z",
}


def rendered(template: str, body: str) -> str:
    """What API Gateway makes of the template: it knows no more than it uses."""
    text = template.replace("$util.urlEncode($util.urlEncode($input.body))", quote_plus(quote_plus(body)))
    text = re.sub(r"\$context\.authorizer\.(\w+)", lambda found: AUTHORIZED[found[1]], text)
    assert "$" not in text
    return text


@pytest.mark.parametrize("body", ['{"rfqs": [{"label": "Zoë & \\"co\\" +1%"}]}', "", "nonsense\n\x00'\"\\$"])
def test_a_stored_request_is_a_message_of_the_service(aws: Assembly, body: str) -> None:
    [integration] = [
        method.properties["Integration"]
        for method in aws.all("AWS::ApiGateway::Method")
        if method.properties["Integration"].get("RequestTemplates")
    ]
    assert integration["PassthroughBehavior"] == "NEVER"
    form = parse_qs(rendered(integration["RequestTemplates"]["application/json"], body))
    assert form["Action"] == ["SendMessage"]
    envelope: Envelope[Any] = read(form["MessageBody"][0], RfqBatch)
    assert envelope.data.batch_id == envelope.metadata.correlation_id == AUTHORIZED["batch"]
    assert (envelope.data.customer, envelope.data.tier) == ("m-1", "gold")
    assert envelope.data.content == quote_plus(body)
    assert json.loads(form["MessageBody"][0])["metadata"]["occurred_at"] == AUTHORIZED["now"]
