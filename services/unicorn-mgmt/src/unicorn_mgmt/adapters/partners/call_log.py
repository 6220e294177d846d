"""Every call to a partner leaves one structured record and one EMF metric."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric


class Calls:
    """Records calls. CloudWatch makes count, rates and quantiles of the one metric PartnerCall, which is its milliseconds.

    `environment` is the function's, under the name by which the circuit knows it.
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
        """`outcome` is a kind of answer or whose fault it was that there is none, `circuit` the state in which it began."""
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
        with single_metric(name="PartnerCall", unit=MetricUnit.Milliseconds, value=took) as metric:
            metric.add_dimension("partner", self._partner_id)
            metric.add_dimension("operation", operation)
            metric.add_dimension("outcome", outcome)
            metric.add_metadata("attempt", attempt)
            metric.add_metadata("circuit", circuit)
