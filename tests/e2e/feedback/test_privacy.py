"""Who may see what of a conversation, and who may not."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events
from tests.support import personal_data
from tests.support.clients import Json, Queues
from tests.support.logs import messages_about
from tests.support.patience import eventually
from tests.support.riders import ASKED, CALL_OFFERED, PREFIX, Bus, Rider, Support
from tests.support.sessions import client_as


def test_only_the_support_team_may_look(cloud: Cloud, rider: Rider) -> None:
    url = f"{cloud.urls['support-api']}/callbacks"
    assert httpx.get(url).status_code == 401
    for group in ("customers", "unicorns"):
        stranger = Support(cloud, group)
        assert stranger.http.get("/callbacks").status_code == 403
        assert stranger.http.get(f"/rides/{rider.ride_id}/feedback").status_code == 403
        assert stranger.http.put(f"/callbacks/{rider.ride_id}/claim").status_code == 403
        assert stranger.http.get("/opt-outs").status_code == 403


def test_the_sender_of_sms_may_not_publish(cloud: Cloud) -> None:
    """IAM has the last word, whatever the code does."""
    events = client_as(cloud, "feedback-outreach", "events")
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(
            Entries=[{"EventBusName": "wild-rydes", "Source": "x", "DetailType": "x", "Detail": "{}"}]
        )


NAME = "Esmerelda Weatherwax"
WORDS = "my cat Tiffany flew along"


def test_numbers_names_and_words_are_seen_through_the_support_api_and_nowhere_else(
    cloud: Cloud, rider: Rider, bus: Bus, support: Support, queues: Queues
) -> None:
    """The whole story of a customer, and then a look at everything that any service has kept, logged or told."""
    began = int(time.time() * 1000)
    local = rider.number.removeprefix("+1")
    spaced = f"({local[:3]}) {local[3:6]}-{local[6:]}"
    rider.goes_by(NAME)
    rider.rides()
    rider.read(ASKED)
    rider.says(f"{WORDS}, call me at {spaced}")
    rider.read("Sorry, we did not get that")
    # Poison on the way of replies: it is parked, and the log says so without quoting it.
    topic = "arn:aws:sns:us-east-1:000000000000:wild-rydes-sms-replies"
    poison = {"originationNumber": rider.number, "messageBody": WORDS}
    cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(poison))
    queues.parked("feedback-sms-replies", rider.number)
    rider.says("2")
    rider.read(CALL_OFFERED)
    rider.phone.set_faults(refuse=["invalid"])  # whose error message quotes the number, as AWS's does
    rider.says("yes")
    support.sees_sms(rider.ride_id, "refused", 3)
    callback = eventually(support.callbacks, "the call listed", lambda found: rider.ride_id in found)
    assert "contact" not in callback[rider.ride_id]

    claimed = support.http.put(callback[rider.ride_id]["links"]["claim"]).json()
    assert (claimed["contact"]["number"], claimed["contact"]["name"]) == (rider.number, NAME)
    by_hand = {"number": f"+1 {spaced}", "reason": "by-phone"}
    assert support.http.post("/opt-outs", json=by_hand | {"number": spaced}).status_code == 400
    opted_out = support.http.post("/opt-outs", json=by_hand)
    assert rider.number not in opted_out.text + str(opted_out.headers)
    assert opted_out.json()["customer-id"] == rider.id
    assert rider.number in [opt_out.get("number") for opt_out in support.opt_outs()]
    outcome = support.http.post(claimed["links"]["outcome"], json={"outcome": "reached"})
    assert outcome.status_code == 200
    bus.told(rider.ride_id, "CallbackDone")
    eventually(
        lambda: messages_about(cloud, claimed["claimed-by"], "feedback-api"),
        "the log of what the agent did",
        lambda messages: {"contact shown", "opted out", "opt-outs exported"} <= set(messages),
    )
    eventually(
        lambda: [e.message for e in log_events.events(cloud) if e.function == "feedback-replies"],
        "the log of the poison",
        lambda lines: any("parked" in line for line in lines),
    )

    written = re.compile(r"\D{0,3}".join((local[:3], local[3:6], local[6:])))
    everywhere = {
        "logs": [event.message for event in log_events.events(cloud)],  # metrics, too: lines that embed them
        "other logs": list(_other_logs(cloud, began)),
        "tables": [
            json.dumps(item, default=lambda sealed: sealed.decode("latin-1")) for item in _items(cloud)
        ],
        "events": [json.dumps(event) for event in bus.everything()],
        "dead letters": [json.dumps(message) for message in _dead_letters(cloud, queues)],
    }
    for place, texts in everywhere.items():
        for text in texts:
            assert not written.search(text), f"the customer's number in the {place}"
            assert PREFIX[1:] not in text, f"a number in the {place}"
            assert not any(word in text for word in (*NAME.split(), "Tiffany")), f"a word in the {place}"
    for place in ("logs", "tables", "events"):  # where the customer's ride is, and was looked for
        assert any(rider.ride_id in text for text in everywhere[place]), place


def test_what_is_planted_would_be_found_at_the_end_of_every_cloud(cloud: Cloud) -> None:
    """`tests/conftest.py` has each cloud searched like this when its tests are done."""
    logs, s3 = cloud.client("logs"), cloud.client("s3")
    group, stream, at = "/aws/lambda/planted", "planted", int(time.time() * 1000)
    bucket, *_ = (b["Name"] for b in s3.list_buckets()["Buckets"] if "documents" in b["Name"])
    watch = personal_data.Watch(cloud, "test-planted-tap")
    try:
        watch.settle()
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        line = {"timestamp": at, "message": "sent to +12065550187"}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])
        s3.put_object(Bucket=bucket, Key="rfqs/planted", Body=b'{"from": {"lat": 47.6, "lon": -122.3}}')
        with pytest.raises(AssertionError) as found:
            watch.settle()
        assert "what='a phone number', where='logs'" in str(found.value)
        assert "what='a place', where='buckets'" in str(found.value)
        assert "0187" not in str(found.value)
    finally:
        logs.delete_log_group(logGroupName=group)
        s3.delete_object(Bucket=bucket, Key="rfqs/planted")
        watch.close()


def _other_logs(cloud: Cloud, since: int) -> Iterator[str]:
    """The lines in log groups that are of no function, such as those of the APIs."""
    logs = cloud.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            if not group["logGroupName"].startswith("/aws/lambda/"):
                found = logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group["logGroupName"], startTime=since
                )
                yield from (event["message"] for events in found for event in events["events"])


def _items(cloud: Cloud) -> Iterator[Any]:
    dynamodb = cloud.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]


def _dead_letters(cloud: Cloud, queues: Queues) -> Iterator[Json]:
    """What is parked, but for what comes from the SMS service: it carries numbers, and is encrypted."""
    for name in cloud.queues():
        queue = name.removesuffix("-dlq")
        if queue != name and not queue.startswith("feedback-sms-"):
            yield from queues.dead_letters(queue)
