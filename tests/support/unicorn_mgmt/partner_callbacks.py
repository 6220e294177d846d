"""Partners that call back, genuine and otherwise."""

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

from tests.support import aws
from tests.support.requests import request
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SECRETS, simulated
from tests.support.unicorn_mgmt.world import REQUESTERS, World
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.credentials import Secrets
from unicorn_mgmt.adapters.partners.sealed_reference import seal
from unicorn_mgmt.api.partner_callbacks import PartnerCallbacks
from wild_rydes_contracts import Metadata
from wild_rydes_http.api import HttpApi
from wild_rydes_messaging.reply import Replies
from wild_rydes_messaging.transient import is_transient

OFFER = {"price": {"amount": "23.50", "currency": "USD"}, "pickup_in_seconds": 300}


class Partner:
    """Calls back as Nimbus would, or as somebody who is not."""

    def __init__(self, world: World) -> None:
        self.world = world
        secrets = aws.client("secretsmanager")
        for id_, values in SECRETS.items():
            secrets.create_secret(Name=id_, SecretString=json.dumps(values))
        self.api = HttpApi(world.logger, is_transient=is_transient)
        PartnerCallbacks(
            self.api,
            Replies(world.sqs, REQUESTERS.values()),
            world.partner_rides,
            world.callbacks,
            partners=PARTNERS,
            clients={id_: client_of(partner) for id_, partner in PARTNERS.items()},
            secrets=Secrets(secrets),
            secret_ids={id_: id_ for id_ in PARTNERS},
            logger=world.logger,
            now=lambda: datetime.now(UTC),
        )

    def call_back(
        self,
        asked: Metadata,
        offer: dict[str, Any] | None = OFFER,
        *,
        reference: str | None = None,
        reference_key: str = SECRETS["p-nimbus"]["reference_key"],
        key: str = SECRETS["p-nimbus"]["callback_key"],
        late_by: float = 0,
        partner_id: str = "p-nimbus",
        encoded: bool = False,
        **more: Any,
    ) -> int:
        sealed = reference if reference is not None else seal(asked, "p-nimbus", reference_key)
        body = json.dumps({"reference": sealed, "offer": offer, **more})
        headers = simulated("p-nimbus", callback_key=key).seal(body.encode(), str(int(time.time() - late_by)))
        return self.send(body, headers, partner_id, encoded=encoded)

    def post(self, body: str, signature: str, partner_id: str = "p-nimbus", *, encoded: bool = False) -> int:
        return self.send(body, {"Nimbus-Signature": signature}, partner_id, encoded=encoded)

    def send(self, body: str, headers: dict[str, str], partner_id: str, *, encoded: bool = False) -> int:
        sent = base64.b64encode(body.encode()).decode() if encoded else body
        return self.handed_on(sent, headers, partner_id, encoded=encoded)

    def handed_on(self, body: str, headers: dict[str, str], partner_id: str, *, encoded: bool) -> int:
        """The gateway hands on a body, in base64 or what it takes for that if it is `encoded`."""
        path = f"/partners/{partner_id}/answers"
        event = request("POST", path, body, headers=headers) | {"isBase64Encoded": encoded}
        answer = self.api.handle(event)
        assert isinstance(answer["body"], str)  # none at all is no answer to every gateway
        return int(answer["statusCode"])
