import base64
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from infra.rydes.simulators.partners.server import FAULTS_PATH
from infra.rydes.simulators.phones.client import Phone, give_phone
from infra.rydes.simulators.phones.notifications import CARRIER_FEE, PRICE
from tests.support.clients import Customer, Json, Place
from tests.support.partner_fleets import IDS
from tests.support.patience import eventually
from tests.support.riders import ASKED, CALL_OFFERED, PROMISED, THANKED, Bus, Rider
from tests.support.rydes_command import rydes


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def test_status_tells_programs_where_everything_is(cloud: Cloud) -> None:
    answer = rydes(cloud, "status", "--json")
    assert answer.returncode == 0
    status = json.loads(answer.stdout)
    assert status.keys() == {"ready", "urls", "queues"}
    assert status["ready"] is True
    for api, path in (("rfq-api", "/instant-ride-rfqs"), ("unicorn-api", "/unicorns")):
        assert httpx.get(status["urls"][api] + path).status_code == 401
    inbox = cloud.client("sqs").get_queue_attributes(
        QueueUrl=status["queues"]["unicorn-mgmt-inbox"], AttributeNames=["QueueArn"]
    )
    assert inbox["Attributes"]["QueueArn"].endswith(":unicorn-mgmt-inbox")


def test_status_without_a_cloud_is_not_ready_and_empty(cloud: Cloud, tmp_path: Path) -> None:
    nowhere = Cloud(type(cloud.settings)(cloud.settings.port, tmp_path))
    assert json.loads(rydes(nowhere, "status", "--json").stdout) == {"ready": False, "urls": {}, "queues": {}}


@pytest.mark.parametrize("group", ["customers", "unicorns", "support"])
def test_a_token_stands_alone_on_the_last_line_and_names_user_and_group(cloud: Cloud, group: str) -> None:
    for _ in range(2):  # a user who is there already is no other case
        answer = rydes(cloud, "token", "--user", f"by-hand-{group}", "--group", group)
        assert answer.returncode == 0
        found = claims(answer.stdout.splitlines()[-1])
        assert (found["cognito:username"], found["cognito:groups"]) == (f"by-hand-{group}", [group])


def test_an_unknown_group_is_one_line_with_the_choices(cloud: Cloud) -> None:
    answer = rydes(cloud, "token", "--user", "x", "--group", "admins")
    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert "customers, unicorns, support, machines" in line


def test_phone_shows_the_conversation_and_sends_what_is_typed(cloud: Cloud) -> None:
    """What comes after a ride is in tests/e2e/feedback; here somebody writes first, and gets no answer."""
    number = "+14255559999"
    answer = rydes(cloud, "phone", "--number", number, typed="hello?\n")
    assert answer.returncode == 0
    assert number in answer.stdout
    assert "▶ hello?" in answer.stdout
    assert [sms.text for sms in Phone(cloud, number).messages()] == ["hello?"]


@pytest.mark.parametrize(
    ("arguments", "help_"),
    [
        (("rfq", "--phone", "4255550143"), "not a phone number in international form"),
        (("rfq", "--name", "Bert B."), "--phone"),
        (("rfq", "--user", "clara", "--phone", "+14255550198"), "astrid's number"),
        (("phone", "--number", "bert"), "+1425555"),
        (("callbacks", "--outcome", "reached"), "rydes callbacks"),
        (("callbacks", "no-such-ride"), "No customer wants a call"),
    ],
)
def test_what_a_newcomer_may_get_wrong_is_one_line(
    cloud: Cloud, arguments: tuple[str, ...], help_: str
) -> None:
    cloud.token("astrid", "customers")
    give_phone(cloud, "astrid", "+14255550198")
    answer = rydes(cloud, *arguments)
    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert help_ in line


def found_in(timeline: str) -> list[tuple[str, str]]:
    """Service and function of each step."""
    return re.findall(r"^ *\d+ +(?:\d+ +)?([a-z-]+) +([a-z-]+) ", timeline, re.MULTILINE)


def test_trace_shows_one_rfq_over_all_functions_in_order(cloud: Cloud) -> None:
    customer = Customer(cloud)
    rfq = customer.submit(Place.new())
    customer.result(rfq)
    way = ["ride-booking-api", "ride-booking-outbox", "unicorn-mgmt-responder", "ride-booking-aggregator"]

    def look() -> list[str]:
        answer = rydes(cloud, "trace", rfq.rpartition("/")[2])
        assert answer.returncode == 0
        return [f"{service}-{function}" for service, function in found_in(answer.stdout)]

    steps = eventually(look, "all functions in the logs", lambda steps: set(way) <= set(steps))
    places = [steps.index(function) for function in way]
    assert places == sorted(places)


