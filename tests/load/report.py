"""Write what a run has shown: docs/load.md from its template, and the picture."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from tests.load import town
from tests.load.figures import (
    COMPLETED,
    SLOWER,
    Phase,
    Seen,
    Step,
    bins,
    knee,
    lost,
    mean_depths,
    processors,
    quantile,
    quantiles,
    step,
    waits,
)
from tests.load.picture import Band, Line, Panel, draw
from tests.load.run import Plan, Record

BIN = 10.0
"""Seconds of a point of the picture."""
SHOWN = 4
"""Queues and kinds of errors in picture and tables: those with most."""
_BUSY = 0.85
"""A share of a core, or of all, above which it is what limits."""
_FOREIGN = 0.5
"""Cores that other programs may have in a run that means something."""
_CUSTOMERS, _PROGRAMS = ("poller", "watcher"), ("machine", "batch")
_ROWS = (
    ("accepted", _CUSTOMERS, "customers: RFQ accepted"),
    ("first quote", ("watcher",), "customers who watch: first quote"),
    ("all quotes", _CUSTOMERS, "customers: all quotes"),
    ("push", ("watcher",), "customers who watch: told of the end, from when it was written"),
    ("confirmed", _CUSTOMERS, "customers: booking confirmed, from when it was asked for"),
    ("accepted", ("machine",), "programs: RFQ accepted"),
    ("all quotes", _PROGRAMS, "programs: all quotes, those of batches too"),
    ("batch stored", ("batch",), "programs: batch stored"),
    ("batch processed", ("batch",), "programs: batch processed, looked at once a second"),
)


def write(record: Record, plan: Plan, folder: Path) -> int:
    """Write the report into a folder; how many RFQs were lost."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load.svg").write_text(picture(record))
    template = Template(Path(__file__).with_name("template.md").read_text())
    (folder / "load.md").write_text(template.substitute(_texts(record, plan)))
    return lost(record.journal)


def picture(record: Record) -> str:
    """The picture of a run."""
    first, last = record.phases[0].began, record.phases[-1].ended
    pieces = [piece for piece in bins(first, last, BIN) if piece.ended - piece.began > BIN / 2]
    gauges = [gauge for gauge in record.gauges if first <= gauge.at < last]
    queues = _highest({name: max(gauge.depths[name] for gauge in gauges) for name in gauges[0].depths})
    kinds = _highest(Counter(seen.error for seen in record.journal if _failed(seen)))
    panels = [
        Panel(
            "RFQs a second",
            [
                Line("offered", [(_middle(p), _rate(record.journal, p, "due")) for p in pieces]),
                Line("all quotes", [(_middle(p), step(record.journal, p, last).completed) for p in pieces]),
            ],
        ),
        Panel(
            "Seconds until all quotes, from when an RFQ was due (log)", _latencies(record, pieces), log=True
        ),
        Panel(
            "Messages in queues, visible and in flight",
            [Line(name, [(gauge.at, gauge.depths[name]) for gauge in gauges]) for name in queues],
        ),
        Panel(
            "Errors of calls a second, by kind",
            [
                Line(kind, [(_middle(p), _errors(record.journal, p, kind)) for p in pieces])
                for kind in kinds or ["none"]
            ],
        ),
        Panel(
            f"Processors busy, of {os.cpu_count()}",
            [
                Line(who, [(gauge.at, gauge.processors[who]) for gauge in gauges[1:]])
                for who in ("emulator", "functions", "generator", "driver", "others")
            ],
        ),
    ]
    return draw(panels, _bands(record), "A ramp to saturation, and a soak")


def _latencies(record: Record, pieces: Sequence[Phase]) -> list[Line]:
    last = record.phases[-1].ended
    of_each = [
        (_middle(p), quantiles(waits([s for s in record.journal if s.due in p], last))) for p in pieces
    ]
    return [
        Line(name, [(at, values[number]) for at, values in of_each])
        for number, name in enumerate(("p50", "p95", "p99"))
    ]


def _bands(record: Record) -> list[Band]:
    """The phases, and in the ramp the rate of each step."""
    return [
        Band(f"{phase.rate:.1f}/s" if phase.name == "ramp" else phase.name, phase.began, phase.ended)
        for phase in record.phases
    ]


