"""Write asyncapi.json, the description of the RFQ socket: `make generate`."""

import json
import sys
from typing import Any

from ride_booking.api.socket_messages import State, Subscription, SubscriptionRefused
from wild_rydes_http.asyncapi import document


def asyncapi() -> dict[str, Any]:
    """Make the AsyncAPI document of the RFQ socket."""
    return document(
        title="Wild Rydes RFQ socket",
        version="1.0.0",
        description="Watch the quotes of an RFQ arrive, and follow its rides. Callers belong to the user pool"
        " group `customers` and see only their own RFQs. An update may arrive twice, or before the snapshot:"
        " ignore any whose `revision` is not higher than the one you have. If the connection is lost, connect"
        " and subscribe again.",
        takes={Subscription: (State, SubscriptionRefused)},
        sends=(State, SubscriptionRefused),
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
