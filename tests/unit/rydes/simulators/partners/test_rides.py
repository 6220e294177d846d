"""The rides of simulated partners."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from infra.rydes.simulators.partners.rides import Rides, post
from tests.support.patience import PATIENCE


def test_a_ride_is_driven_once_and_told() -> None:
    rides, driven = Rides(), threading.Event()
    rides.seconds = 0.01
    assert rides.book("r-1", willing=True, completed=driven.set) == "confirmed"
    assert driven.wait(PATIENCE)
    assert rides.states() == {"r-1": "completed"}
    assert rides.book("r-1", willing=False, completed=pytest.fail) == "completed"


def test_who_asks_again_is_answered_as_before() -> None:
    rides = Rides()
    rides.seconds = 600
    assert [rides.book("r-1", willing=willing, completed=pytest.fail) for willing in (False, True)] == [
        "refused"
    ] * 2


def test_what_is_cancelled_is_neither_booked_nor_driven() -> None:
    rides = Rides()
    rides.seconds = 600
    rides.cancel("r-1")
    assert rides.book("r-1", willing=True, completed=pytest.fail) == "cancelled"
    rides.book("r-2", willing=True, completed=pytest.fail)
    rides.cancel("r-2")
    assert rides.states() == {"r-1": "cancelled", "r-2": "cancelled"}


class Receiver(HTTPServer):
    """Answers posts with these statuses, one after the other."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = list(statuses)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver  # ty: ignore[incompatible-mutable-override] - it is made by this server alone

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.statuses.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statuses", "left"), [([202, 202], 1), ([500, 503, 202], 0), ([401, 202], 1), ([410, 202], 1)]
)
def test_a_callback_is_told_again_until_it_is_taken_or_refused(
    receiver: Receiver, statuses: list[int], left: int
) -> None:
    receiver.statuses = list(statuses)
    assert post(receiver.url, b"{}", {}) == statuses[-1 - left]
    assert len(receiver.statuses) == left
