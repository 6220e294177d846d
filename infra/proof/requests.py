"""Hold the parameters of the recorded calls to the newest models of AWS's APIs.

botocore checks types, required members and the least sizes, and only where it is told to: our clients do not ask. The
models say more, which AWS checks: the greatest sizes, patterns and enumerations.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import botocore.session
import regex
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from infra.assembly import Assembly
from infra.proof.deployed_calls import NotDeployed, deployed
from infra.proof.finding import Finding
from infra.proof.recording import Calls, read
from infra.proof.resolver import Resolver, Unresolved

_SESSION: Final = botocore.session.get_session()


def check(assembly: Assembly, calls: Calls | None = None) -> Iterator[Finding]:
    """Check the recorded calls, with the names that resources have on the AWS stage."""
    try:
        for call in deployed(read() if calls is None else calls, Resolver(assembly)):
            for problem in problems(call.service, call.operation, call.parameters):
                yield Finding(
                    "a request that AWS would refuse",
                    f"{call.name}: {call}",
                    problem,
                    "Send what the API's model allows. If the service has changed, run `make record`.",
                )
    except Unresolved:
        return  # infra.proof.policies says so
    except NotDeployed as unknown:
        yield Finding("a recorded call that nobody makes", "calls.json", str(unknown), "Run `make record`.")


def problems(service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """Say what AWS would refuse in a request."""
    model = _model(service)
    if operation not in model.operation_names:
        yield f"there is no {operation} in {service}"
        return
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return
    given = _value(parameters)
    if isinstance(original := given.get("CopySource"), dict):
        # The SDK takes both, and writes a header of it: botocore.handlers.handle_copy_source_param.
        given = {**given, "CopySource": f"{original['Bucket']}/{original['Key']}"}
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        yield report.generate_report()
        return
    yield from _beyond_botocore(shape, given, operation)


@cache
def _model(service: str) -> Any:  # noqa: ANN401 - botocore's
    return _SESSION.get_service_model(service)


def _value(recorded: Any) -> Any:  # noqa: ANN401 - any parameter
    """What stands for bytes and times in a recording, as botocore takes it."""
    match recorded:
        case {"$bytes": int(number)}:
            return b"x" * number
        case {"$datetime": _}:
            return datetime(2026, 1, 1, tzinfo=UTC)
        case dict():
            return {key: _value(each) for key, each in recorded.items()}
        case list():
            return [_value(each) for each in recorded]
    return recorded


def _beyond_botocore(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any parameter
    size = len(value) if hasattr(value, "__len__") else value
    limit = shape.metadata.get("max")
    if limit is not None and not isinstance(value, bool | datetime) and size > limit:
        yield f"{path} is {size}, and {limit} is the most"
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from _beyond_botocore(shape.members[name], member, f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for element in value:
            yield from _beyond_botocore(shape.member, element, f"{path}[]")
    elif isinstance(shape, MapShape):
        for key, element in value.items():
            yield from _beyond_botocore(shape.key, key, f"{path}.{key}")
            yield from _beyond_botocore(shape.value, element, f"{path}.{key}")
    elif isinstance(value, str):
        pattern, enum = shape.metadata.get("pattern"), getattr(shape, "enum", None)
        if pattern and not regex.fullmatch(pattern, value):
            yield f"{path} does not match {pattern}"
        if enum and value not in enum:
            yield f"{path} is {value}: one of {', '.join(enum)}"
