"""The control room in a browser: messages move, poison is shown and replayed, a circuit is opened."""

import json
import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, Route, expect

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.control_room.traffic import ask_for_rides
from infra.rydes.scenarios.rfq import SPACE_NEEDLE
from tests.browser.screen import Screens, Window
from tests.support.patience import eventually

APP = "control-room"
QUEUE = "feedback-rides"
PARTNER = "p-comet"


@pytest.fixture
def window(screens: Screens) -> Window:
    opened = screens.open(APP)
    expect(opened.page.get_by_role("banner").get_by_role("status")).to_contain_text("live")
    return opened


def view(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()
    expect(page.get_by_role("main")).to_have_attribute("data-view", name.lower())


def node(page: Page, id_: str) -> str:
    return f'[data-node="{id_}"]'


def test_the_picture_moves_when_an_rfq_runs(cloud: Cloud, screens: Screens) -> None:
    window = screens.open(APP, reduced_motion="no-preference")
    page = window.page
    way = (
        "outside:customers", "api:rfq-api", "function:ride-booking-api", "table:ride-booking",
        "function:ride-booking-outbox", "bus:wild-rydes", "rule:unicorn-mgmt-inbox", "queue:unicorn-mgmt-inbox",
        "function:unicorn-mgmt-responder", "queue:wild-rydes-reply-ride-booking", "function:ride-booking-aggregator",
    )  # fmt: skip
    for id_ in way:
        expect(page.locator(node(page, id_))).to_be_visible()
    ask_for_rides(cloud, 1)
    page.locator(".dot").first.wait_for(state="attached")
    for id_ in way:
        expect(page.locator(node(page, id_))).to_have_attribute("data-passed", re.compile("[1-9]"))
    expect(page.get_by_role("region", name="Messages").get_by_text("RfqResponse").first).to_be_visible()
    window.faces("live")


def test_whoever_wants_no_motion_sees_the_parts_light_up(cloud: Cloud, screens: Screens) -> None:
    page = screens.open(APP).page
    bus = page.locator(node(page, "bus:wild-rydes"))
    bus.wait_for()
    ask_for_rides(cloud, 1)
    expect(bus).to_have_attribute("data-passed", re.compile("[1-9]"))
    assert page.locator(".dot").count() == 0


def test_a_part_says_what_it_is_by_keyboard(cloud: Cloud, window: Window) -> None:
    page, id_ = window.page, "function:ride-booking-api"
    ask_for_rides(cloud, 1)
    page.locator('[data-node][tabindex="0"]').focus()
    for _ in range(60):
        if page.evaluate("document.activeElement.dataset.node") == id_:
            break
        here, there = (
            page.locator(node(page, each)).bounding_box()
            for each in (page.evaluate("document.activeElement.dataset.node"), id_)
        )
        assert here
        assert there
        down = there["y"] - here["y"]
        right = "ArrowRight" if there["x"] > here["x"] else "ArrowLeft"
        page.keyboard.press(right if abs(down) < 2 else "ArrowDown" if down > 0 else "ArrowUp")
    tip = page.locator(".tip")
    expect(tip).to_contain_text("Function ride-booking-api")
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Lambda function ride-booking-api")
    expect(panel.get_by_role("list", name="Last lines")).to_contain_text("POST /instant-ride-rfqs")
    window.faces("node")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.node") == id_


def test_an_rfq_is_a_timeline_with_bodies_and_without_places(cloud: Cloud, window: Window) -> None:
    page = window.page
    [rfq] = ask_for_rides(cloud, 1)
    view(page, "RFQs")
    row = page.locator(f'a[href$="{rfq}"]')
    expect(row).to_contain_text("all answered")
    window.faces("rfqs")
    row.click()
    published = page.get_by_role("button", name="published RfqRequested")
    published.click()
    body = page.get_by_role("region", name="Body of RfqRequested").first
    expect(body).to_contain_text(rfq)
    found = json.loads(body.inner_text())
    assert found["data"]["rfq_id"] == rfq
    assert found["data"]["start"] == {"lat": "…", "lon": "…"}
    assert str(SPACE_NEEDLE.lat) not in page.content()
    page.get_by_role("button", name="received RfqResponse").first.click()
    expect(page.get_by_text("an answer goes by SQS to the return address, past the bus")).to_be_visible()
    window.faces("timeline")


def test_poison_is_shown_with_its_reason_and_replayed_after_a_dry_run(window: Window) -> None:
    page = window.page
    view(page, "Faults")
    page.get_by_role("combobox", name="Queue").select_option(QUEUE)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text(f"nobody can read is on its way to {QUEUE}")
    view(page, "Queues")
    letter = page.locator(".letter", has_text=f"{QUEUE}-parking").first
    expect(letter).to_contain_text("Unprocessable")
    expect(letter).to_contain_text("not JSON")
    expect(letter).to_contain_text(f"way back: the queue {QUEUE}")
    letter.get_by_text("Body").click()
    expect(letter.get_by_role("region")).to_be_visible()
    window.faces("dead-letters")
    name = letter.get_by_role("checkbox")
    name.check()
    before = name.evaluate("box => box.closest('li').querySelector('section').getAttribute('aria-label')")
    page.get_by_role("button", name="Replay 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 1 would go back. Nothing has moved yet.")
    expect(dialog).to_contain_text(f"→ the queue {QUEUE}")
    window.faces("dry-run")
    # Whoever is not sure goes on where they were.
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(name).to_be_checked()
    expect(page.get_by_role("button", name="Replay 1")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Replay 1 message").click()
    expect(dialog).to_contain_text("1 message went back, 0 stayed.")
    dialog.get_by_role("button", name="Close").click()
    # Nobody can read it now either: it is back, as another message.
    expect(page.locator(f'[aria-label="{before}"]')).to_have_count(0)
    expect(page.locator(".letter", has_text=f"{QUEUE}-parking").first).to_contain_text("not JSON")


def test_what_a_replay_does_not_help_says_what_does(window: Window) -> None:
    page = window.page
    view(page, "Faults")
    page.get_by_role("combobox", name="Queue").select_option("wild-rydes-reply-ride-booking")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log")).to_contain_text("on its way")
    view(page, "Queues")
    letter = page.locator(".letter", has_text="wild-rydes-reply-ride-booking-dlq").first
    letter.get_by_role("checkbox").check()
    page.get_by_role("button", name="Replay 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stays: it is not valid")
    expect(dialog).to_contain_text("uv run rydes dlq fix")
    expect(dialog.get_by_role("button", name="Nothing to replay")).to_be_disabled()
    window.faces("not-replayed")


def test_a_valid_dead_letter_is_replayed_and_handled(window: Window) -> None:
    page = window.page
    view(page, "Faults")
    page.get_by_role("button", name="Park a valid event").click()
    expect(page.get_by_role("log")).to_contain_text("A valid RideCompleted is in feedback-rides-parking")
    view(page, "Queues")
    letter = page.locator(".letter", has_text="made on the fault panel").first
    conversation = str(letter.get_by_role("link").get_attribute("href"))
    letter.get_by_role("checkbox").check()
    page.get_by_role("button", name="Replay 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Replay 1 message").click()
    expect(page.get_by_role("dialog")).to_contain_text("1 message went back, 0 stayed.")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.locator(f'.letter [href="{conversation}"]')).to_have_count(0)
    page.goto(f"{page.url.partition('#')[0]}{conversation}")
    expect(page.locator(".step", has_text="received RideCompleted").first).to_be_visible()
    window.tolerate("404")  # until a function has logged something


def test_a_circuit_is_opened_and_left_to_itself_again(cloud: Cloud, window: Window) -> None:
    page = window.page
    view(page, "Circuits")
    circuit = page.locator(f'[data-circuit="{PARTNER}"]')

    def set_mode(mode: str, reason: str) -> None:
        circuit.get_by_role("combobox", name="Mode").select_option(mode)
        if reason:
            circuit.get_by_role("textbox", name="Reason").fill(reason)
        circuit.get_by_role("button", name="Set").click()
        expect(circuit).to_have_attribute("data-mode", mode)

    try:
        set_mode("FORCED_OPEN", "a drill")
        expect(circuit).to_contain_text("a drill")
        expect(page.get_by_role("link", name="Circuits 1 not closed")).to_be_visible()
        window.faces("circuit-open")
        view(page, "Live")
        expect(page.locator(f"{node(page, f'partner:{PARTNER}')}.broken")).to_be_visible()
        view(page, "Circuits")
    finally:
        set_mode("AUTO", "")
    expect(circuit).to_contain_text(re.compile(r"has left it to the breaker, \d+ s ago\."))

    def probed() -> str | None:
        with suppress(LocalCloudError):  # a busy machine may refuse a customer, who asks again
            ask_for_rides(cloud, 3)
        return circuit.get_attribute("data-state")

    eventually(probed, "a circuit that closes when its partner answers", lambda state: state == "CLOSED")
    expect(page.get_by_role("link", name="Circuits", exact=True)).to_be_visible()


def test_a_mode_without_a_duration_that_can_be_read_is_refused_in_words(window: Window) -> None:
    page = window.page
    view(page, "Circuits")
    circuit = page.locator('[data-circuit="p-pegasus"]')
    mode = circuit.get_by_role("combobox", name="Mode")
    expect(mode).to_have_value("AUTO")  # as it is
    mode.select_option("FORCED_OPEN")
    circuit.get_by_role("textbox", name="Reason").fill("a drill")
    circuit.get_by_role("textbox", name="For").fill("soon")
    circuit.get_by_role("button", name="Set").click()
    expect(circuit.get_by_role("alert")).to_be_visible()
    window.faces("refused")
    window.tolerate("409")


def test_an_event_has_a_page_and_an_example_that_goes_its_way(window: Window) -> None:
    page = window.page
    view(page, "Events")
    page.get_by_role("link", name="RideCompleted").click()
    expect(page.get_by_role("heading", name="RideCompleted")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("feedback-rides → feedback-rides")
    window.faces("event")
    page.get_by_role("tab", name="example").click()
    expect(page.get_by_role("region", name="Example")).to_contain_text("correlation_id")
    page.get_by_role("button", name="Send an example").click()
    page.get_by_role("status").get_by_role("link").click()
    expect(page.locator(".step", has_text="received RideCompleted").first).to_be_visible()
    window.tolerate("404")  # until a function has logged something


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("#/rfqs/nonsense", "No function has logged anything about this id"),
        ("#/events/Nonsense", "There is no event Nonsense"),
        ("#/queues/nonsense", "There is no queue nonsense"),
    ],
)
def test_what_nobody_knows_has_a_face(window: Window, path: str, said: str) -> None:
    page = window.page
    page.goto(f"{page.url.partition('#')[0]}{path}")
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    window.tolerate("404")


