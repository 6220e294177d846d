"""Our own number, which SMS come from, in an SSM parameter that a person writes once AWS has granted one."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from feedback.adapters.sms_service import NotNow

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

TTL: Final = 60.0
"""Seconds after which the parameter is read again: a first number, or another one, needs no deployment."""


class OriginationNumber:
    """Reads the number and keeps it for `TTL`. `clock` counts seconds."""

    def __init__(self, ssm: "SSMClient", parameter: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._clock = clock
        self._kept: tuple[float, str | None] | None = None

    def get(self) -> str:
        """Return the number in E.164 form. Raises NotNow while there is none, and botocore's errors."""
        if self._kept is None or self._clock() >= self._kept[0]:
            self._kept = (self._clock() + TTL, self._read())
        number = self._kept[1]
        if number is None:
            raise NotNow("no-origination-number")
        return number

    def _read(self) -> str | None:
        try:
            return self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return None
