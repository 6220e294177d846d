"""Writes asyncapi.json, the description of the RFQ socket: `python -m ride_booking.api.asyncapi > asyncapi.json`."""

import json
import sys
from typing import Any

from ride_booking.api.socket_messages import State, Subscription, SubscriptionRefused
from wild_rydes_http.asyncapi import document


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document of the RFQ socket."""
    return document(
        title="Wild Rydes RFQ socket",
        version="1.0.0",
        description="Watch the quotes of an RFQ arrive, and follow its rides. Callers are in the user pool group"
        " `customers` and see their own RFQs alone. An update may come twice, or before the snapshot: ignore those whose"
        " `revision` is not above the one you have. After a lost connection, connect and subscribe again.",
        takes={Subscription: (State, SubscriptionRefused)},
        sends=(State, SubscriptionRefused),
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