def _texts(record: Record, plan: Plan) -> dict[str, str]:
    now = record.phases[-1].ended
    steps = [step(record.journal, phase, now) for phase in record.ramp]
    soak = step(record.journal, record.phase("soak"), now)
    broken = knee(steps)
    held = steps[(len(steps) if broken is None else broken) - 1]
    worst = steps[-1] if broken is None else steps[broken]
    shares = processors(record.gauges, worst.phase)
    others = processors(record.gauges, Phase("", 0, record.phases[0].began, now))["others"]
    gone = lost(record.journal)
    accepted = sum(seen.name == "accepted" and seen.error is None for seen in record.journal)
    return {
        **{kind: str(share) for kind, share in town.SHARES.items()},
        "many": str(town.BRINGS["batch"]),
        "places": str(town.PLACES + 1),
        "unicorns": str(town.UNICORNS),
        "booked": f"{100 * town.BOOKED:.0f}",
        "respond_within": str(town.RESPOND_WITHIN),
        "connections": str(town.CONNECTIONS),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "others": f"{others:.1f}",
        "knee": f"{'' if held.keeps_up else 'below '}{held.phase.rate:.1f}",
        "knee_said": _knee_said(broken, held, worst),
        "limit_said": _limit_said(shares),
        "lost_said": (
            f"All {accepted:,} accepted RFQs came to an end that their caller has seen."
            if not gone
            else f"**This is wrong of this run:** {gone} of {accepted:,} accepted RFQs had no end."
        ),
        "grows": f"{100 * (plan.grows - 1):.0f}",
        "of_a_step": f"{plan.of_a_step:.0f}",
        "slower": f"{SLOWER:.0f}",
        "completed": f"{100 * COMPLETED:.0f}",
        "ramp": _served(steps),
        "soak_said": (
            f"{100 * plan.soak_at:.0f} % of the knee for {plan.soak:.0f} seconds, after the queues have drained; then {plan.drain:.0f} seconds at most to drain them again,"
            f" of which it took {record.phase('cool-down').ended - record.phase('cool-down').began:.0f}."
        ),
        "soak": _served([soak]),
        "seen": _seen([seen for seen in record.journal if seen.due in record.phase("soak")]),
        "errors": _counted(Counter(seen.error for seen in record.journal if _failed(seen))),
        "dead": _counted(record.dead_letters),
        "lag": _seconds(quantile((s.seconds for s in record.journal if s.name == "sent"), 0.99)),
        "evidence": f"{_used([*steps, soak], record)}\n\n{_evidence(steps, worst, record)}",
    }


def _knee_said(broken: int | None, held: Step, worst: Step) -> str:
    if broken is None:
        return "The ramp ended there, and the system still kept up."
    p50, p95, _ = worst.all_quotes
    return (
        f"At {held.phase.rate:.1f} all quotes are there after {_seconds(held.all_quotes[0])} (p50) and {_seconds(held.all_quotes[1])} (p95), at"
        f" {worst.phase.rate:.1f} after {_seconds(p50)} and {_seconds(p95)}, and {worst.completed:.1f} of {worst.offered:.1f} RFQs a second are completed."
    )


def _limit_said(shares: dict[str, float]) -> str:
    """One sentence, by who has the processors in the first step that did not hold."""
    cores, busy = os.cpu_count() or 1, sum(shares.values())
    if shares["others"] > _FOREIGN:
        return f"What limits it are other programs, which have {shares['others']:.2f} of {cores} cores: measure again when they have gone."
    if shares["emulator"] > _BUSY:
        return f"What limits it is the emulator's one Python process, which is busy with {shares['emulator']:.2f} of the one core that it can use."
    if busy > _BUSY * cores:
        return f"What limits it are the machine's processors: {busy:.2f} of {cores} cores are busy, {shares['functions']:.2f} of them with functions."
    return f"Neither the emulator ({shares['emulator']:.2f} of a core) nor the machine ({busy:.2f} of {cores} cores) is busy: see the queues below."


def _served(steps: Sequence[Step]) -> str:
    """A table of what callers got."""
    cells = [
        [
            f"{each.phase.rate:.1f}",
            f"{each.offered:.1f}",
            f"{each.completed:.1f}",
            *map(_seconds, each.all_quotes),
            _counted(each.errors),
        ]
        for each in steps
    ]
    return _table(["RFQs/s", "came", "completed", "all quotes, p50", "p95", "p99", "errors"], cells)


