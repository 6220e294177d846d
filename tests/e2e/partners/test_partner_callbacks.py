"""Callbacks to the deployed API that are forged, repeated or late, as whoever knows its address may send them."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.partners.process import Partners
from tests.support.clients import Customer, Json, Queues
from tests.support.nimbus import NIMBUS, Nimbus, offer
from tests.support.partner_fleets import IDS, in_time, quoted, wait_for_answers
from tests.support.patience import eventually
from tests.support.time_travel import rfq_is_due


@pytest.fixture
def nimbus(cloud: Cloud, partners: Partners) -> Nimbus:
    partners.misbehave(NIMBUS, signature=1)  # what it says itself is refused
    return Nimbus(cloud, partners)


def quotes(customer: Customer, rfq: str) -> dict[str, str]:
    """What who asks, so far."""
    shown: Json = customer.http.get(f"{rfq}/quotes").raise_for_status().json()
    return {quote["responder-id"]: quote["price"]["amount"] for quote in shown["quotes"]}


def others_have_answered(customer: Customer, rfq: str) -> None:
    wait_for_answers(customer, rfq, len(IDS) - 1)
    assert NIMBUS not in quotes(customer, rfq)


Sending = Callable[[Nimbus, str], int]


def with_key(key: Callable[[Nimbus], str]) -> Sending:
    def send(nimbus: Nimbus, reference: str) -> int:
        body = offer(reference)
        return nimbus.post(body, nimbus.sign(body, key=key(nimbus)))

    return send


def with_signature(made: Callable[[Nimbus, bytes], str | None], **options: Any) -> Sending:
    def send(nimbus: Nimbus, reference: str) -> int:
        body = offer(reference)
        return nimbus.post(body, made(nimbus, body), **options)

    return send


def _replayed(nimbus: Nimbus, reference: str) -> int:
    signature = nimbus.sign(offer(reference, "21.00"))
    return nimbus.post(offer(reference, "1.00"), signature)


def _garbage(nimbus: Nimbus, _: str) -> int:
    return nimbus.post(b"[not an answer", nimbus.sign(b"[not an answer"))


FORGED: dict[str, tuple[Sending, set[int]]] = {
    "no signature": (with_signature(lambda *_: None), {401}),
    "nonsense for a signature": (with_signature(lambda *_: "t=now,v1=deadbeef"), {401}),
    "a key of somebody's own": (with_key(lambda _: "somebody else's"), {401}),
    "another partner's secret": (with_key(lambda nimbus: nimbus.secrets["p-pegasus"]["signing_key"]), {401}),
    "another partner's API key": (with_key(lambda nimbus: nimbus.secrets["p-comet"]["api_key"]), {401}),
    "a body that was not signed": (_replayed, {401}),
    "signed ten minutes ago": (
        with_signature(lambda nimbus, body: nimbus.sign(body, at=time.time() - 600)),
        {401},
    ),
    "signed for ten minutes from now": (
        with_signature(lambda nimbus, body: nimbus.sign(body, at=time.time() + 600)),
        {401},
    ),
    "sent to another partner's address": (
        with_signature(lambda nimbus, body: nimbus.sign(body), to="p-pegasus"),
        {401, 404},
    ),
    "sent to nobody's address": (
        with_signature(lambda nimbus, body: nimbus.sign(body), to="p-nobody"),
        {404},
    ),
    "no answer at all": (_garbage, {400}),
}


def test_nothing_forged_is_taken_for_an_answer(cloud: Cloud, customer: Customer, nimbus: Nimbus) -> None:
    rfq = nimbus.asked(customer)
    reference = nimbus.reference(rfq)
    statuses = {name: send(nimbus, reference) for name, (send, _) in FORGED.items()}
    assert {name: status for name, status in statuses.items() if status not in FORGED[name][1]} == {}
    others_have_answered(customer, rfq)
    # The same reference, genuinely signed, is taken: nothing but the forgery was wrong with it.
    assert nimbus.answer(reference) == 202
    assert quoted(customer.result(rfq)) == in_time(cloud, rfq, set(IDS))


def test_a_reference_that_is_not_ours_is_refused_under_a_genuine_signature(
    customer: Customer, nimbus: Nimbus
) -> None:
    rfq = nimbus.asked(customer)
    of_its_own = nimbus.reference(rfq, key=nimbus.mine["callback_key"])
    anothers = nimbus.reference(rfq, partner="p-pegasus")
    content, _, mac = nimbus.reference(rfq).partition(".")
    unknown = nimbus.reference(f"/{uuid.uuid4()}").partition(".")[0]
    made_up = [of_its_own, anothers, f"{unknown}.{mac}", f"{content}.", "", "unknown"]
    assert [nimbus.answer(reference) for reference in made_up] == [401] * len(made_up)
    others_have_answered(customer, rfq)
    customer.http.delete(rfq)


def test_an_answer_that_comes_again_changes_nothing(customer: Customer, nimbus: Nimbus) -> None:
    rfq = nimbus.asked(customer)
    reference = nimbus.reference(rfq)
    assert [nimbus.answer(reference, amount) for amount in ("21.00", "21.00")] == [202, 202]
    eventually(lambda: quotes(customer, rfq).get(NIMBUS), "Nimbus' quote")
    assert nimbus.answer(reference, "1.00") == 202  # the partner itself thinks better of it
    result = customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert [q["price"]["amount"] for q in result["quotes"] if q["responder-id"] == NIMBUS] == ["21.00"]
    assert quotes(customer, rfq)[NIMBUS] == "21.00"


def test_an_answer_after_the_deadline_is_gone(
    cloud: Cloud, customer: Customer, nimbus: Nimbus, queues: Queues
) -> None:
    rfq = nimbus.asked(customer)
    others_have_answered(customer, rfq)
    rfq_is_due(cloud, queues, rfq)
    result = customer.result(rfq)
    assert result["completed-by"] == "deadline"
    assert nimbus.answer(nimbus.reference(rfq, seconds=-0.001)) == 410
    assert NIMBUS not in quotes(customer, rfq)


def test_an_answer_to_an_rfq_that_is_unknown_disturbs_nobody(customer: Customer, nimbus: Nimbus) -> None:
    """No partner can make such a reference; we could, by a mistake."""
    stray = f"/{uuid.uuid4()}"
    assert nimbus.answer(nimbus.reference(stray)) == 202
    assert customer.http.get(f"/instant-ride-rfqs{stray}").status_code == 404
    rfq = nimbus.asked(customer)
    assert nimbus.answer(nimbus.reference(rfq)) == 202
    assert customer.result(rfq)["completed-by"] == "all-answered"
