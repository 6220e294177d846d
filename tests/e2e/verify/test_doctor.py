"""`rydes doctor` on a new cloud: it is well, it names each thing that is broken, and it is well again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.rydes.cloud.cloud import Cloud
from tests.support.patience import eventually
from tests.support.rydes_command import rydes

PARTNER, PARKED, FUNCTION = "p-comet", "feedback-rides-parking", "unicorn-mgmt-ratings"
CIRCUIT = {"id": {"S": f"circuit#{PARTNER}"}}


def doctor(cloud: Cloud) -> dict[str, Any]:
    answer = rydes(cloud, "doctor", "--json")
    found: dict[str, Any] = json.loads(answer.stdout)
    assert answer.returncode == (0 if found["well"] else 1), answer.stdout + answer.stderr
    assert found["unreadable"] == {}
    return found


@contextmanager
def a_parked_message(cloud: Cloud) -> Iterator[None]:
    sqs, url = cloud.client("sqs"), cloud.queues()[PARKED]
    told = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("error", "Unprocessable"), ("reason", "it is empty"))
    }
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageAttributes=told)
    try:
        yield
    finally:
        sqs.purge_queue(QueueUrl=url)


@contextmanager
def a_forced_circuit(cloud: Cloud) -> Iterator[None]:
    order = ("--mode", "FORCED_OPEN", "--reason", "their maintenance", "--actor", "ann", "--for", "30m")
    assert rydes(cloud, "partners", PARTNER, *order).returncode == 0
    try:
        yield
    finally:
        cloud.client("dynamodb").delete_item(TableName="unicorn-mgmt", Key=CIRCUIT)


@contextmanager
def a_disabled_event_source(cloud: Cloud) -> Iterator[None]:
    client = cloud.client("lambda")
    [source] = client.list_event_source_mappings(FunctionName=FUNCTION)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


def test_what_is_broken_is_named_and_what_is_mended_is_well_again(cloud: Cloud) -> None:
    first = doctor(cloud)
    assert first["well"], first
    with a_parked_message(cloud), a_forced_circuit(cloud), a_disabled_event_source(cloud):
        ill = {each["subject"]: each for each in doctor(cloud)["ill"]}
        assert set(ill) == {"dead letters", "circuits", "event sources"}
        assert f"{PARKED} has 1 message" in ill["dead letters"]["says"]
        assert "Unprocessable" in ill["dead letters"]["says"]
        assert "FORCED_OPEN" in ill["circuits"]["says"]
        assert "by ann: their maintenance" in ill["circuits"]["says"]
        assert f"to {FUNCTION} is disabled" in ill["event sources"]["says"]
        page = rydes(cloud, "doctor")
        assert page.stdout.startswith("the system on the local cloud: 3 things are ill")
    eventually(lambda: doctor(cloud), "the doctor to be content", when=lambda found: found["well"])


def test_without_a_cloud_it_cannot_look(cloud: Cloud, tmp_path: Any) -> None:
    nowhere = Cloud(type(cloud.settings)(cloud.settings.port, tmp_path))
    answer = rydes(nowhere, "doctor")
    assert answer.returncode == 2
    assert "The local cloud is not up." in answer.stderr