def _used(steps: Sequence[Step], record: Record) -> str:
    """A table of what that took."""
    names = ("emulator", "functions", "generator", "driver", "others")
    cells = []
    for each in steps:
        shares = processors(record.gauges, each.phase)
        queue, depth = next(iter(mean_depths(record.gauges, each.phase).items()))
        longest = f"{queue}: {depth:.0f}" if depth >= 1 else "none"
        of_each = (f"{shares[name]:.2f}" for name in names)
        workers = max((gauge.workers for gauge in record.gauges if gauge.at in each.phase), default=0)
        cells.append([f"{each.phase.rate:.1f}", *of_each, str(workers), f"{each.at_once:.1f}", longest])
    heads = (f"{name}, cores" for name in names)
    return _table(["RFQs/s", *heads, "workers", "calls at once", "longest queue, messages"], cells)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))


def _seen(journal: Sequence[Seen]) -> str:
    rows = []
    for name, who, shown in _ROWS:
        about = [seen for seen in journal if seen.name == name and seen.who in who]
        found = [seen.seconds for seen in about if seen.error is None]
        if found:
            rows.append(f"| {shown} | {len(found):,} | {' | '.join(map(_seconds, quantiles(found)))} |")
        failed = Counter(seen.error for seen in about if seen.error)
        rows += [f"| {shown}: {kind} | {count:,} | | | |" for kind, count in failed.most_common()]
    return "\n".join(rows)


def _evidence(steps: Sequence[Step], worst: Step, record: Record) -> str:
    """Which queues grew, in the order in which they did, and who had the processors."""
    depths = [mean_depths(record.gauges, each.phase) for each in steps]
    grown = {
        queue: next(
            number for number, of_step in enumerate(depths) if of_step[queue] > 2 * depths[0][queue] + 2
        )
        for queue in depths[-1]
        if any(of_step[queue] > 2 * depths[0][queue] + 2 for of_step in depths)
    }
    first = sorted(grown, key=lambda queue: (grown[queue], -depths[grown[queue]][queue]))[:SHOWN]
    shares = processors(record.gauges, worst.phase)
    looks = [gauge for gauge in record.gauges if gauge.at in worst.phase]
    workers = max((gauge.workers for gauge in looks), default=0)
    memory = max((gauge.memory for gauge in looks), default=0)
    queues = "\n".join(
        f"- `{queue}`, from {steps[grown[queue]].phase.rate:.1f} RFQs a second on:"
        f" {depths[grown[queue]][queue]:.0f} messages on average, {depths[-1][queue]:.0f} in the last step"
        for queue in first
    )
    said = "Queues grew in this order:" if first else "No queue grew."
    busy = ", ".join(f"{who} {share:.2f}" for who, share in shares.items())
    return (
        f"In the first step that did not hold, cores were busy with: {busy}. There were {workers} workers, and the emulator had {memory:.0f} MB."
        f" Callers had {worst.at_once:.1f} calls at once on {town.CONNECTIONS} connections.\n\n{said}\n\n{queues}".rstrip()
    )


def _failed(seen: Seen) -> bool:
    """Whether a call has failed. What its caller makes of it is told by the caller."""
    return seen.error is not None and (seen.type != "seen" or seen.name == "socket")


def _errors(journal: Iterable[Seen], piece: Phase, kind: str) -> float:
    return sum(seen.seen in piece for seen in journal if _failed(seen) and seen.error == kind) / _width(piece)


def _rate(journal: Iterable[Seen], piece: Phase, name: str) -> float:
    return sum(seen.due in piece for seen in journal if seen.name == name) / _width(piece)


def _highest(values: "Counter[str | None] | dict[str, int]") -> list[str]:
    ordered = sorted(((count, str(name)) for name, count in values.items() if count), reverse=True)
    return [name for _, name in ordered[:SHOWN]]


def _counted(counts: "Counter[str | None] | dict[str, int]") -> str:
    return ", ".join(f"{count:,} x {name}" for name, count in sorted(counts.items(), key=str)) or "none"


def _middle(piece: Phase) -> float:
    return (piece.began + piece.ended) / 2


def _width(piece: Phase) -> float:
    return piece.ended - piece.began


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
