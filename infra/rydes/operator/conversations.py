"""SMS conversations on the terminal: how many answer, what they say, and what it costs."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.figures import (
    ANSWERED,
    ASKED_AGAIN,
    CALLS,
    COST_EACH,
    CSAT,
    DELIVERED,
    ENDINGS,
    FEW,
    NPS,
    OPTED_OUT,
    PARTS_EACH,
    SCORES,
    Rate,
)
from infra.rydes.cloud.aws import Account
from infra.rydes.operator.counted import RecentCounts

SERVICE = "feedback"

_REFRESH_SECONDS = 1.0
_BAR = 16
_LABEL = 11
_EIGHTHS = " ▏▎▍▌▋▊▉"
_PROMOTERS, _PASSIVES, _DETRACTORS = "green", "yellow", "red"
_NOT_ASKED = {
    "SurveysTooSoon": "asked less than a day ago",
    "SurveysTooOften": "asked too often this month",
    "SurveysTooLate": "ride too long ago",
    "SmsNumberUnverified": "number not verified",
    "SmsNoConsent": "no consent",
    "SmsRefused": "no number, or refused",
}
_ENDINGS = dict(
    zip(ENDINGS, ("answered", "no answer", "not understood", "opted out", "undeliverable"), strict=True)
)
_CALLS = dict(zip(CALLS, ("reached", "not reached", "wrong number", "not wanted"), strict=True))

Figures = Mapping[str, int]


class Conversations:
    """Shows what the feedback service has counted in the last `minutes`."""

    def __init__(self, account: Account, minutes: int, *, now: Callable[[], float] = time.time) -> None:
        self._counts = RecentCounts(account, SERVICE, minutes * 60.0, now=now)
        self._minutes = minutes

    def show(self, console: Console, *, once: bool, as_json: bool) -> None:
        """Print the figures `once`, or on a terminal keep showing them until interrupted.

        Raises:
            LocalCloudError: the logs cannot be read.
        """
        if as_json:
            print(json.dumps(to_json(self._counts.look(), self._minutes)))
            return
        if once or not console.is_terminal:
            console.print(self._view())
            return
        with Live(self._view(), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(_REFRESH_SECONDS)
                live.update(self._view(), refresh=True)

    def _view(self) -> RenderableType:
        return to_view(self._counts.look(), self._minutes)


def to_json(figures: Figures, minutes: int) -> dict[str, Any]:
    """Write the figures for programs: rates in percent, or null; money in US dollars."""
    nps, cost, parts = NPS.of(figures), COST_EACH.of(figures), PARTS_EACH.of(figures)
    return {
        "minutes": minutes,
        "asked": figures.get("FeedbackRequested", 0),
        "answered": _json(ANSWERED, figures),
        "asked-again": _json(ASKED_AGAIN, figures),
        "opted-out": _json(OPTED_OUT, figures),
        "delivered": _json(DELIVERED, figures),
        "scores": {str(score): figures.get(name, 0) for score, name in enumerate(SCORES, start=1)},
        "csat": _json(CSAT, figures),
        "nps": None if nps is None else 100 * nps,
        "endings": _by_name(_ENDINGS, figures),
        "cost": figures.get("SmsMicrodollars", 0) / 1e6,
        "cost-per-conversation": None if cost is None else cost / 1e6,
        "parts-per-sms": parts,
        "calls": {**_calls(figures), **_by_name(_CALLS, figures)},
    }


def _calls(figures: Figures) -> dict[str, int]:
    """Count the calls. One that was wanted before the time in question is not open, but may be done."""
    wanted, claimed, done = (
        figures.get(name, 0) for name in ("CallbackRequested", "CallsClaimed", "CallbackDone")
    )
    return {"wanted": wanted, "claimed": claimed, "done": done, "open": max(0, wanted - done)}


def _by_name(names: Mapping[str, str], figures: Figures) -> dict[str, int]:
    return {said.replace(" ", "-"): figures.get(name, 0) for name, said in names.items()}


def _json(rate: Rate, figures: Figures) -> dict[str, Any]:
    share = rate.of(figures)
    return {
        "count": rate.part(figures),
        "of": rate.whole(figures),
        "percent": None if share is None else 100 * share,
    }


def to_view(figures: Figures, minutes: int) -> RenderableType:
    """Write the figures for people: beside each other where there is room, else below."""
    title = Text(f"SMS conversations, the last {_span(minutes)}\n", style="bold")
    not_asked, ended, called = (_listed(names, figures) for names in (_NOT_ASKED, _ENDINGS, _CALLS))
    if not any(figures.get(name) for name in (*OPTED_OUT.names, *ANSWERED.names, *SCORES, "CallbackDone")):
        return Group(title, _nobody(not_asked))
    tables = [_of_customers(figures), *([_of_scores(figures)] if NPS.whole(figures) else [])]
    rest = Table.grid(padding=(0, 2))
    rest.add_column(style="dim", no_wrap=True, min_width=_LABEL)
    for label, listed in (("ended", ended), ("called", called), ("not asked", not_asked)):
        if listed:
            rest.add_row(label, listed)
    return Group(title, Columns([Padding(table, (0, 2, 1, 0)) for table in tables]), rest)


def _listed(names: Mapping[str, str], figures: Figures) -> str:
    return ", ".join(f"{count} {said}" for name, said in names.items() if (count := figures.get(name, 0)))


def _nobody(not_asked: str) -> Text:
    said = Text("No customer was asked.")
    if not_asked:
        said.append(f" Not asked: {not_asked}.")
    return said.append_text(
        Text.assemble(
            " Take a ride as somebody new, and answer:\n",
            ("  uv run rydes rfq --book --user bert --phone +14255550143\n", "bold"),
            ("  uv run rydes phone", "bold"),
        )
    )


def _of_customers(figures: Figures) -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True, min_width=_LABEL)
    rows.add_column(justify="right", no_wrap=True)
    rows.add_column(style="dim")
    rows.add_row("asked", str(figures.get("FeedbackRequested", 0)), "customers")
    for label, rate, of_what in (
        ("answered", ANSWERED, "gave a score"),
        ("asked again", ASKED_AGAIN, "of the answers"),
        ("opted out", OPTED_OUT, "of those asked"),
        ("delivered", DELIVERED, "of the SMS"),
    ):
        rows.add_row(label, *_shown(rate, figures, of_what))
    rows.add_row("CSAT", *_shown(CSAT, figures, "gave 8 to 10"))
    rows.add_row("NPS", *_nps(figures))
    rows.add_row("cost", *_cost(figures))
    rows.add_row("parts", *_parts(figures))
    calls = _calls(figures)
    if any(calls.values()):
        done = f"{calls['wanted']} wanted, {calls['claimed']} claimed, {calls['done']} done"
        rows.add_row("calls", f"{calls['open']} open", done)
    return rows


def _shown(rate: Rate, figures: Figures, of_what: str) -> tuple[str, str]:
    part, whole = rate.part(figures), rate.whole(figures)
    if not whole:
        return "-", ""
    if whole < FEW:
        return f"{part} of {whole}", of_what
    return f"{100 * part / whole:.0f} %", f"{of_what}, {part} of {whole}"


def _nps(figures: Figures) -> tuple[str, str]:
    promoters = sum(figures.get(name, 0) for name in NPS.counted)
    detractors = sum(figures.get(name, 0) for name in NPS.less)
    whole = NPS.whole(figures)
    if not whole:
        return "-", ""
    if whole < FEW:
        return f"{promoters} to {detractors}", "promoters to detractors"
    return f"{100 * NPS.part(figures) / whole:+.0f}", f"{promoters} promoters, {detractors} detractors"


def _cost(figures: Figures) -> tuple[str, str]:
    each, total = COST_EACH.of(figures), figures.get("SmsMicrodollars", 0)
    return (f"{each / 1e6:.4f} $", f"a conversation, {total / 1e6:.2f} $ in all") if each else ("-", "")


def _parts(figures: Figures) -> tuple[str, str]:
    each = PARTS_EACH.of(figures)
    return (f"{each:.2f}", f"an SMS, {figures.get('SmsParts', 0)} in all") if each else ("-", "")


def _of_scores(figures: Figures) -> Table:
    counted = [figures.get(name, 0) for name in SCORES]
    most = max(*counted, 1)
    rows = Table.grid(padding=(0, 1))
    rows.add_column(justify="right", style="dim")
    rows.add_column(width=_BAR, no_wrap=True)
    rows.add_column(justify="right")
    for score in range(10, 0, -1):
        count = counted[score - 1]
        style = _PROMOTERS if SCORES[score - 1] in NPS.counted else _PASSIVES
        if SCORES[score - 1] in NPS.less:
            style = _DETRACTORS
        rows.add_row(str(score), Text(_bar(count / most), style=style), str(count or ""))
    return rows


def _bar(share: float) -> str:
    """Draw a bar. Whatever is more than nothing is seen."""
    eighths = max(0, round(share * _BAR * 8))
    whole, rest = divmod(max(eighths, 1) if share > 0 else 0, 8)
    return "█" * whole + _EIGHTHS[rest].strip()


def _span(minutes: int) -> str:
    return f"{minutes} minutes" if minutes % 60 or minutes < 120 else f"{minutes // 60} hours"  # noqa: PLR2004
