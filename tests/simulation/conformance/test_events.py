"""EventBridge, as the model and the emulator have it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulation.conformance.sides import EmulatedBus, ModelBus
from tests.support.bare_emulator import BareEmulator

PUT_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"
ENTRY = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html"
SIZE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"
Bus: TypeAlias = ModelBus | EmulatedBus
Make: TypeAlias = Callable[[Mapping[str, Any]], Bus]
RIDES = {"source": ["rides"], "detail-type": ["Started", "Ended"], "detail": {"metadata": {"version": [1]}}}


@pytest.fixture
def make(is_model: bool, emulator: BareEmulator) -> Make:
    return ModelBus if is_model else partial(EmulatedBus, emulator)


@pytest.fixture
def bus(make: Make) -> Bus:
    return make({"rides": RIDES, "all": {"account": [{"exists": True}]}})


def entry(bus: Bus, detail: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "EventBusName": bus.bus,
        "Source": "rides",
        "DetailType": "Started",
        "Detail": json.dumps({"metadata": {"version": 1}} if detail is None else detail),
        **more,
    }


def put(bus: Bus, *entries: dict[str, Any]) -> list[dict[str, Any]]:
    answer = bus.client.put_events(Entries=entries)
    results: list[dict[str, Any]] = answer["Entries"]
    assert answer["FailedEntryCount"] == sum("ErrorCode" in each for each in results)
    return results


def test_targets_get_an_event_with_what_it_was_put_with(bus: Bus) -> None:
    detail = {"metadata": {"version": 1}, "data": [{"name": "grüße", "n": 1.5, "none": None}]}
    [result] = put(bus, entry(bus, detail, Resources=["arn:of:something"]))
    delivered = bus.delivered()
    assert delivered.keys() == {"rides", "all"}
    assert delivered["rides"] == delivered["all"]
    [event] = delivered["rides"]
    assert event.keys() == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (event["version"], event["id"], event["region"]) == ("0", result["EventId"], "us-east-1")
    assert (event["detail-type"], event["source"]) == ("Started", "rides")
    assert (event["resources"], event["detail"]) == (["arn:of:something"], detail)
    assert datetime.fromisoformat(event["time"]).tzinfo == UTC
    assert event["time"].endswith("Z")


@pytest.mark.parametrize(
    ("change", "matches"),
    [
        ({}, True),
        ({"DetailType": "Ended"}, True),
        ({"DetailType": "Other"}, False),
        ({"Source": "others"}, False),
        ({"Detail": '{"metadata": {"version": 2}}'}, False),
        ({"Detail": '{"metadata": {"version": "1"}}'}, False),
        ({"Detail": '{"metadata": {"version": 1.0}}'}, True),
        ({"Detail": '{"metadata": {"version": true}}'}, False),
        ({"Detail": '{"metadata": {"version": [2, 1]}}'}, True),
        ({"Detail": '{"metadata": [{"version": 1}]}'}, True),
        ({"Detail": '{"metadata": {}}'}, False),
        ({"Detail": "{}"}, False),
    ],
)
def test_a_rule_takes_what_its_pattern_says(bus: Bus, change: dict[str, str], matches: bool) -> None:
    put(bus, entry(bus, **change))
    assert ("rides" in bus.delivered()) == matches


def test_each_event_is_matched_by_itself(bus: Bus) -> None:
    put(bus, *[entry(bus, {"metadata": {"version": n % 2}, "n": n}) for n in range(10)])
    delivered = bus.delivered()
    assert sorted(event["detail"]["n"] for event in delivered["rides"]) == [1, 3, 5, 7, 9]
    assert sorted(event["detail"]["n"] for event in delivered["all"]) == [*range(10)]


def test_a_bus_is_found_by_its_arn_too(bus: Bus) -> None:
    put(bus, entry(bus, EventBusName=bus.arn))
    assert bus.delivered().keys() == {"rides", "all"}


def test_another_bus_has_other_rules(bus: Bus) -> None:
    put(bus, entry(bus, EventBusName="default"))
    assert bus.delivered() == {}


def test_no_more_than_ten_events_are_put_at_once(bus: Bus) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        put(bus, *[entry(bus)] * 11)
    assert bus.delivered() == {}


def test_nobody_speaks_for_aws(bus: Bus) -> None:
    refused, taken = put(bus, entry(bus, Source="aws.s3"), entry(bus))
    assert refused.get("ErrorCode") == "NotAuthorizedForSourceException"
    assert [event["id"] for event in bus.delivered()["all"]] == [taken["EventId"]]


VALUES = st.sampled_from(["a", "ab", "b", 1, 2, 1.0, True, None])
DETAILS = st.recursive(
    VALUES | st.lists(VALUES, max_size=2),
    lambda inner: (
        st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2) | st.lists(inner, max_size=2)
    ),
    max_leaves=4,
)
EVENTS = st.fixed_dictionaries({}, optional={"x": DETAILS, "y": DETAILS})
MATCHERS = st.lists(
    VALUES
    | st.sampled_from(
        [
            {"prefix": "a"}, {"suffix": "b"}, {"exists": True}, {"exists": False}, {"anything-but": ["a"]},
            {"numeric": [">", 1]}, {"equals-ignore-case": "A"},
        ]
    ),
    min_size=1,
    max_size=2,
)  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from(["x", "y"]), MATCHERS, min_size=1, max_size=2)
PATTERNS = st.fixed_dictionaries(
    {
        "detail": FIELDS
        | st.dictionaries(st.sampled_from(["x", "y"]), FIELDS | MATCHERS, min_size=1, max_size=2)
    },
    optional={
        "source": st.just(["rides"]) | st.just([{"prefix": "r"}]) | st.just(["others"]),
        "detail-type": st.lists(st.sampled_from(["Started", "Ended"]), min_size=1, max_size=2),
    },
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(patterns=st.lists(PATTERNS, min_size=1, max_size=2), details=st.lists(EVENTS, min_size=1, max_size=5))
def test_rules_take_the_same_events_as_the_emulator_s(
    emulator: BareEmulator, patterns: list[Any], details: list[Any]
) -> None:
    rules = {f"rule{number}": pattern for number, pattern in enumerate(patterns)}
    both: list[Bus] = [ModelBus(rules), EmulatedBus(emulator, rules)]
    for bus in both:
        put(bus, *[entry(bus, {**detail, "number": n}) for n, detail in enumerate(details)])
    ours, theirs = (
        {
            name: sorted(event["detail"]["number"] for event in events)
            for name, events in bus.delivered().items()
        }
        for bus in both
    )
    assert ours == theirs


# -- what AWS does, and the emulator does not ------------------------------------------------------------------------


@pytest.mark.aws_alone("https://github.com/aws/event-ruler")
def test_a_path_may_be_one_name_with_dots(bus: Bus) -> None:
    put(bus, entry(bus, Detail='{"metadata.version": 1}'))
    assert "rides" in bus.delivered()


@pytest.mark.aws_alone(ENTRY)
def test_an_event_has_the_time_that_it_was_put_with(bus: Bus) -> None:
    put(bus, entry(bus, Time=datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)))
    assert bus.delivered()["all"][0]["time"] == "2026-02-03T04:05:06Z"


@pytest.mark.aws_alone(ENTRY)
@pytest.mark.parametrize("detail", ["{", "[]", '"text"', '{"n": NaN}'])
def test_a_detail_is_an_object(bus: Bus, detail: str) -> None:
    [result] = put(bus, entry(bus, Detail=detail))
    assert result.get("ErrorCode") == "MalformedDetail"


@pytest.mark.aws_alone(ENTRY)
@pytest.mark.parametrize("missing", ["Source", "DetailType", "Detail"])
def test_an_event_needs_all_that_says_what_it_is(bus: Bus, missing: str) -> None:
    complete = entry(bus)
    incomplete = {name: value for name, value in complete.items() if name != missing}
    refused, taken = put(bus, incomplete, complete)
    assert refused.get("ErrorCode") == "InvalidArgument"
    assert "EventId" in taken


@pytest.mark.aws_alone(ENTRY)
def test_a_detail_type_has_128_characters_at_most(bus: Bus) -> None:
    taken, refused = put(bus, entry(bus, DetailType="x" * 128), entry(bus, DetailType="x" * 129))
    assert "EventId" in taken
    assert refused.get("ErrorCode") == "InvalidArgument"


@pytest.mark.aws_alone(SIZE)
def test_events_have_less_than_a_mebibyte_together(bus: Bus) -> None:
    empty = len("rides") + len("Started") + len(json.dumps({"text": ""}))
    fits = {"text": "x" * (1024 * 1024 - 1 - empty)}
    put(bus, entry(bus, fits))
    assert len(bus.delivered()["all"]) == 1
    with pytest.raises(ClientError, match="ValidationException"):
        put(bus, entry(bus, {"text": fits["text"] + "x"}))
