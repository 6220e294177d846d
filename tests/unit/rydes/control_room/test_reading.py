"""Of AWS only what reads is called, whatever is asked of a client."""

from typing import Any

import boto3
import pytest
from botocore import xform_name

from infra.naming import Names
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.reading import READS, OnlyReads

NAMES = Names("dev")
SERVICES = ("dynamodb", "events", "lambda", "logs", "secretsmanager", "sqs", "ssm")


class Account(System):
    """Clients that would call a machine that does not exist."""

    HOW_TO_DEPLOY = "somehow"

    def _make_client(self, service: str) -> Any:
        session = boto3.Session("key", "secret", region_name="eu-west-1")
        made: Any = session.client(service, endpoint_url="http://aws.invalid")  # type: ignore[call-overload]
        return made


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_does_not_read_is_refused_before_it_is_sent(service: str) -> None:
    client, sent = OnlyReads(Account(NAMES)).client(service), []

    def send(request: Any, **_: Any) -> None:
        sent.append(request)
        raise ConnectionAbortedError

    client.meta.events.register("before-send", send)
    for name in client.meta.service_model.operation_names:
        model = client.meta.service_model.operation_model(name)
        if model.name in READS.get(service, ()):
            continue
        with pytest.raises(LocalCloudError, match=f"does not call {name}"):
            client.meta.events.emit(f"before-call.{service}.{name}", model=model)
    with pytest.raises(LocalCloudError, match="only reads"):
        _first_write(client, service)
    assert sent == []


def _first_write(client: Any, service: str) -> None:
    calls: dict[str, dict[str, Any]] = {
        "dynamodb": {"delete_table": {"TableName": "table"}},
        "events": {"list_rules": {}},
        "lambda": {"list_functions": {}},
        "logs": {"delete_log_group": {"logGroupName": "group"}},
        "secretsmanager": {"get_secret_value": {"SecretId": "secret"}},
        "sqs": {"receive_message": {"QueueUrl": "http://aws.invalid/queue"}},
        "ssm": {"delete_parameter": {"Name": "/name"}},
    }
    for call, arguments in calls[service].items():
        getattr(client, call)(**arguments)


@pytest.mark.parametrize(
    ("service", "name"), [(service, name) for service, names in READS.items() for name in sorted(names)]
)
def test_what_is_allowed_is_an_operation_that_reads(service: str, name: str) -> None:
    client = OnlyReads(Account(NAMES)).client(service)
    assert name in client.meta.service_model.operation_names
    assert name.startswith(("Get", "List", "Describe", "Filter"))
    assert hasattr(client, xform_name(name))


def test_it_is_the_same_environment() -> None:
    reads = OnlyReads(Account(NAMES))
    assert (reads.names, reads.HOW_TO_DEPLOY) == (NAMES, "somehow")
