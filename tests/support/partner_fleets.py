"""Requests for quotes that partner fleets alone answer."""

from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from tests.support.clients import Customer, Json

IDS = ("p-comet", "p-pegasus", "p-nimbus")


def submit(customer: Customer, within: int = 20) -> str:
    """Submit an RFQ that all partners get, and no unicorn; its URL."""
    body = {"from": MERCER_ISLAND.json(), "to": SEA_TAC.json(), "respond-within": within}
    answer = customer.http.post("/instant-ride-rfqs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def ask(customer: Customer, within: int = 20) -> Json:
    """Submit one and follow it to its end; its result."""
    return customer.result(submit(customer, within), seconds=within + 20)


def quoted(result: Json) -> set[str]:
    """Who has quoted."""
    return {quote["responder-id"] for quote in result["quotes"]}
