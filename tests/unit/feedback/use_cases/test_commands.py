"""STOP, START and HELP: what they change, what they are answered, and which of them counts."""

from datetime import timedelta
from itertools import permutations

import pytest
from botocore.exceptions import ClientError

from feedback.adapters.sealed_numbers import seal, unseal
from tests.support.feedback.phones import Sent
from tests.support.feedback.world import MACHINE, SEATTLE, World

DAY = timedelta(days=1)


@pytest.fixture
def question(world: World) -> Sent:
    return asked(world, "r")


def asked(world: World, ride_id: str) -> Sent:
    world.ride(ride_id, world.customer())
    world.pump()
    return world.last_sms()


def says(world: World, *texts: str, **more: object) -> None:
    """Texts in answer to whatever came last, seconds apart; what they lead to is sent before the next."""
    for text in texts:
        world.now += timedelta(seconds=1)
        world.hear(text, world.last_sms(), **more)
        world.pump()


def prompts_sent(world: World) -> list[str]:
    """What has arrived on the phone."""
    return [world.prompts(sms.ride_id)[int(sms.context["sms"])] for sms in world.phones.sent]


@pytest.mark.parametrize("answers", [[], ["3"], ["3", "yes"], ["9"]])
def test_a_stop_is_confirmed_once_in_any_stage_and_after_the_end(
    world: World, question: Sent, answers: list[str]
) -> None:
    says(world, *answers)
    before = len(world.phones.sent)
    says(world, "STOP", "STOP", "alto", "STOP")
    assert prompts_sent(world)[before:] == ["confirm-stop"]
    says(world, "START")
    says(world, "STOP")
    assert prompts_sent(world)[before::2] == ["confirm-stop", "confirm-stop"], "another opt-out"


def test_a_stop_is_confirmed_at_any_hour_and_beyond_the_limit(world: World, question: Sent) -> None:
    world.now += timedelta(hours=10)
    for _ in range(20):
        world.now += timedelta(minutes=1)
        says(world, "HELP")
    assert len(world.phones.sent) == MACHINE.limits.messages
    says(world, "STOP")
    assert prompts_sent(world)[-1] == "confirm-stop"


def test_a_confirmation_without_a_clear_answer_is_sent_again_after_the_window_and_once(
    world: World, question: Sent
) -> None:
    world.hear("STOP", question)
    world.phones.faults = ["no-answer"]
    world.pump()
    assert len(world.phones.sent) == 2
    for _ in range(3):
        world.pass_time(seconds=MACHINE.limits.resend_after)
        world.pump()
    assert prompts_sent(world) == ["ask-score", "confirm-stop", "confirm-stop"]


def test_a_confirmation_that_aws_refuses_is_withheld(world: World, question: Sent) -> None:
    world.hear("STOP", question)
    world.phones.faults = ["opted-out"]
    world.pump()
    world.pass_time(days=1)
    world.pump()
    assert world.states("r") == ["sent", "withheld"]
    opt_out = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE)).opt_out
    assert opt_out
    assert opt_out.how == "sms", "the customer was first"


def test_an_opt_out_that_aws_tells_of_is_not_confirmed(world: World) -> None:
    world.ride("r", world.customer())
    world.phones.faults = ["opted-out"]
    world.pump()
    says_so = world.reply("STOP")
    world.handle(world.replies, says_so)
    world.pump()
    opt_out = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE)).opt_out
    assert opt_out
    assert (opt_out.how, opt_out.by, world.phones.sent) == ("carrier", "carrier", [])


def test_a_confirmation_does_not_follow_the_customer_to_a_new_number(world: World) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    world.hear("STOP", world.last_sms())
    world.aws.cognito.admin_create_user(
        UserPoolId="", Username=customer, UserAttributes=[{"Name": "phone_number", "Value": "+12065550177"}]
    )
    world.pump()
    assert (len(world.phones.sent), world.states("r")) == (1, ["sent", "dropped"])


@pytest.mark.parametrize("text", ["STOP", "HELP"])
def test_who_has_revoked_their_consent_is_answered_but_not_asked(world: World, text: str) -> None:
    customer = world.customer()
    world.ride("r", customer)
    world.pump()
    world.set_customer(customer, **{"custom:sms_consent_at": None, "phone_number_verified": "false"})
    says(world, text)
    assert len(world.phones.sent) == 2
    says(world, "START", "3")
    assert len(world.phones.sent) == 2


