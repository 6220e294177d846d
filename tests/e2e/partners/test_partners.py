"""Partner fleets, end to end: quotes of all, each fault, and an outage."""

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.partners.process import Partners
from tests.support.clients import Customer
from tests.support.logs import records_about
from tests.support.partner_fleets import IDS, ask, in_time, quoted, submit
from tests.support.patience import eventually


def test_all_quote_and_the_request_is_done_early(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    rfq = submit(customer)
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert quoted(result) == in_time(cloud, rfq, set(IDS))


FAULTS: dict[str, dict[str, float]] = {
    **{misdeed: {misdeed: 1} for misdeed in ("error", "hang", "garbage", "partial", "throttle", "signature")},
    "latency": {"latency_ms": 400, "latency_sigma": 0.2},
    "outage": {"outage_seconds": 600},
}


@pytest.mark.parametrize("partner_id", IDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_one_partner_costs_its_quote_at_most_and_no_other(
    cloud: Cloud, customer: Customer, partners: Partners, partner_id: str, fault: str
) -> None:
    harmless = fault == "latency" or (fault == "signature" and FLEETS[partner_id].signs == "nothing")
    partners.misbehave(partner_id, **FAULTS[fault])
    rfq, well = submit(customer), set(IDS) if harmless else set(IDS) - {partner_id}
    result = customer.result(rfq)
    assert quoted(result) == in_time(cloud, rfq, well)
    # Not even a partner whose callback is refused for its signature has anybody wait for the deadline.
    assert result["completed-by"] == "all-answered"


def test_an_outage_opens_the_circuit_and_it_closes_when_the_partner_is_back(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    partners.misbehave("p-comet", outage_seconds=600)

    def state() -> str:
        item = cloud.client("dynamodb").get_item(
            TableName="unicorn-mgmt", Key={"id": {"S": "circuit#p-comet"}}
        )
        return str(item.get("Item", {}).get("state", {}).get("S", "CLOSED"))

    def asked() -> str:
        ask(customer)
        return state()

    eventually(asked, "the circuit open", lambda state: state == "OPEN")
    before = partners.served("p-comet")
    for _ in range(5):
        ask(customer)
    assert partners.served("p-comet") - before <= 5  # probes at most
    partners.misbehave("p-comet")
    eventually(asked, "the circuit closed", lambda state: state == "CLOSED")
    rfq = submit(customer)
    assert quoted(customer.result(rfq)) == in_time(cloud, rfq, set(IDS))


def test_a_partner_that_never_calls_back_is_recorded_and_declined_when_it_is_due(
    cloud: Cloud, customer: Customer, partners: Partners
) -> None:
    partners.misbehave("p-nimbus", signature=1)
    rfq = submit(customer)
    result = customer.result(rfq)
    assert (result["completed-by"], "p-nimbus" in quoted(result)) == ("all-answered", False)
    eventually(
        lambda: records_about(cloud, rfq.rpartition("/")[2], "unicorn-mgmt-p-nimbus-quotes"),
        "the callback missing",
        lambda records: any(record.get("outcome") == "missing" for record in records),
    )
