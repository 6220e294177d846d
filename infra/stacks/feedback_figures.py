"""The part of feedback's stack that shows how conversations go: a dashboard, and the alarms on its rates."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

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
from infra.patterns.service_stack import ServiceStack

DASHBOARD: Final = "wild-rydes-feedback"
DOLLARS_A_DAY: Final = 10
"""What SMS may cost in a day until somebody is woken."""

_HOUR, _DAY = cdk.Duration.hours(1), cdk.Duration.days(1)


class FeedbackFigures(Construct):
    """The dashboard `wild-rydes-feedback` and its alarms."""

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(scope, "Figures")
        self._scope = scope
        self._alarms()
        self._dashboard()

    def _alarms(self) -> None:
        self._scope.alarm(
            "feedback-undelivered",
            self._missed(DELIVERED, _HOUR),
            threshold=20,
            meaning="Of the SMS sent in an hour (20 at least) carriers failed or blocked a fifth: customers are not"
            " asked about their rides. `reason` of the SMS says why. Runbook: feedback-undelivered.",
        )
        self._scope.alarm(
            "feedback-unanswered",
            self._missed(ANSWERED, _DAY, at_least=50),
            threshold=95,
            meaning="Of the customers whose survey ended within a day (50 at least) hardly any gave a score: replies"
            " do not reach us, or are not read. Runbook: feedback-unanswered.",
        )
        self._scope.alarm(
            "feedback-asked-again",
            self._share(ASKED_AGAIN, cdk.Duration.hours(6), at_least=FEW),
            threshold=30,
            meaning="Of the answers of six hours (20 at least) three in ten were not understood, so customers are asked"
            " again: a text, or how answers are read, has changed. Runbook: feedback-asked-again.",
        )
        self._scope.alarm(
            "feedback-opt-outs",
            self._share(OPTED_OUT, _DAY, at_least=FEW),
            threshold=10,
            meaning="Of the customers asked within a day (20 at least) one in ten answered STOP: too often, at the wrong"
            " time, or people who never agreed. Carriers block for it. Runbook: feedback-opt-outs.",
        )
        self._scope.alarm(
            "feedback-spend",
            self._scope.count("SmsMicrodollars").with_(period=_DAY),
            threshold=DOLLARS_A_DAY * 1_000_000,
            meaning=f"SMS have cost {DOLLARS_A_DAY} dollars within a day, more than was expected: more customers, texts"
            " of more parts, dearer countries, or a loop. Runbook: feedback-spend.",
        )

    def _dashboard(self) -> None:
        board = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=DASHBOARD, default_interval=cdk.Duration.days(14)
        )
        board.add_widgets(
            self._counts("Customers", *(f"Feedback{event}" for event in _EVENTS), "OptOuts"),
            self._rates(
                "Rates, percent of a day",
                delivered=DELIVERED,
                answered=ANSWERED,
                asked_again=ASKED_AGAIN,
                opted_out=OPTED_OUT,
            ),
            self._rates("Satisfaction of a day", CSAT=CSAT, NPS=NPS),
            self._counts("Scores", *SCORES, stacked=True),
        )
        board.add_widgets(
            self._counts("SMS", "SmsSent", "SmsDelivered", "SmsFailed", "SmsBlocked"),
            self._counts("Replies", *(f"Replies{outcome}" for outcome in _REPLIES), stacked=True),
            self._counts("Conversations by their end", *ENDINGS, stacked=True),
            cloudwatch.GraphWidget(
                title="Cost",
                left=[
                    self._math("smsMicrodollars / 1000000", {"SmsMicrodollars"}, _DAY, "dollars a day"),
                    self._rate(COST_EACH, "dollars a conversation", factor="0.000001"),
                ],
                right=[self._rate(PARTS_EACH, "parts an SMS", factor="1")],
            ),
        )
        board.add_widgets(
            self._counts(
                "Callbacks", "CallbackRequested", "CallsClaimed", "CallbackDone", *CALLS, "CallbacksOverdue"
            ),
            self._counts("Rides", *(f"Surveys{outcome}" for outcome in _SURVEYS), stacked=True),
            self._counts("Not texted", "SmsNoConsent", "SmsNumberUnverified", "SmsRefused"),
            self._counts("Trouble", *_TROUBLE),
        )

    def _counts(self, title: str, *names: str, stacked: bool = False) -> cloudwatch.GraphWidget:
        lines = [self._scope.count(name).with_(label=name, period=_HOUR) for name in names]
        return cloudwatch.GraphWidget(title=title, left=lines, stacked=stacked)

    def _rates(self, title: str, **rates: Rate) -> cloudwatch.GraphWidget:
        lines = [self._rate(rate, label.replace("_", " ")) for label, rate in rates.items()]
        return cloudwatch.GraphWidget(title=title, left=lines)

    def _missed(self, rate: Rate, period: cdk.Duration, at_least: int = FEW) -> cloudwatch.MathExpression:
        """What is missing of a rate to 100 percent, of so many cases at least, else 0."""
        return self._guarded(f"100 - 100 * {_share(rate)}", rate, period, at_least)

    def _share(self, rate: Rate, period: cdk.Duration, at_least: int) -> cloudwatch.MathExpression:
        """A rate in percent, of so many cases at least, else 0."""
        return self._guarded(f"100 * {_share(rate)}", rate, period, at_least)

    def _guarded(
        self, percent: str, rate: Rate, period: cdk.Duration, at_least: int
    ) -> cloudwatch.MathExpression:
        return self._math(
            f"IF({_sum(rate.out_of)} >= {at_least}, {percent}, 0)", rate.names, period, "percent"
        )

    def _rate(self, rate: Rate, label: str, factor: str = "100") -> cloudwatch.MathExpression:
        return self._math(f"{factor} * {_share(rate)}", rate.names, _DAY, label)

    def _math(
        self, expression: str, names: frozenset[str] | set[str], period: cdk.Duration, label: str
    ) -> cloudwatch.MathExpression:
        metrics = {_id(name): self._scope.count(name) for name in sorted(names)}
        return cloudwatch.MathExpression(
            expression=expression,
            using_metrics=dict[str, cloudwatch.IMetric](metrics),
            period=period,
            label=label,
        )


_EVENTS: Final = ("Requested", "Received", "Expired", "Corrected")
_REPLIES: Final = (
    "Understood",
    "Unclear",
    "Stopped",
    "Started",
    "Helped",
    "HelpUnanswered",
    "Ignored",
    "Repeated",
)
_SURVEYS: Final = ("Opened", "Known", "TooSoon", "TooOften", "TooLate")
_TROUBLE: Final = (
    "SmsNotTaken",
    "SmsUnknown",
    "OutreachFailed",
    "ConversationsNotWoken",
    "MessagesRetried",
    "MessagesParked",
    "ReceiptsIgnored",
)


def _share(rate: Rate) -> str:
    less = f" - {_sum(rate.less)}" if rate.less else ""
    return f"({_sum(rate.counted)}{less}) / {_sum(rate.out_of)}"


def _sum(names: tuple[str, ...]) -> str:
    """A metric has no data where nothing was counted: that is 0."""
    summands = [f"FILL({_id(name)}, 0)" for name in names]
    return summands[0] if len(summands) == 1 else f"({' + '.join(summands)})"


def _id(name: str) -> str:
    return name[0].lower() + name[1:]
