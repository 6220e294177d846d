"""A unicorn's day in its app: it registers, is asked, quotes or declines, drives, and sees what became of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute, expect

from infra.rydes.cloud.cloud import Cloud
from tests.browser.screen import RIDES, Person, Screens, Window
from tests.browser.unicorn_app import AIRPORT, NOT_YET, FromTheAirport, UnicornApp, book
from tests.support.clients import Customer, Fleet, Json
from tests.support.patience import eventually

pytestmark = pytest.mark.xdist_group(RIDES)


def quote(amount: str) -> Json:
    return {"price": {"amount": amount, "currency": "USD"}, "pickup-in-seconds": 60}


@pytest.fixture
def app(screens: Screens, person: Callable[[str], Person]) -> UnicornApp:
    somebody = person("unicorns")
    return UnicornApp(screens.open("unicorn-app", person=somebody), somebody)


@pytest.fixture
def on_duty(app: UnicornApp) -> UnicornApp:
    app.sign_in()
    app.register()
    app.go_online()
    return app


def test_a_unicorn_is_asked_quotes_drives_and_completes(on_duty: UnicornApp, customer: Customer) -> None:
    on_duty.window.faces("waiting")
    rfq = customer.submit(FromTheAirport())
    on_duty.page.get_by_role("button", name="Send quote").wait_for()
    on_duty.window.faces("invitation")
    on_duty.quote()
    on_duty.window.faces("quoted")
    book(customer, rfq)
    on_duty.page.get_by_role("heading", name="You won this ride").wait_for()
    on_duty.window.faces("ride")
    on_duty.page.get_by_role("button", name="Complete").click()
    on_duty.expect_outcome("Completed")
    on_duty.window.faces("completed")


def test_a_newcomer_registers_by_keyboard_and_is_told_what_is_wrong(app: UnicornApp) -> None:
    page = app.page
    page.get_by_role("button", name="Sign in").wait_for()
    app.window.faces("sign-in")
    page.get_by_label("User name").press_sequentially(app.person.name)
    page.keyboard.press("Tab")
    page.keyboard.type(app.person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Introduce yourself")).to_be_focused()
    app.window.faces("newcomer")
    page.get_by_label("Base fare").fill("free")
    page.get_by_label("Name", exact=True).fill("")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Write an amount such as 2.50.")).to_be_visible()
    app.window.faces("newcomer-wrong")
    page.get_by_label("Name", exact=True).fill("Zephyr")
    page.get_by_label("Base fare").fill("2.75")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Zephyr").wait_for()
    expect(page.get_by_text("$2.75")).to_be_visible()
    app.window.faces("off-duty")


def test_an_invitation_may_be_declined_missed_or_taken_back(on_duty: UnicornApp, customer: Customer) -> None:
    customer.submit(FromTheAirport())
    on_duty.page.get_by_role("button", name="Decline").click()
    on_duty.expect_outcome("Declined")
    cancelled = customer.submit(FromTheAirport())
    on_duty.page.get_by_role("button", name="Send quote").wait_for()
    customer.http.delete(cancelled).raise_for_status()
    on_duty.expect_outcome("Rider cancelled")
    customer.submit(FromTheAirport(), **{"respond-within": 5})
    on_duty.page.get_by_role("button", name="Send quote").wait_for()
    on_duty.expect_outcome("Missed")
    on_duty.window.faces("not-taken")


def test_a_quote_that_nobody_can_book_any_more_has_lost(on_duty: UnicornApp, customer: Customer) -> None:
    rfq = customer.submit(FromTheAirport())
    on_duty.quote()
    customer.result(rfq)
    on_duty.page.clock.install()
    on_duty.page.clock.fast_forward("20:00")
    on_duty.expect_outcome("Not chosen")


def test_a_unicorn_hears_that_another_was_chosen_and_may_still_get_the_ride(
    on_duty: UnicornApp, customer: Customer, fleet: Fleet
) -> None:
    there = FromTheAirport()
    rival = fleet.connected(there, auto_quote=False)
    rfq = customer.submit(there)
    on_duty.quote()
    assert rival.answer(rfq, quote("19.00")).status_code == 202
    book(customer, rfq, responder=rival.id)
    on_duty.expect_outcome("Another unicorn was chosen")
    on_duty.window.faces("another-chosen")
    on_duty.page.reload()
    on_duty.expect_outcome("Another unicorn was chosen")
    ride = eventually(rival.show, "the rival's ride", lambda shown: "ride" in shown)["ride"]
    rival.http.post(ride["links"]["cancellation"]).raise_for_status()
    eventually(
        lambda: customer.http.get(f"/rides/{ride['id']}").raise_for_status().json(),
        "the customer's news of it",
        lambda shown: shown["status"] == "rejected",
    )
    book(customer, rfq)
    on_duty.page.get_by_role("heading", name="You won this ride").wait_for()


def test_who_has_quoted_hears_that_the_rider_has_cancelled(
    on_duty: UnicornApp, customer: Customer, fleet: Fleet
) -> None:
    there = FromTheAirport()
    fleet.connected(there, auto_quote=False)  # for whom the request waits
    rfq = customer.submit(there)
    on_duty.quote()
    customer.http.delete(rfq).raise_for_status()
    on_duty.expect_outcome("Rider cancelled")


def test_a_unicorn_is_known_in_a_browser_that_has_never_seen_it(
    on_duty: UnicornApp, screens: Screens
) -> None:
    elsewhere = UnicornApp(screens.open("unicorn-app", person=on_duty.person), on_duty.person)
    elsewhere.sign_in()
    elsewhere.page.get_by_role("heading", name="You are on duty").wait_for()
    expect(elsewhere.page.get_by_label("Where you wait")).to_have_value(AIRPORT)


def test_of_two_windows_the_newer_works_and_the_older_says_so(
    on_duty: UnicornApp, customer: Customer
) -> None:
    older = on_duty.page
    newer = UnicornApp(Window(older.context.new_page(), "unicorn-app"), on_duty.person)
    newer.page.goto(older.url)
    newer.sign_in()
    newer.page.get_by_text("Connected", exact=True).wait_for()
    older.get_by_role("heading", name="You work in another window").wait_for()
    on_duty.window.faces("elsewhere")
    customer.submit(FromTheAirport())
    newer.page.get_by_role("button", name="Send quote").wait_for()
    older.get_by_role("button", name="Work here").click()
    older.get_by_role("button", name="Send quote").wait_for()
    newer.page.get_by_role("heading", name="You work in another window").wait_for()
    older.close()
    newer.page.get_by_role("button", name="Send quote").wait_for()


def test_a_line_that_another_browser_takes_over_again_and_again_says_so(on_duty: UnicornApp) -> None:
    page = on_duty.page
    lines: list[WebSocketRoute] = []

    def answer_once(line: WebSocketRoute) -> None:
        lines.append(line)
        line.send('{"type": "snapshot", "invitations": []}')

    page.context.route_web_socket(re.compile("unicorn-socket"), answer_once)
    page.clock.install()
    page.reload()
    for count in (1, 2):
        eventually(lambda: page.evaluate("0") or len(lines), f"connection {count}", count.__eq__)
        page.get_by_text("Connected", exact=True).wait_for()
        page.clock.fast_forward("00:31")
        page.clock.fast_forward("00:06")
    page.get_by_text("on another device or in another browser").wait_for()


def test_a_ride_is_given_up_after_a_question(on_duty: UnicornApp, customer: Customer) -> None:
    rfq = customer.submit(FromTheAirport())
    on_duty.quote()
    book(customer, rfq)
    on_duty.page.get_by_role("button", name="Give up").click()
    question = on_duty.page.get_by_role("dialog", name="Give up this ride?")
    expect(question.get_by_role("button", name="Keep driving")).to_be_focused()
    on_duty.window.faces("give-up")
    question.get_by_role("button", name="Give up the ride").click()
    on_duty.expect_outcome("Given up")


def test_the_line_is_cut_and_what_is_open_is_there_again(on_duty: UnicornApp, customer: Customer) -> None:
    on_duty.window.tolerate("WebSocket|ERR_INTERNET_DISCONNECTED")
    rfq = customer.submit(FromTheAirport())
    on_duty.page.get_by_role("button", name="Send quote").wait_for()
    on_duty.page.context.set_offline(True)
    on_duty.page.get_by_text("You are offline. Invitations come").wait_for()
    on_duty.window.faces("no-network")
    on_duty.page.context.set_offline(False)
    on_duty.page.get_by_text("Connected", exact=True).wait_for()
    on_duty.quote()
    book(customer, rfq)
    on_duty.page.get_by_role("heading", name="You won this ride").wait_for()


def test_a_reload_loses_nothing(on_duty: UnicornApp, customer: Customer) -> None:
    rfq = customer.submit(FromTheAirport())
    on_duty.quote()
    on_duty.page.reload()
    on_duty.page.get_by_text("Rider is choosing").wait_for()
    on_duty.page.get_by_role("heading", name="You are on duty").wait_for()
    book(customer, rfq)
    on_duty.page.get_by_role("heading", name="You won this ride").wait_for()
    on_duty.page.reload()
    on_duty.page.get_by_role("heading", name="You won this ride").wait_for()


def test_a_session_that_is_over_says_so_and_goes_on_after_signing_in(
    on_duty: UnicornApp, cloud: Cloud
) -> None:
    cloud.client("cognito-idp").admin_user_global_sign_out(
        UserPoolId=cloud.users.pool, Username=on_duty.person.name
    )
    on_duty.page.evaluate(
        "for (const key of Object.keys(sessionStorage)) if (key.endsWith('Token')) sessionStorage.removeItem(key)"
    )
    on_duty.page.reload()
    on_duty.page.get_by_text("Your session is over").wait_for()
    on_duty.window.faces("session-over")
    on_duty.sign_in()
    on_duty.page.get_by_role("heading", name="You are on duty").wait_for()


def test_it_speaks_spanish(screens: Screens, person: Callable[[str], Person], customer: Customer) -> None:
    somebody = person("unicorns")
    window = screens.open("unicorn-app", person=somebody, locale="es-MX")
    page = window.page
    page.get_by_role("button", name=f"Continuar como {somebody.name}").click()
    page.get_by_label("Nombre", exact=True).fill("Unicornio")
    page.get_by_role("button", name="Empezar").click()
    page.get_by_role("button", name="Ponerse disponible").wait_for()
    assert page.locator("html").get_attribute("lang") == "es"
    window.faces("spanish")
    page.get_by_label("Dónde esperas").select_option(AIRPORT)
    page.get_by_role("button", name="Ponerse disponible").click()
    page.get_by_role("heading", name="Estás disponible").wait_for()
    page.get_by_text("Conectado", exact=True).wait_for()
    rfq = customer.submit(FromTheAirport())
    page.get_by_label("Tu precio (USD)").fill("99999")
    page.get_by_role("button", name="Enviar precio").click()
    page.get_by_text("no más de 10.000").wait_for()
    window.faces("spanish-refused")
    page.get_by_label("Tu precio (USD)").fill("20,50")
    page.get_by_role("button", name="Enviar precio").click()
    page.get_by_text("El pasajero decide").wait_for()
    book(customer, rfq, name="Unicornio")
    page.get_by_role("button", name="Terminar", exact=True).wait_for()
    window.faces("spanish-ride")
    window.tolerate(f"{NOT_YET}|status of 400")


def test_whoever_is_no_unicorn_is_told(screens: Screens, person: Callable[[str], Person]) -> None:
    somebody = person("customers")
    window = screens.open("unicorn-app", person=somebody)
    window.page.get_by_role("button", name=f"Continue as {somebody.name}").click()
    window.page.get_by_text("This account is not a unicorn's.").wait_for()
    window.tolerate("403")
