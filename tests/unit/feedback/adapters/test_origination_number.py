"""Our number is read where a person writes it, and a first one, or another, is found within a minute."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from feedback.adapters.origination_number import TTL, OriginationNumber
from feedback.adapters.sms_service import NotNow
from tests.support import aws


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ssm() -> Iterator[Any]:
    with aws.account():
        yield aws.client("ssm")


def test_a_number_is_found_within_a_minute_of_being_written(ssm: Any) -> None:
    clock, name = Clock(), f"/{uuid.uuid4()}"
    number = OriginationNumber(ssm, name, clock)
    with pytest.raises(NotNow, match="no-origination-number"):
        number.get()
    for written in ("+12065550100", "+12065550199"):
        ssm.put_parameter(Name=name, Value=written, Type="String", Overwrite=True)
        clock.now += TTL
        assert number.get() == written


def test_it_is_read_once_in_that_time(ssm: Any) -> None:
    clock, name = Clock(), f"/{uuid.uuid4()}"
    number = OriginationNumber(ssm, name, clock)
    for written in ("+12065550100", "+12065550199"):
        ssm.put_parameter(Name=name, Value=written, Type="String", Overwrite=True)
        assert number.get() == "+12065550100"
