"""What becomes of the AWS calls that a cloud has recorded while tests ran."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.proof import recording, requests
from infra.rydes.cloud.settings import SERVICES


def settle(folder: Path) -> None:
    """Hold the recorded calls to infra/proof/calls.json, or add them with ``RYDES_RECORD=1``, as `make record` does.

    Fails on a call that the file does not have, and on one that AWS would refuse whatever its permissions. The file has
    nothing of the examples, which are not among the stacks that it is held to.
    """
    recorded = recording.reduce(folder).items()
    found = {function: calls for function, calls in recorded if function.startswith((*SERVICES,))}
    if os.environ.get("RYDES_RECORD"):
        _add(found)
    elif new := recording.unknown(found, recording.read()):
        pytest.fail(
            "\n".join(["infra/proof/calls.json lacks these calls: run `make record`", *new]), pytrace=False
        )
    if refused := sorted(set(_refused(folder))):
        pytest.fail("\n".join(["AWS would refuse these requests", *refused]), pytrace=False)


def _add(found: recording.Calls) -> None:
    folder = os.open(recording.FILE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # clouds of other workers may end at the same time
        recording.write(recording.union(recording.read(), found))
    finally:
        os.close(folder)


def _refused(folder: Path) -> Iterator[str]:
    """Every single request, with its own values, which the file does not have."""
    for function, call, _, parameters in recording.recorded(folder):
        service, operation = call.split(".")
        for problem in requests.problems(service, operation, parameters):
            yield f"{function}: {problem}"
