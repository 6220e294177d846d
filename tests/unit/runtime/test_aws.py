"""How clients are made. That no function imports boto3 is seen to by the tests of the services' handlers."""

import json

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader

from tests.support.messaging.samples import REGION
from wild_rydes_runtime.aws import CLIENT_CONFIG, _DataFiles, client


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


@pytest.mark.parametrize("name", ["endpoints", "dynamodb/2012-08-10/service-2", "none"])
def test_botocore_s_data_files_are_read_as_botocore_reads_them(name: str) -> None:
    path = f"{Loader.BUILTIN_DATA_PATH}/{name}"
    same = json.dumps(_DataFiles().load_file(path)) == json.dumps(JSONFileLoader().load_file(path))
    assert same  # without the difference, which would take minutes to print


def test_a_data_file_that_is_missing_is_a_service_that_is_unknown() -> None:
    with pytest.raises(UnknownServiceError):
        client("no-such-service")
