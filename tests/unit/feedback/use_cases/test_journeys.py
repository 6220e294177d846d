"""Whole conversations."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from feedback.domain.language import languages
from feedback.domain.wished_time import WishedTime
from tests.support.feedback.world import CONTACT, MADRID, SEATTLE, World


def test_a_happy_customer(world: World) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    [question] = world.phones.to(SEATTLE)
    assert question.text.startswith("Wild Rydes: how was your ride?")
    assert question.request["ConfigurationSetName"] == "feedback"
    assert question.request["MessageType"] == "TRANSACTIONAL"
    world.hear("8", question)
    world.pump()
    assert world.last_sms().text.startswith("Thank you!")
    requested, received = world.aws.told()
    about = {"ride_id": "r", "responder_id": "u-shadowfax", "customer_id": customer}
    noon = "2026-11-21T20:00:00Z"
    assert requested["detail"]["data"] == {**about, "requested_at": noon}
    assert received["detail"]["data"] == {
        **about,
        "score": 8,
        "rating": {"count": 1, "total": 8},
        "rating_revision": 1,
        "received_at": noon,
    }
    assert {e["detail"]["metadata"]["correlation_id"] for e in (requested, received)} == {"rfq-of-r"}


def test_an_unhappy_customer_who_wants_a_call(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.hear("2/10", world.last_sms())
    world.pump()
    assert "call you" in world.last_sms().text
    world.hear("yes please", world.last_sms())
    world.pump()
    assert world.prompts("r") == ["ask-score", "ask-call", "promise-call"]
    assert world.names_told() == ["FeedbackRequested", "FeedbackReceived", "CallbackRequested"]


def test_a_customer_who_is_not_understood(world: World) -> None:
    world.ride("r", world.customer())
    for text in ("nice", "999", "8 or 9"):
        world.pump()
        world.hear(text, world.last_sms())
    world.pump()
    assert world.prompts("r") == ["ask-score", "ask-score-again", "ask-score-again", "give-up"]
    assert world.aws.told()[-1]["detail"]["data"]["reason"] == "not-understood"


@pytest.mark.parametrize(
    ("number", "locale", "greeting"),
    [
        (MADRID, None, "¿qué tal el viaje?"),
        (SEATTLE, "es-US", "¿qué tal"),
        (MADRID, "en-GB", "how was your ride?"),
    ],
)
def test_the_customers_language(world: World, number: str, locale: str | None, greeting: str) -> None:
    world.now = datetime(2026, 11, 21, 17, tzinfo=UTC)
    world.ride("r", world.customer(number, locale=locale))
    world.pump()
    assert greeting in world.last_sms(number).text
    world.hear("2", world.last_sms(number), sender=number)
    world.pump()
    world.hear("sí", world.last_sms(number), sender=number)
    assert world.conversation("r").call_wanted


@pytest.mark.parametrize(
    ("code", "number", "replies"),
    [
        ("fr", "+33612345678", ["Bof, je mets un 3", "AIDE", "oui, après 18h", "arrêtez de m'écrire"]),
        (
            "de",
            "+4915112345678",
            ["Na ja, drei von zehn", "HILFE", "ja bitte, ab 18 Uhr", "lasst mich in Ruhe"],
        ),
        (
            "pt",
            "+351912345678",
            ["dou nota 3", "AJUDA", "sim, depois das 18h", "não me mandem mais mensagens"],
        ),
    ],
)
def test_a_whole_conversation_in_a_language(world: World, code: str, number: str, replies: list[str]) -> None:
    """Chosen by the number alone."""
    world.now = datetime(2026, 11, 21, 17, tzinfo=UTC)
    world.ride("r", world.customer(number))
    world.pump()
    for reply in replies:
        world.hear(reply, world.last_sms(number), sender=number)
        world.pump()
    said = ["ask-score", "ask-call", "help-call", "promise-call", "confirm-stop"]
    language = languages()[code]
    assert [sms.text for sms in world.phones.to(number)] == [
        language.text(name, contact=CONTACT) for name in said
    ]
    call = world.conversation("r").call
    assert call
    assert call.wished == WishedTime(earliest=18)


def test_a_conversation_keeps_its_language(world: World) -> None:
    """Else a "sí" to a question in Spanish would be read as English, because the account has changed since."""
    customer = world.customer(locale="es-US")
    world.ride("r", customer)
    world.pump()
    world.set_customer(customer, locale="en-US")
    world.hear("2", world.last_sms())
    world.pump()
    assert world.conversation("r").language == "es"
    assert "llam" in world.last_sms().text
    world.hear("sí", world.last_sms())
    assert world.conversation("r").call_wanted


def test_what_answers_a_customer_does_not_wait_for_the_morning(world: World) -> None:
    """Who writes in the night is awake. What starts a talk waits, and so does an answer that has become old."""
    world.ride("r", world.customer())
    world.pump()
    world.now += timedelta(hours=10)
    for text in ("HELP", "?", "3", "maybe", "no"):
        world.now += timedelta(minutes=1)
        world.hear(text, world.last_sms())
        world.pump()
    assert len(world.phones.sent) == 6
    world.ride("next", world.customer())
    world.pump()
    assert world.states("next") == ["waiting"]
    late = world.reply("STOP", world.last_sms())
    world.now += timedelta(hours=2)
    world.handle(world.replies, late)
    world.pump()
    assert world.conversation("r").last.reason == "night"
    assert len(world.phones.sent) == 6


def test_an_answer_that_could_not_be_sent_for_an_hour_waits_for_the_morning(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.now += timedelta(hours=10)
    world.hear("3", world.last_sms())
    world.phones.faults = ["throttled"]
    world.pump()
    world.pass_time(hours=1)
    world.pump()
    assert (len(world.phones.sent), world.conversation("r").last.reason) == (1, "night")
    world.pass_time(hours=10)
    world.pump()
    assert (world.conversation("r").score, len(world.phones.sent)) == (3, 2)


@pytest.mark.parametrize("number", [None, "not a number", "+1206"])
def test_a_customer_without_a_number(world: World, number: str | None) -> None:
    world.ride("r", world.customer(number))
    world.pump()
    assert (world.states("r"), world.conversation("r").last.reason) == (["refused"], "no-number")
    world.pass_time(days=3)
    world.pump()
    assert world.conversation("r").ending == "undeliverable"
    assert world.names_told() == []


def test_a_customer_who_has_left(world: World) -> None:
    world.ride("r", "sub-of-nobody")
    world.pump()
    assert world.conversation("r").last.reason == "no-number"


def test_items_expire_but_an_opt_out_does_not(world: World) -> None:
    for number in (SEATTLE, MADRID):
        world.ride(f"r{number[1:4]}", world.customer(number))
    world.now = datetime(2026, 11, 22, 17, tzinfo=UTC)
    world.timers.handle()
    world.pump()
    world.hear("STOP", world.last_sms(MADRID), sender=MADRID)
    forever = {item["id"]["S"] for item in world.aws.items() if "expires_at" not in item}
    assert forever == {f"number#{world.pseudonyms.pseudonym_of(MADRID)}"}
    for item in world.aws.items():
        if "expires_at" in item:
            days = (int(item["expires_at"]["N"]) - world.now.timestamp()) / 86_400
            assert 10 < days <= 91, item["id"]


def test_nothing_personal_is_stored_logged_or_told(world: World) -> None:
    world.ride("r", world.customer())
    world.phones.faults = ["invalid"]
    world.pump()
    world.ride("r2", world.customer())
    world.pump()
    for text in ("my name is Gandalf", "3", "YES"):
        world.hear(text, world.last_sms())
        world.pump()
    world.hear("hello from a stranger", sender="+12065550199")
    world.track("TEXT_CARRIER_BLOCKED", world.last_sms())
    assert world.handle(world.replies, world.notification({"originationNumber": SEATTLE})) == []
    assert world.aws.parked()
    seen = repr([world.aws.items(), world.logs, world.aws.told(), world.metrics.metric_set])
    for secret in ("2065550142", "2065550199", "Gandalf", "stranger", "555-0142"):
        assert secret not in seen
    assert re.search(r"\+1\d{10}", seen.replace("+18445550100", "")) is None
