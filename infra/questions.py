"""What whoever is on call asks of the logs first: the figures of a service that are no metrics (decision 60).

Dashboards show the answers. tests/infra/test_questions.py holds each query to the lines that the services' code writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from infra import roster

OVER: Final = (
    r'"rfq_ms":(?<rfq_ms>\d+),"first_quote_ms":(?<first_quote_ms>\d+),"last_quote_ms":(?<last_quote_ms>\d+)'
    r',"asked":(?<asked>\d+),"quoted":(?<quoted>\d+),"declined":(?<declined>\d+),"silent":(?<silent>\d+)'
)
"""How an RFQ with a quote went, in a log line of ride-booking's outbox, whether a line of its own or a step of one. Of
several in a line the first is taken."""

CALL: Final = (
    r'"partner":"(?<partner>[^"]+)","operation":"(?<operation>[^"]+)"'
    r',"outcome":"(?<outcome>[^"]+)","took_ms":(?<took_ms>[0-9.]+)'
)
"""The record of a call to a partner in a log line, whether a line of its own or a step of one."""

PARTNERS: Final = "partners"
"""Stands for the functions of all partners."""


@dataclass(frozen=True)
class Question:
    """A query over the logs of some functions (their roles), and how its answer is shown."""

    title: str
    roles: tuple[str, ...]
    query: tuple[str, ...]
    view: Literal["lines", "table"] = "lines"


def _sums(span: str, **figures: str) -> tuple[str, ...]:
    """Add up counts over spans of time."""
    sums = ", ".join(f"sum(counts.{figure}) as {name}" for name, figure in figures.items())
    return "filter ispresent(counts)", f"stats {sums} by bin({span})"


QUESTIONS: Final[Mapping[str, tuple[Question, ...]]] = {
    "ride-booking": (
        Question(
            "RFQs: how many are requested, and how they end",
            ("outbox",),
            _sums(
                "5m",
                requested="RfqRequested",
                all_answered="RfqCompletedByAllAnswered",
                at_deadline="RfqCompletedByDeadline",
                cancelled="RfqCompletedByCancelled",
                late="RfqsCompletedLate",
            ),
        ),
        Question(
            "RFQs completed, in percent of those requested",
            ("outbox",),
            (
                "filter ispresent(counts.RfqRequested) or ispresent(counts.RfqCompleted)",
                "stats 100 * sum(counts.RfqCompleted) / sum(counts.RfqRequested) as percent by bin(15m)",
            ),
        ),
        Question(
            "Milliseconds from the request to the first quote, and to the last",
            ("outbox",),
            (
                'filter @message like "rfq over"',
                f"parse @message /{OVER}/",
                (
                    "stats pct(first_quote_ms, 50) as first_p50, pct(first_quote_ms, 99) as first_p99,"
                    " pct(last_quote_ms, 50) as last_p50, pct(last_quote_ms, 99) as last_p99 by bin(5m)"
                ),
            ),
        ),
        Question(
            "Who is asked for an RFQ with quotes, and what they do (means)",
            ("outbox",),
            (
                'filter @message like "rfq over"',
                f"parse @message /{OVER}/",
                (
                    "stats avg(asked) as were_asked, avg(quoted) as gave_a_quote, avg(declined) as declined_it,"
                    " avg(silent) as were_silent by bin(15m)"
                ),
            ),
        ),
    ),
    "unicorn-mgmt": (
        Question(
            "Rides: confirmed, rejected, completed",
            ("outbox",),
            _sums("15m", confirmed="RideConfirmed", rejected="RideRejected", completed="RideCompleted"),
        ),
        Question(
            "Partners' circuits that have turned, the newest first",
            (PARTNERS,),
            (
                'filter message = "circuit turned"',
                "fields @timestamp, circuit, before, after, reason, by",
                "sort @timestamp desc",
                "limit 20",
            ),
            "table",
        ),
        Question(
            "Calls to partners, and their milliseconds",
            (PARTNERS,),
            (
                'filter @message like "partner called"',
                f"parse @message /{CALL}/",
                "stats count(*) as calls, pct(took_ms, 50) as p50, pct(took_ms, 99) as p99 by partner, operation, outcome",
                "sort partner, operation, calls desc",
            ),
            "table",
        ),
    ),
    "feedback": (
        Question(
            "SMS: sent, delivered, failed, late",
            ("outbox", "outreach", "receipts"),
            _sums("15m", sent="SmsSent", delivered="SmsDelivered", failed="SmsUndelivered", late="SmsLate"),
        ),
        Question(
            "SMS that wait, or never go out",
            ("outreach",),
            _sums(
                "15m",
                no_number="OriginationNumberMissing",
                not_taken="SmsNotTaken",
                unclear="SmsUnknown",
                refused="SmsRefused",
                crashed="OutreachFailed",
            ),
        ),
        Question(
            "Surveys: asked, answered, expired, and who said STOP",
            ("outbox",),
            _sums(
                "1h",
                asked="FeedbackRequested",
                answered="FeedbackReceived",
                expired="FeedbackExpired",
                stopped="OptOuts",
            ),
        ),
    ),
}

COMPLAINTS: Final = Question(
    "Complaints in the logs, the most frequent first",
    (),
    (
        'filter level in ["WARNING", "ERROR", "CRITICAL"]',
        "stats count(*) as lines, latest(@timestamp) as last by level, service, message",
        "sort lines desc",
        "limit 20",
    ),
    "table",
)
"""Of all functions that one asks about."""


API_FAILURES: Final = Question(
    "Requests that fail (5xx)", (), ("filter status like /^5/", "stats count(*) as failed by bin(5m)")
)
API_REFUSALS: Final = Question(
    "Requests that are refused (4xx)", (), ("filter status like /^4/", "stats count(*) as refused by bin(5m)")
)
API_LATENCY: Final = Question(
    "Milliseconds to the answer",
    (),
    ("stats pct(latencyMs, 50) as p50, pct(latencyMs, 99) as p99 by bin(5m)",),
)
"""Of the access logs of APIs."""

TRACE: Final = (
    "fields @timestamp, service, @log, @message",
    'filter @message like "<id>"',
    "sort @timestamp",
    "limit 1000",
)
"""All that was logged about an RFQ, a ride or an event, in every service. docs/runbook.md shows it."""


def functions(service: str, question: Question, *, simulated: bool) -> list[str]:
    """Name the functions that answer a question, plainly."""
    found: list[str] = []
    for role in question.roles:
        if role == PARTNERS:
            ids = roster.partners(simulated=simulated)
            found += [f"{service}-{id_}-{task}" for id_ in ids for task in ("quotes", "rides")]
        else:
            found.append(f"{service}-{role}")
    return found
