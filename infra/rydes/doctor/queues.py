"""Queues: what waits, for how long, and what was given up."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from time import sleep
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.doctor.finding import Ill, Looked, count, span
from infra.rydes.doctor.patient import Metric, Patient, source_of
from infra.rydes.operator import dead_letters
from infra.rydes.operator.dead_letter_contents import message_type
from infra.rydes.operator.dead_letters import DEAD_LETTERS, PARKING

GIVEN_UP: Final = (DEAD_LETTERS, PARKING)
_WAITING, _TAKEN = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
_AGE: Final = "ApproximateAgeOfOldestMessage"
_REASONS: Final = 3
"""Reasons of one queue that are named."""
_A_MOMENT: Final = 2.0
"""Seconds in which a queue that nobody reads stands still. A local cloud has no metric of ages."""
_HIDDEN_FOR: Final = 60


def waiting(patient: Patient) -> Looked:
    """Work does not wait for longer than its alarm allows or, on a local cloud, at all without being taken."""
    urls = {name: url for name, url in patient.system.all_queues().items() if not name.endswith(GIVEN_UP)}
    numbers = _numbers(patient, urls)
    there = sum(numbers[name][_WAITING] for name in urls)
    taken = sum(numbers[name][_TAKEN] for name in urls)
    ill = _too_old(patient, numbers) if patient.on_aws else _standing_still(patient, urls, numbers)
    return Looked(f"{count(len(urls), 'queue')} ({there} waiting, {taken} in flight)", ill)


def given_up(patient: Patient) -> Looked:
    """No message was given up, but for those that a function sends back."""
    read = {patient.system.names.plain(source_of(mapping)) for mapping in patient.mappings}
    urls = {
        name: url
        for name, url in patient.system.all_queues().items()
        if name.endswith(GIVEN_UP) and name not in read
    }
    numbers = _numbers(patient, urls)
    ill = []
    for name in [name for name in urls if sum(numbers[name].values())]:
        depth = sum(numbers[name].values())
        ill.append(
            Ill(
                f"{name} has {count(depth, 'message')}{_reasons(patient, name)}",
                "That work is not done, and nobody tries it again.",
                f"uv run rydes dlq list --queue {name}",
            )
        )
    return Looked(f"{count(len(urls), 'dead-letter queue')} empty" if not ill else "", ill)


def _numbers(patient: Patient, urls: Mapping[str, str]) -> dict[str, dict[str, int]]:
    sqs = patient.system.client("sqs")

    def read(url: str) -> dict[str, int]:
        asked = [_WAITING, _TAKEN]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
        return {name: int(found[name]) for name in asked}

    return dict(zip(urls, patient.each(read, [*urls.values()]), strict=True))


def _too_old(patient: Patient, numbers: Mapping[str, Mapping[str, int]]) -> list[Ill]:
    """Compare the age of each queue's oldest message with the threshold of its own alarm."""
    names = patient.system.names
    allowed = {
        names.plain(dimension["Value"]): float(alarm["Threshold"])
        for alarm in patient.alarms
        if alarm.get("MetricName") == _AGE
        for dimension in alarm["Dimensions"]
    }
    metrics: dict[str, Metric] = {
        name: ("AWS/SQS", _AGE, "QueueName", names.of(name), "Maximum") for name in numbers if name in allowed
    }
    ages = patient.measured([*metrics.values()])
    return [
        _waits(name, numbers[name], f"the oldest for {span(age)}")
        for name, metric in metrics.items()
        if (age := ages.get(metric, 0)) > allowed[name] and numbers[name][_WAITING]
    ]


def _standing_still(
    patient: Patient, urls: Mapping[str, str], before: Mapping[str, Mapping[str, int]]
) -> list[Ill]:
    """Look twice at queues in which something waits: it is ill if nothing is taken meanwhile."""
    standing = {
        name: url for name, url in urls.items() if before[name][_WAITING] and not before[name][_TAKEN]
    }
    if not standing:
        return []
    sleep(_A_MOMENT)
    after = _numbers(patient, standing)
    return [
        _waits(name, after[name], "nobody takes them")
        for name in standing
        if after[name][_WAITING] >= before[name][_WAITING] and not after[name][_TAKEN]
    ]


def _waits(name: str, numbers: Mapping[str, int], how: str) -> Ill:
    return Ill(
        f"{name}: {count(numbers[_WAITING], 'message')} waiting, {how}, {numbers[_TAKEN]} in flight",
        "What they ask for is late.",
        "docs/runbook.md: -age",
    )


def _reasons(patient: Patient, name: str) -> str:
    """Group the messages of a queue by why they are there, as far as that may be read."""
    grouped: Counter[str] = Counter()
    with suppress(ClientError, BotoCoreError), dead_letters.held(patient.system, name) as found:
        grouped.update(_reason(message) for message in found.messages)
    told = [f"{number} × {reason}" for reason, number in grouped.most_common(_REASONS)]  # noqa: RUF001
    more = len(grouped) - len(told)
    return f": {'; '.join(told)}{f'; {more} other reasons' if more > 0 else ''}" if told else ""


def _reason(message: dead_letters.Parked) -> str:
    """Say what it is and what error put it there, which is enough to tell several troubles apart."""
    return f"{message_type(message) or 'unknown'} {message.cause.error or 'its worker died'}"
