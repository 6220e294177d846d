"""The report of a load test, of a run that was made up: its knee, what limits it, and what was lost."""

from pathlib import Path

import pytest

from tests.load import report
from tests.load.figures import Phase, Seen
from tests.load.gauges import Gauge
from tests.load.run import Plan, Record

RATES = (
    ("warm", 1.0),
    ("ramp", 1.0),
    ("ramp", 2.0),
    ("ramp", 4.0),
    ("drain", 0.0),
    ("soak", 1.0),
    ("cool-down", 0.0),
)
LENGTH = 20.0


def made_up(*, emulator: float = 1.0, others: float = 0.1) -> Record:
    """At four RFQs a second the inbox grows, and quotes take ten seconds. Otherwise they take one."""
    record = Record()
    for number, (name, rate) in enumerate(RATES):
        phase = Phase(name, rate, 1000 + number * LENGTH, 1000 + (number + 1) * LENGTH)
        record.phases.append(phase)
        slow = rate == 4
        for arrival in range(int(rate * LENGTH)):
            due = phase.began + arrival / rate
            wait = 10.0 if slow else 1.0
            for seen, seconds in (("due", 0.0), ("sent", 0.01), ("accepted", 0.1), ("all quotes", wait)):
                record.journal.append(Seen("seen", seen, "poller", due, due + seconds, seconds, None))
        for look in range(10):
            depths = {"unicorn-mgmt-inbox": 9 * look if slow else 0, "feedback-rides": 0}
            shares = {
                "emulator": emulator,
                "functions": 0.2,
                "generator": 0.1,
                "driver": 0.0,
                "others": others,
            }
            record.gauges.append(Gauge(phase.began + 2 * look, depths, shares, 7, 150.0))
    return record


def written(record: Record, folder: Path) -> str:
    report.write(record, Plan(), folder)
    return (folder / "load.md").read_text()


def test_it_tells_the_knee_and_the_queue_that_grew(tmp_path: Path) -> None:
    text = written(made_up(), tmp_path)
    assert "**The knee is 2.0 RFQs a second.**" in text
    assert "- `unicorn-mgmt-inbox`, from 4.0 RFQs a second on" in text
    assert "`feedback-rides`" not in text
    assert "**Nothing was lost.** All 180 accepted RFQs" in text
    assert "unicorn-mgmt-inbox" in (tmp_path / "load.svg").read_text()


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"emulator": 1.0}, "the emulator's one Python process"),
        ({"emulator": 0.1, "others": 1.5}, "other programs"),
        ({"emulator": 0.1}, "Neither the emulator"),
    ],
)
def test_it_says_what_limits_it(
    shares: dict[str, float], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert said in written(made_up(**shares), tmp_path)


def test_what_was_lost_is_told_and_counted(tmp_path: Path) -> None:
    record = made_up()
    last = max(seen for seen in range(len(record.journal)) if record.journal[seen].name == "all quotes")
    del record.journal[last]
    assert report.write(record, Plan(), tmp_path) == 1
    assert "1 of 180 accepted RFQs had no end" in (tmp_path / "load.md").read_text()
