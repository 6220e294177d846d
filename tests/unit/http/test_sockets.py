"""Posting to the connections of a socket."""

import threading
from collections import defaultdict
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError

from wild_rydes_http.sockets import AT_ONCE, POSTING_FOR, Late, Posted, Sockets
from wild_rydes_runtime.aws import QUICK_CONFIG


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "PostToConnection")


THROTTLED = refusal("LimitExceededException")
TIMEOUT = ConnectTimeoutError(endpoint_url="https://socket")
BUG = ZeroDivisionError()


class Client:
    """Takes texts, unless the connection has an error at that place of its texts."""

    def __init__(self, errors: dict[tuple[str, int], Exception] | None = None) -> None:
        self.taken: defaultdict[str, list[str]] = defaultdict(list)
        self._errors = errors or {}

    def post_to_connection(self, ConnectionId: str, Data: bytes) -> None:  # noqa: N803 - boto3's names
        if error := self._errors.get((ConnectionId, len(self.taken[ConnectionId]))):
            raise error
        self.taken[ConnectionId].append(Data.decode())


def sockets(client: Any) -> Sockets:
    return Sockets(lambda: client)


def test_a_text_is_posted_to_its_connection() -> None:
    client = Client()
    assert sockets(client).post("c1", '{"text": "hé"}')
    assert client.taken == {"c1": ['{"text": "hé"}']}


@pytest.mark.parametrize("code", ["GoneException", "410"])
def test_a_connection_may_be_gone(code: str) -> None:
    client = Client({("c1", 0): refusal(code)})
    assert not sockets(client).post("c1", "text")


@pytest.mark.parametrize("error", [THROTTLED, TIMEOUT])
def test_any_other_refusal_is_an_error(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        sockets(Client({("c1", 0): error})).post("c1", "text")
    assert caught.value is error


def test_each_connection_gets_its_texts_in_order() -> None:
    client = Client()
    texts = {f"c{i}": [f"{i}.{j}" for j in range(i)] for i in range(1, 30)}
    assert sockets(client).post_all(texts) == {
        connection: Posted(len(mine)) for connection, mine in texts.items()
    }
    assert client.taken == texts


@pytest.mark.parametrize(
    ("error", "posted"),
    [
        (refusal("GoneException"), Posted(1, gone=True)),
        (refusal("410"), Posted(1, gone=True)),
        (THROTTLED, Posted(1, error=THROTTLED)),
        (TIMEOUT, Posted(1, error=TIMEOUT)),
        (BUG, Posted(1, error=BUG)),
    ],
)
def test_a_connection_that_takes_no_more_stops_alone(error: Exception, posted: Posted) -> None:
    client = Client({("c1", 1): error})
    told = sockets(client).post_all({"c1": ["a", "b", "c"], "c2": ["a", "b", "c"]})
    assert told == {"c1": posted, "c2": Posted(3)}
    assert client.taken == {"c1": ["a"], "c2": ["a", "b", "c"]}


def test_many_connections_are_served_at_once_but_no_more_than_the_client_has_connections() -> None:
    together = threading.Barrier(AT_ONCE)
    counted = threading.Lock()
    running = most = 0

    class Slow:
        """Takes a text only while `AT_ONCE` posts are under way."""

        def post_to_connection(self, **_: object) -> None:
            nonlocal running, most
            with counted:
                running += 1
                most = max(most, running)
            together.wait(timeout=60)
            with counted:
                running -= 1

    connections = [f"c{i}" for i in range(2 * AT_ONCE)]
    told = sockets(Slow()).post_all({connection: ["text"] for connection in connections})
    assert told == {connection: Posted(1) for connection in connections}
    assert most == AT_ONCE


class Maker:
    """Counts the clients it made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Any:
        self.made += 1
        return Client()


def test_the_client_is_made_once() -> None:
    maker = Maker()
    made = Sockets(maker)
    made.post_all({f"c{i}": ["text"] for i in range(50)})
    made.post("c1", "text")
    assert maker.made == 1


def test_without_a_text_no_client_is_made() -> None:
    maker = Maker()
    made = Sockets(maker)
    assert made.post_all({}) == {}
    assert made.post_all({"c1": [], "c2": ()}) == {"c1": Posted(0), "c2": Posted(0)}
    assert maker.made == 0


def test_a_connection_without_texts_does_not_keep_others_from_theirs() -> None:
    client = Client()
    assert sockets(client).post_all({"c1": [], "c2": ["text"]}) == {"c1": Posted(0), "c2": Posted(1)}
    assert client.taken["c2"] == ["text"]


def test_a_client_that_cannot_be_made_is_an_error_of_each_connection() -> None:
    error = BotoCoreError()

    def fail() -> Any:
        raise error

    assert Sockets(fail).post_all({"c1": ["text"], "c2": []}) == {
        "c1": Posted(0, error=error),
        "c2": Posted(0, error=error),
    }


def test_texts_may_be_posted_whatever_becomes_of_the_others() -> None:
    client = Client({("c1", 0): THROTTLED})
    told = sockets(client).post_each([("c2", "a"), ("c1", "b"), ("c2", "c")])
    assert told == [Posted(1), Posted(0, error=THROTTLED), Posted(1)]
    assert sorted(client.taken["c2"]) == ["a", "c"]
    assert sockets(client).post_each([]) == []


class Hanging:
    """Takes no text, and half a second for each, on a clock of its own."""

    def __init__(self) -> None:
        self.asked = 0
        self.time = 0.0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.time

    def post_to_connection(self, **_: object) -> None:
        with self._lock:
            self.asked += 1
            self.time += 0.5
        raise TIMEOUT


def test_no_post_begins_when_the_time_is_over() -> None:
    client = Hanging()
    posts = Sockets(lambda: client, within=1, clock=client.clock)  # type: ignore[arg-type, return-value]
    told = posts.post_all({f"c{i}": ["text"] for i in range(10 * AT_ONCE)})
    errors = [posted.error for posted in told.values()]
    late = [error for error in errors if isinstance(error, Late)]
    assert client.asked <= 2 + AT_ONCE
    assert [errors.count(TIMEOUT), len(late)] == [client.asked, len(errors) - client.asked]


def test_a_connection_gets_no_further_text_when_the_time_is_over() -> None:
    class Slow(Hanging):
        def post_to_connection(self, **_: object) -> None:
            self.time += 0.5

    client = Slow()
    posts = Sockets(lambda: client, within=1, clock=client.clock)  # type: ignore[arg-type, return-value]
    for _ in range(2):  # each time has its own time
        posted = posts.post_all({"c1": ["a", "b", "c"]})["c1"]
        assert (posted.taken, type(posted.error)) == (2, Late)


def test_posts_leave_a_third_of_the_shortest_function_s_three_seconds() -> None:
    quick: Any = QUICK_CONFIG
    assert quick.retries["total_max_attempts"] == 1
    assert POSTING_FOR + quick.connect_timeout + quick.read_timeout <= 2
