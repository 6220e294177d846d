"""A customer's whole way through the app, in a real browser: what goes well, and what does not."""

import re
from collections.abc import Callable
from typing import TypeAlias

import pytest
from playwright.sync_api import Route, expect

from infra.rydes.cloud.cloud import Cloud
from tests.browser.customer_app import API, NET, SEA_TAC, SPACE_NEEDLE, CustomerApp, Cuttable
from tests.browser.screen import RIDES, Person, Screens
from tests.support.clients import Customer, Fleet, Json, Place, Queues, Unicorn, key
from tests.support.time_travel import rfq_is_due

Welcome: TypeAlias = Callable[..., CustomerApp]

pytestmark = pytest.mark.xdist_group(RIDES)


@pytest.fixture
def welcome(screens: Screens, person: Callable[[str], Person]) -> Welcome:
    """Open the app for somebody new, who signs in."""

    def open_for_somebody(path: str = "", **options: object) -> CustomerApp:
        return CustomerApp(screens, person("customers"), path=path, **options).sign_in()

    return open_for_somebody


def offer(amount: str, minutes: int = 4) -> Json:
    return {"price": {"amount": amount, "currency": "USD"}, "pickup-in-seconds": minutes * 60}


def connected(fleet: Fleet, place: Place) -> Unicorn:
    """A unicorn that prices by hand, and answers when the test says so."""
    return fleet.connected(place, auto_quote=False)


def test_a_ride_from_signing_in_to_its_end(screens: Screens, person: Callable[[str], Person]) -> None:
    app = CustomerApp(screens, person("customers"))
    app.shows("Welcome aboard")
    app.window.faces("sign-in")
    app.sign_in()
    app.page.locator(".map-water").wait_for()
    app.window.faces("ask")
    app.page.get_by_role("button", name=SPACE_NEEDLE).click()
    expect(app.page.locator("#place-to")).to_have_value(SEA_TAC)
    app.window.faces("ask-filled")
    app.ask()
    app.shows("Your quotes")
    app.window.faces("quotes")
    prices = [
        float(text.replace("$", "")) for text in app.page.locator(".quote-price strong").all_inner_texts()
    ]
    assert len(prices) > 20
    assert prices == sorted(prices)
    app.page.locator('select[name="sort"]').select_option("pickup")
    app.page.locator('input[name="filter"][value="partners"]').check()
    assert all(quote.startswith("p-") for quote in app.quotes())
    app.page.locator('input[name="filter"][value="unicorns"]').check()
    assert all(quote.startswith("u-") for quote in app.quotes())
    app.quote_of_a_driver().get_by_role("button").click()
    app.ride_is("completed")
    app.window.faces("ride-completed")
    app.page.get_by_role("link", name="My requests").click()
    app.page.locator(".past-row").wait_for()
    app.window.faces("past")
    app.page.locator(".past-row").click()
    app.page.get_by_role("link", name="Follow the ride").click()
    app.ride_is("completed")


def test_quotes_arrive_live_one_by_one_and_the_chosen_one_is_booked(
    welcome: Welcome, fleet: Fleet, place: Place
) -> None:
    dear, cheap, slow = (connected(fleet, place) for _ in range(3))
    app = welcome()
    # Whatever is shown before the end came over the socket.
    app.context.route(re.compile(r"/quotes$"), _no_quotes)
    rfq = app.ask_at(place)
    app.is_live()
    app.think(3)
    app.window.faces("asking")
    assert dear.answer(rfq, offer("31.50", 2)).status_code == 202
    app.quote(dear.id).wait_for()
    app.says(r"1 new quote\b.*\$31\.50")
    assert cheap.answer(rfq, offer("17.25", 9)).status_code == 202
    app.quote(cheap.id).wait_for()
    assert app.quotes() == [cheap.id, dear.id]
    app.page.locator('select[name="sort"]').select_option("pickup")
    assert app.quotes() == [dear.id, cheap.id]
    app.think(1)
    app.quote(cheap.id).get_by_role("button").click()
    app.window.faces("arriving")
    assert slow.answer(rfq, {"decline": "lunch-break"}).status_code == 202
    ride = app.booked_ride()
    app.ride_is("confirmed")
    app.window.faces("ride-confirmed")
    assert cheap.http.post(cheap.show()["ride"]["links"]["completion"]).status_code == 204
    app.ride_is("completed")
    assert ride.startswith(rfq)