def test_faults_are_set_and_mended(window: Window) -> None:
    page = window.page
    view(page, "Faults")
    partner = page.get_by_role("group", name="Nimbus Broomsticks")
    table = page.get_by_role("group", name="feedback")
    try:
        partner.get_by_role("button", name="slow").click()
        expect(partner.get_by_role("button", name="slow")).to_have_attribute("aria-pressed", "true")
        table.get_by_role("button", name="25 %").click()
        expect(table).to_contain_text("25 % throttled")
        window.faces("faults")
        view(page, "Live")
        expect(page.get_by_role("button", name="Partner Nimbus Broomsticks")).to_have_accessible_name(
            re.compile("broken on purpose: slow")
        )
        throttled = page.locator(node(page, "table:feedback"))
        expect(throttled).to_have_accessible_name(re.compile("broken on purpose: 25 % throttled"))
        expect(page.get_by_label("Legend").get_by_text("circuit open")).to_be_in_viewport(ratio=1)
        throttled.click()
        expect(page.get_by_role("complementary")).to_contain_text("Broken on purpose")
    finally:
        view(page, "Faults")
        for group in (partner, table):
            group.get_by_role("button", name="well").click()
            expect(group.get_by_role("button", name="well")).to_have_attribute("aria-pressed", "true")


