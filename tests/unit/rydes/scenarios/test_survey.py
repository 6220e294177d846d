"""What a developer is told about the SMS after a ride."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.rydes.scenarios.contact_centre import wished
from infra.rydes.scenarios.survey import Rider, clock, not_asked, of_first_sms, standing

BERT = Rider("bert", "+14255550143")
THEN = datetime(2026, 5, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_each_fate_of_the_first_sms_is_told_with_what_to_do_about_it() -> None:
    at = THEN.isoformat()
    for state, more, told in (
        ("waiting", {}, None),
        ("claimed", {}, None),
        ("sent", {}, "SMS sent to +1 425-555-0143. Answer it: uv run rydes phone --number +14255550143"),
        ("delivered", {}, "uv run rydes phone --number +14255550143"),
        ("blocked", {"reason": "TEXT_SPAM"}, "the carrier did not deliver it (TEXT_SPAM)"),
        ("waiting", {"reason": "night", "not-before": at}, f"it is night there. It will be sent at {clock(THEN)}"),
        ("waiting", {"reason": "ThrottlingException"}, "AWS does not take it now (ThrottlingException)"),
        ("refused", {"reason": "no-number"}, "bert has no phone number. --phone"),
        ("refused", {"reason": "no-consent"}, "bert has not agreed to be texted. --phone"),
        ("refused", {"reason": "number-unverified"}, "verified that +1 425-555-0143 is bert's. --phone"),
        ("refused", {"reason": "INVALID_PARAMETER"}, "AWS refuses to send it (INVALID_PARAMETER)"),
        ("withheld", {}, "has opted out. START resumes: uv run rydes phone"),
    ):  # fmt: skip
        said = of_first_sms({"messages": [{"state": state, **more}]}, BERT)
        assert told in said if told else said == "", f"{state} {more}: {said}"

    withheld = {"messages": [{"state": "withheld"}]}
    assert f"has opted out since {clock(THEN)}. START" in of_first_sms(withheld, BERT, THEN)


def test_why_nobody_is_asked_is_told_with_its_time() -> None:
    until = {"until": THEN.isoformat()}
    asked = clock(THEN - timedelta(days=1))
    for logged, told in (
        ({"message": "opened"}, None),
        ({"message": "known"}, None),
        ({"message": "too soon", **until}, f"was asked at {asked}, and nobody is asked twice within a day"),
        ({"message": "too soon", **until}, f"(rides from {clock(THEN)} on count)"),
        ({"message": "too soon"}, "was asked less than a day ago"),
        ({"message": "too often", **until}, f"within a month (rides from {clock(THEN)} on count)"),
        ({"message": "too late"}, "too long ago"),
    ):
        said = not_asked(logged)
        assert told in said if told else said == "", f"{logged}: {said}"


def feedback(**changes: Any) -> dict[str, Any]:
    return {"ride-id": "r", "status": "asked", "opted-out": False, "call-wanted": False, **changes}


def test_how_a_conversation_stands() -> None:
    at = THEN.isoformat()
    when = clock(THEN)
    for found, topic, told in (
        (feedback(**{"reminder-at": at, "expires-at": at}), "r open", f"a reminder {when}, the end {when}"),
        (feedback(**{"expires-at": at}), "r open", f"without an answer: the end {when}"),
        (feedback(**{"opted-out": True}), "r opted out", "until START"),
        (feedback(status="ended", ending="answered", score=9), "r ended", "ended: score 9, no call wanted"),
        (
            feedback(status="ended", ending="answered", score=2, **{"call-wanted": True}),
            "r ended",
            "score 2, support will call",
        ),
        (feedback(status="ended", ending="answered"), "r ended", "ended: score void, no call wanted"),
        (feedback(status="ended", ending="no-answer"), "r ended", "ended: no-answer"),
    ):
        note = standing(found)
        assert note.topic == topic
        assert told in note.text


def test_a_wish_is_told_in_words() -> None:
    assert wished({"time-zone": "Europe/Berlin"}) == ""
    evening = {"wished": {"latest": 20}, "time-zone": "Europe/Berlin"}
    assert wished(evening) == "until 20 h (Europe/Berlin)"
    assert wished({"wished": {"day": "tomorrow", "earliest": 17}}) == "tomorrow from 17 h"
    assert wished({"wished": {"earliest": 9, "latest": 12}}) == "from 9 h until 12 h"
