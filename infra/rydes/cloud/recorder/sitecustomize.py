"""Write down each AWS call that a function makes, when the local cloud asks for it.

Python imports this module before anything else when its folder is on PYTHONPATH, which the emulator of a cloud that
records hands to its workers. Nothing changes in the services, which never see it.

Each worker writes a file of its own in the folder `RYDES_CALLS`: a line with its environment, then a line for each
call as botocore got it. These lines have personal data, so only `infra.proof.calls` may read them.
"""

import json
import os
from typing import Any

BULK = {"BatchGetItem", "BatchWriteItem"}
MOST_OF_BULK = 100
"""Calls of such an operation that a worker writes down. An import makes thousands, all alike, of 25 items each."""


def _plain(value: object) -> object:
    """What JSON cannot say: bytes by their number, anything else by its type."""
    return {"$bytes": len(value)} if isinstance(value, bytes) else {f"${type(value).__name__}": None}


def _record_into(folder: str, function: str) -> None:
    from botocore.handlers import BUILTIN_HANDLERS  # noqa: PLC0415 - only workers have it

    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - cold starts need no pathlib
    path = f"{folder}/{function}.{os.getpid()}.jsonl"
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(entry: dict[str, Any]) -> None:
        # At once, for a worker may be killed in its next line.
        os.write(output, json.dumps(entry, default=_plain).encode() + b"\n")

    def record(params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        if model.name in BULK:
            bulk[model.name] = bulk.get(model.name, 0) + 1
            if bulk[model.name] > MOST_OF_BULK:
                return
        service = model.service_model.service_name
        write({"service": service, "operation": model.name, "parameters": params})

    bulk: dict[str, int] = {}
    write({"function": function, "environment": dict(os.environ)})
    BUILTIN_HANDLERS.append(("provide-client-params", record))


if "RYDES_CALLS" in os.environ and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _record_into(os.environ["RYDES_CALLS"], os.environ["AWS_LAMBDA_FUNCTION_NAME"])
