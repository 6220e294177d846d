"""The phone simulator, as the SDK and as a phone sees it."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from feedback.adapters.sns_notifications import DeliveryEvent, InboundSms
from feedback.domain.sms_parts import sms_size
from infra.rydes.simulators.phones.coding import Coding, code
from infra.rydes.simulators.phones.model import REPORTS, Phones
from infra.rydes.simulators.phones.server import Service, handler_of
from tests.support.http_server import serving
from tests.support.patience import PATIENCE

NUMBER, OURS = "+14255550123", "+12065550100"


SESSION = botocore.session.get_session()
"""One for all clients: it keeps what is read from botocore's data files."""


@dataclass
class Topics:
    """SNS, as far as the simulator needs it."""

    published: list[tuple[str, str]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def publish(self, *, TopicArn: str, Message: str) -> None:  # noqa: N803 - the SDK's names
        with self.news:
            self.published.append((TopicArn.rpartition(":")[2], Message))
            self.news.notify_all()

    def on(self, topic: str, count: int) -> list[str]:
        """Wait until so many messages are on a topic; them."""

        def found() -> list[str]:
            return [message for name, message in self.published if name == topic]

        with self.news:
            assert self.news.wait_for(lambda: len(found()) >= count, timeout=PATIENCE)
            return found()


@pytest.fixture
def topics() -> Topics:
    return Topics()


@pytest.fixture
def url(topics: Topics) -> Iterator[str]:
    phones = Phones()
    handler = handler_of(Service(phones, topics, "arn:aws:sns:us-east-1:000000000000:"), phones)
    with serving(handler) as url:
        yield url


def send(url: str, text: str = "How was it?", number: str = NUMBER) -> str:
    """Send with the SDK; the message id."""
    client: Any = SESSION.create_client(
        "pinpoint-sms-voice-v2",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    answer = client.send_text_message(
        DestinationPhoneNumber=number,
        OriginationIdentity=OURS,
        MessageBody=text,
        Context={"ride": "r", "sms": "0"},
    )
    return str(answer["MessageId"])


def reply(url: str, text: str) -> None:
    assert httpx.post(f"{url}/phones/{NUMBER}/messages", json={"text": text}).status_code == 202


def faults(url: str, **content: Any) -> None:
    assert httpx.put(f"{url}/phones/{NUMBER}/faults", json=content).status_code == 200


def on_the_phone(url: str) -> list[str]:
    return [m["text"] for m in httpx.get(f"{url}/phones/{NUMBER}/messages").json()["messages"]]


def test_an_sms_is_shown_and_its_receipts_have_the_shape_that_the_service_reads(
    url: str, topics: Topics
) -> None:
    message_id = send(url)
    assert on_the_phone(url) == ["How was it?"]
    events = [DeliveryEvent.model_validate_json(m) for m in topics.on("wild-rydes-sms-receipts", 2)]
    assert [(event.type, event.final) for event in events] == [
        ("TEXT_PENDING", False),
        ("TEXT_DELIVERED", True),
    ]
    assert {event.message_id for event in events} == {message_id}
    assert events[0].context is not None
    assert (events[0].context.ride, events[0].context.sms) == ("r", 0)


def test_a_reply_says_what_it_answers(url: str, topics: Topics) -> None:
    message_id = send(url)
    reply(url, "8")
    [sms] = [InboundSms.model_validate_json(m) for m in topics.on("wild-rydes-sms-replies", 1)]
    assert (sms.sender, sms.ours, sms.text, sms.answers_id) == (NUMBER, OURS, "8", message_id)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("throttled", "ThrottlingException"),
        ("budget", "ServiceQuotaExceededException"),
        ("opted-out", "ConflictException"),
        ("unverified", "ConflictException"),
        ("invalid", "ValidationException"),
    ],
)
def test_a_send_is_refused_once_with_awss_own_error(url: str, refusal: str, code: str) -> None:
    faults(url, refuse=[refusal])
    with pytest.raises(ClientError) as refused:
        send(url)
    assert refused.value.response["Error"]["Code"] == code
    assert on_the_phone(url) == []
    send(url)
    assert on_the_phone(url) == ["How was it?"]


