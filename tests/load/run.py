"""One run: a warm-up, a ramp until the system no longer keeps up, a soak below that, and a cool-down."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import ROOT
from infra.rydes.cloud.toolchain import install_group
from tests.load import town
from tests.load.figures import Phase, Seen, Step, knee, step, still_waiting
from tests.load.gauges import Gauge, Gauges

SEED = 20
SECONDS_TO_END = 100.0
"""The last caller has given up by then. Whoever has not counts as lost."""


@dataclass(frozen=True)
class Plan:
    """How long the parts are, in seconds, and how the rate grows."""

    warm: float = 25
    first: float = 1.0
    grows: float = 1.35
    steps: int = 10
    of_a_step: float = 18
    drain: float = 45
    soak: float = 120
    soak_at: float = 0.65


QUICK = Plan(warm=6, first=0.5, grows=2, steps=3, of_a_step=8, drain=15, soak=12)


@dataclass
class Record:
    """What was seen in a run."""

    phases: list[Phase] = field(default_factory=list)
    journal: list[Seen] = field(default_factory=list)
    gauges: list[Gauge] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)

    @property
    def ramp(self) -> list[Phase]:
        """The steps of the ramp."""
        return [phase for phase in self.phases if phase.name == "ramp"]

    def phase(self, name: str) -> Phase:
        """The phase of this name."""
        return next(phase for phase in self.phases if phase.name == name)

    def steps(self) -> list[Step]:
        """How the ramp went."""
        return [step(self.journal, phase, time.time()) for phase in self.ramp]


class _Generator:
    """The generator's process."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._journal = folder / "journal.jsonl"
        command = [str(install_group("load")), "-m", "tests.load.generator", str(self._journal)]
        with (folder / "generator.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._say(town.build(cloud, SEED))
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"The generator did not start: see {folder / 'generator.log'}")

    def bring(
        self, name: str, rate: float, seconds: float, until: Callable[[], bool] = lambda: False
    ) -> Phase:
        """Let so many RFQs a second come for this time; with no rate, until something is so."""
        began = time.time()
        self._say({"rate": rate, "seconds": 0 if rate == 0 else seconds})
        while time.time() < began + seconds and not until():
            time.sleep(min(1.0, max(0.0, began + seconds - time.time())))
        return Phase(name, rate, began, time.time())

    def journal(self) -> list[Seen]:
        """All that was seen so far."""
        lines = self._journal.read_text().splitlines(keepends=True)
        return [Seen(**json.loads(line)) for line in lines if line.endswith("\n")]

    def end(self) -> None:
        """Wait until the last caller has gone."""
        self._stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(SECONDS_TO_END)

    def _say(self, what: object) -> None:
        self._stdin.write(json.dumps(what) + "\n")
        self._stdin.flush()

    @property
    def _stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin


def run(cloud: Cloud, plan: Plan, folder: Path, tell: Callable[[str], None]) -> Record:
    """Go through all phases, and say what is seen on the way."""
    record = Record()
    tell("callers and unicorns are let in")
    generator = _Generator(cloud, folder)
    try:
        with Gauges(cloud, generator.process.pid) as gauges:
            record.gauges = gauges.seen

            def drained() -> bool:
                return not sum(gauges.seen[-1].depths.values())

            record.phases.append(generator.bring("warm", plan.first / 2, plan.warm))
            # Functions that start all at once keep each other from it: not what the ramp is to show.
            record.phases.append(
                generator.bring(
                    "", 0, plan.drain, lambda: drained() and not still_waiting(generator.journal())
                )
            )
            rate = _ramp(record, plan, generator, tell)
            record.phases.append(generator.bring("drain", 0, plan.drain, drained))
            tell(f"soak at {rate * plan.soak_at:.1f} RFQs/s")
            record.phases.append(generator.bring("soak", rate * plan.soak_at, plan.soak))
            record.phases.append(generator.bring("cool-down", 0, plan.drain, drained))
            generator.end()
            record.dead_letters = gauges.dead_letters()
    finally:
        generator.process.kill()
    record.journal = generator.journal()
    return record


def _ramp(record: Record, plan: Plan, generator: _Generator, tell: Callable[[str], None]) -> float:
    """Let more and more come until two steps in a row do not hold; the rate of the last step that did."""
    for number in range(plan.steps):
        rate = plan.first * plan.grows**number
        record.phases.append(generator.bring("ramp", rate, plan.of_a_step))
        record.journal = generator.journal()
        steps = record.steps()
        p50, p95, _ = steps[-1].all_quotes
        tell(
            f"{rate:5.1f} RFQs/s: {steps[-1].offered:.1f} came, {steps[-1].completed:.1f} were completed,"
            f" all quotes p50 {p50:.2f} s, p95 {p95:.2f} s, generator late by {steps[-1].lag:.3f} s (p99)"
        )
        broken = knee(steps)
        if broken is not None and len(steps) - broken > 1:
            break
    broken = knee(record.steps())
    return record.ramp[(len(record.ramp) if broken is None else broken) - 1].rate


def tell(text: str) -> None:
    """Say what goes on."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
