"""The page is for tired people: it fits, it wraps, and it says the next step."""

import io
import json

import pytest
from rich.console import Console

from infra.rydes.commands.doctor import show, to_json
from infra.rydes.doctor.examination import Report
from infra.rydes.doctor.finding import Ill, Looked, span

MANY = {
    subject: Looked(f"{number} {subject}")
    for number, subject in enumerate(("stacks", "queues", "functions", "event sources", "circuits") * 3)
}


def shown(report: Report, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    show(report, "dev in eu-west-1", 3.4, console)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def ill(*found: Ill) -> Report:
    return Report({**MANY, "queues": Looked("12 queues", found)}, {})


def test_where_all_is_well_it_is_a_few_lines() -> None:
    lines = shown(Report(MANY, {}))
    assert lines[0] == "dev in eu-west-1: all is well (3 s)"
    assert len(lines) < 10
    assert max(map(len, lines)) <= 80


def test_what_is_ill_comes_with_what_it_means_and_the_next_step() -> None:
    lines = shown(
        ill(Ill("feedback-rides is stopped", "Its work stands still.", "uv run rydes start feedback-rides"))
    )
    assert lines[0] == "dev in eu-west-1: one thing is ill (3 s)"
    assert lines[2:5] == [
        "✗ feedback-rides is stopped",
        "  Its work stands still.",
        "  → uv run rydes start feedback-rides",
    ]
    assert "12 queues" not in "\n".join(lines)


@pytest.mark.parametrize("width", [80, 120])
def test_long_texts_are_wrapped_below_each_other_and_commands_stay_whole(width: int) -> None:
    command = "aws lambda update-event-source-mapping --uuid 0199a000-0000-7000-8000-000000000001 --enabled"
    lines = shown(ill(Ill("word " * 40, "mean " * 40, command), Ill("x")), width)
    assert lines[0].startswith("dev in eu-west-1: 2 things are ill")
    assert all(line.startswith(("✗", "✓", "  ")) for line in lines[1:] if line)
    assert command in "\n".join(lines)


def test_what_could_not_be_looked_at_is_said() -> None:
    lines = shown(Report(MANY, {"RFQs": "AccessDenied (Scan)"}))
    assert lines[0] == "dev in eu-west-1: not all could be looked at (3 s)"
    assert "? RFQs: cannot be looked at: AccessDenied (Scan)" in lines


def test_what_others_have_written_cannot_command_the_terminal() -> None:
    lines = shown(ill(Ill("circuit: \x1b[2J gone", "\x1b]0;x\x07", "\r")))
    assert not [line for line in lines if set(line) & {"\x1b", "\x07", "\r"}]


def test_programs_get_all_of_it() -> None:
    report = Report(
        {"queues": Looked("", (Ill("a", "b", "c"),)), "stacks": Looked("4 stacks")}, {"RFQs": "no"}
    )
    assert json.loads(json.dumps(to_json(report))) == {
        "well": False,
        "ill": [{"subject": "queues", "says": "a", "means": "b", "to_do": "c"}],
        "unreadable": {"RFQs": "no"},
        "unseen": [],
        "summary": ["4 stacks"],
    }


@pytest.mark.parametrize(
    ("seconds", "said"), [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans_are_said_in_the_largest_unit_that_makes_sense(seconds: float, said: str) -> None:
    assert span(seconds) == said
