"""Listeners, which are told what a breaker does."""

from typing import Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from wild_rydes_circuit_breaker.record import Transition
from wild_rydes_circuit_breaker.store import StoreUnavailable, Unreadable


class Listener(Protocol):
    """Told at once, by the environment that acted. What must not get lost leaves by the table's stream."""

    def turned(self, transition: Transition, *, shared: bool) -> None:
        """A circuit turned: the shared one or, without the store, this environment's own."""

    def parted(self, circuit: str, error: StoreUnavailable) -> None:
        """The store cannot be reached, again or for the first time: this environment goes by its own state."""

    def rejoined(self, circuit: str) -> None:
        """The store can be reached again."""

    def repaired(self, circuit: str, error: Unreadable) -> None:
        """What the store held was no record. It is now, of a closed circuit: all that it held is forgotten."""


class LogAndCount:
    """Writes a log line, and of trouble a metric with the dimension `circuit` in Powertools' default namespace."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def turned(self, transition: Transition, *, shared: bool) -> None:
        """See Listener."""
        record = transition.after
        self._logger.warning(
            "circuit turned",
            circuit=transition.circuit,
            before=transition.before.state,
            after=record.state,
            reason=record.reason,
            by=record.by,
            epoch=record.epoch,
            shared=shared,
        )

    def parted(self, circuit: str, error: StoreUnavailable) -> None:
        """See Listener."""
        self._logger.error("circuit store unavailable", circuit=circuit, reason=str(error))
        self._count("CircuitStoreUnavailable", circuit)

    def rejoined(self, circuit: str) -> None:
        """See Listener."""
        self._logger.info("circuit store available again", circuit=circuit)

    def repaired(self, circuit: str, error: Unreadable) -> None:
        """See Listener."""
        self._logger.error("circuit repaired", circuit=circuit, reason=str(error))
        self._count("CircuitRepaired", circuit)

    def _count(self, name: str, circuit: str) -> None:
        with single_metric(name=name, unit=MetricUnit.Count, value=1) as metric:
            metric.add_dimension("circuit", circuit)
