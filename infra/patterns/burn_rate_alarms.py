"""The alarms of an objective: one for each window, and a composite one, which alone wakes somebody."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.patterns.service_stack import ServiceStack
from infra.slo import BURNS, FEWEST, Burn, Objective, alarm_name

_HOUR: Final = 3600


class BurnRateAlarms(Construct):
    """Two alarms for each of `BURNS`, by the share of `bad` in `total` over its two windows, and one that joins them.

    It goes off while both windows of a burn are over their threshold. None where the stage has no metric math.
    """

    def __init__(
        self,
        scope: ServiceStack,
        objective: Objective,
        *,
        bad: cloudwatch.Metric,
        total: cloudwatch.Metric,
    ) -> None:
        super().__init__(scope, f"Objective-{objective.name}")
        if not scope.stage.metric_math:
            return
        self._scope = scope
        self._objective = objective
        burning = [
            cloudwatch.AlarmRule.all_of(
                self._window(burn, burn.long, bad, total), self._window(burn, burn.short, bad, total)
            )
            for burn in BURNS
        ]
        name = alarm_name(objective)
        composite = cloudwatch.CompositeAlarm(
            self,
            "Burns",
            composite_alarm_name=scope.stage.names.of(name),
            alarm_rule=cloudwatch.AlarmRule.any_of(*burning),
            alarm_description=f"{objective.promise} That is broken so often that the error budget of 30 days is gone in"
            f" a few days. {objective.otherwise} Runbook: {name}.",
        )
        composite.add_alarm_action(scope.alarm_action)
        scope.alarms.append(composite)

    def _window(
        self, burn: Burn, seconds: int, bad: cloudwatch.Metric, total: cloudwatch.Metric
    ) -> cloudwatch.IAlarmRule:
        """Make the alarm of one window. It tells nobody: the composite alarm looks at it."""
        name = alarm_name(self._objective)
        span = f"{seconds // _HOUR} h" if seconds >= _HOUR else f"{seconds // 60} min"
        fewest = FEWEST if seconds == burn.long else 1
        share = cloudwatch.MathExpression(
            expression=f"IF(FILL(bad, 0) >= {fewest}, 100 * FILL(bad, 0) / IF(FILL(total, 0) > 0, FILL(total, 0), 1), 0)",
            using_metrics={"bad": bad, "total": total},
            period=cdk.Duration.seconds(seconds),
            label="percent",
        )
        alarm = self._scope.alarm(
            f"{name}-{burn.name}-{span.replace(' ', '')}",
            share,
            threshold=self._objective.threshold(burn),
            meaning=f"Part of the alarm {name}, wakes nobody by itself: over {span} the error budget burns {burn.rate:g} times"
            f" as fast as it may. {self._objective.promise} Runbook: {name}.",
            notifies=False,
        )
        if alarm is None:
            raise ValueError("a stage without metric math has no objectives")
        return cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM)
