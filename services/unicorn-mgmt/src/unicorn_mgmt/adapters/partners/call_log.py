"""The records of calls to partners: a structured log line each, and a metric of those that mean trouble."""

from typing import Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

TROUBLE: Final = frozenset(
    {
        *(("quote", outcome) for outcome in ("partner", "ours", "busy")),
        *(("book", outcome) for outcome in ("partner", "ours")),
        *(("callback", outcome) for outcome in ("refused", "missing")),
    }
)
"""Operations with the outcomes that an alarm goes by. Any other would be a metric that is paid for, and wakes nobody."""


class CallLog:
    """Records calls. The metric PartnerCall counts trouble.

    `environment` is the name by which the circuit knows this environment of the function.
    """

    def __init__(self, logger: Logger, partner_id: str, environment: str = "") -> None:
        self._logger = logger
        self._partner_id = partner_id
        self._environment = environment

    def record(
        self,
        operation: str,
        outcome: str,
        *,
        milliseconds: float,
        attempt: int,
        circuit: str,
        reason: str = "",
    ) -> None:
        """Record a call. `outcome` is the kind of answer, or whose fault it is that there is none.

        `circuit` is the circuit's state when the call began.
        """
        took = round(milliseconds, 1)
        self._logger.info(
            "partner called",
            partner=self._partner_id,
            operation=operation,
            outcome=outcome,
            took_ms=took,
            attempt=attempt,
            circuit=circuit,
            reason=reason,
            environment=self._environment,
        )
        if (operation, outcome) not in TROUBLE:
            return
        with single_metric(name="PartnerCall", unit=MetricUnit.Milliseconds, value=took) as metric:
            metric.add_dimension("partner", self._partner_id)
            metric.add_dimension("operation", operation)
            metric.add_dimension("outcome", outcome)
            metric.add_metadata("attempt", attempt)
            metric.add_metadata("circuit", circuit)
