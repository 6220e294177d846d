"""What is promised to those who use the system, in figures, and how fast a promise may be broken before somebody is woken.

Whoever is on call is paged by the rate at which an objective's error budget burns, over a long window and a short one:
the long one says that it matters, the short one that it still goes on. https://sre.google/workbook/alerting-on-slos/
(chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", with its table 5-8). Decision 86 says why these and no others.
"""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE


@dataclass(frozen=True)
class Burn:
    """The error budget of 30 days burns `rate` times as fast as it would last, over both windows (in seconds)."""

    name: str
    rate: float
    long: int
    short: int


BURNS: Final = (
    Burn("fast", 14.4, HOUR, 5 * MINUTE),  # two hundredths of the budget in an hour
    Burn("slow", 6, 6 * HOUR, 30 * MINUTE),  # a twentieth in six hours
)

FEWEST: Final = 5
"""Failures in the long window that wake somebody, at least. With few requests one failure is a high rate, and no trouble."""


@dataclass(frozen=True)
class Objective:
    """A promise: of all cases so many are good, over 30 days.

    `name` is the alarm's and, after `slo-`, that of its section in the runbook. `otherwise` is what customers notice.
    """

    name: str
    target: float
    promise: str
    otherwise: str

    def threshold(self, burn: Burn) -> float:
        """The percentage of bad cases at which the budget burns so fast."""
        return round(100 * burn.rate * (1 - self.target), 6)


# tests/infra/test_slo.py holds the seconds in these sentences to the services' own.
RFQ_COMPLETION: Final = Objective(
    "rfq-completion",
    0.999,
    "An RFQ is announced as completed no later than 30 s after its deadline.",
    "Customers wait for quotes that are final, and cannot book.",
)
FIRST_QUOTE: Final = Objective(
    "first-quote",
    0.99,
    "Where somebody was asked, the first quote comes within 5 s, unless all who were asked decline.",
    "Customers look at an empty list of quotes.",
)
SMS: Final = Objective(
    "sms",
    0.99,
    "An SMS is handed to the carrier within 5 minutes; the recipient's night does not count.",
    "Customers are asked late how their ride was, or answered late.",
)


def availability(api: str) -> Objective:
    """Make the objective of an API by its plain name."""
    return Objective(
        api,
        0.999,
        f"A request to {api} is answered, and not with a server error.",
        "What callers ask for fails.",
    )


OBJECTIVES: Final = (
    RFQ_COMPLETION,
    FIRST_QUOTE,
    availability("rfq-api"),
    availability("machine-api"),
    availability("unicorn-api"),
    availability("jobs-api"),
    SMS,
    availability("support-api"),
)
"""All of them, as the dashboard of the whole system shows them."""


def alarm_name(objective: Objective) -> str:
    """Return the plain name of the alarm that wakes somebody."""
    return f"slo-{objective.name}"
