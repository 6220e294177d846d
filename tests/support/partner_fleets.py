"""Requests for quotes that partner fleets alone answer."""

from infra import roster
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.partner_calls import RECORD
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from tests.support.clients import Customer, Json, key
from tests.support.logs import records_about
from tests.support.patience import eventually

IDS = tuple(roster.partners())
NEARLY = 0.95
"""Of a call's time: whoever takes so much of it has run out of it."""


def submit(customer: Customer, within: int = 300) -> str:
    """Submit an RFQ that all partners get, and no unicorn; its URL."""
    body = {"from": MERCER_ISLAND.json(), "to": SEA_TAC.json(), "respond-within": within}
    answer = customer.http.post("/instant-ride-rfqs", json=body, headers=key())
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def ask(customer: Customer) -> Json:
    """Submit one and follow it to its end, which comes when all have answered; its result."""
    return customer.result(submit(customer))


def wait_for_answers(customer: Customer, rfq: str, count: int) -> None:
    """Wait until so many partners have answered, whatever they say."""
    eventually(
        lambda: customer.http.get(rfq).raise_for_status().json(),
        f"{count} answers to {rfq}",
        lambda shown: shown["responses-received"] == count,
    )


def calls_about(cloud: Cloud, rfq: str) -> dict[str, Json]:
    """Wait until each partner was called about an RFQ, or not called for some reason; the record of that."""

    def look() -> dict[str, Json]:
        records = {
            id_: records_about(cloud, rfq.rpartition("/")[2], f"unicorn-mgmt-{id_}-quotes") for id_ in IDS
        }
        return {id_: r for id_, found in records.items() for r in found if r["message"] == RECORD}

    return eventually(look, f"calls about {rfq}", lambda found: found.keys() == set(IDS))


def in_time(cloud: Cloud, rfq: str, partners: set[str]) -> set[str]:
    """Of these partners, those whose call about an RFQ did not run out of its time.

    Nobody quotes who needs the two seconds, but a slow machine is not a broken one.
    """
    times, calls = roster.partners(), calls_about(cloud, rfq)
    return {id_ for id_ in partners if calls[id_]["took_ms"] < NEARLY * times[id_]["timeout"] * 1000}


def quoted(result: Json) -> set[str]:
    """Who has quoted."""
    return {quote["responder-id"] for quote in result["quotes"]}
