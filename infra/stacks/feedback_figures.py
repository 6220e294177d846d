"""The part of feedback's stack that shows how conversations go: saved queries, and the alarms on rates."""

from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.figures import (
    ANSWERED,
    ASKED_AGAIN,
    CALLS,
    DELIVERED,
    ENDINGS,
    FEW,
    OPTED_OUT,
    SCORES,
    Rate,
)
from infra.patterns.burn_rate_alarms import BurnRateAlarms
from infra.patterns.service_stack import ServiceStack
from infra.slo import SMS

COUNTS: Final = "counts"
"""The field of the functions' log lines with what they have counted: `wild_rydes_runtime.wide_line`."""

FOLDER: Final = "wild-rydes/feedback"
"""Where CloudWatch Logs Insights lists the queries."""

FIGURES: Final[Mapping[str, Sequence[str]]] = {
    "customers": (
        *("FeedbackRequested", "FeedbackReceived", "FeedbackExpired", "FeedbackCorrected", "OptOuts"),
        *("SmsNoConsent", "SmsNumberUnverified", "SmsRefused"),
    ),
    "scores": SCORES,
    "sms": (
        *(
            "SmsSent",
            "SmsDelivered",
            "SmsUndelivered",
            "SmsFailed",
            "SmsBlocked",
            "SmsParts",
            "SmsMicrodollars",
            "SmsLate",
        ),
        *("SmsNotTaken", "OriginationNumberMissing", "SmsUnknown", "OutreachFailed", "ReceiptsIgnored"),
    ),
    "replies": tuple(
        f"Replies{outcome}"
        for outcome in (
            *("Understood", "Unclear", "Stopped", "Started", "Helped", "HelpUnanswered"),
            *("Ignored", "Repeated"),
        )
    ),
    "endings": ENDINGS,
    "callbacks": ("CallbackRequested", "CallsClaimed", "CallbackDone", *CALLS, "CallbacksOverdue"),
    "rides": tuple(f"Surveys{outcome}" for outcome in ("Opened", "Known", "TooSoon", "TooOften", "TooLate")),
    "trouble": ("ConversationsNotWoken", "MessagesRetried", "MessagesParked"),
}
"""Each query with the figures that it sums up by the day."""

_COUNTING: Final = ("outbox", "outreach", "receipts", "replies", "rides", "timers")

DOLLARS_A_DAY: Final = 10
"""What SMS may cost in a day until somebody is woken."""

_HOUR, _DAY = cdk.Duration.hours(1), cdk.Duration.days(1)


class FeedbackFigures(Construct):
    """The saved queries of `FIGURES`, and the alarms."""

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(scope, "Figures")
        self._scope = scope
        self._alarms()
        self._queries()
        BurnRateAlarms(scope, SMS, bad=scope.count("SmsLate"), total=scope.count("SmsSent"))

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

    def _queries(self) -> None:
        """Save the queries. Unlike a dashboard and its metrics they cost what they read, and only when they are run."""
        names = self._scope.stage.names
        groups = [f"/aws/lambda/{names.of(f'{self._scope.service}-{role}')}" for role in _COUNTING]
        for title, figures in FIGURES.items():
            sums = ", ".join(f"sum({COUNTS}.{figure}) as {figure}" for figure in figures)
            logs.CfnQueryDefinition(
                self,
                title.title(),
                name=names.of(f"{FOLDER}/{title}"),
                log_group_names=groups,
                query_string=f"filter ispresent({COUNTS})\n| stats {sums} by bin(1d)",
            )

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


def _share(rate: Rate) -> str:
    less = f" - {_sum(rate.less)}" if rate.less else ""
    return f"({_sum(rate.counted)}{less}) / {_sum(rate.out_of)}"


def _sum(names: tuple[str, ...]) -> str:
    """A metric has no data where nothing was counted: that is 0."""
    summands = [f"FILL({_id(name)}, 0)" for name in names]
    return summands[0] if len(summands) == 1 else f"({' + '.join(summands)})"


def _id(name: str) -> str:
    return name[0].lower() + name[1:]
