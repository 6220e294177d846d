"""Each partner's module against a real HTTP server that behaves, and misbehaves, as the partner does."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from infra.rydes.simulators.partners.faults import Faults
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.nimbus import Nimbus
from infra.rydes.simulators.partners.server import Server
from tests.support.unicorn_mgmt.partner_samples import (
    AIRPORT,
    AT_ONCE,
    CALLING_BACK,
    PARTNERS,
    SPACE_NEEDLE,
    TOKYO,
    credentials,
    known_by,
    question,
)
from unicorn_mgmt.adapters.partners.client import Booking
from unicorn_mgmt.adapters.partners.clients import client_of
from unicorn_mgmt.adapters.partners.faults import CallFailed, OurFault, Throttled, TimedOut, fault_of
from unicorn_mgmt.adapters.partners.transport import Transport
from unicorn_mgmt.domain.partner_ride import Confirmed, Declined
from wild_rydes_circuit_breaker import Blame
from wild_rydes_contracts import Decline, Money, Quote

Servers = dict[str, Server]


def ask(
    servers: Servers,
    partner_id: str,
    seconds: float = 5,
    *,
    transport: Transport | None = None,
    secret: dict[str, str] | None = None,
) -> object:
    client = client_of(PARTNERS[partner_id])
    call = (transport or Transport()).exchange(seconds)
    return client.quote(
        question(partner_id), call, credentials(partner_id, servers[partner_id].url, **secret or {})
    )


@pytest.mark.parametrize("partner_id", AT_ONCE)
def test_a_price_becomes_a_quote(servers: Servers, partner_id: str) -> None:
    quote = ask(servers, partner_id)
    assert isinstance(quote, Quote)
    assert quote.responder_id == partner_id
    assert quote.display_name == PARTNERS[partner_id].name
    tariff = FLEETS[partner_id].tariff
    price = tariff.price(*((place.lat, place.lon) for place in (SPACE_NEEDLE, AIRPORT)))
    assert (quote.price.amount, quote.price.currency) == (price, "USD")
    assert quote.pickup_in_seconds == tariff.pickup_seconds


@pytest.mark.parametrize("partner_id", AT_ONCE)
def test_a_refusal_is_an_answer(servers: Servers, partner_id: str) -> None:
    far = question(partner_id, destination=TOKYO)
    answer = client_of(PARTNERS[partner_id]).quote(
        far, Transport().exchange(5), credentials(partner_id, servers[partner_id].url)
    )
    assert answer == Decline(responder_id=partner_id, reason="too-far")


@pytest.mark.parametrize("partner_id", CALLING_BACK)
def test_who_calls_back_takes_note_and_answers_nothing(servers: Servers, partner_id: str) -> None:
    assert ask(servers, partner_id) is None


def test_nimbus_is_asked_for_a_token_first(servers: Servers) -> None:
    ask(servers, "p-nimbus")
    assert servers["p-nimbus"].served == 2


def test_nimbus_token_is_used_again_and_renewed_when_revoked(servers: Servers) -> None:
    client, transport, server = client_of(PARTNERS["p-nimbus"]), Transport(), servers["p-nimbus"]
    for _ in range(3):
        client.quote(question("p-nimbus"), transport.exchange(5), credentials("p-nimbus", server.url))
    assert server.served == 4
    assert isinstance(server.behaviour, Nimbus)
    server.behaviour.revoke()
    assert (
        client.quote(question("p-nimbus"), transport.exchange(5), credentials("p-nimbus", server.url)) is None
    )
    assert server.served == 7


@pytest.mark.parametrize("partner_id", PARTNERS)
@pytest.mark.parametrize("fault", ["error", "garbage", "partial"])
def test_a_bad_answer_is_the_partners_fault(servers: Servers, partner_id: str, fault: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    with pytest.raises(CallFailed) as caught:
        ask(servers, partner_id)
    assert fault_of(caught.value).blame is Blame.PARTNER


def test_garbage_is_not_taken_for_a_promise_to_call_back(servers: Servers) -> None:
    client, transport, server = client_of(PARTNERS["p-nimbus"]), Transport(), servers["p-nimbus"]
    client.quote(
        question("p-nimbus"), transport.exchange(5), credentials("p-nimbus", server.url)
    )  # has its token from now on
    server.misbehaviour.set(Faults(garbage=1))
    with pytest.raises(CallFailed, match="instead of 202"):
        client.quote(question("p-nimbus"), transport.exchange(5), credentials("p-nimbus", server.url))


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_an_outage_is_the_partners_fault(servers: Servers, partner_id: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(outage_seconds=60))
    with pytest.raises(CallFailed, match="503") as caught:
        ask(servers, partner_id)
    assert fault_of(caught.value).blame is Blame.PARTNER


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_throttling_says_how_long(servers: Servers, partner_id: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(throttle=1, retry_after=7))
    with pytest.raises(Throttled) as caught:
        ask(servers, partner_id)
    fault = fault_of(caught.value)
    assert (fault.blame, fault.retry_after) == (Blame.THROTTLED, 7)


@pytest.mark.slow
@pytest.mark.parametrize("partner_id", PARTNERS)
def test_a_hanging_partner_is_left_in_time(servers: Servers, partner_id: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(hang=1))
    with pytest.raises(TimedOut):
        ask(servers, partner_id, seconds=0.2)


def test_a_call_that_the_deadline_cut_short_says_nothing_of_the_partner(servers: Servers) -> None:
    servers["p-comet"].misbehaviour.set(Faults(hang=1))
    call = Transport().exchange(0.2, cut_short=True)
    with pytest.raises(OurFault):
        client_of(PARTNERS["p-comet"]).quote(
            question("p-comet"), call, credentials("p-comet", servers["p-comet"].url)
        )


@pytest.mark.parametrize("partner_id", [id_ for id_, fleet in FLEETS.items() if fleet.signs == "answers"])
def test_a_wrong_signature_is_the_partners_fault(servers: Servers, partner_id: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(signature=1))
    with pytest.raises(CallFailed, match="wrong signature") as caught:
        ask(servers, partner_id)
    assert fault_of(caught.value).blame is Blame.PARTNER


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_wrong_credentials_are_our_fault(servers: Servers, partner_id: str) -> None:
    with pytest.raises(OurFault) as caught:
        ask(servers, partner_id, secret={known_by(partner_id): "no"})
    assert "no" not in str(caught.value).replace("not", "").split()


@pytest.mark.parametrize(
    ("partner_id", "name"), [(id_, name) for id_, fleet in FLEETS.items() for name in fleet.secret_values]
)
def test_whichever_credential_is_wrong_the_secret_is_doubted(
    servers: Servers, partner_id: str, name: str
) -> None:
    """Or else it plays no part in the call."""
    failed = None
    try:
        ask(servers, partner_id, secret={name: "no"})
    except CallFailed as error:
        failed = error
    assert failed is None or failed.doubts_secret


def test_nobody_there_is_the_partners_fault() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(CallFailed, match="no connection") as caught:
            client_of(PARTNERS["p-comet"]).quote(
                question("p-comet"), Transport().exchange(5), credentials("p-comet", url)
            )
    assert fault_of(caught.value).blame is Blame.PARTNER


def test_connections_are_used_again(servers: Servers) -> None:
    opened = []
    accept = servers["p-comet"].get_request

    def counted() -> object:
        opened.append(1)
        return accept()

    servers["p-comet"].get_request = counted  # type: ignore[method-assign, assignment]
    transport = Transport()
    for _ in range(5):
        ask(servers, "p-comet", transport=transport)
    assert len(opened) == 1


def booking(partner_id: str, ride_id: str = "rfq-1.1", callback_url: str = "http://127.0.0.1:1/") -> Booking:
    price = Money(amount=Decimal("23.50"), currency="USD")
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    return Booking(PARTNERS[partner_id], ride_id, "rfq-1", price, deadline, callback_url, deadline)


def book(servers: Servers, partner_id: str, ride_id: str = "rfq-1.1") -> object:
    secret = credentials(partner_id, servers[partner_id].url)
    return client_of(PARTNERS[partner_id]).book(booking(partner_id, ride_id), Transport().exchange(5), secret)


def cancel(servers: Servers, partner_id: str, ride_id: str = "rfq-1.1") -> None:
    secret = credentials(partner_id, servers[partner_id].url)
    client_of(PARTNERS[partner_id]).cancel(booking(partner_id, ride_id), Transport().exchange(5), secret)


@pytest.mark.parametrize("partner_id", AT_ONCE)
def test_a_booking_is_confirmed_and_confirmed_again(servers: Servers, partner_id: str) -> None:
    rides = servers[partner_id].behaviour.rides
    rides.seconds = 600
    assert [book(servers, partner_id) for _ in range(2)] == [Confirmed()] * 2
    assert rides.states() == {"rfq-1.1": "confirmed"}


@pytest.mark.parametrize("partner_id", AT_ONCE)
def test_a_booking_is_refused_and_stays_so(servers: Servers, partner_id: str) -> None:
    servers[partner_id].misbehaviour.set(Faults(refuse=1))
    assert book(servers, partner_id) == Declined("none-free")
    servers[partner_id].misbehaviour.set(Faults())
    assert book(servers, partner_id) == Declined("none-free")


@pytest.mark.parametrize("partner_id", CALLING_BACK)
def test_who_calls_back_takes_note_of_a_booking(servers: Servers, partner_id: str) -> None:
    assert book(servers, partner_id) is None


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_a_ride_is_cancelled_whether_or_not_there_is_one_and_never_booked_after_it(
    servers: Servers, partner_id: str
) -> None:
    cancel(servers, partner_id)
    cancel(servers, partner_id)
    answer = book(servers, partner_id)
    assert answer == (None if partner_id in CALLING_BACK else Declined("partner-refused"))
    assert servers[partner_id].behaviour.rides.states() == {"rfq-1.1": "cancelled"}


@pytest.mark.parametrize("partner_id", PARTNERS)
def test_an_id_is_sent_so_that_it_arrives_as_it_is(servers: Servers, partner_id: str) -> None:
    odd = "rfq/1:x#2_.1"
    cancel(servers, partner_id, odd)
    assert list(servers[partner_id].behaviour.rides.states()) == [odd]


@pytest.mark.slow
@pytest.mark.parametrize("partner_id", PARTNERS)
@pytest.mark.parametrize(
    ("what", "fault"),
    [
        *((book, fault) for fault in ("error", "garbage", "partial", "throttle")),
        *((cancel, fault) for fault in ("error", "throttle")),
    ],
)
def test_what_is_neither_yes_nor_no_is_a_failed_call(
    servers: Servers, partner_id: str, what: Callable[[Servers, str], object], fault: str
) -> None:
    servers[partner_id].misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    with pytest.raises(CallFailed):
        what(servers, partner_id)
