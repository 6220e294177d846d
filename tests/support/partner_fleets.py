"""Requests for quotes that partner fleets alone answer."""

from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from tests.support.clients import Customer, Json, key
from tests.support.patience import eventually

IDS = ("p-comet", "p-pegasus", "p-nimbus")


def submit(customer: Customer, within: int = 300) -> str:
    """Submit an RFQ that all partners get, and no unicorn; its URL."""
    body = {"from": MERCER_ISLAND.json(), "to": SEA_TAC.json(), "respond-within": within}
    answer = customer.http.post("/instant-ride-rfqs", json=body, headers=key())
    assert answer.status_code == 202, answer.text
    return str(answer.headers["Location"])


def ask(customer: Customer) -> Json:
    """Submit one and follow it to its end, which comes when all have answered; its result."""
    return customer.result(submit(customer))


def wait_for_quotes(customer: Customer, rfq: str, partners: set[str]) -> None:
    """Wait until these partners, and no others, have quoted."""
    eventually(
        lambda: quoted(customer.http.get(f"{rfq}/quotes").raise_for_status().json()),
        f"quotes of {sorted(partners)}",
        lambda found: found == partners,
    )


def quoted(result: Json) -> set[str]:
    """Who has quoted."""
    return {quote["responder-id"] for quote in result["quotes"]}
