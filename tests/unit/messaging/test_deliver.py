from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.aws import refusal
from tests.support.messaging.samples import no_waiting
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.deliver import MAX_ENTRIES, Delivery, DeliveryError, Entry, Receipt, Retries

MAX_BYTES = 100
THROTTLED, DENIED = "ThrottlingException", "AccessDeniedException"

Send = Callable[[Sequence[Entry[str]]], Sequence[Receipt]]


def entry(key: str, size: int = 1) -> Entry[str]:
    return Entry(key, size, f"payload of {key}")


class Api:
    """A batch API that does what a script says: an exception fails the call, a list has an error code for each entry."""

    def __init__(self, *script: Exception | Sequence[str | None]) -> None:
        self.script = list(script)
        self.calls: list[list[str]] = []

    def send(self, chunk: Sequence[Entry[str]]) -> list[Receipt]:
        self.calls.append([e.key for e in chunk])
        outcome = self.script.pop(0) if self.script else [None] * len(chunk)
        if isinstance(outcome, Exception):
            raise outcome
        return [Receipt(e.key, code, code == THROTTLED) for e, code in zip(chunk, outcome, strict=True)]


def delivery(api: Api, retries: Retries | None = None) -> Delivery[str]:
    return Delivery(api.send, MAX_BYTES, retries or no_waiting())


def test_nothing_to_deliver_is_no_call() -> None:
    api = Api()
    assert delivery(api).deliver([]) == ()
    assert api.calls == []


def test_calls_take_ten_entries() -> None:
    api = Api()
    receipts = delivery(api).deliver([entry(str(i)) for i in range(23)])
    assert [len(call) for call in api.calls] == [10, 10, 3]
    assert receipts == tuple(Receipt(str(i)) for i in range(23))


def test_calls_take_no_more_bytes_than_the_api_does() -> None:
    api = Api()
    delivery(api).deliver([entry("a", 60), entry("b", 40), entry("c", 1), entry("d", 100)])
    assert api.calls == [["a", "b"], ["c"], ["d"]]


def test_entry_too_large_fails_alone_and_is_not_sent() -> None:
    api = Api()
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry("a"), entry("b", 101), entry("c")])
    assert caught.value.receipts == (Receipt("a"), Receipt("b", "EntryTooLarge"), Receipt("c"))
    assert api.calls == [["a", "c"]]


def test_only_what_failed_for_now_is_sent_again() -> None:
    api = Api([None, THROTTLED, DENIED, THROTTLED], [None, THROTTLED], [None])
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry(key) for key in "abcd"])
    assert api.calls == [["a", "b", "c", "d"], ["b", "d"], ["d"]]
    assert caught.value.receipts == (Receipt("a"), Receipt("b"), Receipt("c", DENIED), Receipt("d"))
    assert caught.value.failed == (Receipt("c", DENIED),)
    assert str(caught.value) == f"1 of 4 not delivered: c: {DENIED}"


def test_gives_up_after_the_last_attempt() -> None:
    api = Api(*[[THROTTLED]] * 9)
    with pytest.raises(DeliveryError) as caught:
        delivery(api, no_waiting(max_attempts=3)).deliver([entry("a")])
    assert len(api.calls) == 3
    assert caught.value.receipts == (Receipt("a", THROTTLED, transient=True),)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal(THROTTLED), THROTTLED),
        (refusal("RequestThrottled"), "RequestThrottled"),
        (refusal("SomethingNew", 503), "SomethingNew"),
        (refusal("SomethingNew", 429), "SomethingNew"),
        (EndpointConnectionError(endpoint_url="http://x"), "EndpointConnectionError"),
        (ConnectTimeoutError(endpoint_url="http://x"), "ConnectTimeoutError"),
        (ReadTimeoutError(endpoint_url="http://x"), "ReadTimeoutError"),
    ],
)
def test_whole_call_that_failed_for_now_is_made_again(error: Exception, told: str) -> None:
    api = Api(error)
    assert delivery(api).deliver([entry("a"), entry("b")]) == (Receipt("a"), Receipt("b"))
    assert api.calls == [["a", "b"]] * 2

    api = Api(*[error] * 4)
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry("a"), entry("b")])
    assert caught.value.receipts == (Receipt("a", told, transient=True), Receipt("b", told, transient=True))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refusal(DENIED), DENIED),
        (refusal("ResourceNotFoundException"), "ResourceNotFoundException"),
        (NoCredentialsError(), "NoCredentialsError"),
        (ParamValidationError(report="bad"), "ParamValidationError"),
    ],
)
def test_whole_call_that_will_always_fail_fails_its_entries_only(
    error: ClientError | BotoCoreError, told: str
) -> None:
    api = Api(error)
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry(str(i)) for i in range(12)])
    assert [len(call) for call in api.calls] == [10, 2]
    assert caught.value.receipts == tuple(Receipt(str(i), told if i < 10 else None) for i in range(12))


