"""Secrets of partners: in no log whatever goes wrong, and read anew when a partner refuses them."""

import base64
import json
import time
from collections.abc import Iterator

import pytest

from infra.naming import PARTNER_SECRET_PREFIX
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events
from infra.rydes.operator.partner_calls import RECORD
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.nimbus import TOKEN_PREFIX
from infra.rydes.simulators.partners.process import Partners, introduce
from tests.support.clients import Customer, Json
from tests.support.nimbus import Nimbus, offer
from tests.support.partner_fleets import IDS, ask, calls_about, in_time, quoted, submit
from tests.support.patience import eventually

CALLBACKS = "unicorn-mgmt-partner-callbacks"
WRONG = "aWrongSecretThatNobodyKnows"
BLAMED = {
    "nothing": ("ours", "status 401"),
    "answers": ("partner", "wrong signature"),  # who signs wrongly, they or we?
    "callbacks": ("ours", "status 401"),
}


@pytest.fixture
def wrong_secrets(cloud: Cloud, partners: Partners) -> Iterator[None]:
    """Each partner's secret holds something else, and no worker remembers the right one."""
    functions = cloud.client("lambda")
    for id_, secret in partners.secrets.items():
        wrong = {name: f"{WRONG}-{name}" for name in secret} | {"base_url": secret["base_url"]}
        cloud.client("secretsmanager").put_secret_value(
            SecretId=f"{PARTNER_SECRET_PREFIX}{id_}", SecretString=json.dumps(wrong)
        )
        function = f"unicorn-mgmt-{id_}-quotes"
        as_it_is = functions.get_function_configuration(FunctionName=function)["Timeout"]
        functions.update_function_configuration(
            FunctionName=function, Timeout=as_it_is
        )  # starts workers anew
    yield
    introduce(cloud, partners)


def refusals(cloud: Cloud) -> int:
    """How many callbacks were refused so far."""
    lines = [event.message for event in log_events.events(cloud) if event.function == CALLBACKS]
    return sum('"status":401' in line.replace(" ", "") for line in lines)


def records(cloud: Cloud, since: float) -> list[Json]:
    return list(log_events.records(cloud, RECORD, functions="unicorn-mgmt-p-", since=since))


def test_a_secret_that_is_refused_is_our_fault_and_the_next_one_is_taken_at_once(
    cloud: Cloud, customer: Customer, partners: Partners, wrong_secrets: None
) -> None:
    rfq = submit(customer)
    assert quoted(customer.result(rfq)) == set()
    calls = calls_about(cloud, rfq)
    for id_ in in_time(cloud, rfq, set(IDS)):
        assert (calls[id_]["outcome"], calls[id_]["reason"]) == BLAMED[FLEETS[id_].signs]
    introduce(cloud, partners)
    rfq = submit(customer)
    assert quoted(customer.result(rfq)) == in_time(cloud, rfq, set(IDS))


def test_no_log_has_a_secret(
    cloud: Cloud, customer: Customer, partners: Partners, wrong_secrets: None
) -> None:
    began, refused = time.time(), refusals(cloud)
    ask(customer)
    introduce(cloud, partners)
    for fault in ("error", "garbage", "partial", "throttle", "signature"):
        for id_ in IDS:
            partners.misbehave(id_, **{fault: 1})
        calls_about(cloud, submit(customer))
    eventually(lambda: refusals(cloud), "Nimbus' callback refused", lambda found: found > refused)
    nimbus = Nimbus(cloud, partners)
    reference = nimbus.reference("/01a00000-0000-7000-8000-000000000000")
    assert nimbus.post(offer(reference), f"t=1,v1={nimbus.mine['callback_key']}") == 401

    told = {(record["partner"], record["outcome"]) for record in records(cloud, began)}
    blamed = {(id_, BLAMED[FLEETS[id_].signs][0]) for id_ in IDS}
    assert {*((id_, "partner") for id_ in IDS), *blamed} <= told
    basic = f"{nimbus.mine['client_id']}:{nimbus.mine['client_secret']}"
    hidden = {
        f"{id_}/{name}": value
        for id_, secret in partners.secrets.items()
        for name, value in secret.items()
        if name != "base_url"
    } | {
        "a refused one": WRONG,
        "an OAuth token": TOKEN_PREFIX,
        "a bearer of one": "Bearer ",
        "a client's login": base64.b64encode(basic.encode()).decode(),
    }
    lines = [event.message for event in log_events.events(cloud)]
    assert {name for name, value in hidden.items() if any(value in line for line in lines)} == set()