def test_a_second_click_kills_no_other_function(cloud: Cloud, window: Window) -> None:
    page, function = window.page, "ride-booking-api"
    ask_for_rides(cloud, 1)  # so that it has a worker
    view(page, "Faults")
    kill = page.get_by_role("button", name=f"Kill the workers of {function}")
    row = page.get_by_role("listitem").filter(has=kill)
    expect(row).to_contain_text(re.compile(r"[1-9]\d* worker"))
    before = page.locator(".workers code").all_inner_texts()
    kill.focus()
    kill.hover()
    place = kill.bounding_box()
    page.mouse.down()
    page.mouse.up()
    log = page.get_by_role("log")
    expect(log).to_contain_text(f"of {function} killed")
    expect(row).to_contain_text("0 workers")
    assert kill.bounding_box() == place
    assert page.locator(".workers code").all_inner_texts() == before
    expect(kill).to_be_focused()
    page.mouse.down()
    page.mouse.up()
    expect(log).to_contain_text(f"{function} has no worker")
    window.tolerate("409")


def test_an_rfq_is_found_by_the_end_of_its_id(cloud: Cloud, window: Window) -> None:
    page = window.page
    [rfq] = ask_for_rides(cloud, 1)
    view(page, "RFQs")
    shown = page.locator(f'a[href$="{rfq}"] code').inner_text()
    page.get_by_role("searchbox").fill(shown)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"#/rfqs/{rfq}$"))
    expect(page.locator(".step").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("#/rfqs$"))


