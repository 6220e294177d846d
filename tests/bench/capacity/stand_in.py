"""Stands in for AWS and the partners, in a process of its own: `python -m tests.bench.capacity.stand_in`.

Reads from stdin, as one line of JSON, what is stored where; writes its URL and the partners' to stdout; ends with its
stdin. So the CPU time of who calls it is that of a function which calls AWS, TLS apart.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from infra.rydes.simulators.partners.faults import Faults
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.server import Server
from tests.support.aws_proxy import AwsProxy, Request, Response

HOLD = "/hold"
"""A POST there says for how many seconds each call of AWS is held from then on."""


class StandIn(AwsProxy):
    """Answers the calls of AWS that an RFQ needs: items by id, an index's by cell; whatever is sent is taken."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._items: Mapping[str, Any] = stored["items"]
        self._cells: Mapping[str, Any] = stored["cells"]
        self._hold = 0.0
        self._secrets: dict[str, str] = {}
        super().__init__(upstream_port=0)

    def knows(self, secret_id: str, values: Mapping[str, str]) -> None:
        """Keep a secret."""
        self._secrets[secret_id] = json.dumps(values)

    def exchange(self, request: Request, forward: Callable[[], Response]) -> Response:  # noqa: ARG002
        """Answer by itself."""
        if request.path == HOLD:
            self._hold = float(request.content["seconds"])
            return _answer({})
        time.sleep(self._hold)
        if request.operation == "PostToConnection":
            return _answer({})
        return _answer(self._answer(request.operation, request.content))

    def _answer(self, operation: str, content: Any) -> Any:
        answers: Mapping[str, Callable[[Any], Any]] = {
            "GetItem": lambda asked: _found(self._items.get(asked["Key"]["id"]["S"])),
            "Query": lambda asked: {
                "Items": self._cells.get(asked["ExpressionAttributeValues"][":cell"]["S"], [])
            },
            "PutItem": lambda _: {},
            "UpdateItem": lambda _: {},
            "SendMessageBatch": lambda sent: {
                "Successful": [{"Id": each["Id"], "MessageId": each["Id"]} for each in sent["Entries"]]
            },
            "PutEvents": lambda sent: {
                "FailedEntryCount": 0,
                "Entries": [{"EventId": "1"} for _ in sent["Entries"]],
            },
            "GetQueueUrl": lambda asked: {
                "QueueUrl": f"http://127.0.0.1:{self.server_port}/{asked['QueueName']}"
            },
            "GetSecretValue": lambda asked: {"SecretString": self._secrets[asked["SecretId"]]},
        }
        return answers[operation](content)


def secret_of(partner_id: str) -> dict[str, str]:
    """What a partner and we share."""
    return {name: f"{name}-of-{partner_id}" for name in FLEETS[partner_id].secret_values}


def _found(item: Any) -> Any:
    return {"Item": item} if item else {}


def _answer(content: Any) -> Response:
    return Response(200, [("Content-Type", "application/json")], json.dumps(content).encode())


def main() -> None:
    """Serve until stdin ends."""
    stand_in = StandIn(json.loads(sys.stdin.readline()))
    for id_, fleet in FLEETS.items():
        partner = Server(fleet(secret_of(id_)))
        partner.misbehaviour.set(Faults(latency_ms=0))
        threading.Thread(target=partner.serve_forever, daemon=True).start()
        stand_in.knows(id_, {**secret_of(id_), "base_url": partner.url})
    print(f"http://127.0.0.1:{stand_in.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
