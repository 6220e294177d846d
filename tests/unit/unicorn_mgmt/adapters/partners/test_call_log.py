"""Each call is recorded; only trouble is counted, since every metric is paid for."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.partners.call_log import TROUBLE, CallLog


@pytest.mark.parametrize(
    ("operation", "outcome"),
    [*sorted(TROUBLE), ("quote", "quote"), ("quote", "throttled"), ("book", "confirmed")],
)
def test_every_call_makes_a_record_and_trouble_a_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], operation: str, outcome: str
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "WildRydes")
    text = io.StringIO()
    log = CallLog(Logger(service=f"{__name__}-{operation}-{outcome}", stream=text), "p-comet")
    log.record(operation, outcome, milliseconds=3.21, attempt=1, circuit="CLOSED")
    [record] = map(json.loads, text.getvalue().splitlines())
    assert (record["message"], record["outcome"], record["took_ms"]) == ("partner called", outcome, 3.2)
    counted = [json.loads(line)["PartnerCall"] for line in capsys.readouterr().out.splitlines()]
    assert counted == ([[3.2]] if (operation, outcome) in TROUBLE else [])
