"""AWS as moto simulates it: an account furnished for each test, and clients that are made once a worker.

`tests.support.modelled` has accounts for the same clients that take a tenth of the time.
"""

import copy
import copyreg
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from moto import mock_aws
from moto.core import models
from moto.core.base_backend import BackendDict

from tests.support.lagging_reads import LaggingReads
from wild_rydes_runtime.aws import CLIENT_CONFIG

T = TypeVar("T")

REGION = "us-east-1"

# moto would also answer the `requests` package, which nobody uses here: 1,300 patterns for each account.
models.RESPONSES_METHODS.clear()
# moto's queues have threads wait for messages; a copied queue has them wait at a condition of its own.
copyreg.pickle(threading.Condition, lambda _: (threading.Condition, ()))

reads = LaggingReads(REGION)
"""What DynamoDB's reads answer that need not be consistent."""

_registered = ExitStack()
"""Takes away again what a test has registered at the clients, which all tests share."""


def nothing() -> None:
    """Furnish no account with anything."""


@contextmanager
def account(furnish: Callable[[], T] = nothing) -> Iterator[T]:  # type: ignore[assignment]
    """A new account with what `furnish` creates in it. Yields what `furnish` returns, the same for every account.

    What a test registers at a shared client meanwhile is gone afterwards. The SDK retries without a pause.
    """
    # boto3's session stays: it keeps what botocore reads from its data files, which takes 200 ms.
    mocked = mock_aws(config={"core": {"reset_boto3_session": False}})
    with mocked, _registered, reads.lag(client("dynamodb")), _no_pauses():
        yield _furnished(furnish)


Server = Callable[[str, str, Mapping[str, Any]], dict[str, Any] | None]
"""Answers a call: the service, the operation and its arguments → the answer. Raises botocore's errors."""

_servers: list[Server] = []


@contextmanager
def served_by(server: Server) -> Iterator[None]:
    """Have the calls of all clients answered by this instead of on the wire, but those that it leaves with None.

    What a test registers at a client comes before it, as does botocore's check of the parameters. Nothing of what botocore
    does about the wire takes place: it signs nothing, and never retries.
    """
    _servers.append(server)
    try:
        with _registered, _no_pauses():
            yield
    finally:
        _servers.remove(server)


def _note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["arguments"] = params


def _serve(model: OperationModel, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]] | None:
    if not _servers:
        return None
    try:
        answer = _servers[-1](model.service_model.service_name, model.name, context["arguments"])
    except ClientError as error:
        told: Any = error.response
        context["error_code_override"] = told["Error"].get("QueryErrorCode")
        return SimpleNamespace(status_code=told["ResponseMetadata"]["HTTPStatusCode"], headers={}), told
    return None if answer is None else (SimpleNamespace(status_code=200, headers={}), answer)


def _no_pauses() -> AbstractContextManager[Any]:
    return patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


_in_use: list[BackendDict[Any]] = BackendDict._instances  # type: ignore[misc]
"""moto's own list of the services that are in use: it empties them when the account closes."""

_states: dict[Callable[[], Any], tuple[Any, list[BackendDict[Any]], list[dict[str, Any]]]] = {}
"""By what furnished an account: what it returned, the services it used, and what is in them."""


def _furnished(furnish: Callable[[], T]) -> T:
    """Furnish the account of moto: with calls the first time, later with a copy, in a tenth of the time."""
    if furnish not in _states:
        returned, services = furnish(), [*_in_use]
        _states[furnish] = returned, services, copy.deepcopy([dict(service) for service in services])
        return returned
    returned, services, contents = _states[furnish]
    for service, content in zip(services, copy.deepcopy(contents), strict=True):
        service.update(content)
    _in_use.extend(services)
    return returned


@cache
def client(service: str, config: Config = CLIENT_CONFIG, url: str | None = None) -> Any:
    """A client for the simulated account, shared by all tests."""
    made: Any = boto3.client(  # type: ignore[call-overload]
        service,
        region_name=REGION,
        config=config,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    made.meta.events.register_last("before-parameter-build", _note)
    made.meta.events.register_last("before-call", _serve)
    for method in ("register", "register_first", "register_last"):
        setattr(made.meta.events, method, _remembered(made.meta.events, getattr(made.meta.events, method)))
    return made


def refusal(code: str, status: int = 400) -> ClientError:
    """What botocore raises for an answer with this error."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call")  # type: ignore[typeddict-item]


def _remembered(events: Any, register: Callable[..., None]) -> Callable[..., None]:
    def remembered(event: str, handler: Callable[..., Any], unique_id: str | None = None) -> None:
        register(event, handler, unique_id=unique_id)
        _registered.callback(events.unregister, event, handler, unique_id=unique_id)

    return remembered