def test_help_is_answered_in_any_stage_and_after_the_end_until_the_limit(
    world: World, question: Sent
) -> None:
    for text in ("HELP", "3", "HELP", "no", "HELP"):
        says(world, text)
    helps = [prompt for prompt in prompts_sent(world) if prompt.startswith("help")]
    assert helps == ["help-score", "help-call", "help-after"]
    world.now += 30 * DAY
    world.hear("HELP")
    world.pump()
    assert prompts_sent(world)[-1] == "help-after"
    assert "wildrydes.example/help" in world.last_sms().text
    for _ in range(10):
        world.now += DAY
        world.hear("HELP")
    world.pump()
    assert len(world.prompts("r")) == MACHINE.limits.messages
    assert "RepliesHelpUnanswered" in world.metrics.metric_set


def test_start_asks_a_question_that_a_stop_has_withheld(world: World, question: Sent) -> None:
    """Be it that of the next ride, of which the customer has not heard yet. E.6"""
    says(world, "9", "STOP")
    world.ride("next", world.customer())
    world.pump()
    assert world.states("next") == ["withheld"]
    says(world, "START")
    assert world.states("next") == ["withheld", "sent"]
    says(world, "7")
    assert world.conversation("next").score == 7


def test_start_asks_a_question_that_was_never_due_before_the_stop(world: World, question: Sent) -> None:
    """Nobody has tried to send it when the START comes."""
    says(world, "9", "STOP")
    world.ride("next", world.customer())
    records = world.aws.records()
    says(world, "START")
    world.outreach.handle({"Records": records})
    assert len(world.phones.about("next")) == 1


def test_start_resumes_all_conversations_the_newest_at_once_and_the_others_a_day_apart(world: World) -> None:
    for ride_id in ("a", "b"):
        asked(world, ride_id)
    says(world, "STOP")
    for ride_id in ("c", "d"):
        world.ride(ride_id, world.customer())
        world.pump()
    world.hear("what?", world.phones.about("a")[0])
    world.pump()
    assert [world.conversation(ride_id).muted for ride_id in "abcd"] == [True] * 4
    before = len(world.phones.sent)
    says(world, "START")
    assert [sms.ride_id for sms in world.phones.sent[before:]] == ["d"]
    assert [world.conversation(ride_id).muted for ride_id in "abcd"] == [False] * 4
    world.hear("9", world.last_sms())
    world.hear("9")
    assert [world.conversation(ride_id).score for ride_id in "abcd"] == [None, None, None, 9]
    for day, ride_id in enumerate("cba", 1):
        world.pass_time(days=1)
        world.pump()
        questions = [sms.ride_id for sms in world.phones.sent if "how was your ride" in sms.text]
        assert questions == ["a", "b", "d", *"cba"[:day]], ride_id
    world.hear("6", world.phones.about("a")[-1])
    assert world.conversation("a").score == 6


def test_start_resumes_the_conversation_that_it_names(world: World) -> None:
    one, _ = asked(world, "a"), asked(world, "b")
    says(world, "STOP")
    world.now += timedelta(minutes=1)
    world.hear("START", one)
    world.pump()
    assert world.prompts("a") == ["ask-score", "ask-score"]
    assert prompts_sent(world) == ["ask-score", "ask-score", "confirm-stop", "ask-score"]


def test_start_is_confirmed_if_no_question_is_open(world: World, question: Sent) -> None:
    says(world, "9", "STOP", "START")
    assert prompts_sent(world) == ["ask-score", "thank", "confirm-stop", "confirm-start"]
    consent = world.table.standing(world.pseudonyms.pseudonym_of(SEATTLE)).consent
    assert consent
    assert (consent.how, consent.by, consent.at) == ("sms", "customer", world.now)


def test_start_without_a_stop_asks_as_well_but_its_copy_does_not(world: World, question: Sent) -> None:
    """The carrier may have heard a STOP that we have not."""
    says(world, "START", "START")
    assert prompts_sent(world) == ["ask-score", "ask-score"]


