"""Callbacks that no partner should send, but somebody does: news that were told before, and news that are forged."""

import random
import threading
import time
from typing import Self

import httpx

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.process import Partners
from tests.chaos.storm.plan import PARTNERS
from tests.chaos.storm.story import Notes

SECONDS_BETWEEN = 1.5


class Impostor:
    """Sends them every so often, while the context lasts."""

    def __init__(self, cloud: Cloud, partners: Partners, seed: int, notes: Notes) -> None:
        self._api, self._partners, self._notes = cloud.urls["partner-api"], partners, notes
        self._dice = random.Random(seed)
        self._genuine = {id_: FLEETS[id_](partners.secrets[id_]) for id_ in PARTNERS}
        self._forged = {id_: FLEETS[id_](dict.fromkeys(partners.secrets[id_], "forged")) for id_ in PARTNERS}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN):
            partner = self._dice.choice(PARTNERS)
            rides = self._partners.rides(partner)
            driven = sorted(ride for ride, state in rides.items() if state == "completed")
            others = sorted(rides.keys() - set(driven))
            if driven:
                self._send(partner, self._dice.choice(driven), forged=False)
            if others:
                self._send(partner, self._dice.choice(others), forged=True)

    def _send(self, partner: str, ride: str, *, forged: bool) -> None:
        sender = (self._forged if forged else self._genuine)[partner]
        body = sender.news(ride, "completed")
        headers = sender.seal(body, str(int(time.time())))
        try:
            status = httpx.post(
                f"{self._api}/partners/{partner}/answers", content=body, headers=headers, timeout=60
            ).status_code
        except httpx.TransportError:
            return
        self._notes.count("callbacks forged" if forged else "callbacks repeated")
        if forged and status < 400:
            self._notes.wrong.append(f"{partner}: forged news of {ride} were taken: {status}")
