"""Senders that die by kill -9 before or after the SMS has gone out: what decision 20 promises."""

import json
from datetime import timedelta

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events
from tests.support.clients import eventually
from tests.support.riders import ASKED, THANKED, Rider, Support, let_time_pass

ALMOST_THE_WINDOW = timedelta(minutes=14)
THE_REST = timedelta(minutes=1)


def brought_again(cloud: Cloud, ride_id: str) -> None:
    """Wait until the stream has brought to another sender what the dead one had in hands."""

    def look() -> bool | None:
        lines = [
            json.loads(event.message)
            for event in log_events.events(cloud, f'"{ride_id}"')
            if event.function == "feedback-outreach"
        ]
        assert not any(line["message"] == "may have been sent" for line in lines), "it has not died"
        return any(line.get("outcome") == "not due" for line in lines) or None

    eventually(look, "the stream's second try", seconds=60)


def test_a_sender_that_dies_after_the_send_has_no_successor_within_the_window(
    cloud: Cloud, rider: Rider, support: Support
) -> None:
    """Not even when nothing is ever heard of the SMS. After the window it is sent once more: the price of forgetting none."""
    rider.phone.set_faults(kill=["after"], receipts=[])
    rider.rides()
    rider.read(ASKED)
    brought_again(cloud, rider.ride_id)
    let_time_pass(cloud, rider.ride_id, ALMOST_THE_WINDOW)
    assert support.feedback(rider.ride_id)["messages"][0]["state"] == "claimed"
    assert len(rider.got()) == 1
    let_time_pass(cloud, rider.ride_id, THE_REST)
    rider.read(ASKED, count=2)
    support.sees_sms(rider.ride_id, "sent")


def test_a_receipt_settles_what_a_dead_sender_has_left_open(
    cloud: Cloud, rider: Rider, support: Support
) -> None:
    rider.phone.set_faults(kill=["after"])
    rider.rides()
    brought_again(cloud, rider.ride_id)
    support.sees_sms(rider.ride_id, "delivered")
    let_time_pass(cloud, rider.ride_id, ALMOST_THE_WINDOW + THE_REST)
    rider.says("8")
    rider.read(THANKED)
    assert [sms.context["sms"] for sms in rider.got()] == ["0", "1"]


def test_a_sender_that_dies_before_the_send_is_made_up_for(
    cloud: Cloud, rider: Rider, support: Support
) -> None:
    rider.phone.set_faults(kill=["before"])
    rider.rides()
    brought_again(cloud, rider.ride_id)
    assert support.feedback(rider.ride_id)["messages"][0]["state"] == "claimed"
    assert rider.got() == []
    let_time_pass(cloud, rider.ride_id, ALMOST_THE_WINDOW + THE_REST)
    rider.read(ASKED)
    support.sees_sms(rider.ride_id, "delivered")
    assert len(rider.got()) == 1