def test_the_last_command_sent_counts_however_fast_and_in_whatever_order_they_arrive(world: World) -> None:
    """Of those sent at the same instant a STOP counts. Each opt-out that is seen is confirmed at most once."""
    orders = list(permutations(range(4)))
    words = ("STOP", "START", "STOP", "START")
    cases = [([0, 1, 2, 3], order) for order in orders]
    cases += [(tied, order) for tied in ([0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 1, 2]) for order in orders[::8]]
    for n, (offsets, order) in enumerate(cases):
        number = f"+1206555{n:04}"
        world.ride(f"r{n}", world.customer(number))
        world.pump()
        base = world.now
        said = [
            (base + timedelta(milliseconds=offset), word) for offset, word in zip(offsets, words, strict=True)
        ]
        confirmations = 0
        key = world.pseudonyms.pseudonym_of(number)
        for i in order:
            opted_out = world.table.standing(key).opted_out
            world.hear(said[i][1], world.phones.to(number)[0], sender=number, at=said[i][0])
            confirmations += world.table.standing(key).opted_out > opted_out
            world.pump()
        at, word = max(said, key=lambda command: (command[0], command[1] == "STOP"))
        standing = world.table.standing(key)
        assert (standing.opted_out, standing.decided_at) == (word == "STOP", at), (offsets, order)
        assert world.conversation(f"r{n}").muted == (word == "STOP"), (offsets, order)
        assert world.prompts(f"r{n}").count("confirm-stop") == confirmations, (offsets, order)


def test_the_same_word_as_the_answer_to_two_questions_is_two_answers(world: World, question: Sent) -> None:
    says(world, "no", "1", "no")
    assert world.conversation("r").answers == {"score": 1, "call": "no"}


@pytest.mark.parametrize("named", [True, False])
def test_a_carriers_copy_that_comes_after_the_next_question_is_no_answer_to_it(
    world: World, question: Sent, named: bool
) -> None:
    says(world, "2")
    world.hear("2", world.last_sms() if named else None)
    assert world.prompts("r") == ["ask-score", "ask-call"]


def test_the_same_unclear_word_to_two_of_our_sms_is_two_answers(world: World, question: Sent) -> None:
    says(world, "ok", "ok")
    assert world.prompts("r") == ["ask-score", "ask-score-again", "ask-score-again"]


STRANGER = "+12065550199"


def stranger_says(world: World, *texts: str) -> None:
    for text in texts:
        world.now += timedelta(minutes=1)
        world.hear(text, sender=STRANGER)
        world.pump()


def test_a_stranger_is_answered_by_command_and_at_any_hour(world: World) -> None:
    """Carriers test it, on phones that we never wrote to."""
    world.now += timedelta(hours=10)
    stranger_says(world, "STOP", "STOP", "HELP", "8", "START", "HELP", "hello")
    starts = [sms.text.partition(":")[2][:14].strip() for sms in world.phones.to(STRANGER)]
    assert starts[:2] == ["you have opte", "welcome back."]
    assert "More help" in world.last_sms(STRANGER).text
    assert len(world.phones.sent) == 3
    assert world.aws.told() == []
    for _ in range(30):
        stranger_says(world, "HELP")
    withheld = 1
    assert len(world.phones.sent) == MACHINE.limits.messages - withheld + 1, "one is the confirmation"


@pytest.mark.parametrize("fault", [None, "throttled", "no-answer", "opted-out", "invalid"])
def test_the_number_of_a_stranger_is_sealed_until_they_are_answered(world: World, fault: str | None) -> None:
    world.hear("STOP", sender=STRANGER)
    sealed = [item["sealed_number"]["B"] for item in world.aws.items() if "sealed_number" in item]
    assert len(sealed) == 1
    assert STRANGER[1:] not in repr(world.aws.items())
    world.phones.faults = [fault]
    world.pump()
    for _ in range(4):
        world.pass_time(hours=1)
        world.pump()
    assert len(world.phones.to(STRANGER)) == {"no-answer": 2, "opted-out": 0, "invalid": 0}.get(
        fault or "", 1
    )
    assert not any("sealed_number" in item for item in world.aws.items())
    assert STRANGER[1:] not in repr([world.aws.items(), world.logs])


def test_what_a_stranger_says_that_is_no_command_is_not_kept(world: World) -> None:
    stranger_says(world, "hello")
    assert [item["id"]["S"].partition("#")[0] for item in world.aws.items()] == ["inbound", "number"]


def test_a_stranger_who_becomes_a_customer_is_asked(world: World) -> None:
    stranger_says(world, "HELP")
    world.ride("r", world.customer(STRANGER))
    world.pump()
    stranger_says(world, "9")
    assert world.conversation("r").score == 9


def test_a_number_is_sealed_for_one_conversation(world_in_account: World) -> None:
    """By KMS, and with its id: what is copied to another item cannot be opened there."""
    aws = world_in_account.aws
    sealed = seal(aws.kms, aws.key, STRANGER, "answer-1")
    assert STRANGER.encode() not in sealed
    assert unseal(aws.kms, sealed, "answer-1") == STRANGER
    with pytest.raises(ClientError):
        unseal(aws.kms, sealed, "answer-2")
