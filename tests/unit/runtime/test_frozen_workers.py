"""A worker that was frozen between two invocations: its connections are dead, and it does not know."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config

from feedback.adapters.sms_service import NO_RETRIES, SmsSender
from feedback.domain.phone_number import PhoneNumber
from tests.support.frozen import Aws, Clock, thaw
from tests.support.messaging.samples import REGION
from unicorn_mgmt.adapters.partners.line import CIRCUIT_CONFIG
from wild_rydes_runtime.aws import CLIENT_CONFIG, KEPT_FOR, client
from wild_rydes_runtime.documents import S3_CONFIG

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    server = Aws()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("config", [CLIENT_CONFIG, CIRCUIT_CONFIG, S3_CONFIG, NO_RETRIES])
@pytest.mark.parametrize("after", [KEPT_FOR + 0.1, 6 * 3600, -60], ids=["seconds", "hours", "clock set back"])
def test_no_client_uses_a_connection_from_before(
    aws: Aws, clock: Clock, config: Config, after: float
) -> None:
    sqs = client("sqs", url=aws.url, config=config.merge(ONCE), clock=clock)
    sqs.list_queues()
    thaw(aws, clock, after)
    sqs.list_queues()
    assert aws.calls == ["ListQueues", "ListQueues"]


def test_connections_are_kept_while_the_worker_works(aws: Aws, clock: Clock) -> None:
    sqs = client("sqs", url=aws.url, clock=clock)
    for _ in range(10):
        clock.now += KEPT_FOR
        sqs.list_queues()
    assert (aws.connections, len(aws.calls)) == (1, 10)


def test_a_client_of_many_threads_drops_them_once(aws: Aws, clock: Clock) -> None:
    sqs = client("sqs", url=aws.url, config=CLIENT_CONFIG.merge(ONCE), clock=clock)
    for _ in range(5):
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda _: sqs.list_queues(), range(10)))
        thaw(aws, clock)
    assert len(aws.calls) == 50


def test_an_sms_is_sent_once_and_for_sure(aws: Aws, clock: Clock) -> None:
    """Its call is never repeated: on a dead connection nobody would know whether the SMS was sent."""
    sms = client("pinpoint-sms-voice-v2", url=aws.url, config=NO_RETRIES, clock=clock)
    sender = SmsSender(sms, configuration_set="feedback")
    number = PhoneNumber.parse("+12065550142")
    for _ in range(3):
        assert sender.send(number, "How was your ride?", {}, origination="+12065550100") == "m-1"
        thaw(aws, clock)
    assert aws.calls == ["SendTextMessage"] * 3
