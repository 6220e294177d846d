"""What a storm was like: for people on a terminal, as Markdown, and as JSON."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from tests.chaos.storm.invariants import Verdict, overtaken
from tests.chaos.storm.storm import Outcome
from tests.support.patience import Step

SHOWN = 8
"""Violations of one claim."""


@dataclass(frozen=True)
class Report:
    """The figures, and the verdicts."""

    figures: dict[str, Any]
    verdicts: Sequence[Verdict]
    slowest: Sequence[Step]

    @property
    def holds(self) -> bool:
        """Whether nothing was violated."""
        return not any(verdict.violations for verdict in self.verdicts)

    def json(self) -> dict[str, Any]:
        """For programs."""
        claims = [
            {"claim": v.claim, "looked_at": v.looked_at, "violations": v.violations} for v in self.verdicts
        ]
        slowest = [{"seconds": round(seconds, 1), "step": what} for seconds, what in self.slowest]
        return {"holds": self.holds, **self.figures, "invariants": claims, "slowest_steps": slowest}

    def markdown(self) -> str:
        """For people."""
        figures = self.figures
        lines = [
            f"# Chaos: {figures['rfqs']} RFQs, seed {figures['seed']}",
            "",
            f"The storm lasted {figures['storm_seconds']} s, everything had come to its end {figures['calm_seconds']} s later.",
            "",
            *_table(("injected", "times", "most at"), figures["injected"]),
            *_table(("seen from outside", ""), figures["seen"].items()),
            *_table(
                ("", "invariant", "looked at"),
                [("✗" if v.violations else "✓", v.claim, v.looked_at) for v in self.verdicts],
            ),
            *_table(("slowest steps", "seconds"), [(what, f"{s:.1f}") for s, what in self.slowest]),
        ]
        for verdict in self.verdicts:
            if verdict.violations:
                lines += [f"**✗ {verdict.claim}**: {len(verdict.violations)}", ""]
                lines += [f"- {violation}" for violation in verdict.violations[:SHOWN]]
                lines += [""]
        return "\n".join(lines)

    def show(self, console: Console) -> None:
        """Print it."""
        console.print(Markdown(self.markdown()))


def report(outcome: Outcome, verdicts: Sequence[Verdict], slowest: Sequence[Step]) -> Report:
    """Count what happened."""
    weather, calm, notes = outcome.weather, outcome.calm, outcome.notes
    results = [story.result for story in outcome.stories if story.result]
    rides = [booking.end for story in outcome.stories for booking in story.bookings]
    ends = Counter(f"{ride['status']} {ride.get('reason', '')}".strip() for ride in rides if ride)
    texts = [sms for some in outcome.texts.values() for sms in some]
    seen = {
        "RFQs completed": _said(Counter(str(result["completed-by"]) for result in results)),
        "responders' answers": _said(sum((Counter(result["responders"]) for result in results), Counter())),
        "bookings": _said(ends),
        "rides driven whose bookings had run out of time": str(len(overtaken(outcome))),
        "SMS": f"{len(texts)} to {sum(bool(some) for some in outcome.texts.values())} phones",
        "scores": str(len(outcome.heard.once("FeedbackReceived", "ride_id"))),
        "events on the bus": str(outcome.heard.total),
        "answers of the APIs": _said(notes.statuses),
        **{what: str(count) for what, count in sorted(notes.counts.items())},
        "poison": f"{len(outcome.plan.poison)} messages, {len(outcome.parked)} parked",
        "dead letters sent back": _said(calm.sent_back) or "none",
        "conversations that waited for the ledger's window": str(len(calm.waited)),
    }
    figures = {
        "seed": outcome.plan.seed,
        "rfqs": len(outcome.stories),
        "storm_seconds": round(weather.ended - weather.began),
        "calm_seconds": round(outcome.settled - weather.ended),
        "injected": _injected(outcome),
        "seen": seen,
    }
    return Report(figures, verdicts, slowest)


def _injected(outcome: Outcome) -> list[tuple[str, int, str]]:
    """For each kind of fault how often it came, and whom it met most."""
    faults = sorted(outcome.weather.faults, key=lambda fault: fault.kind)
    return [
        (kind, len(some), _said(Counter(f"{f.function} {f.what}".strip() for f in some), 3))
        for kind, some in ((kind, [*found]) for kind, found in groupby(faults, key=lambda fault: fault.kind))
    ]


def _said(counts: Counter[str], most: int | None = None) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common(most))


def _table(head: Sequence[str], rows: Any) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [*lines, ""]
