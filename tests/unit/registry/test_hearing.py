"""Who emits and who hears an event, and what is said where nobody does."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from infra.registry.audience import Listener
from infra.registry.hearing import FOREIGN, RETIRED, UNHEARD, UNSAID, check
from tests.unit.registry.trips import Ended, publish
from wild_rydes_contracts import Event, Message, RfqResponse

SERVICES = frozenset({"trips", "feedback"})


class Explained(Ended):
    unheard: ClassVar[str] = "For whoever counts trips."


class Asking(Ended):
    answered_with: ClassVar[type[Message]] = RfqResponse


def rules(event: type[Event], heard: Sequence[str], emitted: Sequence[str], directory: Path) -> list[str]:
    listening = [Listener(service, "rule", "queue", "function") for service in heard]
    published = publish(directory, event)
    found = check([event], published, lambda _: listening, lambda _: emitted, SERVICES)
    return [each.rule for each in found]


@pytest.mark.parametrize(
    ("event", "heard", "emitted", "expected"),
    [
        (Ended, ["feedback"], ["trips"], []),
        (Ended, ["surge"], ["trips"], []),
        (Ended, [], ["trips"], [UNHEARD]),
        (Explained, [], ["trips"], []),
        (Explained, ["surge"], ["trips"], []),
        (Explained, ["feedback"], ["trips"], [UNHEARD]),
        (Ended, ["feedback"], [], [UNSAID]),
        (Ended, [], [], [UNSAID, UNHEARD]),
        (Ended, ["feedback"], ["feedback", "trips"], [FOREIGN]),
        (Ended, ["feedback"], ["surge", "trips"], [FOREIGN]),
        (Asking, ["feedback"], ["concierge", "trips"], []),
        (Asking, ["feedback"], ["feedback", "trips"], [FOREIGN]),
    ],
)
def test_an_event_has_an_emitter_and_a_listener_or_says_why_not(
    event: type[Event], heard: Sequence[str], emitted: Sequence[str], expected: list[str], tmp_path: Path
) -> None:
    assert rules(event, heard, emitted, tmp_path) == expected


class Second(Ended):
    version: ClassVar[int] = 2


@pytest.mark.parametrize("heard", [Ended, Second])
def test_while_consumers_move_only_one_version_is_heard(heard: type[Event], tmp_path: Path) -> None:
    listening = {heard: [Listener("feedback", "rule", "queue", "function")]}
    published = publish(tmp_path, Ended, Second)
    found = check(
        [Ended, Second], published, lambda event: listening.get(event, []), lambda _: ["trips"], SERVICES
    )
    assert list(found) == []


class Successor(Second):
    follows: ClassVar[type[Message] | None] = Ended


@pytest.mark.parametrize(("emitted", "expected"), [(["trips"], [RETIRED]), ([], [])])
def test_nobody_emits_a_retired_version(emitted: Sequence[str], expected: list[str], tmp_path: Path) -> None:
    making: dict[type[Event], Sequence[str]] = {Ended: emitted, Successor: ["trips"]}
    published = publish(tmp_path, Ended, Second)
    heard = [Listener("feedback", "rule", "queue", "function")]
    found = check([Successor], published, lambda _: heard, making.__getitem__, SERVICES)
    assert [each.rule for each in found] == expected


def test_what_is_not_published_yet_may_have_neither() -> None:
    assert list(check([Ended], {}, lambda _: [], lambda _: [], SERVICES)) == []


def test_the_words_say_what_to_do(tmp_path: Path) -> None:
    published = publish(tmp_path, Ended)
    [unsaid, unheard] = check([Ended], published, lambda _: [], lambda _: [], SERVICES)
    assert unsaid.why == "It is published, and no source of a service makes a Ended."
    assert "let Ended say as `unheard` what it is for" in unheard.to_do
    assert '"TripEnded.v1" in RETIRED' in unheard.to_do
