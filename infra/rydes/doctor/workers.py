"""Functions: whether they run, whether work comes to them, and whether they crashed lately."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from infra.rydes.cloud.settings import SERVICES
from infra.rydes.doctor.finding import Ill, Looked, count, span
from infra.rydes.doctor.patient import LATELY, Metric, Patient, function_of, source_of
from infra.rydes.operator.log_events import events
from infra.rydes.operator.logs import CRASH
from infra.rydes.verify.checks.functions import WORKING

_STANDS_STILL: Final = "Its work stands still."
_WORDS_OF_A_CRASH: Final = ("Task timed out", "Traceback", "[ERROR]")
_LAG: Final = "IteratorAge"
_ERRORS, _THROTTLES = "Errors", "Throttles"


def functions(patient: Patient) -> Looked:
    """Are active, and nobody has stopped them."""
    client = patient.system.client("lambda")
    names = patient.system.names

    def reserved(name: str) -> int | None:
        found = client.get_function_concurrency(FunctionName=names.of(name))
        at_once: int | None = found.get("ReservedConcurrentExecutions")
        return at_once

    limits = dict(zip(patient.functions, patient.each(reserved, [*patient.functions]), strict=True))
    ill = []
    for name, settings in patient.functions.items():
        state = settings.get("State", "Active")
        if stop := patient.stopped(name):
            ill.append(_stopped(patient.now, name, stop))
        elif limits[name] == 0:
            to_do = patient.aws(f"lambda delete-function-concurrency --function-name {names.of(name)}")
            ill.append(Ill(f"{name} is stopped: its reserved concurrency is 0", _STANDS_STILL, to_do))
        elif state == "Failed" or settings.get("LastUpdateStatus") == "Failed":
            why = (
                settings.get("StateReason") or settings.get("LastUpdateStatusReason") or "AWS gives no reason"
            )
            ill.append(Ill(f"{name} is {state}: {why}", _STANDS_STILL, "Deploy it again."))
    return Looked(count(len(patient.functions), "function"), ill)


def _stopped(now: datetime, name: str, stop: Mapping[str, Any]) -> Ill:
    since = span((now - datetime.fromisoformat(stop["at"])).total_seconds())
    reason = f": {stop['reason']}" if stop.get("reason") else ", who gave no reason"
    return Ill(
        f"{name} is stopped for {since}, by {stop['by']}{reason}", _STANDS_STILL, f"uv run rydes start {name}"
    )


def mappings(patient: Patient) -> Looked:
    """Bring the functions what their queues and streams have."""
    names = patient.system.names
    ill = []
    for mapping in patient.mappings:
        function = names.plain(function_of(mapping))
        way = f"from {names.plain(source_of(mapping))} to {function}"
        if mapping["State"] not in WORKING and not patient.stopped(function):
            to_do = patient.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled")
            means = "Messages wait, for as long as their queue or stream keeps them."
            ill.append(Ill(f"the mapping {way} is {mapping['State'].lower()}", means, to_do))
        elif str(problem := mapping.get("LastProcessingResult", "")).startswith("PROBLEM"):
            ill.append(
                Ill(f"the mapping {way}: {problem}", "Work comes late, or not at all.", _logs_of(function))
            )
    return Looked(count(len(patient.mappings), "event source"), ill)


def crashes(patient: Patient) -> Looked:
    """No function crashed, ran out of time or was throttled lately."""
    found = _counted_by_aws(patient) if patient.on_aws else _seen_in_logs(patient)
    ill = [
        Ill(
            f"{name} {' and '.join(f'{what} {_times(number)}' for what, number in of.items())}"
            f" in the last {span(LATELY.total_seconds())}",
            "Its work is late, or fails.",
            "docs/runbook.md: -throttles" if set(of) == {_THROTTLED} else _logs_of(name),
        )
        for name, of in found.items()
    ]
    return Looked("no crashes" if not ill else "", ill)


_THROTTLED: Final = "was throttled"
_CRASHED: Final = "crashed or timed out"


def _counted_by_aws(patient: Patient) -> dict[str, dict[str, int]]:
    metrics: dict[Metric, tuple[str, str]] = {
        ("AWS/Lambda", metric, "FunctionName", patient.system.names.of(name), "Sum"): (name, what)
        for name in patient.functions
        for metric, what in ((_ERRORS, _CRASHED), (_THROTTLES, _THROTTLED))
    }
    found: dict[str, dict[str, int]] = {}
    for metric, number in patient.measured([*metrics]).items():
        if number:
            name, what = metrics[metric]
            found.setdefault(name, {})[what] = round(number)
    return found


def _seen_in_logs(patient: Patient) -> dict[str, dict[str, int]]:
    since = int((patient.now - LATELY).timestamp() * 1000)
    seen = Counter(
        event.function
        for words in _WORDS_OF_A_CRASH
        for event in events(patient.system, f'"{words}"', since=since)
        if event.entry is None and CRASH.match(event.message)
    )
    return {name: {_CRASHED: number} for name, number in sorted(seen.items())}


def streams(patient: Patient) -> Looked:
    """Consumers of streams are no further behind than their alarms allow."""
    limits = {
        dimension["Value"]: timedelta(milliseconds=float(alarm["Threshold"]))
        for alarm in patient.alarms
        if alarm.get("MetricName") == _LAG
        for dimension in alarm["Dimensions"]
    }
    if not patient.on_aws:
        return Looked("", unseen=["how far consumers are behind streams (a local cloud does not measure it)"])
    metrics: dict[str, Metric] = {
        name: ("AWS/Lambda", _LAG, "FunctionName", name, "Maximum") for name in limits
    }
    lags = patient.measured([*metrics.values()], since=timedelta(minutes=5))
    return Looked(count(len(limits), "stream consumer"), [*_behind(patient, limits, metrics, lags)])


def _behind(
    patient: Patient,
    limits: Mapping[str, timedelta],
    metrics: Mapping[str, Metric],
    lags: Mapping[Metric, float],
) -> Iterator[Ill]:
    for name, limit in limits.items():
        lag = timedelta(milliseconds=lags.get(metrics[name], 0))
        if lag > limit:
            says = f"{patient.system.names.plain(name)} is {span(lag.total_seconds())} behind its stream"
            yield Ill(says, "What has happened is announced late.", "docs/runbook.md: -dlq-lag")


def _logs_of(function: str) -> str:
    service = next(name for name in SERVICES if function.startswith(f"{name}-"))
    return f"uv run rydes logs --service {service} --level ERROR --last 15m"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
