"""Versions of a message: each published one has a class, and each class reads the one before."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import pytest
from pydantic import Field

from infra.registry.published import Publication
from infra.registry.succession import check
from tests.unit.registry.trips import READERS, Ended, publish, trip
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message, RfqResponse

Published = Mapping[str, list[Publication]]
TRIP = trip()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Version 1, in two revisions: the second has an optional field."""
    return publish(tmp_path_factory.mktemp("published"), trip(without="note"), TRIP)


class TripEndedV2(Event):
    """It has the reason in other words, and no score."""

    name: ClassVar[str] = "TripEnded"
    source: ClassVar[str] = "wildrydes.trips"
    version: ClassVar[int] = 2
    follows: ClassVar[type[Message] | None] = TRIP

    trip_id: str
    over: Literal["yes", "no"]
    note: str = Field(max_length=40)

    @classmethod
    def upcast(cls, old: Any) -> Self:
        over = "yes" if old.reason == "arrived" else "no"
        return cls(trip_id=old.trip_id, over=over, note=old.note or "")


def test_our_own_versions_follow_one_another() -> None:
    assert list(check([*EVENTS, *MESSAGES], {}, frozenset())) == []


def test_a_next_version_that_reads_the_one_before_passes(published: Published) -> None:
    assert list(check([TRIP, TripEndedV2], published, frozenset())) == []


class Forgetful(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Self:
        return cls(trip_id=old.trip_id, over="yes", note=old.note)


class Foreign(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Any:
        return old


class Silent(Ended):
    version: ClassVar[int] = 2
    follows: ClassVar[type[Message] | None] = TRIP


class Careless(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Any:
        unchecked: Any = {"trip_id": old.trip_id, "over": "perhaps", "note": ""}
        return cls.model_construct(**unchecked)


class Wrong(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Self:
        return cls(trip_id=old.id, over="yes", note="")


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (Forgetful, "note: Input should be a valid string."),
        (Foreign, "upcast gives a TripEnded."),
        (Silent, "NotImplementedError: Silent follows no other version."),
        (Careless, "over: Input should be 'yes' or 'no'."),
        (Wrong, "AttributeError: 'TripEnded' object has no attribute 'id'."),
    ],
)
def test_an_upcast_that_fails_for_what_was_published_is_told(
    contract: type[Message], why: str, published: Published
) -> None:
    [found] = check([TRIP, contract], published, frozenset())
    assert found.rule == "a version that does not read the one before"
    assert found.why == f"TripEnded.v1 as 1.0 publishes it: {why}"
    assert (
        found.to_do == f"Make {contract.__name__}.upcast give a valid {contract.__name__} for each of them."
    )


class Third(TripEndedV2):
    version: ClassVar[int] = 3


class Alone(TripEndedV2):
    follows: ClassVar[type[Message] | None] = None


class Elsewhere(TripEndedV2):
    source: ClassVar[str] = "wildrydes.others"


@pytest.mark.parametrize(
    ("contract", "why"),
    [
        (Third, "It follows TripEnded.v1, and not TripEnded.v2."),
        (Alone, "It does not say which class it follows."),
        (Elsewhere, "Its source is wildrydes.others, and that of TripEnded.v1 is wildrydes.trips."),
    ],
)
def test_versions_count_up_under_one_name_and_source(
    contract: type[Message], why: str, published: Published
) -> None:
    assert [each.why for each in check([TRIP, contract], published, frozenset())] == [why]


def test_no_two_classes_are_one_version(published: Published) -> None:
    found = check([TRIP, trip()], published, frozenset())
    assert [each.why for each in found] == ["TripEnded and TripEnded are both TripEnded.v1."]


class Renamed(Ended):
    name: ClassVar[str] = "TripDone"


class Raised(Ended):
    version: ClassVar[int] = 2


@pytest.mark.parametrize(("base", "now"), [(Renamed, "TripDone.v1"), (Raised, "TripEnded.v2")])
def test_a_class_keeps_the_name_and_version_that_are_published(
    base: type[Event], now: str, published: Published
) -> None:
    found = next(check([trip(base)], published, frozenset()))
    assert (found.rule, found.where) == ("a published version without a class", "TripEnded.v1")
    assert found.why.startswith(
        f"1.1 is published, and TripEnded now says that it is {now}. Rules of others match"
    )
    assert "`uv run rydes contracts bump TripEnded`" in found.to_do


def test_a_version_goes_only_if_it_is_said_to_be_retired(published: Published) -> None:
    [found] = check([], published, frozenset())
    assert found.why.startswith("1.1 is published, and no class has this name and version.")
    assert list(check([], published, frozenset({"TripEnded.v1"}))) == []
    assert list(check([Alone], published, frozenset({"TripEnded.v1"}))) == []
    [found] = check([TRIP], published, frozenset({"TripEnded.v1"}))
    assert found.why == "RETIRED has it, and the class TripEnded is there."


class Moved(Ended):
    source: ClassVar[str] = "wildrydes.others"


class Asking(Ended):
    answered_with: ClassVar[type[Message]] = RfqResponse


class RfqResponseV2(RfqResponse):
    version: ClassVar[int] = 2


class AskingForMore(Ended):
    answered_with: ClassVar[type[Message]] = RfqResponseV2


def test_a_newer_version_of_the_answer_is_told(tmp_path: Path) -> None:
    asking = publish(tmp_path, trip(Asking))
    [found] = check([trip(AskingForMore)], asking, frozenset())
    assert found.why.startswith("1.0 was published with RfqResponse; the class says RfqResponse.v2.")


@pytest.mark.parametrize(
    ("base", "what", "why"),
    [
        (Moved, "source", "1.1 was published with wildrydes.trips; the class says wildrydes.others."),
        (Asking, "answered_with", "1.1 was published with None; the class says RfqResponse."),
    ],
)
def test_source_and_answer_are_published_too(
    base: type[Event], what: str, why: str, published: Published
) -> None:
    [found] = check([trip(base)], published, frozenset())
    assert found.where == f"TripEnded.v1, {what}"
    assert found.why.startswith(why)


def test_who_has_a_rule_for_what_is_sent_elsewhere_is_named(published: Published) -> None:
    for contracts in ([trip(Moved)], [trip(Renamed)], []):
        found = next(check(contracts, published, frozenset(), READERS))
        assert "Hurt: feedback (rule feedback-trips); outside: surge" in found.why


def test_only_what_is_published_is_retired(published: Published) -> None:
    [found] = check([TRIP], published, frozenset({"TripEnded.v9"}))
    assert (found.where, found.why) == (
        "TripEnded.v9",
        "RETIRED has it, and nothing of this name and version is published.",
    )


class Full(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Self:
        raise ValueError(f"{old.trip_id[:0]}It cannot be.")


def test_a_sentence_ends_once(published: Published) -> None:
    [found] = check([TRIP, Full], published, frozenset())
    assert found.why.endswith("ValueError: It cannot be.")


class Shorter(TripEndedV2):
    note: str = Field(max_length=39)


class Lower(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Self:
        if old.score == 10:
            raise ValueError("10 is too much")
        return super().upcast(old)


class Fewer(TripEndedV2):
    @classmethod
    def upcast(cls, old: Any) -> Self:
        if len(old.stops) == 9:
            raise ValueError("9 are too many")
        return super().upcast(old)


@pytest.mark.parametrize("contract", [Shorter, Lower, Fewer])
def test_an_upcast_reads_what_is_at_a_limit(contract: type[Message], published: Published) -> None:
    [found] = check([TRIP, contract], published, frozenset())
    assert found.rule == "a version that does not read the one before"
