"""Whatever way the same facts take, one and the same thing comes of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from ride_booking.domain.rfq import Answer, Decline, Quote, Response, Rfq
from tests.support.ride_booking.world import DEADLINE, NOW, rfq

START = rfq()
Step: TypeAlias = Callable[[Rfq], Rfq]

ids = st.sampled_from([f"u-{letter}" for letter in "abcdefgh"])
answers = st.one_of(
    st.builds(Quote, st.integers(0, 10_000), st.integers(0, 900), st.sampled_from(["USD", "CHF"])),
    st.builds(Decline, st.sampled_from(["too-far", "busy"])),
)


@dataclass(frozen=True)
class Facts:
    """Who was asked, and what each responder says, whenever it says it."""

    asked: frozenset[str]
    answers: dict[str, Answer]

    def responses(self) -> list[Response]:
        """One message for each fact."""
        return [Response(asked=self.asked), *(Response(answers=(a,)) for a in self.answers.items())]


facts = st.builds(Facts, st.frozensets(ids, min_size=1), st.dictionaries(ids, answers))


@st.composite
def deliveries(draw: st.DrawFn, messages: Sequence[Response]) -> list[list[Response]]:
    """The messages in any order, some of them repeated, cut into batches anywhere."""
    repeated = [*messages, *draw(st.lists(st.sampled_from(messages), max_size=5))]
    shuffled = draw(st.permutations(repeated))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=5)))
    return [shuffled[i:j] for i, j in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def deliver(batches: Sequence[Sequence[Response]], to: Rfq = START, at: datetime = NOW) -> Rfq:
    for batch in batches:
        to = to.gather(batch, at)
    return to


def gathering(batch: Sequence[Response], at: datetime) -> Step:
    return lambda found: found.gather(batch, at)


def closing(at: datetime) -> Step:
    return lambda found: found.close(at)


def cancelling(at: datetime) -> Step:
    return lambda found: found.cancel(at)


def shown(found: Rfq) -> object:
    """All that anyone outside sees of it."""
    return found.completion, found.quotes(), found.counts()


@given(facts, st.data())
def test_order_repetition_and_batches_change_nothing(known: Facts, data: st.DataObject) -> None:
    one = deliver(data.draw(deliveries(known.responses())))
    other = deliver(data.draw(deliveries(known.responses())))

    assert shown(one) == shown(other)
    assert shown(one.close(DEADLINE)) == shown(other.close(DEADLINE))


@given(facts, st.data())
def test_the_outcome_is_what_the_facts_say(known: Facts, data: st.DataObject) -> None:
    found = deliver(data.draw(deliveries(known.responses()))).close(DEADLINE)

    answered = known.asked & known.answers.keys()
    quoted = {key for key in answered if isinstance(known.answers[key], Quote)}
    assert found.completion
    assert found.completion.by == ("all-answered" if answered == known.asked else "deadline")
    assert dict(found.quotes()) == {key: known.answers[key] for key in quoted}
    counts = found.counts()
    assert (counts.asked, counts.quoted, counts.declined) == (
        len(known.asked),
        len(quoted),
        len(answered - quoted),
    )
    assert counts.asked == counts.quoted + counts.declined + counts.silent


@given(facts, st.data())
def test_a_batch_is_the_same_as_its_messages_one_by_one(known: Facts, data: st.DataObject) -> None:
    batches = data.draw(deliveries(known.responses()))
    at = data.draw(st.sampled_from([NOW, DEADLINE]))

    whole = deliver([[message for batch in batches for message in batch]], at=at)
    assert whole == deliver(batches, at=at)
    assert whole == deliver([[message] for batch in batches for message in batch], at=at)


@given(facts, facts, st.data())
def test_what_comes_after_the_close_is_never_shown(early: Facts, late: Facts, data: st.DataObject) -> None:
    """Early facts, then the close (by deadline, cancel or late answer), then more: interleaved in any way."""
    before = deliver(data.draw(deliveries(early.responses())))
    after = data.draw(deliveries(late.responses()))
    ends = [closing(DEADLINE), cancelling(DEADLINE)]
    closes = data.draw(st.lists(st.sampled_from(ends), min_size=1, max_size=4))
    stragglers = [gathering(batch, DEADLINE) for batch in after]
    at_last = before
    closed_by = 0
    for step in data.draw(st.permutations([*closes, *stragglers])):
        was, at_last = at_last, step(at_last)
        closed_by += was.completion is None and at_last.completion is not None

    assert closed_by == (before.completion is None)
    assert at_last.completion == before.close(DEADLINE).completion
    assert at_last.quotes() == before.quotes()
    silent = {key for key, r in before.responders.items() if r.asked and r.answer is None}
    assert at_last.counts().late == len(silent & late.answers.keys())


@given(facts, st.data())
def test_cancel_wins_or_loses_but_never_both(known: Facts, data: st.DataObject) -> None:
    """A cancel somewhere among the messages, all before the deadline."""
    at = NOW + timedelta(seconds=1)
    steps = [gathering(batch, at) for batch in data.draw(deliveries(known.responses()))]
    where = data.draw(st.integers(0, len(steps)))
    found = START
    for step in steps[:where]:
        found = step(found)
    expected = found.cancel(at)
    for step in [cancelling(at), *steps[where:], closing(DEADLINE), cancelling(at)]:
        found = step(found)

    assert found.completion == expected.completion
    assert found.quotes() == expected.quotes()


@given(facts, st.data())
def test_what_changes_nothing_of_an_old_state_changes_nothing_of_a_newer_one(
    known: Facts, data: st.DataObject
) -> None:
    """Why the store may read eventually consistent."""
    batches = data.draw(deliveries(known.responses()))
    at = data.draw(st.sampled_from([NOW, DEADLINE]))
    old = deliver(batches[: data.draw(st.integers(0, len(batches)))])
    newer = data.draw(st.sampled_from([deliver(batches, old), deliver(batches, old).close(DEADLINE)]))

    for step in [closing(at), cancelling(DEADLINE), *(gathering(batch, at) for batch in batches)]:
        if step(old) == old:
            assert step(newer) == newer