def test_a_lost_answer_is_an_error_for_an_sms_that_went_out(url: str) -> None:
    faults(url, lose_answers=1)
    with pytest.raises(ClientError, match="InternalServerException"):
        send(url)
    assert on_the_phone(url) == ["How was it?"]


@pytest.mark.slow
@pytest.mark.parametrize(("when", "sent"), [("before", []), ("after", ["How was it?"])])
def test_a_worker_dies_in_its_call(url: str, when: str, sent: list[str]) -> None:
    faults(url, kill=[when])
    code = f"""if True:
        import os
        from tests.unit.rydes.simulators.phones.test_phones import send
        os.environ["AWS_SDK_UA_APP_ID"] = f"feedback-outreach.{{os.getpid()}}"
        send({url!r})
        send({url!r})
    """
    worker = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603
    assert worker.returncode == -signal.SIGKILL
    assert on_the_phone(url) == sent


def test_whoever_is_no_worker_lives(url: str) -> None:
    faults(url, kill=["before", "after"])
    send(url)
    send(url)
    assert len(on_the_phone(url)) == 2


def test_what_is_no_number_is_refused(url: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        send(url, number="12")


def test_aws_neither_honours_nor_answers_a_stop(url: str, topics: Topics) -> None:
    """As set up: opt-outs are self-managed, so the service's confirmation goes out."""
    send(url)
    for text in ("STOP", "stop it please", "HELP", "I need help"):
        reply(url, text)
    found = [json.loads(m) for m in topics.on("wild-rydes-sms-replies", 4)]
    assert [sms["messageKeyword"] for sms in found] == ["STOP", "STOP", "HELP", "KEYWORD_000000000000"]
    send(url, "You are unsubscribed.")
    assert on_the_phone(url)[-1] == "You are unsubscribed."
    assert len(on_the_phone(url)) == 6


def test_whoever_had_no_sms_may_write_to_a_number_of_ours(url: str, topics: Topics) -> None:
    assert (
        httpx.post(f"{url}/phones/{NUMBER}/messages", json={"text": "hello?", "to": OURS}).status_code == 202
    )
    [sms] = [InboundSms.model_validate_json(m) for m in topics.on("wild-rydes-sms-replies", 1)]
    assert (sms.sender, sms.ours, sms.text, sms.answers_id) == (NUMBER, OURS, "hello?", None)


def test_a_number_of_ours_belongs_to_one_environment_whose_topics_hear_of_it(
    url: str, topics: Topics
) -> None:
    ours = f"{url}/numbers/{OURS}"
    assert httpx.put(ours, json={"environment": "blue"}).status_code == 200
    assert httpx.put(ours, json={"environment": "blue"}).status_code == 200, "it was connected before"
    assert httpx.put(ours, json={"environment": "green"}).status_code == 409
    send(url)
    reply(url, "8")
    assert topics.on("blue-wild-rydes-sms-receipts", 2)
    assert topics.on("blue-wild-rydes-sms-replies", 1)
    assert not topics.on("wild-rydes-sms-replies", 0)
    httpx.post(f"{url}/phones/+14255550124/messages", json={"text": "hello?", "to": "+15645550101"})
    assert topics.on("wild-rydes-sms-replies", 1)
    assert httpx.get(f"{ours}/phones").json() == {"numbers": [NUMBER]}
    assert httpx.get(f"{url}/numbers/+15645550101/phones").json() == {"numbers": ["+14255550124"]}


def test_what_aws_does_not_take_is_refused(url: str) -> None:
    for text in ("x" * 1601, "   "):
        with pytest.raises(ClientError, match="ValidationException"):
            send(url, text)
    send(url, "x" * 1600)
    [sms] = httpx.get(f"{url}/phones/{NUMBER}/messages").json()["messages"]
    assert sms["parts"] == 11


def test_receipts_have_the_parts_the_price_and_the_country(url: str, topics: Topics) -> None:
    send(url, "x" * 161)
    send(url, "日本" * 36, number="+81312345678")
    receipts = {
        r["destinationPhoneNumber"]: r
        for m in topics.on("wild-rydes-sms-receipts", 4)
        if (r := json.loads(m))
    }
    for number, country, encoding in ((NUMBER, "US", "GSM"), ("+81312345678", "JP", "Unicode")):
        receipt = receipts[number]
        assert (receipt["isoCountryCode"], receipt["messageEncoding"]) == (country, encoding)
        assert receipt["totalMessageParts"] == 2
        assert (receipt["totalMessagePrice"], receipt["totalCarrierFee"]) == (0.0166, 0.006)


def test_every_event_type_of_aws_can_be_reported() -> None:
    types = SESSION.get_service_model("pinpoint-sms-voice-v2").shape_for("EventType")
    of_aws = {name for name in types.metadata["enum"] if name.startswith("TEXT_")}
    assert set(REPORTS) == of_aws - {"TEXT_ALL"}  # which is for filters


def test_texts_are_coded_and_divided_as_the_standard_says() -> None:
    for text, encoding, parts in (
        ("", "GSM", 1),
        ("a" * 160, "GSM", 1),
        ("a" * 161, "GSM", 2),
        ("a" * 306, "GSM", 2),
        ("a" * 307, "GSM", 3),
        ("¿ñÑàèéìòùäöüÄÖÜßÇ", "GSM", 1),
        ("€" * 80, "GSM", 1),  # of two units each
        ("€" * 81, "GSM", 2),
        ("€" * 153, "GSM", 3),  # 76 in a part: none is divided
        ("ç" + "a" * 69, "Unicode", 1),
        ("ç" + "a" * 70, "Unicode", 2),
        ("😀" * 35, "Unicode", 1),
        ("😀" * 66, "Unicode", 2),
        ("😀" * 67, "Unicode", 3),
    ):
        assert sms_size(text).parts == parts, f"the service: {len(text)} x {text[:1]!r}"
        assert code(text) == Coding(encoding, parts), f"{len(text)} x {text[:1]!r}"  # type: ignore[arg-type]


def test_replies_are_repeated_turned_around_and_forget_what_they_answer(url: str, topics: Topics) -> None:
    send(url)
    faults(url, hold=2, copies=2, new_ids=True, forget=True)
    reply(url, "1")
    assert not [topic for topic, _ in topics.published if topic == "wild-rydes-sms-replies"]
    reply(url, "2")
    found = [InboundSms.model_validate_json(m) for m in topics.on("wild-rydes-sms-replies", 4)]
    assert [sms.text for sms in found] == ["2", "2", "1", "1"]
    assert len({sms.inbound_id for sms in found}) == 4
    assert {sms.answers_id for sms in found} == {None}


def test_a_dropped_reply_is_seen_by_the_phone_alone(url: str, topics: Topics) -> None:
    send(url)
    faults(url, drop=1)
    reply(url, "1")
    reply(url, "2")
    [message] = topics.on("wild-rydes-sms-replies", 1)
    assert InboundSms.model_validate_json(message).text == "2"
    assert on_the_phone(url) == ["How was it?", "1", "2"]


def test_an_unknown_fault_is_refused(url: str) -> None:
    assert httpx.put(f"{url}/phones/{NUMBER}/faults", json={"explode": True}).status_code == 400
    for unknown in ({"kill": ["somebody"]}, {"refuse": ["rudely"]}, {"receipts": ["TEXT_LOST"]}):
        assert httpx.put(f"{url}/phones/{NUMBER}/faults", json=unknown).status_code == 400
