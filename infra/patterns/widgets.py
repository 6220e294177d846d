"""The widgets of dashboards, as all of ours look."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.questions import Question

WHOLE: Final = 24
HALF: Final = WHOLE // 2
THIRD: Final = WHOLE // 3
QUARTER: Final = WHOLE // 4
_HEIGHT: Final = 6


def heading(markdown: str) -> cloudwatch.IWidget:
    """A line of text over the whole width."""
    return cloudwatch.TextWidget(
        markdown=markdown, width=WHOLE, height=1, background=cloudwatch.TextWidgetBackground.TRANSPARENT
    )


def graph(title: str, metrics: Sequence[cloudwatch.IMetric], width: int = THIRD) -> cloudwatch.IWidget:
    """Lines over time, from zero on."""
    return cloudwatch.GraphWidget(
        title=title,
        left=[*metrics],
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=width,
        height=_HEIGHT,
    )


def answer(question: Question, log_groups: Sequence[str], width: int = HALF) -> cloudwatch.IWidget:
    """The answer to a question, from these log groups. A table is as wide as the page."""
    table = question.view == "table"
    views = cloudwatch.LogQueryVisualizationType
    return cloudwatch.LogQueryWidget(
        title=question.title,
        log_group_names=[*log_groups],
        query_lines=[*question.query],
        view=views.TABLE if table else views.LINE,
        width=WHOLE if table else width,
        height=_HEIGHT,
    )
