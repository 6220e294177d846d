"""The figures of SMS conversations, from what the functions counted to what is read on the terminal."""

import io
import json
from itertools import count
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from rich.console import Console

from infra.figures import CSAT, NPS, Rate
from infra.rydes.operator.conversations import to_json, to_view
from infra.rydes.operator.counted import RecentCounts
from tests.support.fake_logs import Logs
from wild_rydes_runtime.entrypoint import entrypoint

_names = count()

START = 1_800_000_000
TWO = {
    "FeedbackRequested": 2, "FeedbackReceived": 2, "RepliesUnderstood": 3, "RepliesUnclear": 1,
    "SmsSent": 6, "SmsDelivered": 5, "SmsUndelivered": 1, "SmsParts": 7, "SmsMicrodollars": 79_100,
    "Score9": 1, "Score2": 1, "EndedAnswered": 2, "CallbackRequested": 1,
}  # fmt: skip
MANY = {
    "FeedbackRequested": 412, "FeedbackReceived": 151, "FeedbackExpired": 240, "OptOuts": 9, "RepliesUnderstood": 190,
    "RepliesUnclear": 14, "SmsSent": 830, "SmsDelivered": 700, "SmsUndelivered": 12, "SmsParts": 851,
    "SmsMicrodollars": 9_616_300, "CallbackRequested": 14, "CallsClaimed": 10, "CallbackDone": 8, "CallReached": 8,
    "SmsNoConsent": 3, "SurveysTooSoon": 40, "EndedAnswered": 150, "EndedNoAnswer": 220, "EndedOptedOut": 9,
    "Score1": 35, "Score7": 57, "Score10": 59,
}  # fmt: skip


def line(**counted: int) -> str:
    """Write the line of an invocation that has counted so much."""
    metrics, text = Metrics(namespace="test", service="test"), io.StringIO()
    metrics.clear_metrics()  # Powertools keeps one set for the process: what another test has counted is not of this line
    logger = Logger(service=f"{__name__}-{next(_names)}", stream=text)

    def handle(_: dict[str, Any]) -> None:
        logger.info("received")
        for name, value in counted.items():
            metrics.add_metric(name, MetricUnit.Count, value)

    entrypoint(handle, logger, metrics)({}, SimpleNamespace(aws_request_id="r"))  # type: ignore[arg-type]
    return text.getvalue().strip()


def shown(figures: dict[str, int], width: int, minutes: int = 60) -> list[str]:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(to_view(figures, minutes))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_what_all_functions_of_the_service_have_counted_lately_is_added_up_each_line_once() -> None:
    logs, now = Logs(), float(START)
    recent = RecentCounts(logs, "feedback", 60, now=lambda: now)
    logs.log(START * 1000, line(SmsSent=2, Score9=1), "feedback-outbox")
    logs.log(START * 1000, line(RepliesUnclear=1), "feedback-replies")
    logs.log(START * 1000, line(SmsSent=5), "ride-booking-outbox")
    logs.log(START * 1000, '{"message": "not those counts"}', "feedback-outbox")
    logs.log(START * 1000, 'START "counts"', "feedback-outbox")
    assert recent.look() == {"SmsSent": 2, "Score9": 1, "RepliesUnclear": 1}
    now += 10
    logs.log((START + 9) * 1000, line(Score9=-1, Score3=1), "feedback-outbox")  # support has corrected it
    assert recent.look() == {"SmsSent": 2, "Score9": 0, "Score3": 1, "RepliesUnclear": 1}
    now += 55
    assert recent.look() == {"Score9": -1, "Score3": 1}, "what is older than a minute is forgotten"


def test_csat_and_nps_follow_their_definitions() -> None:
    each_once = {f"Score{score}": 1 for score in range(1, 11)}
    assert CSAT.of(each_once) == 0.3  # 8, 9 and 10
    assert NPS.of(each_once) == (2 - 6) / 10
    assert (NPS.of({"Score9": 3}), NPS.of({"Score6": 2}), NPS.of({"Score7": 1, "Score8": 1})) == (1, -1, 0)
    assert Rate(("A",), ("A",)).of({}) is None


def test_programs_are_told_counts_percentages_and_dollars() -> None:
    told = to_json(TWO, 60)
    assert told["asked"] == 2
    assert told["answered"] == {"count": 2, "of": 2, "percent": 100}
    assert told["asked-again"] == {"count": 1, "of": 4, "percent": 25}
    assert told["opted-out"] == {"count": 0, "of": 2, "percent": 0}
    assert (told["delivered"]["count"], told["delivered"]["of"]) == (5, 6)
    assert (told["scores"]["9"], told["scores"]["2"], told["scores"]["5"]) == (1, 1, 0)
    assert (told["csat"]["percent"], told["nps"]) == (50, 0)
    assert told["endings"] == {
        "answered": 2, "no-answer": 0, "not-understood": 0, "opted-out": 0, "undeliverable": 0,
    }  # fmt: skip
    assert (told["cost"], told["cost-per-conversation"]) == (0.0791, 0.03955)
    assert told["calls"].items() >= {"wanted": 1, "claimed": 0, "done": 0, "open": 1, "reached": 0}.items()
    nothing = to_json({}, 60)
    assert (nothing["answered"]["percent"], nothing["nps"], nothing["cost-per-conversation"]) == (None,) * 3
    json.dumps(nothing)


def test_a_few_cases_are_shown_as_they_are_and_many_as_percentages() -> None:
    few, many = "\n".join(shown(TWO, 80)), "\n".join(shown(MANY, 80, 1440))
    assert "%" not in few
    for text in ("2 of 2  gave a score", "1 of 4", "5 of 6", "1 to 1  promoters to detractors", "0.0396 $"):
        assert text in few, text
    for text in (
        "39 %  gave a score, 151 of 391",
        "99 %",
        "+16  59 promoters, 35 detractors",
        "1.03  an SMS",
    ):
        assert text in many, text
    assert "6 open  14 wanted, 10 claimed, 8 done" in many
    assert "40 asked less than a day ago, 3 no consent" in many
    assert "150 answered, 220 no answer, 9 opted out" in many


def test_it_fits_terminals_of_60_80_and_100_columns_and_is_side_by_side_from_80() -> None:
    for width in (60, 80, 100):
        for figures in (TWO, MANY, {}, {"SmsNoConsent": 1, "SurveysTooSoon": 2}):
            assert max(map(len, shown(figures, width))) <= width, (width, figures)
        [asked] = [text for text in shown(MANY, width) if text.startswith("asked  ")]
        assert ("█" in asked) == (width >= 80), (width, asked)


def test_if_nobody_was_asked_it_says_why_and_what_to_do() -> None:
    said = "\n".join(shown({"SmsNoConsent": 1}, 80))
    assert "No customer was asked. Not asked: 1 no consent." in said
    assert "uv run rydes rfq --book" in said
    assert "uv run rydes phone" in said