def test_an_error_that_is_not_of_the_api_condemns_the_entry_that_causes_it_alone() -> None:
    bug = ZeroDivisionError()

    def send(chunk: Sequence[Entry[str]]) -> list[Receipt]:
        if any(sent.key == "5" for sent in chunk):
            raise bug
        return [Receipt(sent.key) for sent in chunk]

    with pytest.raises(DeliveryError) as caught:
        Delivery(send, MAX_BYTES, no_waiting()).deliver([entry(str(i)) for i in range(12)])
    [failed] = caught.value.failed
    assert (failed.key, failed.error, failed.cause, failed.invalid) == ("5", "ZeroDivisionError", bug, True)
    assert not caught.value.transient


def test_an_error_that_is_not_of_the_api_may_have_been_the_only_one() -> None:
    api = Api(ZeroDivisionError())
    assert delivery(api).deliver([entry("a")]) == (Receipt("a"),)


def test_waits_with_full_jitter_between_attempts() -> None:
    asked: list[tuple[float, float]] = []
    slept: list[float] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    retries = no_waiting(
        max_attempts=4, backoff=Backoff(base=0.1, cap=0.3), sleep=slept.append, uniform=uniform, patience=9
    )
    with pytest.raises(DeliveryError):
        delivery(Api(*[[THROTTLED]] * 9), retries).deliver([entry("a")])
    assert asked[:3] == [(0, 0.1), (0, 0.2), (0, 0.3)]
    assert slept == [0.05, 0.1, 0.15]


def test_no_attempt_begins_when_patience_is_over() -> None:
    time = [100.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    def slow(chunk: Sequence[Entry[str]]) -> list[Receipt]:
        time[0] += 0.4
        return api.send(chunk)

    api = Api(*[[THROTTLED]] * 9)
    retries = Retries(
        max_attempts=9, patience=1.0, sleep=sleep, clock=lambda: time[0], uniform=lambda _, high: high
    )
    with pytest.raises(DeliveryError):
        Delivery(slow, MAX_BYTES, retries).deliver([entry("a")])
    # 0.4 + 0.1 + 0.4 s have gone after the second attempt; the next would begin at 1.1 s.
    assert len(api.calls) == 2
    assert time[0] == pytest.approx(100.9)


@given(st.lists(st.integers(1, MAX_BYTES + 5), max_size=35), st.data())
def test_every_entry_is_accepted_once_or_reported(sizes: list[int], data: st.DataObject) -> None:
    codes = st.sampled_from([None, None, THROTTLED, DENIED])
    accepted: Counter[str] = Counter()
    refused: dict[str, str] = {}
    sent: Counter[str] = Counter()
    rounds = [0]

    def send(chunk: Sequence[Entry[str]]) -> list[Receipt]:
        assert 0 < len(chunk) <= MAX_ENTRIES
        assert sum(e.size for e in chunk) <= MAX_BYTES
        assert not {e.key for e in chunk} & refused.keys(), "sent again what was refused for good"
        sent.update(e.key for e in chunk)
        if data.draw(st.integers(0, 4)) == 0:
            whole = data.draw(st.sampled_from([THROTTLED, DENIED]))
            refused.update({e.key: whole for e in chunk if whole == DENIED})
            raise refusal(whole)
        receipts = []
        for e in chunk:
            code: str | None = data.draw(codes)
            receipts.append(Receipt(e.key, code, code == THROTTLED))
            if code is None:
                accepted[e.key] += 1
            elif code == DENIED:
                refused[e.key] = code
        return receipts

    def sleep(_: float) -> None:
        rounds[0] += 1

    entries = [entry(str(i), size) for i, size in enumerate(sizes)]
    try:
        receipts = Delivery(send, MAX_BYTES, no_waiting(max_attempts=3, sleep=sleep)).deliver(entries)
        raised = False
    except DeliveryError as error:
        receipts = error.receipts
        raised = True
    assert raised == any(receipt.error for receipt in receipts)
    assert [receipt.key for receipt in receipts] == [e.key for e in entries]
    for e, receipt in zip(entries, receipts, strict=True):
        assert accepted[e.key] == (receipt.error is None)
        assert sent[e.key] <= 3
        if e.size > MAX_BYTES:
            assert receipt.error == "EntryTooLarge"
            assert not sent[e.key]
        elif receipt.error == THROTTLED:
            assert receipt.transient
            assert sent[e.key] == 3
        elif receipt.error:
            assert receipt.error == refused[e.key]
    assert rounds[0] <= 2


INVALID = "ValidationException"


def test_a_call_refused_because_of_one_entry_is_made_anew_for_each() -> None:
    api = Api(refusal(INVALID), [None], refusal(INVALID), [None])
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry("a"), entry("b"), entry("c")])
    assert api.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert [(r.key, r.error, r.invalid) for r in caught.value.receipts] == [
        ("a", None, False),
        ("b", INVALID, True),
        ("c", None, False),
    ]


def test_a_call_refused_whatever_is_in_it_is_not_made_anew() -> None:
    api = Api(refusal(DENIED))
    with pytest.raises(DeliveryError) as caught:
        delivery(api).deliver([entry("a"), entry("b")])
    assert api.calls == [["a", "b"]]
    assert not any(receipt.invalid for receipt in caught.value.receipts)
