"""API Gateway's usage plans: how many requests each API key has made on a day."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.simulation.aws.client import Answer


class Usage:
    """What API Gateway has counted. Whoever lets requests in counts them, by plan, key and day (ISO 8601)."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        self.counted: Counter[tuple[str, str, str]] = Counter()
        self._quotas = quotas

    def get_usage(self, arguments: Mapping[str, Any]) -> Answer:
        """Tell how many requests of a key on one day count, and how many are left. Nothing is told of a day without any."""
        plan, key, day = arguments["usagePlanId"], arguments["keyId"], arguments["startDate"]
        used = self.counted[plan, key, day]
        items = {key: [[used, max(0, self._quotas[plan] - used)]]} if used else {}
        return {"usagePlanId": plan, "startDate": day, "endDate": arguments["endDate"], "items": items}
