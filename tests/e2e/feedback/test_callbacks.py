"""A customer who wants a call, and the agents who look after them."""

from infra.rydes.cloud.cloud import Cloud
from tests.support.logs import records_about
from tests.support.patience import eventually
from tests.support.riders import ASKED, CALL_OFFERED, PROMISED, Bus, Rider, Support


def test_a_call_is_claimed_by_one_agent_who_sees_whom_to_call_and_closes_it(
    cloud: Cloud, rider: Rider, bus: Bus
) -> None:
    rider.goes_by("Tiffany Aching")
    rider.rides()
    rider.read(ASKED)
    rider.says("2")
    rider.read(CALL_OFFERED)
    rider.says("yes please, tomorrow after 5pm")
    rider.read(PROMISED)
    bus.told(rider.ride_id, "CallbackRequested")

    ann, bob = Support(cloud), Support(cloud)
    listed = eventually(ann.callbacks, "the call listed", lambda found: rider.ride_id in found)
    callback = listed[rider.ride_id]
    assert (callback["score"], callback["language"], callback["contact-state"]) == (2, "en", "hidden")
    assert callback["wished"] == {"day": "tomorrow", "earliest": 17}
    links = callback["links"]

    answers = {agent: agent.http.put(links["claim"]) for agent in (ann, bob)}
    assert [answer.status_code for answer in answers.values()] == [200, 409]
    contact = answers[ann].json()["contact"]
    assert (contact["number"], contact["name"]) == (rider.number, "Tiffany Aching")
    assert answers[ann].headers["Cache-Control"] == "no-store"
    seen = bob.http.get(links["self"]).json()
    assert (seen["contact-state"], "contact" in seen) == ("hidden", False)
    assert bob.http.post(links["outcome"], json={"outcome": "reached"}).status_code == 409
    looks = eventually(
        lambda: [
            record
            for record in records_about(cloud, rider.ride_id, "feedback-api")
            if record["message"] == "contact shown"
        ],
        "the look at the number in the log",
    )
    assert [look["agent"] for look in looks] == [seen["claimed-by"]]

    assert ann.http.post(links["outcome"], json={"outcome": "reached"}).json()["outcome"] == "reached"
    [done] = bus.told(rider.ride_id, "CallbackDone")
    assert done.keys() == {"ride_id", "responder_id", "customer_id", "outcome", "done_at"}
    assert (done["outcome"], done["customer_id"]) == ("reached", rider.id)
    assert rider.ride_id not in ann.callbacks()


def test_an_opt_out_by_hand_withholds_the_next_survey_and_is_in_the_export(
    rider: Rider, support: Support
) -> None:
    opted_out = support.http.post("/opt-outs", json={"customer-id": rider.id, "reason": "by-mail"})
    assert (opted_out.status_code, opted_out.json()["how"]) == (200, "support")
    rider.rides()
    support.sees_sms(rider.ride_id, "withheld")
    assert rider.got() == []
    [exported] = [
        opt_out for opt_out in support.opt_outs() if opt_out["pseudonym"] == opted_out.json()["pseudonym"]
    ]
    assert (exported["reason"], exported["by"]) == ("by-mail", opted_out.json()["by"])
