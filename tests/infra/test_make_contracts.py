"""`make contracts` on a copy of the repository in which messages are really changed."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.scratch import scratch_copy

SOURCES = "shared/contracts/src/wild_rydes_contracts"
PUBLISHED = "shared/contracts/published/RideBooked/1.0.json"
CONFIRMED = '    """The responder takes the ride, and no other until this one is over."""\n'
REJECTED = '    """The responder does not take the ride, or gives it up."""\n'

CHANGES: Mapping[str, Mapping[str, str]] = {
    f"{SOURCES}/rides.py": {
        "import Field\n": "import ConfigDict, Field\n",
        # RideConfirmed gets an optional field, RideRejected is closed, and RideCompleted renames a field.
        CONFIRMED: f"{CONFIRMED}\n    eta: Instant | None = None\n",
        REJECTED: f'{REJECTED}\n    model_config = ConfigDict(extra="forbid")\n',
        "    completed_at: Instant": "    ended_at: Instant",
    },
    f"{SOURCES}/rfq.py": {
        # RfqCompleted loses a value and requires a field, and a bound in RfqResponse is tighter.
        '"deadline", "cancelled"]': '"deadline"]',
        "    responders: ResponderCounts": "    round: int\n    responders: ResponderCounts",
        "le=86_400": "le=3_600",
    },
    PUBLISHED: {"The first that is published.": "The first."},
}

FOUND = [
    "✗ RfqCompleted 1.1 breaks those who read RfqCompleted (BACKWARD_TRANSITIVE)",
    "    data.completed_by  ENUM_ARRAY_NARROWED",
    "    data.round  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
    "✗ RfqResponse 1.1 breaks those who read RfqResponse (BACKWARD_TRANSITIVE)",
    "    data.answers[quote].pickup_in_seconds  MAXIMUM_DECREASED",
    "✗ RideCompleted 1.1 breaks those who read RideCompleted (BACKWARD_TRANSITIVE)",
    "    data.completed_at  FIELD_REMOVED",
    "✗ RideRejected 1.1 breaks those who read RideRejected (BACKWARD_TRANSITIVE)",
    "    data  MODEL_CLOSED",
    "✗ what is published was changed",
    f"    {PUBLISHED}",
]


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A repository of its own, with these changes of what its only commit has."""
    copy = scratch_copy(tmp_path)
    git = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    for arguments in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "all"),
    ):
        assert run(copy, *git, *arguments).returncode == 0
    for name, changes in CHANGES.items():
        text = (copy / name).read_text()
        for before, after in changes.items():
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        (copy / name).write_text(text)
    return copy


@pytest.mark.synth
@pytest.mark.xdist_group("synth")
def test_changes_that_hurt_are_told_and_an_optional_field_is_not(scratch: Path) -> None:
    checked = run(scratch, "make", "contracts")
    assert checked.returncode == 2, checked.stdout + checked.stderr
    told = checked.stdout.splitlines()
    assert [line for line in told if line[:2] == "✗ " or (line[:4] == "    " and line[4] != " ")] == FOUND
    at = told.index("    data.completed_by  ENUM_ARRAY_NARROWED")
    assert "outside: surge (rule surge; states needs of other fields)." in told[at + 2]
    at = told.index("    data.completed_at  FIELD_REMOVED")
    assert told[at + 1].endswith("but ended_at, which is alike.")
    assert "feedback (rule feedback-rides), ride-booking (rule ride-booking-rides)" in told[at + 2]
    assert told[at + 3].startswith("        → Keep completed_at beside ended_at, and make that one optional")
    assert "`uv run rydes contracts bump RideCompleted`" in told[at + 3]