def test_a_rejected_ride_leads_back_to_the_other_quotes(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    fickle, steady = connected(fleet, place), connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.think(2)
    assert fickle.answer(rfq, offer("10.00")).status_code == 202
    assert steady.answer(rfq, offer("20.00")).status_code == 202
    app.shows("Your quotes")
    app.quote(fickle.id).get_by_role("button").click()
    app.ride_is("confirmed")
    assert fickle.http.post(fickle.show()["ride"]["links"]["cancellation"]).status_code == 204
    app.ride_is("rejected")
    expect(app.page.get_by_text("had to give up the ride")).to_be_visible()
    app.window.faces("ride-rejected")
    app.page.get_by_role("link", name="Take another quote").click()
    app.quote(steady.id).get_by_role("button").click()
    app.ride_is("confirmed")


def test_a_page_that_was_offline_catches_up_by_itself(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    unicorn, silent = connected(fleet, place), connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.is_live()
    app.think(2)
    app.context.set_offline(True)
    expect(app.page.get_by_text("You are offline")).to_be_visible()
    app.window.faces("offline")
    assert unicorn.answer(rfq, offer("12.50")).status_code == 202
    app.context.set_offline(False)
    app.quote(unicorn.id).wait_for()
    app.is_live()
    app.says("Connected again")
    expect(app.page.get_by_text("You are offline")).to_be_hidden()
    assert silent.answer(rfq, offer("9.50")).status_code == 202
    app.shows("Your quotes")
    app.window.tolerate(NET)


def test_without_a_socket_quotes_come_by_polling(
    screens: Screens, person: Callable[[str], Person], fleet: Fleet, place: Place
) -> None:
    first, second, silent = (connected(fleet, place) for _ in range(3))
    app = CustomerApp(screens, person("customers"))
    socket = Cuttable(app.page)
    app.page.reload()
    app.sign_in()
    rfq = app.ask_at(place)
    app.is_live()
    app.think(3)
    socket.sever()
    app.line("lost")
    assert first.answer(rfq, offer("12.50")).status_code == 202
    app.quote(first.id).wait_for()
    app.window.faces("line-lost")
    socket.mend()
    app.is_live()
    app.says("Connected again")
    assert second.answer(rfq, offer("9.50")).status_code == 202
    app.quote(second.id).wait_for()
    assert silent.answer(rfq, {"decline": "asleep"}).status_code == 202
    app.shows("Your quotes")
    app.window.tolerate(NET)


def test_a_customer_signs_in_by_srp_and_the_session_is_renewed(
    screens: Screens, person: Callable[[str], Person]
) -> None:
    somebody = person("customers")
    app = CustomerApp(screens, somebody)
    app.context.route(re.compile(r"/config\.json$"), _as_on_aws)
    app.page.reload()
    for password in ("wrong", somebody.password):
        app.page.get_by_label("User name").fill(somebody.name)
        app.page.get_by_label("Password").fill(password)
        app.page.get_by_role("button", name="Sign in").click()
        if password == "wrong":
            expect(app.page.get_by_role("alert")).to_contain_text("not the right name or password")
            app.window.faces("wrong-password")
    app.page.locator(".app").wait_for()
    app.answer(
        API, 401, {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": ""}, times=1
    )
    app.page.get_by_role("link", name="My requests").click()
    app.shows("No requests yet")
    app.window.faces("past-empty")
    app.page.get_by_role("button", name="Sign out").click()
    app.shows("Welcome aboard")
    assert app.page.evaluate("sessionStorage.length") == 0
    app.window.tolerate(NET)


def test_past_requests_come_by_pages(
    screens: Screens, person: Callable[[str], Person], cloud: Cloud, place: Place
) -> None:
    somebody = person("customers")
    customer = Customer(cloud, somebody.name)
    for _ in range(21):
        customer.submit(place)
    app = CustomerApp(screens, somebody, path="#/requests").sign_in()
    expect(app.page.locator(".past-row")).to_have_count(20)
    app.page.get_by_role("button", name="Show older").click()
    expect(app.page.locator(".past-row")).to_have_count(21)
    expect(app.page.get_by_text("That is all")).to_be_visible()


def test_links_of_others_show_nothing(welcome: Welcome, customer: Customer, place: Place) -> None:
    rfq = customer.submit(place).rpartition("/")[2]
    app = welcome(path=f"#/requests/{rfq}")
    app.shows("You have no such request")
    app.window.faces("unknown-request")
    app.page.goto(app.page.url.partition("#")[0] + f"#/rides/{rfq}.1")
    app.shows("You have no such ride")
    app.page.goto(app.page.url.partition("#")[0] + "#/no/where")
    app.shows("There is nothing here")
    app.window.tolerate(NET)


def test_where_nobody_is_near_it_says_so_and_asks_again(welcome: Welcome, place: Place) -> None:
    app = welcome()
    app.ask_at(place)
    app.shows("Nobody is near")
    app.window.faces("nobody-near")
    app.page.get_by_role("button", name="Ask again").click()
    expect(app.page.locator("#place-from")).to_have_value(re.compile(r"^-\d+\.\d{4}, -\d+\.\d{4}$"))


def test_when_all_decline_it_says_so(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    unicorn = connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.think(1)
    assert unicorn.answer(rfq, {"decline": "lunch-break"}).status_code == 202
    app.shows("Nobody could take it")
    expect(app.page.get_by_text("no one made an offer this time. Ask again.")).to_be_visible()
    app.window.faces("all-declined")


def test_when_time_is_up_without_an_answer_it_says_so(
    welcome: Welcome, cloud: Cloud, queues: Queues, fleet: Fleet, place: Place
) -> None:
    connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.is_live()
    app.think(1)
    rfq_is_due(cloud, queues, rfq)
    app.shows("No answer in time")
    app.window.faces("silent")


def test_a_request_is_cancelled(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    connected(fleet, place)
    app = welcome()
    app.ask_at(place)
    app.page.get_by_role("button", name="Cancel request").click()
    app.shows("You cancelled this request")
    app.window.faces("cancelled")
    app.page.get_by_role("link", name="My requests").click()
    expect(app.page.locator(".past-row .badge")).to_have_text("Cancelled")


def test_a_quote_that_has_expired_is_not_booked(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    unicorn = connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.think(1)
    assert unicorn.answer(rfq, offer("12.50")).status_code == 202
    app.shows("Your quotes")
    gone = {"type": "about:blank", "title": "Gone", "status": 410, "code": "expired", "detail": ""}
    app.answer(re.compile(r"/bookings$"), 410, gone)
    app.quote(unicorn.id).get_by_role("button").click()
    expect(app.page.get_by_role("alert")).to_contain_text("just expired")
    expect(app.quote(unicorn.id).get_by_role("button")).to_have_count(0)
    app.window.faces("quote-gone")
    app.context.unroute(re.compile(r"/bookings$"))
    app.context.route(re.compile(f"/{rfq}$"), _long_ago)
    app.page.reload()
    app.shows("These quotes have expired")
    expect(app.quote(unicorn.id).get_by_role("button")).to_have_count(0)
    app.window.faces("expired")
    app.window.tolerate(NET)


def test_what_was_booked_in_another_window_is_not_booked_twice(
    screens: Screens, person: Callable[[str], Person], cloud: Cloud, fleet: Fleet, place: Place
) -> None:
    unicorn = connected(fleet, place)
    somebody = person("customers")
    app = CustomerApp(screens, somebody)
    Cuttable(app.page).sever()
    app.page.reload()
    app.sign_in()
    rfq = app.ask_at(place)
    app.think(1)
    assert unicorn.answer(rfq, offer("12.50")).status_code == 202
    app.shows("Your quotes")
    other = Customer(cloud, somebody.name)
    booking = other.http.post(
        f"/instant-ride-rfqs/{rfq}/bookings", json={"quote-id": unicorn.id}, headers=key()
    )
    assert booking.status_code == 202
    app.quote(unicorn.id).get_by_role("button").click()
    expect(app.page.get_by_role("alert")).to_contain_text("already booked")
    expect(app.page.get_by_role("link", name="Follow the ride")).to_be_visible()
    app.window.faces("already-booked")
    app.window.tolerate(NET)


def test_a_throttled_customer_is_told_when_to_come_back(welcome: Welcome, place: Place) -> None:
    app = welcome()
    many = {"type": "about:blank", "title": "Too Many Requests", "status": 429, "code": "too-many-open"}
    app.answer(re.compile(r"/instant-ride-rfqs$"), 429, {**many, "detail": ""}, headers={"Retry-After": "90"})
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.page.locator("button[type=submit]").click()
    expect(app.page.get_by_role("alert")).to_contain_text(re.compile(r"Cancel one, or wait \d minutes?"))
    app.window.faces("throttled")
    app.window.tolerate(NET)


def test_an_error_says_what_to_do_and_what_to_tell_support(welcome: Welcome) -> None:
    app = welcome()
    failed = {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Our mistake.",
    }
    app.answer(
        re.compile(r"/instant-ride-rfqs$"), 500, failed, headers={"apigw-requestid": "JKJaXmPLvHcESHA="}
    )
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.page.locator("button[type=submit]").click()
    alert = app.page.get_by_role("alert")
    expect(alert).to_contain_text("our side")
    expect(alert).to_contain_text("JKJaXmPLvHcESHA=")
    app.window.faces("server-error")
    keys: list[str] = []
    app.page.on("request", lambda request: keys.append(request.headers.get("idempotency-key", "")))
    app.context.unroute(re.compile(r"/instant-ride-rfqs$"))
    alert.get_by_role("button", name="Try again").click()
    app.page.wait_for_url(re.compile(r"#/requests/"))
    assert any(keys)
    app.window.tolerate(NET)


def test_a_wrong_field_is_named_beside_it(welcome: Welcome) -> None:
    app = welcome()
    app.page.locator("button[type=submit]").click()
    expect(app.page.locator("#place-from-error")).to_have_text("Say where you are.")
    expect(app.page.locator("#place-from")).to_be_focused()
    app.window.faces("missing")
    for wrong_place, says in (("99, 200", "map of the world"), ("zz", "No place of that name")):
        app.page.locator("#place-from").fill(wrong_place)
        app.page.locator("button[type=submit]").click()
        expect(app.page.locator("#place-from-error")).to_contain_text(says)
    wrong = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "1 field is wrong."}
    fields = [{"field": "to.label", "detail": "No control characters."}]
    app.answer(re.compile(r"/instant-ride-rfqs$"), 400, {**wrong, "errors": fields})
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.page.locator("button[type=submit]").click()
    expect(app.page.locator("#place-to-error")).to_contain_text("That name has characters")
    app.window.tolerate(NET)


def test_whose_session_is_over_signs_in_and_goes_on(welcome: Welcome, fleet: Fleet, place: Place) -> None:
    connected(fleet, place)
    app = welcome()
    rfq = app.ask_at(place)
    app.is_live()
    app.answer(
        API, 401, {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Expired."}
    )
    cognito = re.compile(r"^http://localhost:\d+/$")
    refuse = {"__type": "NotAuthorizedException", "message": "Refresh Token has expired"}

    def refuse_refresh(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=400, json=refuse, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.fallback()

    app.context.route(cognito, refuse_refresh)
    app.page.reload()
    expect(app.page.get_by_text("Your session is over")).to_be_visible()
    app.window.faces("session-over")
    app.context.unroute(API)
    app.context.unroute(cognito)
    app.sign_in()
    app.page.locator(f"text={rfq}").wait_for()
    app.page.get_by_role("button", name="Cancel request").click()
    app.shows("You cancelled this request")
    app.window.tolerate(NET)


def test_everything_works_by_keyboard(welcome: Welcome, fleet: Fleet) -> None:
    app = welcome()
    page = app.page
    page.locator(".map-water").wait_for()
    page.locator("#place-from").focus()
    page.keyboard.type("pike")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#place-from")).to_have_value("Pike Place Market")
    page.get_by_role("application").focus()
    for step in ("ArrowUp", "ArrowUp", "ArrowLeft", "+"):
        page.keyboard.press(step)
    app.says("Under the cross")
    app.window.picture("cross")
    page.keyboard.press("Enter")
    expect(page.locator("#place-to")).to_have_value(re.compile(r" · 47\.\d{4}, -122\.\d{4}$"))
    page.locator('input[name="wait"]:checked').focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('input[name="wait"][value="60"]')).to_be_checked()
    page.keyboard.press("Enter")
    app.shows("Your quotes")
    app.quote_of_a_driver().get_by_role("button").focus()
    page.keyboard.press("Enter")
    app.ride_is("completed")


def test_pins_are_put_by_a_tap(welcome: Welcome) -> None:
    app = welcome(has_touch=True)
    app.page.locator(".map-water").wait_for()
    app.page.locator(".map").tap(position={"x": 300, "y": 300})
    expect(app.page.locator("#place-from")).to_have_value(re.compile(r" · 47\."))
    app.page.locator(".map").tap(position={"x": 500, "y": 500})
    expect(app.page.locator("#place-to")).to_have_value(re.compile(r" · 47\."))
    expect(app.page.locator(".map-pin")).to_have_count(2)


def test_in_spanish(welcome: Welcome) -> None:
    app = welcome(locale="es-ES")
    app.shows("¿Adónde quieres ir?")
    expect(app.page.locator("html")).to_have_attribute("lang", "es")
    app.page.locator(".map-water").wait_for()
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.window.faces("es-ask")
    app.ask()
    app.shows("Tus ofertas")
    expect(app.page.locator(".quote-price strong").first).to_have_text(re.compile(r"^\d+,\d\d\sUS\$$"))
    app.window.faces("es-quotes")
    app.page.get_by_label("Idioma").select_option("en")
    app.shows("Your quotes")
    expect(app.page.locator("html")).to_have_attribute("lang", "en")


def _as_on_aws(route: Route) -> None:
    answer = route.fetch()
    config = {name: value for name, value in answer.json().items() if name != "people"}
    route.fulfill(response=answer, json={**config, "passwordLogin": False})


def _no_quotes(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "quotes": []})


def _long_ago(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "completed-at": "2026-01-01T00:00:00Z"})
