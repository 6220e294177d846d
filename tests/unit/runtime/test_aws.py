"""How clients are made. That no function imports boto3 is seen to by the tests of the services' handlers."""

import botocore.session
import pytest
from botocore.config import Config

from tests.support.messaging.samples import REGION
from wild_rydes_runtime.aws import CLIENT_CONFIG, client


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


def test_a_client_gives_up_within_a_handler_s_time() -> None:
    config = client("sqs").meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (1, 2, 3)


def test_a_client_may_be_told_where_and_how_to_call() -> None:
    quick = client("sqs", url="https://queues", config=CLIENT_CONFIG.merge(Config(read_timeout=0.5)))
    assert quick.meta.endpoint_url == "https://queues"
    assert (quick.meta.config.connect_timeout, quick.meta.config.read_timeout) == (1, 0.5)


def test_clients_share_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    client("sqs")
    monkeypatch.delattr(botocore.session, "get_session")
    assert client("events")