def test_partners_tells_programs_how_each_partner_does(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    def look() -> Json:
        found: Json = json.loads(rydes(cloud, "partners", "--json").stdout)
        return found

    told = eventually(look, "Nimbus' callback", lambda told: told["p-nimbus"]["operations"].get("callback"))
    assert told.keys() == set(partners.secrets)
    for partner in told.values():
        assert (partner["state"], partner["mode"]) == ("CLOSED", "AUTO")
        assert partner["operations"]["quote"]["calls"] > 0
        assert partner["operations"]["quote"]["p50-ms"] > 0
    assert told["p-nimbus"]["operations"]["callback"]["calls"] > 0


@pytest.mark.parametrize(
    ("arguments", "help_"),
    [
        (("p-nobody",), ", ".join(IDS)),
        (("p-comet", "--mode", "FORCED_OPEN", "--reason", "x", "--for", "soon"), "30m"),
        (("p-comet", "--mode", "FORCED_OPEN"), "--reason"),
        (("--mode", "FORCED_OPEN", "--reason", "x"), "Name a partner"),
        (("p-comet", "--reason", "x"), "--mode"),
    ],
)
def test_what_partners_cannot_do_is_one_line(cloud: Cloud, arguments: tuple[str, ...], help_: str) -> None:
    answer = rydes(cloud, "partners", *arguments)
    assert answer.returncode == 1
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert help_ in line


def test_feedback_counts_two_conversations(cloud: Cloud) -> None:
    """One customer is pleased; the other is asked again, unhappy, and wants to be called."""

    def look() -> Json:
        found: Json = json.loads(rydes(cloud, "feedback", "--json").stdout)
        return found

    before = look()  # others may have had a phone here
    bus = Bus(cloud)
    pleased, upset = Rider(cloud, bus), Rider(cloud, bus)
    for rider in (pleased, upset):
        rider.rides()
        rider.read(ASKED)
    pleased.says("9")
    for text, answer in (("hm", "Sorry, we did not get that"), ("2", CALL_OFFERED), ("yes", PROMISED)):
        upset.says(text)
        upset.read(answer)
    pleased.read(THANKED)
    bus.close()
    expected = {
        "asked": 2,
        "answered": (2, 2),
        "asked-again": (1, 4),
        "opted-out": (0, 2),
        "delivered": (6, 6),
        "csat": (1, 2),
        "scores": {"2": 1, "9": 1},
        "endings": {"answered": 2},
        "calls": {"wanted": 1, "open": 1},
        "cost": round(6 * (PRICE + CARRIER_FEE), 6),
    }

    def gained() -> Json:
        after = look()
        rates = {
            name: (after[name]["count"] - before[name]["count"], after[name]["of"] - before[name]["of"])
            for name in ("answered", "asked-again", "opted-out", "delivered", "csat")
        }
        counts = {
            name: {key: more for key, now in after[name].items() if (more := now - before[name][key])}
            for name in ("scores", "endings", "calls")
        }
        sums = {"asked": after["asked"] - before["asked"], "cost": round(after["cost"] - before["cost"], 6)}
        return {**rates, **counts, **sums}

    eventually(gained, "the figures", lambda found: found == expected)
    shown = rydes(cloud, "feedback", "--once").stdout
    assert "gave a score" in shown
    assert f"{before['calls']['open'] + 1} open" in shown


def test_partners_without_a_cloud_is_one_line(cloud: Cloud, tmp_path: Path) -> None:
    answer = rydes(Cloud(type(cloud.settings)(cloud.settings.port, tmp_path)), "partners", "--once")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "rydes up" in line


def test_the_outage_scenario_leaves_the_partner_well_when_interrupted(
    cloud: Cloud, partners: Partners
) -> None:
    environment = {**os.environ, "RYDES_DIR": str(cloud.settings.run_dir)}
    command = [str(Path(sys.executable).with_name("rydes")), "scenario", "outage", "--partner", "p-comet"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as playing:  # noqa: S603
        assert playing.stdout
        assert any("call: status 503" in line for line in playing.stdout)
        playing.send_signal(signal.SIGINT)
        rest = playing.stdout.read()
    assert playing.returncode == 130
    assert "p-comet is well again" in rest
    faults = httpx.get(partners.secrets["p-comet"]["base_url"] + FAULTS_PATH).json()["faults"]
    assert faults["outage_seconds"] == 0
