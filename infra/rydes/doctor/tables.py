"""Tables: whether AWS refuses calls for their number."""

import re
from collections import Counter
from typing import Final

from infra.rydes.cloud.settings import SERVICES
from infra.rydes.doctor.finding import Ill, Looked, count, span
from infra.rydes.doctor.patient import LATELY, Metric, Patient
from infra.rydes.operator.log_events import events
from wild_rydes_messaging.transient import is_transient_code

_REFUSED: Final = "when calling the"
"""In what botocore says of a call that AWS has refused."""
_CODE: Final = re.compile(rf"\((\w+)\) {_REFUSED}")
_TO_DO: Final = "docs/runbook.md: A table is throttled"


def throttled(patient: Patient) -> Looked:
    """Let all calls through. A local cloud has no metrics, but functions log why they try again."""
    ill = _counted_by_aws(patient) if patient.on_aws else _seen_in_logs(patient)
    return Looked("nothing throttled" if not ill else "", ill)


def _counted_by_aws(patient: Patient) -> list[Ill]:
    names = {
        patient.system.names.of(service): service for service in SERVICES
    }  # a service's table has its name
    metrics: list[Metric] = [
        ("AWS/DynamoDB", f"{what}ThrottleEvents", "TableName", name, "Sum")
        for name in names
        for what in ("Read", "Write")
    ]
    refused: Counter[str] = Counter()
    for metric, number in patient.measured(metrics).items():
        refused[names[metric[3]]] += round(number)
    means = "What its functions do is late; APIs answer 503."
    return [
        Ill(f"the table {name} is throttled: {count(number, 'request')} {_lately()}", means, _TO_DO)
        for name, number in sorted(refused.items())
        if number
    ]


def _seen_in_logs(patient: Patient) -> list[Ill]:
    since = int((patient.now - LATELY).timestamp() * 1000)
    seen: Counter[tuple[str, str]] = Counter()
    for event in events(patient.system, f'"{_REFUSED}"', since=since):
        code = _CODE.search(str((event.entry or {}).get("reason", "")))
        if code and is_transient_code(code[1]):
            seen[event.function, code[1]] += 1
    return [
        Ill(f"{name} is throttled: {code} {count(number, 'time')} {_lately()}", "Its work is late.", _TO_DO)
        for (name, code), number in sorted(seen.items())
    ]


def _lately() -> str:
    return f"in the last {span(LATELY.total_seconds())}"
