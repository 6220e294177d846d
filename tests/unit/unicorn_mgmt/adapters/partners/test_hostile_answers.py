"""Whatever a partner sends, and whatever our secret holds: a call ends as an answer or as a CallFailed."""

import json
import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.rydes.simulators.partners.server import Server
from tests.support.boundary import boundary
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SECRETS, credentials, question, simulated
from unicorn_mgmt.adapters.partners.client import Booking, Callback, QuoteHeard, RideHeard
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.faults import LONGEST_WAIT, CallFailed, OurFault, Throttled
from unicorn_mgmt.adapters.partners.nimbus import NimbusClient
from unicorn_mgmt.adapters.partners.pegasus import _signature
from unicorn_mgmt.adapters.partners.sealed_reference import Forged
from unicorn_mgmt.adapters.partners.transport import Response, Transport, accepted
from unicorn_mgmt.domain.partner_ride import Confirmed, Declined
from wild_rydes_circuit_breaker import Blame
from wild_rydes_contracts import Decline, Money, Quote

DEEP = b"[" * 50_000
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Quote>&b;</Quote>'
KEY = SECRETS["p-pegasus"]["signing_key"]


class Scripted:
    """An exchange with a partner that gives these answers, one after the other."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.sent: list[Mapping[str, str]] = []

    def send(self, _method: str, _url: str, headers: Mapping[str, str], _body: bytes) -> Response:
        self.sent.append(headers)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def signed(body: bytes) -> dict[str, str]:
    return {"X-Signature": _signature(KEY, body)}


def ask(partner_id: str, *answers: Response, client: Any = None) -> object:
    exchange: Any = Scripted(*answers)
    client = client or client_of(PARTNERS[partner_id])
    return client.quote(question(partner_id), exchange, credentials(partner_id, "https://partner"))


def booked(partner_id: str, *answers: Response) -> object:
    price = Money(amount=Decimal("23.50"), currency="USD")
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    booking = Booking(PARTNERS[partner_id], "rfq-1.1", "rfq-1", price, deadline, "https://us/", deadline)
    exchange: Any = Scripted(*answers)
    return client_of(PARTNERS[partner_id]).book(booking, exchange, credentials(partner_id, "https://partner"))


def outcome(call: Callable[..., object], *args: object) -> object:
    """What the call returns, or the CallFailed that it raises."""
    try:
        return call(*args)
    except CallFailed as failed:
        return failed


WORDS = st.sampled_from(
    ["available", "totalCents", "currency", "etaMinutes", "expiresAt", "why", "status", "CONFIRMED", "USD", "JPY",
     "access_token", "expires_in", "offer", "price", "amount", "pickup_in_seconds", "valid_until", "reference",
     "ride", "state", "refused", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
CONTENT = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(WORDS | st.text(), inner), max_leaves=12
)
BODIES = st.binary() | CONTENT.map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 304, 400, 401, 408, 409, 429, 500, 503, 599])
HEADERS = st.dictionaries(st.sampled_from(["Retry-After", "X-Signature", "Location"]), st.text(), max_size=2)


@boundary
@pytest.mark.parametrize("partner_id", PARTNERS)
@given(status=STATUSES, headers=HEADERS, body=BODIES, genuine=st.booleans())
@example(status=200, headers={}, body=DEEP, genuine=True)
@example(status=200, headers={}, body=BOMB, genuine=True)
@example(status=409, headers={}, body=DEEP, genuine=False)
@example(status=200, headers={}, body=b"1" * 5000, genuine=True)
@example(status=429, headers={"Retry-After": "9" * 400}, body=b"", genuine=True)
def test_any_answer_is_understood_or_a_failed_call(
    partner_id: str, status: int, headers: dict[str, str], body: bytes, genuine: bool
) -> None:
    answer = Response(status, {**headers, **(signed(body) if genuine else {})}, body)
    for call in (ask, booked):
        found = outcome(call, partner_id, answer)
        if isinstance(found, CallFailed):
            assert 0 <= found.retry_after <= LONGEST_WAIT
        else:
            assert found is None or isinstance(found, Quote | Decline | Confirmed | Declined)


def _any_header(partner_id: str, body: bytes, text: str) -> dict[str, str]:
    return dict.fromkeys(simulated(partner_id).seal(body, "1"), text)


SEALS: dict[str, Callable[[str, bytes, str], dict[str, str]]] = {
    "genuine": lambda partner_id, body, _: simulated(partner_id).seal(body, str(int(time.time()))),
    "of another time": lambda partner_id, body, at: simulated(partner_id).seal(body, at),
    "of any header": _any_header,
}


@boundary
@pytest.mark.parametrize("partner_id", PARTNERS)
@given(body=BODIES, seal=st.sampled_from(sorted(SEALS)), text=st.text() | st.integers().map(str))
@example(body=DEEP, seal="genuine", text="")
@example(body=b"", seal="of another time", text="9" * 5000)
@example(body=b"", seal="of another time", text="²")
@example(body=b"", seal="of any header", text="t=9,v1=")
def test_any_callback_is_understood_forged_or_unreadable(
    partner_id: str, body: bytes, seal: str, text: str
) -> None:
    headers = {name.lower(): value for name, value in SEALS[seal](partner_id, body, text).items()}
    callback = Callback(PARTNERS[partner_id], headers, body, time.time())
    try:
        heard = client_of(PARTNERS[partner_id]).heard(callback, credentials(partner_id, "https://partner"))
    except (Forged, CallFailed):
        return
    assert isinstance(heard, QuoteHeard | RideHeard)


@pytest.mark.parametrize(
    "wait", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "nan", "inf", "1e12", "-5", "", "soon", "٣"]
)
def test_a_partner_may_ask_for_a_sensible_wait_only(wait: str) -> None:
    with pytest.raises(Throttled) as caught:
        accepted(Response(429, {"Retry-After": wait}, b""))
    assert 0 <= caught.value.retry_after <= LONGEST_WAIT
    assert math.isfinite(caught.value.retry_after)


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "-5", "1e12"])
def test_so_may_a_fault_in_xml(wait: str) -> None:
    body = f"<Fault><Code>Throttled</Code><RetryAfter>{wait}</RetryAfter></Fault>".encode()
    with pytest.raises(Throttled) as caught:
        ask("p-pegasus", Response(200, signed(body), body))
    assert 0 <= caught.value.retry_after <= LONGEST_WAIT


def test_xml_may_declare_a_namespace() -> None:
    body = (
        b'<Quote xmlns="urn:pegasus"><Fare currency="USD">23.50</Fare>'
        b"<PickupSeconds>240</PickupSeconds></Quote>"
    )
    answer = ask("p-pegasus", Response(200, signed(body), body))
    assert isinstance(answer, Quote)
    assert (answer.price.amount, answer.pickup_in_seconds) == (Decimal("23.50"), 240)


@pytest.mark.parametrize(
    ("cents", "currency", "amount"),
    [(2350, "USD", "23.50"), (500, "JPY", "500.00"), (12340, "KWD", "12.34"), ("2350", "EUR", "23.50")],
)
def test_comet_counts_in_the_smallest_coins_of_the_currency(
    cents: object, currency: str, amount: str
) -> None:
    told = {"available": True, "totalCents": cents, "currency": currency, "etaMinutes": 4}
    answer = ask("p-comet", Response(200, {}, json.dumps(told).encode()))
    assert isinstance(answer, Quote)
    assert answer.price.model_dump(mode="json") == {"amount": amount, "currency": currency}


@pytest.mark.parametrize(
    "wrong",
    [
        {"totalCents": 0},
        {"totalCents": -5},
        {"totalCents": "1_000"},
        {"totalCents": "\uff11\uff12"},
        {"totalCents": 1e300},
        {"currency": "XXX"},
        {"currency": "KWD", "totalCents": 12345},
        {"expiresAt": "9999-12-31T23:59:59-14:00"},
        {"expiresAt": "0001-01-01T00:00:00+14:00"},
        {"etaMinutes": 1e9},
    ],
)
def test_an_offer_that_nobody_could_keep_is_the_partners_fault(wrong: dict[str, object]) -> None:
    told = {"available": True, "totalCents": 2350, "currency": "USD", "etaMinutes": 4, **wrong}
    with pytest.raises(CallFailed) as caught:
        ask("p-comet", Response(200, {}, json.dumps(told).encode()))
    assert caught.value.blame is Blame.PARTNER


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("partner_id", PARTNERS)
def test_a_redirect_is_the_partners_fault(partner_id: str, status: int) -> None:
    with pytest.raises(CallFailed, match=f"status {status}") as caught:
        ask(partner_id, Response(status, {"Location": "https://elsewhere"}, b""))
    assert caught.value.blame is Blame.PARTNER


def token(**content: object) -> Response:
    return Response(200, {}, json.dumps(content).encode())


ACCEPTED = Response(202, {}, b"{}")


@pytest.mark.parametrize("access_token", [None, "", "a\nb", "a b", "schlüssel", "ключ", 7, ["t"]])
def test_a_token_that_no_header_can_hold_is_the_partners_fault_and_never_kept(access_token: object) -> None:
    client = NimbusClient()
    with pytest.raises(CallFailed, match="unreadable answer") as caught:
        ask("p-nimbus", token(access_token=access_token, expires_in=3600), client=client)
    assert caught.value.blame is Blame.PARTNER
    assert ask("p-nimbus", token(access_token="good", expires_in=3600), ACCEPTED, client=client) is None


@pytest.mark.parametrize(
    ("content", "again_after"),
    [
        ({"expires_in": 3600}, 3570),
        ({"expires_in": "3600"}, 3570),
        *(({"expires_in": odd}, 270) for odd in (None, 0, -1, "soon", math.nan, math.inf, 1e12, [3600])),
        ({}, 270),
    ],
)
def test_a_token_is_kept_for_as_long_as_is_sensible(content: dict[str, object], again_after: int) -> None:
    now = [1_000_000.0]
    client = NimbusClient(lambda: now[0])
    exchange: Any = Scripted(token(access_token="one", **content), ACCEPTED)

    def bearers() -> list[str]:
        client.quote(question("p-nimbus"), exchange, credentials("p-nimbus", "https://partner"))
        return [headers["Authorization"].partition(" ")[0] for headers in exchange.sent]

    assert bearers() == ["Basic", "Bearer"]
    now[0] += again_after - 1
    assert bearers()[2:] == ["Bearer"]
    now[0] += 1
    exchange.answers = [token(access_token="two", expires_in=60), ACCEPTED]
    assert bearers()[3:] == ["Basic", "Bearer"]


@pytest.mark.parametrize(
    ("partner_id", "wrong"),
    [
        ("p-comet", {"api_key": "key\n"}),
        ("p-comet", {"api_key": "ключ"}),
        ("p-pegasus", {"access_id": "id\r\nX-Evil: 1"}),
    ],
)
def test_a_secret_that_no_header_can_hold_is_our_fault(
    servers: dict[str, Server], partner_id: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(OurFault, match="cannot be sent"):
        client_of(PARTNERS[partner_id]).quote(
            question(partner_id),
            Transport().exchange(5),
            credentials(partner_id, servers[partner_id].url, **wrong),
        )
    assert servers[partner_id].served == 0


@pytest.mark.parametrize("url", ["https://", "https://[::1", "http://a b/", "ftp://partner"])
def test_a_base_url_that_is_none_is_our_fault(url: str) -> None:
    with pytest.raises(OurFault):
        client_of(PARTNERS["p-comet"]).quote(
            question("p-comet"), Transport().exchange(5), credentials("p-comet", url)
        )
