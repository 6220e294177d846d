"""Two functions at once: one runs between any two calls of the other."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from tests.support.feedback.memory import Memory
from tests.support.feedback.support_api import Client
from tests.support.feedback.world import MACHINE, SEATTLE, World

pytestmark = pytest.mark.slow

STEPS = range(18)
"""More than any of the functions has: before and after each call."""


@pytest.fixture
def world() -> Iterator[World]:
    world = World(Memory())
    world.ride("r", world.customer())
    yield world
    world.close()


def meanwhile(world: World, at: int, work: Callable[[], object], other: Callable[[], object]) -> None:
    """Do `other` at a step of `work`. A second passes at each step: nothing is at the same instant."""
    left = at

    def step(**_: object) -> None:
        nonlocal left
        world.now += timedelta(seconds=1)
        left -= 1
        if left == -1:
            other()

    world.on_call(step)
    work()
    world.on_call(None)
    assert left >= 0 or at < STEPS[-1], "there are more steps than are tried"


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("further", [False, True])
def test_a_stop_while_an_sms_is_sent(world: World, at: int, further: bool) -> None:
    """An SMS may cross with a STOP in the air, not follow it: none is claimed once the STOP is written.

    Not the first of a conversation, nor a further one, whose claim changes nothing in the number's standing.
    """
    world.pump()
    world.ride("next", world.customer())
    if further:
        world.pump()
        world.hear("3", world.last_sms())
    already = len(world.phones.about("next"))
    records = world.aws.records()
    state_at_stop = []

    def stop() -> None:
        world.hear("STOP", world.phones.sent[0])
        state_at_stop.append(world.states("next")[-1])

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), stop)
    if not state_at_stop:
        stop()
    assert len(world.phones.about("next")) - already == (state_at_stop[0] in ("claimed", "sent"))
    world.pass_time(days=2)
    world.pump()
    assert len(world.phones.about("next")) - already <= 1
    assert world.prompts("r") == ["ask-score", "confirm-stop"]


@pytest.mark.parametrize("at", STEPS)
def test_an_opt_out_by_hand_while_an_sms_is_sent(world: World, at: int) -> None:
    """As a STOP: none is claimed once it is written."""
    world.pump()
    world.hear("3", world.last_sms())
    records, support = world.aws.records(), Client(world)
    state_at_opt_out = []

    def opt_out() -> None:
        state_at_opt_out.append(world.states("r")[-1])
        assert support("POST", "/opt-outs", {"number": SEATTLE, "reason": "by-phone"})[0] == 200

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), opt_out)
    if not state_at_opt_out:
        opt_out()
    assert len(world.phones.sent) == 1 + (state_at_opt_out[0] in ("claimed", "sent"))
    assert world.conversation("r").muted


@pytest.mark.parametrize("at", STEPS)
def test_a_start_while_a_number_is_opted_out_by_hand(world: World, at: int) -> None:
    """A START that is heard before the opt-out is written is the older word. What is answered to the agent holds."""
    world.pump()
    world.hear("STOP")
    world.now += timedelta(minutes=1)
    support, key = Client(world), world.pseudonyms.pseudonym_of(SEATTLE)
    stopped_at = world.table.standing(key).decided_at
    started_after = []

    def start() -> None:
        started_after.append(world.table.standing(key).decided_at != stopped_at)
        world.hear("START", at=world.now)

    def opt_out() -> None:
        assert support("POST", "/opt-outs", {"number": SEATTLE, "reason": "by-phone"})[0] == 200

    meanwhile(world, at, opt_out, start)
    opted_out = started_after != [True]
    assert (world.table.standing(key).opted_out, world.conversation("r").muted) == (opted_out, opted_out)


@pytest.mark.parametrize("at", STEPS)
def test_a_start_while_an_sms_is_withheld(world: World, at: int) -> None:
    """Whether it is withheld by then or not, the customer is asked, and once."""
    world.pump()
    world.hear("9", world.last_sms())
    world.hear("STOP")
    world.pump()
    world.now += timedelta(minutes=1)
    world.ride("next", world.customer())
    records = world.aws.records()
    heard = []

    def start() -> None:
        world.hear("START")
        heard.append(world.states("next"))

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), start)
    if not heard:
        start()
    world.pump()
    assert len(world.phones.about("next")) == 1, heard


@pytest.mark.parametrize("at", STEPS)
def test_a_start_while_a_stop_is_confirmed(world: World, at: int) -> None:
    """The confirmation is dropped or has left, and the question is asked: never a confirmation of what is over."""
    world.pump()
    world.hear("STOP", world.last_sms())
    records = world.aws.records()
    state_at_start = []

    def start() -> None:
        state_at_start.append(world.states("r")[-1])
        world.hear("START")

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), start)
    if not state_at_start:
        start()
    left = state_at_start != ["waiting"]
    world.pump()
    assert world.prompts("r") == ["ask-score", "confirm-stop", "ask-score"]
    assert world.states("r") == ["sent", "sent" if left else "dropped", "sent"]
    assert len(world.phones.sent) == 2 + left


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("fault", [None, "no-answer"])
def test_two_senders_of_one_sms(world: World, at: int, fault: str | None) -> None:
    """One of them claims it: whether that one has sent it, or does not know, the other leaves it alone."""
    records = world.aws.records()
    world.phones.faults = [fault]

    def send() -> None:
        world.outreach.handle({"Records": records})

    meanwhile(world, at, send, send)
    world.pump()
    assert (world.phones.requests, world.states("r")) == (1, ["claimed" if fault else "sent"])


@pytest.mark.parametrize("at", STEPS)
def test_two_answers_at_once(world: World, at: int) -> None:
    world.pump()
    question = world.last_sms()
    meanwhile(world, at, lambda: world.hear("8", question), lambda: world.hear("7", question))
    assert world.conversation("r").score in (7, 8)
    world.pump()
    received = [e["detail"]["data"] for e in world.aws.told() if e["detail-type"] == "FeedbackReceived"]
    assert [event["score"] for event in received] == [world.conversation("r").score]


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_and_a_receipt_while_the_sender_notes_its_success(world: World, at: int) -> None:
    records = world.aws.records()

    def react() -> None:
        if world.phones.sent:
            world.track("TEXT_DELIVERED", world.last_sms())
            world.hear("8", world.last_sms())

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), react)
    react()
    world.pump()
    assert (world.conversation("r").score, world.states("r")) == (8, ["delivered", "sent"])


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_while_the_time_runs_out(world: World, at: int) -> None:
    world.pump()
    question = world.last_sms()
    world.now += timedelta(days=3)
    meanwhile(world, at, world.timers.handle, lambda: world.hear("8", question))
    world.pump()
    names = world.names_told()
    assert ("FeedbackReceived" in names) != ("FeedbackExpired" in names)
    assert ("FeedbackReceived" in names) == (world.conversation("r").score == 8)


@pytest.mark.parametrize("at", STEPS)
def test_a_ride_told_twice_at_once(world: World, at: int) -> None:
    body = world.completed("twice", world.customer("+12065550143"))

    def ask() -> None:
        assert world.handle(world.rides, body) == []

    meanwhile(world, at, ask, ask)
    world.pump()
    assert len(world.phones.about("twice")) == 1


@pytest.mark.parametrize("at", STEPS)
def test_two_rides_of_a_customer_at_once(world: World, at: int) -> None:
    """There is one survey, of whichever is written first."""
    customer = world.customer("+12065550143")
    meanwhile(world, at, lambda: world.ride("one", customer), lambda: world.ride("other", customer))
    world.ride("other", customer)
    assert len([ride for ride in ("one", "other") if world.table.conversation(ride)]) == 1
    last = [line["message"] for line in world.logs if line.get("ride_id") in ("one", "other")]
    assert last.count("opened") == 1


@pytest.mark.parametrize("at", STEPS)
def test_a_score_told_twice_at_once(world: World, at: int) -> None:
    world.pump()
    world.hear("8", world.last_sms())
    records = world.aws.records()

    def tell() -> None:
        world.outbox.handle({"Records": records})

    meanwhile(world, at, tell, tell)
    world.pump()
    ratings = [
        e["detail"]["data"]["rating"] for e in world.aws.told() if e["detail-type"] == "FeedbackReceived"
    ]
    assert ratings == [{"count": 1, "total": 8}]


@pytest.mark.parametrize("at", STEPS)
def test_a_correction_while_the_score_is_tallied(world: World, at: int) -> None:
    """Whichever is written first, both are announced, and the rating ends with what is in force."""
    world.pump()
    world.hear("8", world.last_sms())
    records = world.aws.records()
    meanwhile(world, at, lambda: world.outbox.handle({"Records": records}), lambda: world.correct("r", 3))
    world.correct("r", 3)
    world.pump()
    told = [e["detail"]["data"] for e in world.aws.told() if e["detail-type"] != "FeedbackRequested"]
    assert [(data["score"], data["rating"], data["rating_revision"]) for data in told] == [
        (8, {"count": 1, "total": 8}, 1),
        (3, {"count": 1, "total": 3}, 2),
    ]


@pytest.mark.parametrize("at", STEPS)
def test_two_corrections_at_once(world: World, at: int) -> None:
    """Both are in the history, and the rating follows the one that was written last."""
    world.pump()
    world.hear("8", world.last_sms())
    meanwhile(world, at, lambda: world.correct("r", 3), lambda: world.correct("r", None))
    world.correct("r", None)
    world.pump()
    assert world.conversation("r").scores in ((8, None, 3, None), (8, 3, None))
    told = [e["detail"]["data"] for e in world.aws.told() if e["detail-type"] == "FeedbackCorrected"]
    assert [data.get("score") for data in told] == list(world.conversation("r").scores[1:])
    assert "rating" not in told[-1]


@pytest.mark.parametrize("at", STEPS)
def test_an_answer_while_its_question_is_not_taken_for_now(world: World, at: int) -> None:
    """The question is overtaken, and never sent."""
    records = world.aws.records()
    world.phones.faults = ["throttled"]
    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), lambda: world.hear("8"))
    world.now += timedelta(minutes=1)
    world.hear("8")
    world.pump()
    world.pass_time(hours=1)
    world.pump()
    assert (world.conversation("r").score, world.states("r")) == (8, ["dropped", "sent"])


@pytest.mark.parametrize("at", STEPS)
def test_two_senders_in_the_night(world: World, at: int) -> None:
    world.now += timedelta(hours=12)
    records = world.aws.records()

    def send() -> None:
        world.outreach.handle({"Records": records})

    meanwhile(world, at, send, send)
    assert (world.states("r"), world.conversation("r").last.tries) == (["waiting"], 1)


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize("fault", ["throttled", "invalid"])
def test_a_refusal_that_comes_after_the_claim_ran_out_is_void(world: World, at: int, fault: str) -> None:
    """Another sender has sent the SMS by then: what the first one learns must not be noted over it."""
    records = world.aws.records()
    world.phones.faults = [fault]

    def others_send() -> None:
        if world.states("r") == ["claimed"]:
            world.phones.faults = [None]
            world.pass_time(seconds=MACHINE.limits.resend_after)
            world.pump()
            world.phones.faults = [fault]

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), others_send)
    world.phones.faults = []
    if world.phones.sent:
        assert world.states("r") == ["sent"]
    world.pass_time(days=1, hours=-1)
    world.pump()
    assert len(world.phones.sent) <= 1


@pytest.mark.parametrize("at", STEPS)
def test_a_receipt_while_the_timers_give_up_a_claim(world: World, at: int) -> None:
    """A receipt is proof: whoever writes first, the SMS is not sent again."""
    world.phones.faults = ["no-answer"]
    world.pump()
    world.now += timedelta(seconds=MACHINE.limits.resend_after)
    meanwhile(world, at, world.timers.handle, lambda: world.track("TEXT_SENT", world.last_sms()))
    if world.states("r") == ["waiting"]:
        world.track("TEXT_SENT", world.last_sms())
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent"])


@pytest.mark.parametrize("at", STEPS)
def test_a_receipt_while_the_sms_is_sent_again(world: World, at: int) -> None:
    """A receipt that is written before the second claim prevents it; after it, both ids are known."""
    world.phones.faults = ["no-answer"]
    world.pump()
    world.pass_time(seconds=MACHINE.limits.resend_after)
    records = world.aws.records()
    [first] = world.phones.sent
    state_at_receipt = []

    def receive() -> None:
        state_at_receipt.append(world.states("r")[0])
        world.track("TEXT_DELIVERED", first)

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), receive)
    if not state_at_receipt:
        receive()
    world.pump()
    assert len(world.phones.sent) == (1 if state_at_receipt == ["waiting"] else 2)
    assert world.states("r") == ["delivered"]
    assert {world.table.ride_of(sms.id) for sms in world.phones.sent} == {"r"}


@pytest.mark.parametrize("at", STEPS)
def test_a_start_while_aws_refuses_for_an_older_stop(world: World, at: int) -> None:
    """A START sent after the claim is the last word: the customer is asked once the claim has run out."""
    records = world.aws.records()
    world.phones.faults = ["opted-out"]
    state_at_start = []

    def start() -> None:
        state_at_start.append(world.states("r")[0])
        world.hear("START")

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), start)
    started_before_the_claim = state_at_start == ["waiting"]
    if not state_at_start:
        world.now += timedelta(seconds=1)
        start()
    world.pass_time(seconds=MACHINE.limits.resend_after)
    world.pump()
    assert world.conversation("r").muted == started_before_the_claim
    assert len(world.phones.sent) == (not started_before_the_claim)


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize(("first", "last"), [("STOP", "START"), ("START", "STOP")])
@pytest.mark.parametrize("overtaken", [False, True])
def test_a_stop_and_a_start_at_once(world: World, at: int, first: str, last: str, overtaken: bool) -> None:
    """The last to be sent counts for the number and for its conversation, in whatever order they are heard."""
    world.pump()
    if last == "START":  # there is something to undo
        world.hear("STOP")
    world.now += timedelta(minutes=1)
    one = world.reply(first, at=world.now)
    other = world.reply(last, at=world.now + timedelta(seconds=1))
    if overtaken:
        one, other = other, one
    meanwhile(world, at, lambda: world.handle(world.replies, one), lambda: world.handle(world.replies, other))
    world.handle(world.replies, other)
    standing = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE))
    assert (standing.opted_out, world.conversation("r").muted) == (last == "STOP", last == "STOP")


@pytest.mark.parametrize("at", STEPS)
@pytest.mark.parametrize(
    ("inbound_ids", "apart"),
    [(["in", "in"], timedelta(minutes=1)), (["in", "twin"], timedelta(seconds=1))],
)
def test_one_reply_heard_twice_at_once(
    world: World, at: int, inbound_ids: list[str], apart: timedelta
) -> None:
    """By one id, however late SNS tells of it again; under two ids by its words. Not asked again twice."""
    world.pump()
    one, other = (
        world.reply("what?", world.last_sms(), inbound_id=inbound_id, at=world.now + n * apart)
        for n, inbound_id in enumerate(inbound_ids)
    )
    meanwhile(world, at, lambda: world.handle(world.replies, one), lambda: world.handle(world.replies, other))
    world.handle(world.replies, other)
    assert world.prompts("r") == ["ask-score", "ask-score-again"]


@pytest.fixture
def agents(world: World) -> Client:
    """The API, while a customer waits for a call."""
    world.wants_call("wanted", "+12065550143")
    return Client(world)


CLAIM, OUTCOME = "/callbacks/wanted/claim", "/callbacks/wanted/outcome"


@pytest.mark.parametrize("at", STEPS)
def test_two_agents_claim_one_call(world: World, agents: Client, at: int) -> None:
    """One of them gets it, and sees whom to call."""
    answers: dict[str, int] = {}

    def claim(agent: str) -> None:
        answers[agent] = agents("PUT", CLAIM, agent=agent)[0]

    meanwhile(world, at, lambda: claim("ann"), lambda: claim("bob"))
    if "bob" not in answers:
        claim("bob")
    assert sorted(answers.values()) == [200, 409]
    for agent, status in answers.items():
        shown = agents("GET", "/callbacks/wanted", agent=agent)[1]
        assert ("contact" in shown) == (status == 200)


@pytest.mark.parametrize("at", STEPS)
def test_a_call_is_closed_while_another_agent_claims_it(world: World, agents: Client, at: int) -> None:
    agents("PUT", CLAIM)
    answers: list[int] = []

    def claim() -> None:
        answers.append(agents("PUT", CLAIM, agent="bob")[0])

    def close() -> None:
        answers.append(agents("POST", OUTCOME, {"outcome": "reached"})[0])

    meanwhile(world, at, close, claim)
    assert sorted(answers) in ([200], [200, 409])
    world.pump()
    assert world.names_told().count("CallbackDone") == 1


@pytest.mark.parametrize("at", STEPS)
def test_a_claim_lapses_and_goes_to_another_while_its_agent_closes_the_call(
    world: World, agents: Client, at: int
) -> None:
    """Either the first agent has closed it, or the second has it; never both, and never nobody."""
    agents("PUT", CLAIM)
    world.now += timedelta(seconds=MACHINE.limits.call_claimed_for - 4)
    answers: dict[str, int] = {}

    def claim() -> None:
        world.now += timedelta(seconds=4)
        answers["bob"] = agents("PUT", CLAIM, agent="bob")[0]

    def close() -> None:
        answers["ann"] = agents("POST", OUTCOME, {"outcome": "reached"})[0]

    meanwhile(world, at, close, claim)
    if "bob" not in answers:
        claim()
    assert sorted(answers.values()) == [200, 409]
    call = world.conversation("wanted").call
    assert call
    assert (call.closed_by, call.holder(world.now)) == (
        ("ann", None) if answers["ann"] == 200 else (None, "bob")
    )


@pytest.mark.parametrize("at", STEPS)
def test_a_call_is_claimed_while_the_promise_of_it_is_sent(world: World, at: int) -> None:
    """They write the same item, and neither is lost."""
    world.pump()
    world.hear("2", world.last_sms())
    world.pump()
    world.hear("yes", world.last_sms())
    records, agents = world.aws.records(), Client(world)

    def claim() -> None:
        assert agents("PUT", "/callbacks/r/claim")[0] == 200

    meanwhile(world, at, lambda: world.outreach.handle({"Records": records}), claim)
    claim()
    call = world.conversation("r").call
    assert call
    assert (call.holder(world.now), world.states("r")[-1]) == ("ann", "sent")
