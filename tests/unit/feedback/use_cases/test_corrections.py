"""Ratings follow scores and their corrections, whatever the stream does: against a model that just adds them up."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.feedback.crash import Died, dying
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import World, chosen, told, waiting

RIDES = {"a": "u-silver", "b": "u-silver", "c": "u-shadowfax"}
STEPS = st.one_of(
    st.tuples(st.just("correct"), st.sampled_from([*RIDES]), st.sampled_from([None, 1, 5, 10])),
    st.tuples(st.just("write"), st.sampled_from([*RIDES]), st.none()),
    st.tuples(st.just("stream"), st.sampled_from(["some", "all"]), st.integers(0, 8)),
)


class Ratings:
    """Three rides of two responders, each with a score that no rating has taken in yet."""

    def __init__(self, randomly: random.Random) -> None:
        self.randomly = randomly
        self.world = World(Memory())
        self.records: list[dict[str, Any]] = []
        self.delivered = 0
        self.events: dict[str, dict[str, Any]] = {}
        for number, (ride_id, responder) in enumerate(RIDES.items()):
            phone = f"+1206555014{number}"
            self.world.ride(ride_id, self.world.customer(phone), responder_id=responder)
            self.collect()
            self.world.outreach.handle({"Records": chosen(self.records, waiting)})
            self.world.hear(str(7 + number), self.world.last_sms(phone), sender=phone)

    def collect(self) -> None:
        self.records += self.world.aws.records()

    def streamed(self, which: str, dies_at: int) -> None:
        """The stream brings some records for the first time, or everything again, in any order."""
        self.collect()
        known = len(self.records)
        some = self.records[self.delivered :] if which == "some" else [*self.records]
        self.randomly.shuffle(some)
        try:
            with dying(self.world, dies_at):
                self.world.outbox.handle({"Records": chosen(some, told)})
        except Died:
            self.world.outbox.handle({"Records": chosen(some, told)})
        self.delivered = known
        for event in self.world.aws.told():
            detail = event["detail"]
            earlier = self.events.setdefault(detail["metadata"]["event_id"], event)
            assert earlier["detail"] == detail, "one event id, two events"

    def written(self, ride_id: str) -> None:
        """Something else is written into the conversation: the stream's earlier news of it are stale."""
        self.world.track("TEXT_DELIVERED", self.world.phones.about(ride_id)[0])


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 2)
@given(steps=st.lists(STEPS, max_size=12), randomly=st.randoms(use_true_random=False))
def test_a_rating_is_the_sum_of_what_is_in_force(
    steps: list[tuple[str, str, Any]], randomly: random.Random
) -> None:
    ratings = Ratings(randomly)
    scores: dict[str, list[int | None]] = {ride_id: [7 + i] for i, ride_id in enumerate(RIDES)}
    for step, which, value in steps:
        match step:
            case "correct":
                ratings.world.correct(which, value)
                scores[which] += [value] if value != scores[which][-1] else []
            case "write":
                ratings.written(which)
            case _:
                ratings.streamed(which, value)
    for _ in range(len(steps) + 2):  # a rating takes in one score at a time
        ratings.streamed("some", 10**6)
        ratings.streamed("all", 10**6)

    about = [event["detail"]["data"] for event in ratings.events.values()]
    rated = sorted((data for data in about if "rating_revision" in data), key=lambda d: d["rating_revision"])
    for ride_id, expected in scores.items():
        assert [data.get("score") for data in rated if data["ride_id"] == ride_id] == expected
    for responder in set(RIDES.values()):
        of_responder = [data for data in rated if data["responder_id"] == responder]
        assert [data["rating_revision"] for data in of_responder] == [*range(1, len(of_responder) + 1)]
        last = [scores[ride_id][-1] for ride_id in RIDES if RIDES[ride_id] == responder]
        in_force = [score for score in last if score is not None]
        rating = {"count": len(in_force), "total": sum(in_force)} if in_force else None
        assert of_responder[-1].get("rating") == rating
        assert all(
            data["rating_revision"] >= data["rating"]["count"] for data in of_responder if "rating" in data
        )
    assert ratings.world.aws.parked() == []
    ratings.world.close()
