"""Calls of AWS's SDK as Step Functions makes them for state machines. The emulator takes this in: see emulator_macie.py."""

import functools
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape


class SdkError(Exception):
    """A call has failed: the name that Step Functions gives the error, and its cause."""


@functools.cache
def _client(service: str, url: str) -> Any:  # noqa: ANN401 - botocore makes its class
    """Make a client that does not try again: a state machine says itself when it does."""
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's root
        config=Config(retries={"total_max_attempts": 1}),
    )


def called(service: str, url: str, operation: str, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Call an operation of a service at a URL. All its names begin with a capital letter, and so do the answer's.

    Raises SdkError: the error's name is the SDK's class for it, which for those without a class is the service's.
    """
    client, prefix = _client(service, url), service.title()
    model = client.meta.service_model.operation_model(operation)
    try:
        answer = client._make_api_call(operation, _named(parameters, model.input_shape, upper=False))
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        known = {shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes}
        known |= {"NoSuchBucket"}  # a class of the SDK, though not in the model of each operation
        name = f"{code.removesuffix('Exception')}Exception" if code in known else f"{prefix}Exception"
        raise SdkError(f"{prefix}.{name}", f"{message} (Service: {prefix})") from error
    except BotoCoreError as error:
        raise SdkError(f"{prefix}.SdkClientException", str(error)) from error
    del answer["ResponseMetadata"]
    return _named(answer, model.output_shape, upper=True)


def _named(value: Any, shape: Shape | None, *, upper: bool) -> Any:  # noqa: ANN401 - JSON
    if isinstance(shape, StructureShape):
        names = {name[:1].upper() + name[1:]: name for name in shape.members}
        if upper:
            return {
                name[:1].upper() + name[1:]: _named(each, shape.members[name], upper=True)
                for name, each in value.items()
            }
        return {
            names.get(name, name): _named(each, shape.members.get(names.get(name, name)), upper=False)
            for name, each in value.items()
        }
    if isinstance(shape, ListShape):
        return [_named(each, shape.member, upper=upper) for each in value]
    if isinstance(shape, MapShape):
        return {name: _named(each, shape.value, upper=upper) for name, each in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
