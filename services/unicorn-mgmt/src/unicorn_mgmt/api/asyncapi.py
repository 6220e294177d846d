"""Write the description of the unicorn socket: `python -m unicorn_mgmt.api.asyncapi > asyncapi.json`."""

import json
import sys
from typing import Any

from unicorn_mgmt.api.socket_messages import InvitationPush, RidePush
from wild_rydes_http.asyncapi import document


def asyncapi() -> dict[str, Any]:
    """Make the AsyncAPI document of the unicorn socket."""
    return document(
        title="Wild Rydes unicorn socket",
        version="1.0.0",
        description="Messages to a unicorn's app, which answers over the unicorn API. Callers are in the user"
        " pool group `unicorns` and have registered. A unicorn has one connection, the newest. Send any"
        " message now and then: a connection that is idle for ten minutes is closed.",
        sends=(InvitationPush, RidePush),
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
