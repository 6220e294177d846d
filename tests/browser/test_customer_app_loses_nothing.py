"""What a customer has asked for, chosen and booked is there afterwards, whatever fails in between."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from infra.rydes.cloud.cloud import Cloud
from tests.browser.customer_app import API, NET, SEA_TAC, SPACE_NEEDLE, CustomerApp, Cuttable
from tests.browser.screen import Person, Screens
from tests.support.clients import Customer, Fleet, Json, Place, Unicorn, key

BOOKINGS = re.compile(r"/bookings$")
SIZES = [(360, 740), (320, 256)]
"""A phone, and a desk's window at 400 %."""


@pytest.fixture
def app(screens: Screens, person: Callable[[str], Person]) -> CustomerApp:
    return CustomerApp(screens, person("customers")).sign_in()


def offer(amount: str, minutes: int = 4) -> Json:
    return {"price": {"amount": amount, "currency": "USD"}, "pickup-in-seconds": minutes * 60}


def asked(app: CustomerApp, fleet: Fleet, place: Place, unicorns: int) -> tuple[str, list[Unicorn]]:
    """A request that so many unicorns think about."""
    those = [fleet.connected(place, auto_quote=False) for _ in range(unicorns)]
    rfq = app.ask_at(place)
    app.think(unicorns)
    return rfq, those


def quoted(app: CustomerApp, fleet: Fleet, place: Place) -> tuple[str, Unicorn]:
    """A request with one quote, which can be booked."""
    rfq, [unicorn] = asked(app, fleet, place, 1)
    assert unicorn.answer(rfq, offer("12.40")).status_code == 202
    app.shows("Your quotes")
    return rfq, unicorn


def to_past(app: CustomerApp) -> None:
    app.page.get_by_role("link", name="My requests").click()
    app.page.locator(".past-row").first.wait_for()


def test_a_ride_is_found_again_without_the_socket(
    screens: Screens, person: Callable[[str], Person], fleet: Fleet, place: Place
) -> None:
    app = CustomerApp(screens, person("customers"))
    Cuttable(app.page).sever()
    app.page.reload()
    app.sign_in()
    rfq, unicorn = quoted(app, fleet, place)
    app.quote(unicorn.id).get_by_role("button").click()
    app.ride_is("confirmed")
    to_past(app)
    app.page.locator('[data-ride="confirmed"]').wait_for()
    app.window.faces("past-booked")
    assert unicorn.http.post(unicorn.show()["ride"]["links"]["completion"]).status_code == 204
    app.page.locator(f'a[href="#/requests/{rfq}"]').click()
    expect(app.page.get_by_text("You took this ride.")).to_be_visible()
    app.page.get_by_role("link", name="Follow the ride").click()
    app.ride_is("completed")
    to_past(app)
    expect(app.page.locator('[data-ride="completed"]')).to_have_text(
        re.compile(r"^Booked: .+, \$12\.40, completed$")
    )
    app.window.tolerate(NET)


def test_what_was_booked_elsewhere_is_found_too(
    screens: Screens, person: Callable[[str], Person], cloud: Cloud, fleet: Fleet, place: Place
) -> None:
    somebody = person("customers")
    app = CustomerApp(screens, somebody)
    Cuttable(app.page).sever()
    app.page.reload()
    app.sign_in()
    rfq, unicorn = quoted(app, fleet, place)
    url = f"/instant-ride-rfqs/{rfq}/bookings"
    booking = Customer(cloud, somebody.name).http.post(url, json={"quote-id": unicorn.id}, headers=key())
    assert booking.status_code == 202
    app.page.reload()
    app.page.get_by_role("link", name="Follow the ride").click()
    assert app.booked_ride() == booking.json()["id"]
    app.window.tolerate(NET)


def test_a_booking_made_offline_is_sent_when_the_line_is_back(
    app: CustomerApp, fleet: Fleet, place: Place
) -> None:
    _, unicorn = quoted(app, fleet, place)
    app.context.set_offline(True)
    app.quote(unicorn.id).get_by_role("button").click()
    alert = app.page.get_by_role("alert")
    expect(alert).to_contain_text("as soon as you are back online")
    expect(app.page.locator(".offline")).to_contain_text("Your booking waits here")
    expect(app.page.locator(".notice")).to_have_count(1)
    app.window.faces("booking-offline")
    app.context.set_offline(False)
    app.booked_ride()
    app.ride_is("confirmed")
    app.window.tolerate(NET)


