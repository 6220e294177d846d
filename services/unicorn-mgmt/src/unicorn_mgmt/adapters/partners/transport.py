"""HTTP to partners: connections stay open, answers are bounded in time and size."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import InvalidURL

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as SocketTimeoutError

from unicorn_mgmt.adapters.partners.connections import Connections, Talk
from unicorn_mgmt.adapters.partners.faults import CallFailed, OurFault, Refused, Throttled, TimedOut

MAX_BYTES = 64 * 1024
"""The longest answer that is read. A quote has a few hundred bytes."""

_CHUNK = 16 * 1024
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Response:
    """A partner's answer. Names of headers are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends requests over connections that stay open for the next one.

    A thread talks, and the caller leaves when the time is over. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._connections = Connections(_THREADS)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="partner")

    def exchange(self, seconds: float, cut_short: bool = False) -> "Exchange":
        """Begin an exchange that may take so long. `cut_short`: the partner may expect to have more time."""
        return Exchange(self, self._clock() + seconds, cut_short=cut_short)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, ends: float) -> Response:
        """Send one request and wait for its answer until `ends`.

        Raises TimeoutError, and urllib3's HTTPError.
        """
        talk = Talk()

        def talking() -> Response:
            with talk.here():
                return self._talk(method, url, headers, body, ends)

        future = self._threads.submit(talking)
        try:
            return future.result(timeout=max(0.0, ends - self._clock()))
        except BaseException:
            future.cancel()
            talk.give_up()
            raise

    def _talk(self, method: str, url: str, headers: Mapping[str, str], body: bytes, ends: float) -> Response:
        left = ends - self._clock()
        if left <= 0:  # an earlier request of the same exchange took all the time
            raise TimeoutError("no time left")
        response = self._connections.request(
            method,
            url,
            headers=headers,
            body=body,
            timeout=urllib3.Timeout(connect=min(1.0, left), read=left),
        )
        read = bytearray()
        try:
            while chunk := response.read1(_CHUNK):
                read += chunk
                if len(read) > MAX_BYTES:
                    raise HTTPError("answer too long")
                if self._clock() >= ends:
                    raise TimeoutError("answer too slow")
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return Response(response.status, response.headers, bytes(read))


class Exchange:
    """One request to a partner or several, which together end in time."""

    def __init__(self, transport: Transport, ends: float, *, cut_short: bool) -> None:
        self._transport = transport
        self._ends = ends
        self._cut_short = cut_short

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a request and return the answer, whatever its status.

        Raises CallFailed or one of its subclasses if no answer comes.
        """
        try:
            return self._transport.send(method, url, headers, body, self._ends)
        except (InvalidURL, ValueError) as error:  # a line break in a header, a base URL that is none
            raise OurFault(f"the request cannot be sent ({type(error).__name__})") from None
        except NewConnectionError:  # to urllib3 a kind of timeout
            raise CallFailed("no connection") from None
        except (TimeoutError, SocketTimeoutError):
            if self._cut_short:
                raise OurFault("too little time was left") from None
            raise TimedOut("no answer in time") from None
        except HTTPError as error:
            raise CallFailed(f"no answer ({type(error).__name__})") from None


def accepted(answer: Response) -> Response:
    """Return the answer if its status says that all is well.

    Raises Throttled for 429, CallFailed for 3xx, 5xx and 408, Refused for the rest: the request was wrong.
    """
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    reason = f"status {answer.status}"
    is_ours = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(reason, retry_after(answer.headers))
    if is_ours and answer.status != HTTPStatus.REQUEST_TIMEOUT:
        raise Refused(reason)
    raise CallFailed(reason, retry_after(answer.headers))


def retry_after(headers: Mapping[str, str]) -> float:
    """Read Retry-After, seconds or a date, in seconds from now; 0 if it is missing or makes no sense.

    The result may be as long as the partner likes: CallFailed takes a sensible part of it.
    """
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
        return 0
