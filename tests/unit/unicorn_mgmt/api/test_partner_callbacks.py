"""What a partner calls back with, and what others would have us believe."""

from typing import Any

import pytest

from tests.support.unicorn_mgmt.partner_callbacks import OFFER, Partner
from tests.support.unicorn_mgmt.partner_samples import PARTNERS, SECRETS, metadata
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.adapters.partners.sealed_reference import seal


@pytest.fixture
def partner(world: World) -> Partner:
    return Partner(world)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_genuine_answer_goes_to_the_return_address(partner: Partner, encoded: bool) -> None:
    assert partner.call_back(metadata("rfq-9"), encoded=encoded) == 202
    [told] = partner.world.answers()
    assert told["metadata"]["correlation_id"] == "rfq-9"
    [answer] = told["data"]["answers"]
    assert (answer["kind"], answer["responder_id"], answer["price"]["amount"]) == (
        "quote",
        "p-nimbus",
        "23.50",
    )
    [record] = [line for line in partner.world.logs if line["message"] == "partner called"]
    assert (record["operation"], record["outcome"], record["correlation_id"]) == (
        "callback",
        "quote",
        "rfq-9",
    )


def test_that_it_has_come_is_noted_for_whoever_looks(partner: Partner) -> None:
    assert not partner.world.callbacks.has_come("p-nimbus", "rfq-9")
    assert partner.call_back(metadata("rfq-9")) == 202
    assert partner.world.callbacks.has_come("p-nimbus", "rfq-9")
    assert not partner.world.callbacks.has_come("p-comet", "rfq-9")
    assert not partner.world.callbacks.has_come("p-nimbus", "rfq-8")


@pytest.mark.parametrize(
    "forged", [{"key": "guessed"}, {"reference_key": "guessed"}, {"late_by": 3600}], ids=str
)
def test_a_forged_callback_is_none(partner: Partner, forged: dict[str, Any]) -> None:
    partner.call_back(metadata("rfq-9"), **forged)
    assert not partner.world.callbacks.has_come("p-nimbus", "rfq-9")


def test_an_answer_that_cannot_be_passed_on_has_not_come(partner: Partner) -> None:
    """The partner tells again."""
    partner.world.sqs.delete_queue(QueueUrl=partner.world.replies)
    assert partner.call_back(metadata("rfq-9")) >= 500
    assert not partner.world.callbacks.has_come("p-nimbus", "rfq-9")


def test_no_offer_is_a_decline(partner: Partner) -> None:
    assert partner.call_back(metadata(), offer=None) == 202
    assert partner.world.answers()[0]["data"]["answers"][0]["reason"] == "declined"


def test_a_duplicate_is_the_same_message_again(partner: Partner) -> None:
    asked = metadata()
    assert [partner.call_back(asked) for _ in range(2)] == [202, 202]
    first, second = partner.world.answers()
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]


@pytest.mark.parametrize(
    "forged",
    [
        {"key": "guessed"},
        {"reference_key": "guessed"},
        {"reference": "e30=.e30="},
        {"reference": ""},
        {"reference": "…"},
        {"late_by": 3600},
        {"late_by": -3600},
    ],
    ids=str,
)
def test_a_forged_or_old_answer_is_refused(partner: Partner, forged: dict[str, Any]) -> None:
    assert partner.call_back(metadata(), **forged) == 401
    assert partner.world.answers() == []


@pytest.mark.parametrize("signature", ["", "t=,v1=", "v1=00", "t=²,v1=é", "t=1,t=2,,,==="])
def test_a_signature_that_is_none_is_refused(partner: Partner, signature: str) -> None:
    assert partner.post("{}", signature) == 401


def test_a_late_answer_is_refused(partner: Partner) -> None:
    assert partner.call_back(metadata(seconds=-1)) == 410
    assert partner.world.answers() == []


def test_a_reference_does_for_no_other_partner(partner: Partner) -> None:
    sealed = seal(metadata(), "p-comet", SECRETS["p-nimbus"]["reference_key"])
    assert partner.call_back(metadata(), reference=sealed) == 401


@pytest.mark.parametrize(
    "offer", [{}, {"price": {}}, {**OFFER, "price": {"amount": "-1", "currency": "USD"}}]
)
def test_an_answer_that_is_none_is_refused(partner: Partner, offer: dict[str, Any]) -> None:
    assert partner.call_back(metadata(), offer=offer) == 400
    assert partner.world.answers() == []


def test_who_is_no_partner_has_no_such_route(partner: Partner) -> None:
    assert partner.call_back(metadata(), partner_id="p-nobody") == 404


def test_a_signature_does_for_no_other_partner(partner: Partner) -> None:
    assert partner.call_back(metadata(), partner_id="p-comet") == 401


def test_a_long_body_is_not_read(partner: Partner) -> None:
    assert partner.call_back(metadata(), filler="x" * 40_000) == 413


@pytest.mark.parametrize("partner_id", PARTNERS)
@pytest.mark.parametrize(
    ("body", "encoded", "status"),
    [("//4=", True, 401), ("!!!", True, 400), ("é", True, 400), ("\ud800", False, 401)],
)
def test_a_strange_body_is_refused_before_anybody_has_signed_it(
    partner: Partner, partner_id: str, body: str, encoded: bool, status: int
) -> None:
    assert partner.handed_on(body, {}, partner_id, encoded=encoded) == status


@pytest.mark.parametrize("partner_id", PARTNERS)
@pytest.mark.parametrize("header", ["\ud800", "t=\ud800,v1=\ud800", "é"])
def test_a_strange_header_is_no_signature(partner: Partner, partner_id: str, header: str) -> None:
    names = ("Nimbus-Signature", "X-Webhook-Token", "X-Timestamp", "X-Signature")
    assert partner.send("{}", dict.fromkeys(names, header), partner_id) == 401
