"""A system on AWS of which the control room can only read, whatever its profile may do."""

from collections.abc import Mapping
from typing import Any, Final

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System

READS: Final[Mapping[str, frozenset[str]]] = {
    "dynamodb": frozenset({"GetItem"}),
    "logs": frozenset({"DescribeLogGroups", "FilterLogEvents"}),
    "sqs": frozenset({"GetQueueAttributes", "ListQueues"}),
    "ssm": frozenset({"GetParametersByPath"}),
}
"""What it may call, by the names of APIs. None of these changes anything, takes a message out of a queue or shows a secret."""


class OnlyReads(System):
    """Hands out clients that refuse any other call before it is sent."""

    def __init__(self, system: System) -> None:
        super().__init__(system.names)
        self.HOW_TO_DEPLOY = system.HOW_TO_DEPLOY
        self._system = system

    def _make_client(self, service: str) -> Any:  # noqa: ANN401 (its class depends on the service)
        client = self._system.client(service)
        client.meta.events.register(f"before-call.{service}", _refuse)
        return client


def _refuse(model: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's model of an operation
    if model.name not in READS.get(model.service_model.service_name, ()):
        raise LocalCloudError(
            f"The control room only reads on AWS, and does not call {model.name}.", "Use `uv run rydes`."
        )
