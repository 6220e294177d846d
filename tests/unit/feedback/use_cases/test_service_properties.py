"""The whole service under any sequence of replies, repetitions, delays, opt-outs, faults and crashes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from feedback.domain.number import REPEATED_WITHIN
from feedback.domain.phone_number import PhoneNumber
from feedback.domain.reading.reply import command_in, read
from feedback.domain.send_ledger import FRESH_FOR
from feedback.domain.time_zones import known_zones
from tests.support.feedback.crash import Died, dying
from tests.support.feedback.memory import Memory
from tests.support.feedback.phones import Sent
from tests.support.feedback.support_api import Client
from tests.support.feedback.world import MACHINE, MADRID, NOON, SEATTLE, World, chosen, told, waiting

NEVER = 10**6
MOST_RIDES = 5
WINDOW = timedelta(seconds=MACHINE.limits.resend_after)

TIME_ZONES = st.sampled_from([None, None, "America/Los_Angeles", "Asia/Tokyo", "Mars/Olympus_Mons"])
NUMBERS = st.sampled_from([SEATTLE, SEATTLE, MADRID])
RESPONDERS = st.sampled_from(["u-shadowfax", "p-acme"])
TEXTS = st.sampled_from(
    ["8", "3", "ten", " 1 ", "2/10", "8 or 9", "what?", "yes", "no", "Sí", "STOP", "alto", "START", "HELP"]
)
EVENTS = st.sampled_from(["TEXT_SENT", "TEXT_DELIVERED", "TEXT_DELIVERED", "TEXT_CARRIER_BLOCKED"])
FAULTS = st.sampled_from([None, None, None, "throttled", "no-answer", "broken-after", "broken", "invalid"])
DEATHS = st.sampled_from([NEVER] * 8 + list(range(14)))
"""The step at which the worker dies, most often not at all."""
ACTIONS = st.sampled_from(["claim", "claim", "release", "reached", "not-reached"])
"""What agents do about calls that customers want: the last two close it."""
DURATIONS = st.sampled_from(
    [{"seconds": 3}, {"minutes": 2}, {"minutes": 16}, {"hours": 7}, {"days": 1}, {"days": 2}]
)


@dataclass(frozen=True)
class Reply:
    """A customer's SMS, the notification it comes in, and what it answers as far as AWS knows."""

    id: str
    sender: str
    text: str
    body: str
    at: datetime
    answers_id: str | None = None
    answers: Sent | None = None


Stages = dict[str, str | None]
"""The stages of conversations, by their rides."""


class Standing:
    """What a customer would say of their number: whether they want messages, and what they sent of late."""

    def __init__(self) -> None:
        self.opted_out = False
        self.decided_at = datetime.min.replace(tzinfo=UTC)
        self.handled: set[str] = set()
        self.texts: list[tuple[Reply, Stages]] = []
        self.opt_outs = 0
        self.confirmed: set[str] = set()


