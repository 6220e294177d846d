"""From a ride over its score, and what support makes of it, to the next customer's quotes."""

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.clients import Customer, Fleet, Json, Place, key
from tests.support.patience import eventually
from tests.support.riders import NUMBERS, THANKED, Support

LOS_ANGELES = Place(34.05, -118.24)
"""No other test's place."""


def quotes(customer: Customer, place: Place) -> dict[str, Json]:
    """A new RFQ's quotes by their responder."""
    result = customer.result(customer.submit(place))
    return {quote["responder-id"]: quote for quote in result["quotes"]}


def test_the_next_quote_of_a_unicorn_shows_what_its_passenger_said_in_the_time_zone_of_the_ride(
    cloud: Cloud, customer: Customer, fleet: Fleet, support: Support
) -> None:
    place = LOS_ANGELES
    unicorn, other = fleet.register(place), fleet.register(place)
    phone = Phone(cloud, next(NUMBERS))
    give_phone(cloud, customer.name, phone.number)
    rfq = customer.submit(place)
    result = customer.result(rfq)
    assert not any("rating" in quote for quote in result["quotes"])

    booked = customer.http.post(result["links"]["bookings"], json={"quote-id": unicorn.id}, headers=key())
    ride = booked.headers["Location"]

    def look() -> Json:
        found: Json = customer.http.get(ride).json()
        return found

    ride_id = eventually(look, "the ride confirmed", lambda ride: ride["status"] == "confirmed")["id"]
    unicorn.http.post(f"/rides/{ride_id}/completion").raise_for_status()

    eventually(phone.messages, "the question")
    key_ = {"id": {"S": f"ride#{ride_id}"}}
    asked = cloud.client("dynamodb").get_item(TableName="feedback", Key=key_, ConsistentRead=True)["Item"]
    assert asked["time_zone"] == {"S": "America/Los_Angeles"}
    phone.say("9")
    eventually(phone.messages, "the thanks", lambda messages: THANKED in messages[-1].text)

    def quoted(rating: Json | None) -> dict[str, Json]:
        return eventually(
            lambda: quotes(customer, place),
            f"the rating {rating}",
            lambda quotes: unicorn.id in quotes and quotes[unicorn.id].get("rating") == rating,
        )

    assert "rating" not in quoted({"score": 9.0, "count": 1})[other.id]

    for score, rating in ((4, {"score": 4.0, "count": 1}), (None, None)):
        wrong = {"score": score, "reason": "wrong-ride"}
        found = support.http.post(f"/rides/{ride_id}/corrections", json=wrong).raise_for_status().json()
        assert (found.get("score"), found["score-given"]) == (score, 9)
        quoted(rating)
    assert len(support.feedback(ride_id)["corrections"]) == 2