def test_conversations_and_queues_have_a_face(window: Window) -> None:
    page = window.page
    view(page, "Conversations")
    expect(page.get_by_role("heading", name="SMS conversations")).to_be_visible()
    expect(page.get_by_text("asked", exact=True)).to_be_visible()
    window.faces("conversations")


def test_a_line_that_is_cut_is_told_and_mended_by_itself(window: Window) -> None:
    page = window.page
    status = page.get_by_role("banner").get_by_role("status")
    page.route("**/api/stream", lambda route: route.abort())
    page.reload()
    expect(status).to_contain_text("connection lost")
    page.unroute("**/api/stream")
    expect(status).to_contain_text("live")
    window.tolerate("ERR_FAILED")


def test_figures_that_are_old_look_old_and_say_of_when_they_are(screens: Screens) -> None:
    figures = {"minutes": 5, "rfqs": 7, "rfqs_a_minute": 7, "running": 0, "rides": 0}
    tick = {
        "at": 1_795_780_801_000,
        "picture": "",
        "figures": figures,
        "depths": {},
        "circuits": {},
        "faults": {},
    }
    told = json.dumps({**tick, "rfqs": [], "hops": [], "alerts": []})
    window = screens.open(APP)
    page, calls = window.page, []

    def end_soon(route: Route) -> None:
        calls.append(route)
        if len(calls) == 1:
            route.fulfill(content_type="text/event-stream", body=f"event: snapshot\ndata: {told}\n\n")
        else:
            route.abort()

    page.route("**/api/stream", end_soon)
    page.reload()
    expect(page.locator(".stale")).to_contain_text(re.compile(r"As of \d\d:\d\d:\d\d, .* ago"))
    expect(page.locator(".room")).to_have_attribute("data-stale", "")
    expect(page.get_by_label("Figures")).to_contain_text("7")
    window.faces("stale")
    window.tolerate("ERR_FAILED")


def test_without_the_token_nobody_gets_in(screens: Screens, window: Window) -> None:
    url = window.page.url.partition("#")[0]
    assert "token" not in url
    page = window.page.context.browser.new_page()  # type: ignore[union-attr]
    answer = page.goto(url)
    assert answer
    assert answer.status == 401
    expect(page.get_by_role("heading")).to_contain_text("opens by its link")
    expect(page.get_by_text("uv run rydes status")).to_be_visible()
    page.context.close()
