"""Records of a table's stream that cannot be understood: they must not hold up what comes behind them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from wild_rydes_messaging.parking import ParkingLot


class Poison:
    """Those of one batch. Parked when all others are seen to, as the stream brings the whole batch again when that fails."""

    def __init__(self, parking_lot: ParkingLot, *, logger: Logger, metrics: Metrics) -> None:
        self._parking_lot = parking_lot
        self._logger = logger
        self._metrics = metrics
        self._caught: list[tuple[Mapping[str, Any], Exception]] = []

    @contextmanager
    def caught(self, record: Mapping[str, Any]) -> Iterator[None]:
        """Read a record inside this context, and do nothing else: KeyError, TypeError and ValueError condemn it."""
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            self._caught.append((record, error))

    def park(self) -> None:
        """Park what was caught, each record with its reason. Raises botocore's errors."""
        for record, error in self._caught:
            id_ = str(record.get("eventID", ""))
            self._parking_lot.park(json.dumps(record, default=str), error, queue="stream", event_id=id_)
            self._logger.error("parked", event_id=id_, error=type(error).__name__)
            self._metrics.add_metric("RecordsParked", MetricUnit.Count, 1)
