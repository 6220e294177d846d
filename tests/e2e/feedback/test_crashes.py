"""Senders that die by kill -9 before or after the SMS has gone out: what decision 20 promises."""

import time
from datetime import timedelta

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Json
from tests.support.logs import records_about
from tests.support.patience import eventually
from tests.support.riders import ASKED, THANKED, Rider, Support, let_time_pass

ALMOST_THE_WINDOW = timedelta(minutes=14)
THE_REST = timedelta(minutes=1)


def brought_again(cloud: Cloud, ride_id: str) -> None:
    """Wait until the stream has brought to another sender what the dead one had in hands."""

    def look() -> list[Json]:
        records = records_about(cloud, ride_id, "feedback-outreach")
        assert not any(record["message"] == "may have been sent" for record in records), "it has not died"
        return records

    eventually(
        look,
        "the stream's second try",
        lambda records: any(record.get("outcome") == "not due" for record in records),
    )


def test_a_sender_that_dies_after_the_send_has_no_successor_within_the_window(
    cloud: Cloud, rider: Rider, support: Support
) -> None:
    """Not even when nothing is ever heard of the SMS. After the window it is sent once more: the price of forgetting none."""
    rider.phone.set_faults(kill=["after"], receipts=[])
    began = time.monotonic()
    rider.rides()
    rider.read(ASKED)
    brought_again(cloud, rider.ride_id)
    so_far = timedelta(seconds=time.monotonic() - began)
    let_time_pass(cloud, rider.ride_id, ALMOST_THE_WINDOW - so_far)
    assert support.feedback(rider.ride_id)["messages"][0]["state"] == "claimed"
    assert len(rider.got()) == 1
    let_time_pass(cloud, rider.ride_id, THE_REST + so_far)
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
