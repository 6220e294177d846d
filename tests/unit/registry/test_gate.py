"""What the gate says of a class that differs from what is published of it."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field, create_model

from infra.assembly import Assembly
from infra.proof.finding import Finding
from infra.registry import gate
from infra.registry.readers import Readers
from tests.unit.registry.trips import (
    ASSEMBLY,
    ENDED,
    READERS,
    Card,
    Cash,
    Ended,
    Fare,
    Stop,
    of,
    publish,
    subscription,
    trip,
)
from wild_rydes_contracts import Contract, Message, RfqResponse


class Cheap(Contract):
    amount: str = Field(pattern=r"^\d{1,5}\.\d{2}$")
    currency: str = Field(pattern="^[A-Z]{3}$")


class Bare(Contract):
    amount: str = Field(pattern=r"^\d{1,7}\.\d{2}$")
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")


class ShutFare(Fare):
    model_config = ConfigDict(extra="forbid")


class Place(Contract):
    lat: float = Field(ge=-80, le=90)
    label: str | None = None
    lon: float


class CheapCard(Contract):
    kind: Literal["card"] = "card"
    fare: Cheap


class Coins(Contract):
    kind: Literal["cash"] = "cash"
    coins: int | None = None


class Shut(Ended):
    model_config = ConfigDict(extra="forbid")


class FareWithTax(Fare):
    tax: str | None = None


class CardOfBank(Card):
    bank: str | None = None


class StopAtDoor(Stop):
    door: int | None = None


class Voucher(Contract):
    kind: Literal["voucher"] = "voucher"


def paid(*choices: Any) -> Any:
    return Annotated[choices[0] | choices[1], Field(discriminator="kind")]


def told(contract: type[Message], directory: Path, readers: Readers = READERS) -> list[Finding]:
    published = publish(directory, trip())
    return list(gate.check(gate.evolution(contract, published), readers))


BREAKS: dict[str, tuple[type[Message], list[str]]] = {
    "a field that is renamed": (
        trip(without="trip_id", ride_id=(str, Field(pattern="^[a-z0-9-]+$"))),
        ["data.trip_id  FIELD_REMOVED"],
    ),
    "an optional field that is renamed": (
        trip(without="note", remark=(str | None, Field(default=None, max_length=40))),
        ["data.note  FIELD_REMOVED"],
    ),
    "a field that is gone": (trip(without="score"), ["data.score  FIELD_REMOVED"]),
    "a pattern": (trip(trip_id=(str, Field(pattern="^[0-9]+$"))), ["data.trip_id  PATTERN_CHANGED"]),
    "a pattern that is new": (
        trip(note=(str | None, Field(default=None, max_length=40, pattern="^x"))),
        ["data.note  PATTERN_ADDED"],
    ),
    "a length": (trip(note=(str | None, Field(default=None, max_length=20))), ["data.note  MAX_LENGTH_DECREASED"]),
    "a lower bound": (trip(score=(int, Field(ge=2, le=10))), ["data.score  MINIMUM_INCREASED"]),
    "an upper bound": (trip(score=(int, Field(ge=1, le=5))), ["data.score  MAXIMUM_DECREASED"]),
    "a type": (trip(score=(str, ...)), ["data.score  TYPE_CHANGED"]),
    "a type that is narrower": (trip(stops=(tuple[Place, ...], Field(max_length=9))), [
        "data.stops[].lat  MINIMUM_INCREASED",
        "data.stops[].lon  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
    ]),
    "fewer items": (trip(stops=(tuple[Stop, ...], Field(max_length=3))), ["data.stops  MAX_ITEMS_DECREASED"]),
    "a list that is no longer one": (trip(stops=(Stop, ...)), ["data.stops  TYPE_CHANGED"]),
    "a new required field": (
        trip(driver=(str, ...)), ["data.driver  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"],
    ),
    "an optional field that is required": (
        trip(note=(str, Field(max_length=40))), ["data.note  REQUIRED_ATTRIBUTE_ADDED"],
    ),
    "a required field that is optional": (
        trip(score=(int | None, Field(default=None, ge=1, le=10))), ["data.score  FIELD_NO_LONGER_REQUIRED"],
    ),
    "a value that is gone": (trip(reason=(Literal["arrived"], ...)), ["data.reason  ENUM_ARRAY_NARROWED"]),
    "a value that is another": (
        trip(reason=(Literal["arrived", "quit"], ...)), ["data.reason  ENUM_ARRAY_CHANGED"],
    ),
    "a closed model": (trip(Shut), ["data  MODEL_CLOSED"]),
    "a closed model inside": (trip(tip=(ShutFare | None, None)), ["data.tip  MODEL_CLOSED"]),
    "money of another pattern": (trip(fare=(Cheap, ...)), ["data.fare.amount  PATTERN_CHANGED"]),
    "money without its currency": (trip(fare=(Bare, ...)), ["data.fare.currency  FIELD_NO_LONGER_REQUIRED"]),
    "money of one choice": (trip(paid=(paid(CheapCard, Cash), ...)), ["data.paid[card].fare.amount  PATTERN_CHANGED"]),
    "a field of one choice": (trip(paid=(paid(Card, Coins), ...)), ["data.paid[cash].change  FIELD_REMOVED"]),
    "a choice that is gone": (trip(paid=(Card, ...)), ["data.paid[cash]  CHOICE_REMOVED"]),
    "a choice that is another": (trip(paid=(paid(Card, Voucher), ...)), ["data.paid[cash]  CHOICE_REMOVED"]),
    "a choice that is another, and a field of one that stays": (
        trip(paid=(paid(CheapCard, Voucher), ...)),
        ["data.paid[card].fare.amount  PATTERN_CHANGED", "data.paid[cash]  CHOICE_REMOVED"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", BREAKS)
def test_a_change_that_breaks_readers_is_told_by_field_and_rule(change: str, tmp_path: Path) -> None:
    contract, expected = BREAKS[change]
    found = [each for each in told(contract, tmp_path) if each.rule != gate.NEEDED]
    assert [each.where for each in found] == expected
    for each in found:
        assert each.rule == "TripEnded 1.1 breaks those who read TripEnded (BACKWARD_TRANSITIVE)"
        assert (
            "Hurt: feedback (rule feedback-trips); outside: surge (rule surge-trips), tips (states"
            in each.why
        )
        assert "uv run rydes contracts bump TripEnded" in each.to_do


READABLE = {
    "the same": trip(),
    "an optional field": trip(driver=(str | None, None)),
    "an optional field inside": trip(fare=(FareWithTax, ...)),
    "an optional field in a list": trip(stops=(tuple[StopAtDoor, ...], Field(max_length=9))),
    "an optional field of one choice": trip(paid=(paid(CardOfBank, Cash), ...)),
    "an optional model": trip(deposit=(Fare | None, None)),
    "other words": trip(note=(str | None, Field(default=None, max_length=40, description="for people"))),
    "a wider bound": trip(score=(int, Field(ge=0, le=11))),
    "a longer list": trip(stops=(tuple[Stop, ...], ...)),
}


@pytest.mark.parametrize("change", READABLE)
def test_a_change_that_everybody_can_read_passes(change: str, tmp_path: Path) -> None:
    assert told(READABLE[change], tmp_path) == []


def test_a_finding_says_what_was_and_is_and_what_to_do(tmp_path: Path) -> None:
    [removed] = told(BREAKS["a field that is renamed"][0], tmp_path)
    assert removed.why.splitlines()[0] == (
        "1.0 has it (string, pattern ^[a-z0-9-]+$; required); the class has no such field, but ride_id, which is alike."
    )
    assert removed.to_do == (
        "Keep trip_id beside ride_id, and make that one optional: what is published stays in its version; or make the "
        "next version: `uv run rydes contracts bump TripEnded`."
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("an upper bound", "The class has 5 as its maximum; the limit of 1.0 is 10."),
        ("a value that is gone", 'The class does not have "given-up".'),
        ("a type", "1.0 allows integer, and the class string."),
        ("a required field that is optional", "1.0 always has it; the class leaves it out where it is None."),
        ("a closed model", "1.0 allows more fields than it names; the class forbids them."),
        ("a new required field", 'The class requires the property "driver", and 1.0 does not.'),
    ],
)
def test_the_words_name_the_revision_and_the_class(change: str, why: str, tmp_path: Path) -> None:
    assert why in told(BREAKS[change][0], tmp_path)[0].why


class Asked(Ended):
    answered_with: ClassVar[type[Message]] = RfqResponse


def test_metadata_are_held_too(tmp_path: Path) -> None:
    for now, before, rule in (
        (trip(Asked), trip(), "REQUIRED_ATTRIBUTE_ADDED"),
        (trip(), trip(Asked), "FIELD_NO_LONGER_REQUIRED"),
    ):
        found = list(gate.check(gate.evolution(now, publish(tmp_path / rule, before)), READERS))
        for each in found:
            assert each.to_do.startswith("Leave `answered_with` as it is published: metadata have ")
        assert [each.where for each in found] == [f"metadata.deadline  {rule}", f"metadata.reply_to  {rule}"]


def test_a_consumer_that_states_its_needs_is_named(tmp_path: Path) -> None:
    more = trip(reason=(Literal["arrived", "given-up", "stuck"], ...))
    [found] = told(more, tmp_path)
    assert (found.rule, found.where) == (gate.NEEDED, "TripEnded.v1, reason")
    assert found.why == 'tips reads it. ENUM_ARRAY_NARROWED: The consumer does not have "stuck".'
    assert found.to_do == "Leave it as tips reads it, or ask those who keep tips."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (trip(of("NONE"), without="fare"), "There is no TripEnded.v1.fare."),
        (trip(of("NONE"), fare=(Bare, ...)), "TripEnded.v1.fare.currency may be absent"),
    ],
)
def test_a_field_that_a_consumer_needs_stays_in_every_mode(
    change: type[Message], why: str, tmp_path: Path
) -> None:
    [found] = told(change, tmp_path)
    assert found.where == "TripEnded.v1, fare.currency"
    assert found.why.startswith(f"tips reads it. {why}")


def test_a_version_that_a_consumer_reads_stays() -> None:
    assert list(gate.unknown([Ended], READERS)) == []
    [found] = gate.unknown([], READERS)
    assert found.why == "tips reads it, and no class has this name and version."


def test_a_first_revision_breaks_nobody() -> None:
    assert list(gate.check(gate.evolution(trip(), {}), READERS)) == []


def test_who_asks_is_hurt_by_a_change_of_the_answer() -> None:
    how = "gets it as the answer to RfqRequested"
    assert Readers(ASSEMBLY).hurt(RfqResponse) == f"Hurt: ride-booking ({how}); outside: concierge ({how})."


class RfqResponseV2(RfqResponse):
    version: ClassVar[int] = 2


def test_who_asks_for_one_version_of_an_answer_reads_the_others() -> None:
    assert "gets it as the answer to RfqRequested" in Readers(ASSEMBLY).hurt(RfqResponseV2)


def test_who_filters_on_a_field_that_goes_is_hurt(tmp_path: Path) -> None:
    pattern = {**ENDED, "detail": {**ENDED["detail"], "data": {"reason": ["arrived"]}}}
    readers = Readers(Assembly(Path(), {"Only": subscription("unicorn-mgmt", "dev-arrived", pattern)}))
    renamed = trip(without="reason", cause=(Literal["arrived", "given-up"], ...))
    [found] = told(renamed, tmp_path, readers)
    assert found.why.endswith("Hurt: unicorn-mgmt (rule arrived).")


def test_who_needs_other_fields_than_the_one_that_breaks_says_so(tmp_path: Path) -> None:
    other, needed = (BREAKS[each][0] for each in ("a field that is gone", "money without its currency"))
    [found] = told(other, tmp_path / "other")
    assert "tips (states needs of other fields)" in found.why
    [found] = [each for each in told(needed, tmp_path / "needed") if each.rule != gate.NEEDED]
    assert "tips (states that it needs it)" in found.why


def test_without_templates_nobody_knows_who_is_hurt() -> None:
    assert "nobody knows" in Readers(None).hurt(Ended)


def test_a_draft_is_told_with_those_who_should_be_deployed_first(tmp_path: Path) -> None:
    published = publish(tmp_path, trip())
    more = trip(reason=(Literal["arrived", "given-up", "stuck"], ...))
    draft, wider = gate.news(gate.evolution(more, published), READERS)
    assert draft == "TripEnded 1.1 is not published yet: `uv run rydes contracts publish TripEnded`"
    assert (
        'data.reason  ENUM_ARRAY_EXTENDED: 1.0 does not have "stuck". Readers of 1.0 may refuse it.' in wider
    )
    assert "Deploy first: feedback (rule feedback-trips); outside: surge" in wider
    assert list(gate.news(gate.evolution(trip(), published), READERS)) == []


def test_a_wider_bound_is_told_as_such_with_what_it_was_and_is(tmp_path: Path) -> None:
    published = publish(tmp_path, trip())
    [_, wider] = gate.news(gate.evolution(trip(score=(int, Field(ge=1, le=20))), published), READERS)
    assert "data.score  MAXIMUM_INCREASED: 1.0 has 10 as its maximum; the limit of the class is 20." in wider


def test_the_order_of_fields_and_values_is_no_change(tmp_path: Path) -> None:
    published = publish(tmp_path, trip())
    base = trip(without="fare")
    assert not gate.evolution(create_model("TripEnded", __base__=base, fare=(Fare, ...)), published).drafted
    reordered = trip(reason=(Literal["given-up", "arrived"], ...))
    assert not gate.evolution(reordered, published).drafted
