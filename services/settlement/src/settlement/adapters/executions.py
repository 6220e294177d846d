"""Executions of the state machine: one for each document, by its name."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from botocore.exceptions import ClientError

from wild_rydes_contracts import Metadata

_OVER: Final = frozenset({"TaskDoesNotExist", "TaskTimedOut", "InvalidToken"})
"""What says that nobody waits for a token any more."""


@dataclass(frozen=True)
class Executions:
    """Starts executions, and lets them go on. Methods raise botocore's errors."""

    make_client: Callable[[], Any]
    machine_arn: str = ""

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - a client of botocore
        return self.make_client()

    def start(self, document_id: str, metadata: Metadata) -> bool:
        """Start a document's execution. False: it was started before, whatever has become of it."""
        told = {
            "document_id": document_id,
            "metadata": json.loads(metadata.model_dump_json(exclude_none=True)),
        }
        try:
            self._client.start_execution(
                stateMachineArn=self.machine_arn, name=document_id, input=json.dumps(told)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def succeed(self, token: str, **output: str) -> bool:
        """Tell whoever waits for a token that its turn has come. False: nobody waits any more."""
        try:
            self._client.send_task_success(taskToken=token, output=json.dumps(output))
        except ClientError as error:
            if error.response["Error"]["Code"] in _OVER:
                return False
            raise
        return True
