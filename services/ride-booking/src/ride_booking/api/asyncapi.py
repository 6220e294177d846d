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
        version="1.1.0",
        description="Watch the quotes of an RFQ arrive, and follow its rides. Callers belong to the user pool"
        " group `customers` and see only their own RFQs. Any message may be lost with its line. So subscribe"
        " again when you have connected again, and every 30 seconds as long as you show the RFQ: a snapshot of"
        " the whole state answers it. If none has come after 5 seconds, the line is dead: connect again. An"
        " update may arrive twice, or before the snapshot. Take a snapshot as it is, and then the updates whose"
        " `revision` is higher than its own or the last one's, those that came before it, too.",
        takes={Subscription: (State, SubscriptionRefused)},
        sends=(State, SubscriptionRefused),
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