class Service(RuleBasedStateMachine):
    @initialize(hour=st.sampled_from([0, 0, 0, 0, 5, 12, 17]))
    def begin(self, hour: int) -> None:
        self.world = World(Memory(), now=NOON + timedelta(hours=hour))
        self.support = Client(self.world)
        self.customers: dict[str, list[str]] = {SEATTLE: [], MADRID: []}
        self.standings = {SEATTLE: Standing(), MADRID: Standing()}
        self.rides: list[str] = []
        self.zones: dict[str, list[ZoneInfo]] = {}
        self.completions: list[str] = []
        self.inbound: list[Reply] = []
        self.queued: list[tuple[Any, str]] = []  # (use case, body) that must come again
        self.records: dict[str, list[dict[str, Any]]] = {"outbox": [], "outreach": []}
        self.scores: dict[str, int] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.checked = 0

    # -- rules ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.rides) < MOST_RIDES)
    @rule(
        number=NUMBERS,
        again=st.booleans(),
        responder=RESPONDERS,
        time_zone=TIME_ZONES,
        dies_at=DEATHS,
        sender_dies_at=DEATHS,
    )
    def ride(
        self,
        *,
        number: str,
        again: bool,
        responder: str,
        time_zone: str | None,
        dies_at: int,
        sender_dies_at: int,
    ) -> None:
        """Of a customer who has ridden before, or of a new one. All on a number share that phone."""
        customers = self.customers[number]
        if not (customers and again):
            customers.append(self.world.customer(number))
        ride_id = f"ride-{len(self.rides)}"
        self.rides.append(ride_id)
        self.zones[ride_id] = known_zones([time_zone]) or [*PhoneNumber(number).zones]
        body = self.world.completed(ride_id, customers[-1], responder, time_zone)
        self.completions.append(body)
        self.deliver(self.world.rides, body, dies_at)
        self.pump(sender_dies_at)

    @precondition(lambda self: self.completions)
    @rule(data=st.data())
    def the_same_ride_again(self, data: st.DataObject) -> None:
        self.deliver(self.world.rides, data.draw(st.sampled_from(self.completions)))

    @precondition(lambda self: self.world.phones.sent)
    @rule(
        back=st.integers(0, 3),
        text=TEXTS,
        named=st.sampled_from(["that", "that", "none", "unknown"]),
        dies_at=DEATHS,
    )
    def reply(self, back: int, text: str, named: str, dies_at: int) -> None:
        """To one of the last SMS sent; AWS may know to which one, or not."""
        sms = self.world.phones.sent[-1 - back % len(self.world.phones.sent)]
        previous = {"that": sms.id, "none": None, "unknown": "sms-of-others"}[named]
        inbound_id = f"in-{len(self.inbound)}"
        body = self.world.reply(text, previous, sender=sms.to, inbound_id=inbound_id)
        answers = sms if named == "that" else None
        reply = Reply(inbound_id, sms.to, text, body, self.world.now, previous, answers)
        self.inbound.append(reply)
        self.heard(reply, dies_at)

    @precondition(lambda self: self.inbound)
    @rule(data=st.data(), other_id=st.booleans())
    def the_same_reply_again(self, data: st.DataObject, other_id: bool) -> None:
        """By SQS under the same id, or by the carrier under another."""
        reply = data.draw(st.sampled_from(self.inbound[-3:]))
        if other_id:
            twin = f"{reply.id}-twin{len(self.inbound)}"
            body = self.world.reply(reply.text, sender=reply.sender, inbound_id=twin)
            reply = Reply(twin, reply.sender, reply.text, body, self.world.now)
            self.inbound.append(reply)
        self.heard(reply)

    @precondition(lambda self: self.world.phones.sent)
    @rule(back=st.integers(0, 5), type_=EVENTS, dies_at=DEATHS)
    def receipt(self, back: int, type_: str, dies_at: int) -> None:
        sms = self.world.phones.sent[-1 - back % len(self.world.phones.sent)]
        self.deliver(self.world.receipts, self.world.event(type_, sms), dies_at)

    @precondition(lambda self: self.rides)
    @rule(data=st.data(), agent=st.sampled_from(["ann", "bob"]), action=ACTIONS, dies_at=DEATHS)
    def an_agent_acts(self, data: st.DataObject, agent: str, action: str, dies_at: int) -> None:
        """About a call that a customer wants, if there is one. Only who has the call sees whom to call."""
        open_ = [ride_id for ride_id in self.rides if self.wants_call(ride_id)]
        path = f"/callbacks/{data.draw(st.sampled_from(open_ or self.rides))}"
        call = {"claim": ("PUT", "/claim"), "release": ("DELETE", "/claim")}.get(action, ("POST", "/outcome"))

        def act() -> None:
            status, body = self.support(call[0], path + call[1], {"outcome": action}, agent=agent)
            assert status in ((200, 204, 409) if open_ else (404,))
            assert ("contact" in (body or {})) == (status == 200 and action == "claim")

        self.dies(act, dies_at)

    @precondition(lambda self: self.scores)
    @rule(data=st.data(), score=st.sampled_from([None, 1, 6, 10]), dies_at=DEATHS)
    def correction(self, data: st.DataObject, score: int | None, dies_at: int) -> None:
        """Support corrects or voids a score; an agent who has no answer does it again."""
        ride_id = data.draw(st.sampled_from(sorted(self.scores)))
        if self.dies(lambda: self.world.correct(ride_id, score), dies_at):
            self.world.correct(ride_id, score)
        conversation = self.world.conversation(ride_id)
        assert (conversation.score_in_force, conversation.score) == (score, self.scores[ride_id])

    @rule(number=NUMBERS, dies_at=DEATHS)
    def an_agent_opts_a_number_out(self, number: str, dies_at: int) -> None:
        self.world.now += timedelta(seconds=1)
        body = {"number": number, "reason": "by-phone"}

        def act() -> None:
            assert self.support("POST", "/opt-outs", body)[0] == 200

        if not self.dies(act, dies_at):
            self.standings[number].opted_out, self.standings[number].decided_at = True, self.world.now

    @rule(dies_at=DEATHS, fault=FAULTS)
    def stream(self, dies_at: int = NEVER, fault: str | None = None) -> None:
        """The table's stream reaches both functions behind it; the one that dies gets its records again."""
        self.pump(dies_at, fault)

    @rule(duration=DURATIONS, dies_at=DEATHS)
    def time(self, duration: dict[str, int], dies_at: int) -> None:
        self.world.now += timedelta(**duration)
        self.dies(self.world.timers.handle, dies_at)
        self.pump()

    @precondition(lambda self: self.queued)
    @rule()
    def the_queues_bring_again_what_was_not_handled(self) -> None:
        self.redeliver()

    # -- what must hold at any time ------------------------------------------------------------------------------

    @invariant()
    def every_sms_was_welcome(self) -> None:
        """Checked when it is sent: see `watch`."""
        for sms in self.world.phones.sent[self.checked :]:
            assert self.answers_somebody_awake(sms) or all(
                8 <= sms.at.astimezone(zone).hour < 21 for zone in self.zones[sms.ride_id]
            )
            earlier = [s for s in self.world.phones.sent if s.context == sms.context and s is not sms]
            assert all(abs(sms.at - s.at) >= WINDOW for s in earlier)
        self.checked = len(self.world.phones.sent)

    def answers_somebody_awake(self, sms: Sent) -> bool:
        """Whether it reacts to what the phone's owner has written of late: within an hour of its handling, which is
        within one. What starts a talk, or reminds, never does.
        """
        if not self.world.conversation(sms.ride_id).sms[int(sms.context["sms"])].promptly:
            return False
        ago = [sms.at - reply.at for reply in self.inbound if reply.sender == sms.to]
        return any(timedelta() <= time < 2 * FRESH_FOR for time in ago)

    @invariant()
    def a_score_stays(self) -> None:
        for ride_id in self.rides:
            conversation = self.world.table.conversation(ride_id)
            if conversation and conversation.score is not None:
                assert self.scores.setdefault(ride_id, conversation.score) == conversation.score

    @invariant()
    def events_say_one_thing(self) -> None:
        for event in self.world.aws.told():
            detail = event["detail"]
            known = self.events.setdefault(detail["metadata"]["event_id"], event)
            assert known["detail"] == detail

    # -- in the end ----------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.phones.faults.clear()
        self.redeliver()
        pending = self.still_to_be_asked()
        self.settle()
        for _ in range(300):
            if not (due := self.world.next_due()):
                break
            self.world.now = max(self.world.now, due)
            self.world.timers.handle()
            self.settle()
        self.every_sms_was_welcome()
        self.a_score_stays()
        self.events_say_one_thing()
        assert not pending & self.never_asked()
        self.everything_has_ended()
        self.everything_was_told()
        assert self.world.aws.parked() == []
        self.world.close()

    def settle(self) -> None:
        while self.pump():
            pass

    def still_to_be_asked(self) -> set[str]:
        """The rides whose first question waits for no more than its time, and has plenty of it."""
        return {
            ride_id
            for ride_id in self.rides
            if (c := self.world.table.conversation(ride_id))
            and c.stage
            and c.last.outstanding
            and not c.asked_at
            and self.world.now - c.since < timedelta(days=1)
        }

    def never_asked(self) -> set[str]:
        """The rides whose customer was not asked, though the number would take it and wants it."""
        return {
            ride_id
            for ride_id in self.rides
            if (c := self.world.table.conversation(ride_id))
            and not c.asked_at
            and not any(sms.state in ("refused", "withheld") for sms in c.sms)
        }

    def everything_has_ended(self) -> None:
        assert self.world.next_due() is None
        for ride_id in self.rides:
            conversation = self.world.table.conversation(ride_id)
            assert conversation is None or conversation.ending

    def everything_was_told(self) -> None:
        by_ride: dict[tuple[str, str], dict[str, Any]] = {}
        corrections: dict[str, list[dict[str, Any]]] = {}
        newest: dict[str, dict[str, Any]] = {}
        for event in self.events.values():
            name, data = event["detail-type"], event["detail"]["data"]
            if "rating_revision" in data:
                of_responder = newest.setdefault(data["responder_id"], data)
                newest[data["responder_id"]] = max(of_responder, data, key=lambda d: d["rating_revision"])
            if name == "FeedbackCorrected":
                corrections.setdefault(data["ride_id"], []).append(data)
                continue
            assert (name, data["ride_id"]) not in by_ride
            by_ride[name, data["ride_id"]] = data
        sums: dict[str, list[int]] = {}
        for ride_id in self.rides:
            conversation = self.world.table.conversation(ride_id)
            if conversation is None:
                continue
            requested, received, called, done, expired = (
                by_ride.get((name, ride_id))
                for name in (
                    "FeedbackRequested",
                    "FeedbackReceived",
                    "CallbackRequested",
                    "CallbackDone",
                    "FeedbackExpired",
                )
            )
            assert bool(requested) == bool(conversation.asked_at)
            assert bool(received) == (conversation.score is not None)
            assert bool(called) == conversation.call_wanted
            assert (done and done["outcome"]) == (conversation.call and conversation.call.outcome)
            assert bool(expired) == (conversation.asked_at is not None and conversation.score is None)
            corrected = sorted(corrections.get(ride_id, []), key=lambda d: d["rating_revision"])
            told = [data.get("score") for data in [received, *corrected] if data]
            assert told == list(conversation.scores), "a score or a correction was not told, or told twice"
            if received:
                in_force = [] if told[-1] is None else told[-1:]
                sums.setdefault(conversation.responder_id, []).extend(in_force)
        for responder, scores in sums.items():
            assert newest[responder].get("rating") == (
                {"count": len(scores), "total": sum(scores)} if scores else None
            )

    # -- how it is done ------------------------------------------------------------------------------------------

    def wants_call(self, ride_id: str) -> bool:
        conversation = self.world.table.conversation(ride_id)
        return conversation is not None and conversation.call_wanted

    def pump(self, dies_at: int = NEVER, fault: str | None = None) -> bool:
        """Bring the stream's records to the functions, also those that come again. False when there were none."""
        self.world.phones.faults = [fault]
        records = self.world.aws.records()
        self.records["outbox"] += chosen(records, told)
        self.records["outreach"] += chosen(records, waiting)
        any_came = bool(records) or any(self.records.values())
        for name, pending in self.records.items():
            work = partial(getattr(self.world, name).handle, {"Records": pending})
            if pending and not self.dies(work, dies_at):
                pending.clear()
        return any_came

    def heard(self, reply: Reply, dies_at: int = NEVER) -> None:
        """Bring a reply. What must follow is derived from what the customer did, not from how we do it."""
        self.world.now += timedelta(seconds=1)
        standing = self.standings[reply.sender]
        ride_id = reply.answers.ride_id if reply.answers else None
        before = self.world.table.conversation(ride_id) if ride_id else None
        progress = self.progress()
        key = self.world.pseudonyms.pseudonym_of(reply.sender)
        told_apart = reply.answers is not None and self.is_told_apart(reply.answers)
        known = reply.id in standing.handled
        copied = [
            (earlier, stages)
            for earlier, stages in standing.texts
            if earlier.text == reply.text and abs(reply.at - earlier.at) <= REPEATED_WITHIN
        ]
        # Two ids of our SMS are two answers, though we may know only one of them.
        copies = [
            s
            for e, s in copied
            if None in (e.answers_id, reply.answers_id) or e.answers_id == reply.answers_id
        ]
        stages = self.stages()
        command = command_in(reply.text)
        was_opted_out = self.world.table.standing(key).opted_out
        handled = self.deliver(self.world.replies, reply.body, dies_at)
        opted_out = self.world.table.standing(key).opted_out
        standing.opt_outs += opted_out and not was_opted_out
        newer = reply.at > standing.decided_at
        # Only the service knows if a START was applied before the worker died.
        if command == "start" and newer and not opted_out:
            standing.opted_out, standing.decided_at = False, reply.at
        if not handled:
            return
        if known or (
            copies
            and not reply.answers
            and opted_out == was_opted_out
            and not any(self.answers_another_question(reply.text, then, stages) for then in copies)
        ):
            assert self.progress() == progress, "a repeated reply changed something"
        if known:
            return
        if command in ("stop", "start") and newer:
            assert opted_out == (command == "stop"), "the last command does not count"
        if command == "stop" and reply.at >= standing.decided_at:
            standing.opted_out, standing.decided_at = True, reply.at
        if before and before.stage == "score" and not copied and not command and told_apart:
            answer = read(reply.text, "score", before.language or "en")
            if isinstance(answer, int):
                assert self.world.conversation(before.ride_id).score == answer, "a valid answer was lost"
        standing.handled.add(reply.id)
        standing.texts.append((reply, stages))

    def stages(self) -> Stages:
        conversations = map(self.world.table.conversation, self.rides)
        return {c.ride_id: c.stage for c in conversations if c}

    def answers_another_question(self, text: str, then: Stages, now: Stages) -> bool:
        """Whether a question, or the end, has followed another question, and the text asks about it or answers it."""
        asks = command_in(text) is not None
        answers = any(read(text, "yes-no", language) in ("yes", "no") for language in ("en", "es"))
        return any(
            then.get(ride_id) not in (None, stage) and (asks or (answers and stage is not None))
            for ride_id, stage in now.items()
        )

    def deliver(self, use_case: Any, body: str, dies_at: int = NEVER) -> bool:
        """Hand a body to a queue's function. False when its worker died, and it comes again."""
        if self.dies(lambda: self.assert_handled(use_case, body), dies_at):
            self.queued.append((use_case, body))
            return False
        return True

    def is_told_apart(self, sms: Sent) -> bool:
        """Whether it can be known what an SMS was about: its id was noted, or it alone has an unknown one."""
        if self.world.table.ride_of(sms.id):
            return True
        standing = self.world.table.standing(self.world.pseudonyms.pseudonym_of(sms.to))
        here = [self.world.conversation(held.ride_id) for held in standing.conversations]
        unsettled = {conversation.ride_id for conversation in here if conversation.unsettled}
        return unsettled == {sms.ride_id}

    def progress(self) -> list[Any]:
        """What replies change: how far each conversation has come, and what was said in it."""
        conversations = map(self.world.table.conversation, self.rides)
        return [c and (c.stage, c.answers, c.misunderstood, c.muted, len(c.sms)) for c in conversations]

    def redeliver(self) -> None:
        queued, self.queued = self.queued, []
        for use_case, body in queued:
            if use_case is self.world.replies:
                self.heard(next(reply for reply in self.inbound if reply.body == body))
            else:
                self.deliver(use_case, body)

    def assert_handled(self, use_case: Any, body: str) -> None:
        assert self.world.handle(use_case, body) == []

    def dies(self, work: Callable[[], object], at: int = NEVER) -> bool:
        """Whether the worker died at it."""
        already = len(self.world.phones.sent)
        try:
            with dying(self.world, at):
                work()
        except Died:
            return True
        finally:
            for sms in self.world.phones.sent[already:]:
                self.is_welcome(sms)
        return False

    def is_welcome(self, sms: Sent) -> None:
        standing = self.standings[sms.to]
        ledger = self.world.conversation(sms.ride_id).sms
        if ledger[int(sms.context["sms"])].prompt == "confirm-stop":
            standing.confirmed.add(str(sms.context))
            assert len(standing.confirmed) <= standing.opt_outs, "a second confirmation of one opt-out"
        else:
            assert not standing.opted_out, "an SMS after STOP"


@pytest.mark.slow
def test_the_service_under_anything() -> None:
    run_state_machine_as_test(
        Service,
        settings=settings(stateful_step_count=40, suppress_health_check=list(HealthCheck)),
    )
