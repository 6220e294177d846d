"""A customer and a unicorn meet, each in a browser of their own."""

from collections.abc import Callable

import pytest

from tests.browser.customer_app import SEA_TAC, SPACE_NEEDLE, CustomerApp
from tests.browser.screen import RIDES, Person, Screens
from tests.browser.unicorn_app import UnicornApp

pytestmark = pytest.mark.xdist_group(RIDES)


def test_a_customer_and_a_unicorn_meet(screens: Screens, person: Callable[[str], Person]) -> None:
    owner = person("unicorns")
    unicorn = UnicornApp(screens.open("unicorn-app", person=owner), owner)
    unicorn.sign_in()
    unicorn.register("Aurora of Sea-Tac")
    unicorn.go_online()
    customer = CustomerApp(screens, person("customers")).sign_in()

    customer.ask(SEA_TAC, SPACE_NEEDLE, seconds=60)  # whoever is silent by then is left out
    unicorn.quote("19.50")
    offer = customer.page.locator(".quote").filter(has_text="Aurora of Sea-Tac")
    offer.get_by_role("button", name="Book").click()

    unicorn.page.get_by_role("heading", name="You won this ride").wait_for()
    customer.ride_is("confirmed")
    unicorn.page.get_by_role("button", name="Complete").click()
    customer.ride_is("completed")
    unicorn.expect_outcome("Completed")


def test_a_unicorn_gives_up_and_the_customer_is_told(
    screens: Screens, person: Callable[[str], Person]
) -> None:
    owner = person("unicorns")
    unicorn = UnicornApp(screens.open("unicorn-app", person=owner), owner)
    unicorn.sign_in()
    unicorn.register("Zephyr of Sea-Tac")
    unicorn.go_online()
    customer = CustomerApp(screens, person("customers")).sign_in()

    customer.ask(SEA_TAC, SPACE_NEEDLE, seconds=60)  # whoever is silent by then is left out
    unicorn.quote("18.50")
    offer = customer.page.locator(".quote").filter(has_text="Zephyr of Sea-Tac")
    offer.get_by_role("button", name="Book").click()
    unicorn.page.get_by_role("button", name="Give up").click()
    unicorn.page.get_by_role("button", name="Give up the ride").click()
    customer.ride_is("rejected")
    unicorn.expect_outcome("Given up")