def test_a_booking_whose_answer_is_lost_is_made_once(app: CustomerApp, fleet: Fleet, place: Place) -> None:
    _, unicorn = quoted(app, fleet, place)
    keys: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            route.fallback()
            return
        assert route.fetch().status == 202
        route.abort()

    app.context.route(BOOKINGS, lose)
    app.quote(unicorn.id).get_by_role("button").click()
    assert app.booked_ride().endswith(".1")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    app.window.tolerate(NET)


def test_a_booking_that_gets_no_answer_says_so_and_survives_a_reload(
    app: CustomerApp, fleet: Fleet, place: Place
) -> None:
    _, unicorn = quoted(app, fleet, place)
    app.context.route(BOOKINGS, lambda route: route.abort())
    app.quote(unicorn.id).get_by_role("button").click()
    expect(app.page.get_by_role("alert")).to_contain_text("We try again by ourselves")
    app.window.faces("booking-unanswered")
    app.page.reload()
    expect(app.page.get_by_role("alert")).to_contain_text("We try again by ourselves")
    app.page.get_by_role("button", name="Do not book").click()
    expect(app.page.get_by_role("alert")).to_have_count(0)
    expect(app.quote(unicorn.id).get_by_role("button")).to_be_enabled()
    app.window.tolerate(NET)


def test_a_finished_request_says_nothing_of_going_on_while_offline(
    app: CustomerApp, fleet: Fleet, place: Place
) -> None:
    quoted(app, fleet, place)
    app.context.set_offline(True)
    expect(app.page.locator(".offline")).to_contain_text("What you see may be out of date")
    app.context.set_offline(False)
    expect(app.page.locator(".offline")).to_have_count(0)
    app.window.tolerate(NET)


def test_a_line_that_is_down_and_an_api_that_does_not_answer_are_one_trouble(
    screens: Screens, person: Callable[[str], Person], fleet: Fleet, place: Place
) -> None:
    app = CustomerApp(screens, person("customers"))
    socket = Cuttable(app.page)
    app.page.reload()
    app.sign_in()
    asked(app, fleet, place, 1)
    app.context.route(API, lambda route: route.abort())
    socket.sever()
    expect(app.page.get_by_text("tries again every few seconds")).to_be_visible()
    expect(app.page.locator(".notice")).to_have_count(1)
    expect(app.page.locator("[data-line]")).to_have_count(0)
    app.window.faces("unreachable")
    app.context.unroute(API)
    expect(app.page.get_by_text("tries again every few seconds")).to_have_count(0)
    app.window.tolerate(NET)


def test_a_choice_survives_a_double_click_a_look_elsewhere_and_a_reload(
    app: CustomerApp, fleet: Fleet, place: Place
) -> None:
    rfq, [first, second, last] = asked(app, fleet, place, 3)
    for unicorn, amount in ((first, "10.00"), (second, "20.00")):
        assert unicorn.answer(rfq, offer(amount)).status_code == 202
    app.page.locator('select[name="sort"]').select_option("pickup")
    app.page.locator('input[name="filter"][value="unicorns"]').check()
    choice = app.quote(second.id).get_by_role("button")
    choice.dblclick()
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(app.page.get_by_text("Keep this page open")).to_be_visible()
    app.window.faces("chosen")
    to_past(app)
    app.page.go_back()
    expect(choice).to_have_attribute("aria-pressed", "true")
    app.page.reload()
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(app.page.locator('select[name="sort"]')).to_have_value("pickup")
    expect(app.page.locator('input[name="filter"][value="unicorns"]')).to_be_checked()
    app.page.get_by_role("button", name="Take it back").click()
    expect(choice).to_have_attribute("aria-pressed", "false")
    choice.click()
    assert last.answer(rfq, {"decline": "asleep"}).status_code == 202
    app.booked_ride()
    expect(app.page.locator(".facts")).to_contain_text("$20.00")


