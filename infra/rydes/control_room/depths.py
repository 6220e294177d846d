"""How many messages each queue has."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from infra.rydes.cloud.system import System

_ATTRIBUTES: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_AT_ONCE: Final = 4

Depth = tuple[int, int, int]
"""Messages that wait, that somebody has received, and that are delayed."""


class Depths:
    """Measures the queues of a system. Which there are is asked once."""

    def __init__(self, system: System) -> None:
        self._sqs = system.client("sqs")
        self._urls = system.queues()

    def look(self) -> dict[str, Depth]:
        """Measure each queue, by its plain name. Raises botocore's errors."""
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            return dict(zip(self._urls, readers.map(self._depth, self._urls.values()), strict=True))

    def _depth(self, url: str) -> Depth:
        told = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*_ATTRIBUTES])["Attributes"]
        waiting, taken, delayed = (int(told.get(name, 0)) for name in _ATTRIBUTES)
        return waiting, taken, delayed
