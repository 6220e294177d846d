"""How much of its quota a machine client has used, as API Gateway counts it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from wild_rydes_http.machine_key import MachineKey

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests of today that count for the quota, and those that are left; None while there was none."""

    used: int
    left: int | None


@dataclass(frozen=True, slots=True)
class UsageReader:
    """Reads usage. The client is made for the first look: most workers never need one."""

    make_client: "Callable[[], APIGatewayClient]"

    def of(self, key: MachineKey, day: date) -> Usage:
        """Read the usage of one key on one day. Raises botocore's errors."""
        answer = self.make_client().get_usage(
            usagePlanId=key.usage_plan, keyId=key.key_id, startDate=day.isoformat(), endDate=day.isoformat()
        )
        days = answer.get("items", {}).get(key.key_id, [])
        return Usage(*days[-1]) if days else Usage(0, None)
