"""From a ride over its score to the next customer's quotes."""

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.clients import Customer, Fleet, Json, Place, eventually
from tests.support.riders import NUMBERS, THANKED


def quotes(customer: Customer, place: Place) -> dict[str, Json]:
    """A new RFQ's quotes by their responder."""
    result = customer.result(customer.submit(place))
    return {quote["responder-id"]: quote for quote in result["quotes"]}


def test_the_next_quote_of_a_unicorn_shows_what_its_passenger_said(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn, other = fleet.register(place), fleet.register(place)
    phone = Phone(cloud, next(NUMBERS))
    give_phone(cloud, customer.name, phone.number)
    rfq = customer.submit(place)
    result = customer.result(rfq)
    assert not any("rating" in quote for quote in result["quotes"])

    booked = customer.http.post(result["links"]["bookings"], json={"quote-id": unicorn.id})
    ride = booked.headers["Location"]

    def confirmed() -> str | None:
        found = customer.http.get(ride).json()
        return found["id"] if found["status"] == "confirmed" else None

    ride_id = eventually(confirmed, "the ride's confirmation")
    unicorn.http.post(f"/rides/{ride_id}/completion").raise_for_status()

    eventually(lambda: phone.messages() or None, "the question")
    phone.say("9")
    eventually(lambda: THANKED in phone.messages()[-1].text or None, "the thanks")

    def rated() -> dict[str, Json] | None:
        found = quotes(customer, place)
        return found if "rating" in found.get(unicorn.id, {}) else None

    shown = eventually(rated, "the rating")
    assert shown[unicorn.id]["rating"] == {"score": 9.0, "count": 1}
    assert "rating" not in shown[other.id]
