"""Who may see what of a conversation, and who may not."""

import json

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events
from tests.support.clients import Queues
from tests.support.patience import eventually
from tests.support.riders import ASKED, PREFIX, Bus, Rider, Support


def test_only_the_support_team_may_look(cloud: Cloud, rider: Rider) -> None:
    url = f"{cloud.urls['support-api']}/callbacks"
    assert httpx.get(url).status_code == 401
    for group in ("customers", "unicorns"):
        stranger = Support(cloud, group)
        assert stranger.http.get("/callbacks").status_code == 403
        assert stranger.http.get(f"/rides/{rider.ride_id}/feedback").status_code == 403


def test_the_sender_of_sms_may_not_publish(cloud: Cloud) -> None:
    """IAM has the last word, whatever the code does."""
    role = cloud.client("lambda").get_function_configuration(FunctionName="feedback-outreach")["Role"]
    credentials = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    events = boto3.client(
        "events",
        endpoint_url=cloud.settings.endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(
            Entries=[{"EventBusName": "wild-rydes", "Source": "x", "DetailType": "x", "Detail": "{}"}]
        )


def test_no_number_and_no_word_of_a_customer_stands_in_a_log_a_metric_an_event_or_the_table(
    cloud: Cloud, rider: Rider, bus: Bus, support: Support, queues: Queues
) -> None:
    secret = "my cat Tiffany flew along"
    rider.rides()
    rider.read(ASKED)
    rider.says(secret)
    rider.read("Sorry, we did not get that")
    # Poison on the way of replies: it is parked, and the log says so without quoting it.
    topic = "arn:aws:sns:us-east-1:000000000000:wild-rydes-sms-replies"
    poison = {"originationNumber": rider.number, "messageBody": secret}
    cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(poison))
    queues.parked("feedback-sms-replies", rider.number)
    rider.phone.set_faults(refuse=["invalid"])  # whose error message quotes the number, as AWS's does
    rider.says("2")
    support.sees_sms(rider.ride_id, "refused", 2)

    eventually(
        lambda: [e.message for e in log_events.events(cloud) if e.function == "feedback-replies"],
        "the log of the poison",
        lambda lines: any("parked" in line for line in lines),
    )
    for line in (
        event.message for event in log_events.events(cloud)
    ):  # of metrics, too: they are lines in the embedded metric format
        assert PREFIX[1:] not in line
        assert "Tiffany" not in line
    events = json.dumps(bus.about(rider.ride_id))
    items = json.dumps(cloud.client("dynamodb").scan(TableName="feedback")["Items"])
    assert rider.ride_id in events
    assert rider.ride_id in items
    for text in (events, items):
        assert PREFIX[1:] not in text
        assert "Tiffany" not in text
