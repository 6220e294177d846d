"""`rydes contracts list`, `show`, `versions`, `publish` and `bump`."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.registry import next_version
from infra.registry.published import publications, write
from infra.rydes import cli
from infra.rydes.commands import contracts, published
from infra.rydes.commands.terminal import console
from tests.unit.registry.trips import ASSEMBLY, publish, trip
from wild_rydes_contracts import EVENTS, RideCompleted

MORE = trip(driver=(str | None, None))


def rydes(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["contracts", *arguments])


@pytest.fixture
def trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is published of trips alone, and a class that says more."""
    publish(tmp_path, trip())
    for module in (contracts, published):
        monkeypatch.setattr(module, "publications", partial(publications, tmp_path))
        monkeypatch.setattr(module, "EVENTS", (MORE,))
        monkeypatch.setattr(module, "MESSAGES", ())
    monkeypatch.setattr(contracts, "ROOT", tmp_path)
    monkeypatch.setattr(contracts, "write", partial(write, directory=tmp_path))
    monkeypatch.setattr(contracts, "everything", lambda: (ASSEMBLY, []))
    return tmp_path


def test_all_messages_are_listed_on_a_line_each() -> None:
    lines = rydes("list").stdout.splitlines()
    listed = {line.split()[0] for line in lines[1:]}
    assert listed == set(publications())
    assert all(len(line) <= console.width for line in lines)
    [rfq] = [each for each in json.loads(rydes("list", "--json").stdout) if each["name"] == "RfqRequested"]
    assert (rfq["source"], rfq["state"]) == ("wildrydes.ride-booking", "live")


def test_a_message_is_shown_by_its_fields_or_as_its_schema() -> None:
    told = rydes("show", "RfqResponse")
    assert "    display_name       optional  string" in told.stdout
    assert "      amount           required  string, pattern ^\\d{1,7}" in told.stdout
    document = json.loads(rydes("show", "RfqResponse", "--version", "1.0", "--json").stdout)
    assert document["$id"] == "urn:wild-rydes:RfqResponse:1.0"
    assert rydes("show", "RfqResponse", "--format", "json-schema", "--version", "1").exit_code == 0


def test_versions_are_told_with_what_was_new() -> None:
    assert "1.0       2026-11-26  live" in rydes("versions", "RideCompleted").stdout
    [first, *_] = json.loads(rydes("versions", "RideCompleted", "--json").stdout)
    assert first == {
        "revision": "1.0",
        "published": "2026-11-26",
        "note": "The first that is published.",
        "state": "live",
    }


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("show", "RideForgotten"), "Nothing is published of RideForgotten."),
        (("versions", "RideForgotten"), "Nothing is published of RideForgotten."),
        (("show", "RideCompleted", "--version", "9"), "RideCompleted has no 9."),
        (("publish", "RideForgotten", "--note", "New."), "There is no message RideForgotten."),
        (("publish", "RideCompleted", "--note", " "), "A note says what is new."),
        (("bump", "RideForgotten"), "There is no message RideForgotten."),
    ],
)
def test_what_there_is_not_is_refused(arguments: tuple[str, ...], problem: str) -> None:
    refused = rydes(*arguments)
    assert refused.exit_code == 2
    assert problem in refused.stderr


def test_a_draft_is_published_as_the_next_revision(trips: Path) -> None:
    told = rydes("publish", "TripEnded", "--note", "Says who drove.")
    assert told.exit_code == 0, told.output
    assert "TripEnded 1.1  TripEnded/1.1.json" in told.stdout
    _, new = publications(trips)["TripEnded"]
    assert (new.note, new.published) == ("Says who drove.", datetime.now(UTC).date())
    assert "driver" in new.schema["$defs"]["TripEnded"]["properties"]
    assert "Nothing to publish" in rydes("publish", "--note", "Again.").stdout


def test_a_draft_that_breaks_readers_is_not_published(trips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "EVENTS", (trip(without="score"),))
    told = rydes("publish", "--note", "No score.")
    assert told.exit_code == 1
    assert "data.score  FIELD_REMOVED" in told.stdout
    assert "feedback (rule feedback-trips)" in told.stdout
    assert len(publications(trips)["TripEnded"]) == 1


def test_a_bump_says_what_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    file = next_version.SOURCES / "rides.py"
    monkeypatch.setattr(next_version, "write", lambda old: (f"{old.name}V2", [file]))
    told = rydes("bump", "RideCompleted")
    assert "shared/contracts/src/wild_rydes_contracts/rides.py" in told.stdout
    assert "Change RideCompletedV2 and its `upcast`" in told.stdout
    monkeypatch.setattr(contracts, "publications", dict)
    assert "RideCompleted.v1 is not published yet" in rydes("bump", "RideCompleted").stderr
    assert RideCompleted in EVENTS