def test_a_chosen_quote_is_booked_while_its_customer_looks_elsewhere(
    app: CustomerApp, fleet: Fleet, place: Place
) -> None:
    rfq, [chosen, last] = asked(app, fleet, place, 2)
    assert chosen.answer(rfq, offer("10.00")).status_code == 202
    app.quote(chosen.id).get_by_role("button").click()
    to_past(app)
    assert last.answer(rfq, {"decline": "asleep"}).status_code == 202
    expect(app.page.locator(".news")).to_contain_text("is booked")
    app.page.locator("[data-ride]").wait_for()
    app.window.faces("booked-elsewhere")
    app.page.locator(".news a").click()
    assert app.booked_ride() == f"{rfq}.1"
    expect(app.page.locator(".news")).to_have_count(0)


def test_a_request_whose_answer_is_lost_is_asked_once(app: CustomerApp) -> None:
    keys: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            route.fallback()
            return
        route.fetch()
        route.abort()

    app.context.route(re.compile(r"/instant-ride-rfqs$"), lose)
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.page.locator("button[type=submit]").click()
    expect(app.page.get_by_role("alert")).to_contain_text("Nothing happens twice")
    app.page.reload()
    app.page.locator("button[type=submit]").click()
    app.page.wait_for_url(re.compile(r"#/requests/"))
    assert len(set(keys)) == 1
    app.window.tolerate(NET)


def test_a_request_made_offline_is_sent_when_the_line_is_back(app: CustomerApp) -> None:
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.context.set_offline(True)
    app.page.locator("button[type=submit]").click()
    expect(app.page.get_by_role("alert")).to_contain_text("as soon as you are back online")
    app.window.faces("ask-offline")
    app.context.set_offline(False)
    app.page.wait_for_url(re.compile(r"#/requests/"))
    app.window.tolerate(NET)


@pytest.mark.parametrize("locale", ["en-US", "es-ES"])
def test_on_a_phone_the_first_quote_can_be_booked_without_scrolling(
    screens: Screens, person: Callable[[str], Person], locale: str
) -> None:
    app = CustomerApp(
        screens, person("customers"), locale=locale, viewport={"width": 360, "height": 740}
    ).sign_in()
    app.ask()
    page = app.page
    page.locator(".cancel").wait_for(state="detached")
    button = page.locator(".quote .button").first.bounding_box()
    tabs = page.locator(".tabs").bounding_box()
    assert button
    assert tabs
    assert button["y"] + button["height"] < tabs["y"]
    cut = "({scrollWidth, clientWidth}) => scrollWidth > clientWidth"
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert not page.locator('select[name="sort"]').evaluate(cut)
        assert not page.locator("html").evaluate(cut), f"it scrolls sideways at {width}"


def test_cancel_is_above_the_quotes(app: CustomerApp, fleet: Fleet, place: Place) -> None:
    rfq, [first, _] = asked(app, fleet, place, 2)
    assert first.answer(rfq, offer("10.00")).status_code == 202
    quote, cancel = app.quote(first.id).bounding_box(), app.page.locator(".cancel").bounding_box()
    assert quote
    assert cancel
    assert cancel["y"] < quote["y"]
    app.page.get_by_role("button", name="Cancel request").click()
    app.shows("You cancelled this request")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("taken", "Ya hay una oferta reservada"),
        ("expired", "Esa oferta acaba de caducar"),
        ("too-many-attempts", "ha fallado demasiadas veces"),
        ("of-next-year", "In the API's own words."),
    ],
)
def test_what_the_api_refuses_is_said_in_the_customers_language(
    app: CustomerApp, fleet: Fleet, place: Place, code: str, says: str
) -> None:
    app.page.get_by_label("Language").select_option("es")
    rfq, [unicorn] = asked(app, fleet, place, 1)
    assert unicorn.answer(rfq, offer("12.40")).status_code == 202
    app.shows("Tus ofertas")
    problem = {"type": "about:blank", "title": "No", "status": 409, "detail": "In the API's own words."}
    app.answer(BOOKINGS, 409, {**problem, "code": code})
    app.quote(unicorn.id).get_by_role("button").click()
    expect(app.page.get_by_role("alert")).to_contain_text(says)
    app.window.tolerate(NET)


def test_the_frame_is_there_before_the_settings_are(app: CustomerApp) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    app.context.route(re.compile(r"/config\.json$"), hold)
    app.page.reload()
    expect(app.page.locator(".bar .brand")).to_be_visible()
    expect(app.page.get_by_text("One moment…")).to_be_visible()
    app.window.faces("starting")
    held.pop().fallback()
    app.shows("Where would you like to go?")
