"""Whose tab it is: what a session leaves to the same user, and nothing to the next one."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.customer_app import NET, SEA_TAC, SPACE_NEEDLE, CustomerApp, Cuttable
from tests.browser.screen import Person, Screens
from tests.browser.unicorn_app import FromTheAirport, UnicornApp
from tests.support.clients import Customer, Place

COGNITO = re.compile(r"^http://localhost:\d+/$")
CONFIG = re.compile(r"/config\.json$")
REFUSED = {"__type": "NotAuthorizedException", "message": "Refresh Token has expired"}


class Expiry:
    """A session whose tokens are refused, as if it had ended, until the user has signed in again."""

    def __init__(self, page: Page, api: re.Pattern[str]) -> None:
        self.renewals = 0
        self._page, self._api = page, api
        page.context.route(api, self._refuse)
        page.context.route(COGNITO, self._renew)

    def is_noticed(self) -> None:
        """Wait until the page asks the user, and let tokens be good again."""
        expect(self._page.get_by_text("Your session is over")).to_be_visible()
        self._page.context.unroute(self._api)
        self._page.context.unroute(COGNITO)

    def _refuse(self, route: Route) -> None:
        if route.request.method == "OPTIONS":
            route.fallback()
        else:
            route.fulfill(status=401, json={}, headers={"Access-Control-Allow-Origin": "*"})

    def _renew(self, route: Route) -> None:
        if route.request.method == "POST":
            self.renewals += 1
            route.fulfill(status=400, json=REFUSED, headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.fallback()


def signs_in(page: Page, person: Person) -> None:
    """Sign somebody in who is not offered by a click."""
    page.get_by_label("User name").fill(person.name)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def written(screens: Screens, person: Callable[[str], Person], place: Place) -> CustomerApp:
    """The app of a customer who has asked for one ride, and has begun to write the next request."""
    app = CustomerApp(screens, person("customers")).sign_in()
    app.ask_at(place)
    app.page.get_by_role("link", name="New ride").click()
    app.put("from", SPACE_NEEDLE)
    app.put("to", SEA_TAC)
    app.window.tolerate(NET)
    return app


def expire(app: CustomerApp) -> Expiry:
    """End the session of a customer, who notices it by asking."""
    ended = Expiry(app.page, re.compile(r"/instant-ride-rfqs"))
    app.page.locator("button[type=submit]").click()
    ended.is_noticed()
    return ended


def test_a_renewal_that_is_refused_is_not_tried_again_and_the_draft_is_there_after_signing_in(
    written: CustomerApp,
) -> None:
    assert expire(written).renewals == 1
    written.sign_in()
    expect(written.page.locator("#place-from")).to_have_value(SPACE_NEEDLE)
    expect(written.page.locator("#place-to")).to_have_value(SEA_TAC)


def test_somebody_else_finds_neither_draft_nor_place(
    written: CustomerApp, person: Callable[[str], Person]
) -> None:
    expire(written)
    signs_in(written.page, person("customers"))
    expect(written.page.locator("#place-from")).to_have_value("")
    expect(written.page.locator("#place-to")).to_have_value("")
    assert "#" not in written.page.url
    assert not written.page.evaluate("Object.keys(sessionStorage).filter(key => key.includes('.route.'))")


def test_whoever_signs_out_leaves_nothing(written: CustomerApp, person: Callable[[str], Person]) -> None:
    written.page.get_by_role("button", name="Sign out").click()
    signs_in(written.page, person("customers"))
    expect(written.page.locator("#place-from")).to_have_value("")
    assert not written.page.evaluate("Object.keys(sessionStorage).filter(key => key.includes('.route.'))")


def test_another_unicorn_sees_nothing_of_what_the_first_has_quoted(
    screens: Screens, person: Callable[[str], Person], customer: Customer
) -> None:
    owner = person("unicorns")
    app = UnicornApp(screens.open("unicorn-app", person=owner), owner)
    app.window.tolerate(NET)
    app.sign_in()
    app.register()
    app.go_online()
    customer.submit(FromTheAirport())
    app.quote()
    ended = Expiry(app.page, re.compile(r"/unicorns/|/rides/"))
    app.page.reload()
    ended.is_noticed()
    signs_in(app.page, person("unicorns"))
    app.page.get_by_role("heading", name="Introduce yourself").wait_for()
    app.register("Zephyr")
    expect(app.page.get_by_text("What becomes of your quotes shows up here.")).to_be_visible()
    assert app.page.evaluate("Object.keys(localStorage)") == []


def test_a_unicorn_whose_socket_refuses_its_token_learns_that_the_session_is_over(
    screens: Screens, person: Callable[[str], Person]
) -> None:
    owner = person("unicorns")
    app = UnicornApp(screens.open("unicorn-app", person=owner), owner)
    socket = Cuttable(app.page, "unicorn-socket")
    app.window.tolerate(NET)
    app.page.reload()
    app.sign_in()
    app.register()
    app.go_online()
    ended = Expiry(app.page, re.compile(r"/unicorns/|/rides/"))
    socket.sever()
    ended.is_noticed()
    socket.mend()
    app.sign_in()
    app.page.get_by_text("Connected", exact=True).wait_for()


def test_a_page_that_is_older_than_the_cloud_learns_where_to_sign_in(
    screens: Screens, person: Callable[[str], Person]
) -> None:
    somebody = person("customers")
    app = CustomerApp(screens, somebody)
    app.context.route(CONFIG, _of_another_cloud, times=1)
    app.page.reload()
    signs_in(app.page, somebody)
    app.page.locator(".app").wait_for()
    app.window.tolerate(NET)


def test_a_sign_in_that_is_refused_is_told_from_one_that_is_not_answered(
    screens: Screens, person: Callable[[str], Person]
) -> None:
    somebody = person("customers")
    app = CustomerApp(screens, somebody)
    app.context.route(CONFIG, _of_another_cloud)
    app.page.reload()
    signs_in(app.page, somebody)
    expect(app.page.get_by_role("alert")).to_contain_text("Sign-in answers with an error")
    app.context.route(COGNITO, lambda route: route.abort())
    app.page.get_by_role("button", name="Sign in").click()
    expect(app.page.get_by_role("alert")).to_contain_text("Sign-in does not answer")
    app.window.tolerate(NET)


def _of_another_cloud(route: Route) -> None:
    route.fulfill(json={**route.fetch().json(), "userPoolClientId": "gone"})


def test_a_second_tab_asks_who_it_is(written: CustomerApp) -> None:
    second = written.context.new_page()
    second.goto(written.page.url)
    expect(second.get_by_role("button", name="Sign in")).to_be_visible()
