"""No garbage is collected while a function is composed."""

import gc
from collections.abc import Iterator

import pytest
from aws_lambda_powertools import Logger

from tests.support.cold_start import modules_after
from wild_rydes_runtime import cold_start
from wild_rydes_runtime.entrypoint import entrypoint


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()
    gc.unfreeze()


def test_garbage_is_collected_again_once_the_function_is_composed() -> None:
    cold_start.begin()
    assert not gc.isenabled()
    entrypoint(lambda event: event, Logger(service="test"))
    assert gc.isenabled()
    assert gc.get_freeze_count()


def test_later_nothing_is_kept_for_good() -> None:
    gc.unfreeze()
    entrypoint(lambda event: event, Logger(service="test"))
    assert gc.isenabled()
    assert not gc.get_freeze_count()


@pytest.mark.slow
@pytest.mark.parametrize("service", ["ride_booking", "unicorn_mgmt", "feedback", "settlement"])
def test_it_begins_before_a_function_of_the_service_is_imported(service: str) -> None:
    loaded = modules_after(f"import {service}.functions, gc; assert not gc.isenabled()", {})
    assert not any(module.startswith(("pydantic", "boto3")) for module in loaded)
