"""AWS as moto simulates it: an account that starts empty, and clients that are made once a worker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.retries.standard import ExponentialBackoff
from moto import mock_aws
from moto.core import models

from wild_rydes_runtime.aws import CLIENT_CONFIG

REGION = "us-east-1"

# moto would also answer the `requests` package, which nobody uses here: 1,300 patterns for each account.
models.RESPONSES_METHODS.clear()

_registered = ExitStack()
"""Takes away again what a test has registered at the clients, which all tests share."""


# How long botocore waits between its tries, at random, is its own business; a simulated account is not busy.
ExponentialBackoff.delay_amount = lambda *_: 0  # type: ignore[method-assign]


@contextmanager
def account() -> Iterator[None]:
    """An empty account. What a test registers at a shared client meanwhile is gone afterwards."""
    # boto3's session stays: it keeps what botocore reads from its data files, which takes 200 ms.
    with mock_aws(config={"core": {"reset_boto3_session": False}}), _registered:
        yield


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
    for method in ("register", "register_first", "register_last"):
        setattr(made.meta.events, method, _remembered(made.meta.events, getattr(made.meta.events, method)))
    return made


def _remembered(events: Any, register: Callable[..., None]) -> Callable[..., None]:
    def remembered(event: str, handler: Callable[..., Any], unique_id: str | None = None) -> None:
        register(event, handler, unique_id=unique_id)
        _registered.callback(events.unregister, event, handler, unique_id=unique_id)

    return remembered
