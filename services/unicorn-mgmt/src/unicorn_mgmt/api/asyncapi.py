"""Write the description of the unicorn socket: `python -m unicorn_mgmt.api.asyncapi > asyncapi.json`."""

import json
import sys
from typing import Any

from unicorn_mgmt.api.socket_messages import (
    AnotherChosenPush,
    AppMessage,
    InvitationClosedPush,
    InvitationPush,
    RidePush,
    SnapshotPush,
)
from wild_rydes_http.asyncapi import document


def asyncapi() -> dict[str, Any]:
    """Make the AsyncAPI document of the unicorn socket."""
    return document(
        title="Wild Rydes unicorn socket",
        version="1.2.0",
        description="Messages to a unicorn's app, which answers over the unicorn API. Callers are in the user"
        " pool group `unicorns` and have registered. A unicorn has one connection, the newest. Any message to"
        " the app may be lost with its line. So send a message as soon as the connection is open, and again"
        " every 30 seconds: a snapshot of all invitations and of the ride answers it. If none has come after"
        " 5 seconds, the line is dead: connect again. A connection that is idle for ten minutes is closed.",
        takes={AppMessage: (SnapshotPush,)},
        sends=(SnapshotPush, InvitationPush, InvitationClosedPush, AnotherChosenPush, RidePush),
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
