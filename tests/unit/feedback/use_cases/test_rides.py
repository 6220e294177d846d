"""Completed rides: which of them are asked about."""

from datetime import timedelta

from tests.support.feedback.world import MADRID, NOON, World


def test_one_survey_a_ride_whatever_becomes_of_it(world: World) -> None:
    customer = world.customer()
    completed = world.completed("r", customer)
    assert world.handle(world.rides, completed) == []
    world.pump()
    world.hear("8", world.last_sms())
    world.pump()
    for days in (0, 1, 2):
        world.now += timedelta(days=days)
        assert world.handle(world.rides, completed, completed) == []
    # The same ride told again, with another responder and a later end.
    world.ride("r", customer, responder_id="u-other")
    world.pump()
    conversation = world.conversation("r")
    assert (conversation.score, conversation.responder_id, len(world.phones.sent)) == (8, "u-shadowfax", 2)


def test_no_more_than_one_survey_a_day_for_a_customer(world: World) -> None:
    customer = world.customer()
    world.ride("first", customer)
    world.now += timedelta(hours=23, minutes=59)
    world.ride("too-soon", customer)
    world.ride("of-another", world.customer(MADRID))
    world.now += timedelta(minutes=1)
    world.ride("next-day", customer)
    assert world.table.conversation("too-soon") is None
    assert world.table.conversation("of-another")
    assert world.table.conversation("next-day")


def test_no_more_than_four_surveys_a_month_for_a_customer(world: World) -> None:
    customer = world.customer()
    for day in range(4):
        world.ride(f"r{day}", customer)
        world.now += timedelta(days=1)
    world.now = NOON + timedelta(days=30, milliseconds=-1)
    world.ride("fifth", customer)
    world.ride("r3", customer)  # told again
    world.now = NOON + timedelta(days=30)
    world.ride("next-month", customer)
    world.ride("too-soon", customer)
    asked = [ride for ride in ("r3", "fifth", "next-month", "too-soon") if world.table.conversation(ride)]
    assert asked == ["r3", "next-month"]
    about = {line["ride_id"]: line for line in world.logs if "ride_id" in line}
    told = {ride: (about[ride]["message"], about[ride].get("until")) for ride in ("r3", "fifth", "too-soon")}
    assert told == {
        "r3": ("known", None),
        "fifth": ("too often", "2026-12-21T20:00:00+00:00"),
        "too-soon": ("too soon", "2026-12-22T20:00:00+00:00"),
    }
    counted = {name for name in world.metrics.metric_set if name.startswith("Surveys")}
    assert counted == {"SurveysOpened", "SurveysKnown", "SurveysTooOften", "SurveysTooSoon"}


def test_a_ride_of_long_ago_is_not_asked_about(world: World) -> None:
    body = world.completed("r", world.customer())
    world.now += timedelta(days=3, seconds=1)
    assert world.handle(world.rides, body) == []
    assert world.table.conversation("r") is None


def test_whom_the_limits_spared_is_not_asked_when_the_ride_is_told_again_after_them(world: World) -> None:
    customer = world.customer()
    told = []
    for ride in ("first", "spared"):
        told.append(world.completed(ride, customer))
        world.handle(world.rides, told[-1])
        world.now += timedelta(hours=1)
    world.pump()
    world.now += timedelta(days=2)
    before = world.aws.items()
    for body in (*told, *reversed(told)):
        assert world.handle(world.rides, body) == []
    world.pump()
    assert world.aws.items() == before
    assert len(world.phones.sent) == 1


def test_a_ride_that_is_told_late_is_asked_about_unless_the_customer_was_asked_meanwhile(
    world: World,
) -> None:
    customer, other = world.customer(), world.customer(MADRID)
    lost, of_other = world.completed("lost", customer), world.completed("of-other", other)
    world.now += timedelta(hours=2)
    world.ride("next", customer)
    world.now += timedelta(days=1)
    for body in (lost, of_other):
        assert world.handle(world.rides, body) == []
    assert world.table.conversation("lost") is None
    assert world.table.conversation("of-other")


def test_a_conversation_keeps_the_zone_in_which_the_ride_ended(world: World) -> None:
    world.ride("there", world.customer(), time_zone="Asia/Tokyo")
    world.ride("there", world.customer(), time_zone="Europe/Madrid")  # told again: the first stands
    world.ride("at-sea", world.customer())  # or told by a producer of before
    assert world.conversation("there").time_zone == "Asia/Tokyo"
    assert world.conversation("at-sea").time_zone is None
