"""What the customers' phones say in a storm: each answers the questions as its owner does."""

import threading
from collections.abc import Iterable
from typing import Self

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import numbers
from infra.rydes.simulators.phones.model import Sms
from tests.chaos.storm.plan import REPLIES
from tests.chaos.storm.travellers import Rider
from tests.support.riders import OPTED_OUT, PROMISED, THANKED

SECONDS_BETWEEN_LOOKS = 1.0
_NO_QUESTION = (OPTED_OUT, PROMISED, THANKED)


class Phones:
    """Read all phones again and again, and answer, while the context lasts."""

    def __init__(self, cloud: Cloud, riders: Iterable[Rider]) -> None:
        self._cloud = cloud
        self._riders = {rider.phone.number: rider for rider in riders}
        self._left = {number: [*REPLIES[rider.replies]] for number, rider in self._riders.items()}
        self._answered: dict[str, set[str]] = {number: set() for number in self._riders}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def got(self, number: str) -> list[Sms]:
        """What has come from us, the oldest first."""
        return [sms for sms in self._riders[number].phone.messages() if sms.ours]

    def mute(self, number: str) -> bool:
        """Whether its owner says nothing."""
        return not REPLIES[self._riders[number].replies]

    def _read(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            for number in numbers(self._cloud):
                if self._left.get(number):
                    self._answer(number)

    def _answer(self, number: str) -> None:
        """Answer the newest question, unless that was done, or it has come twice."""
        asked = [sms for sms in self.got(number) if not any(text in sms.text for text in _NO_QUESTION)]
        question = "/".join(asked[-1].context.values()) if asked else ""
        if question and question not in self._answered[number]:
            self._answered[number].add(question)
            for text in self._left[number].pop(0).split("&"):
                self._riders[number].phone.say(text)
