"""What customers wait for: RFQs and SMS that are overdue, and the number that SMS come from."""

from datetime import timedelta
from typing import Any, Final

from infra.naming import ORIGINATION_NUMBER_PARAMETER
from infra.rydes.doctor.finding import Ill, Looked, span
from infra.rydes.doctor.patient import Patient

# tests/infra/test_slo.py holds these to the services' own.
RFQ_SLACK: Final = timedelta(seconds=30)
SMS_SLACK: Final = timedelta(minutes=5)
DUE_INDEX: Final = "by-due"
_PAGES: Final = 20
"""Pages of a megabyte of the table of RFQs that are looked at, at most."""


def rfqs(patient: Patient) -> Looked:
    """None still runs long after its deadline. No index has that, so a large table is looked at in part."""
    then = patient.now - RFQ_SLACK
    query: dict[str, Any] = {
        "TableName": patient.system.names.of("ride-booking"),
        "FilterExpression": "#status = :running AND deadline < :then",
        "ProjectionExpression": "id, deadline",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {
            ":running": {"S": "running"},
            ":then": {"N": str(round(then.timestamp() * 1000))},
        },
    }
    overdue: dict[str, float] = {}
    looked_at = 0
    unseen: list[str] = []
    for number in range(1, _PAGES + 1):
        page = patient.system.client("dynamodb").scan(**query)
        looked_at += page.get("ScannedCount", 0)
        overdue |= {item["id"]["S"]: float(item["deadline"]["N"]) for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        if number == _PAGES:
            unseen.append(f"RFQs beyond the first {looked_at:,} items of the table ride-booking")
    if not overdue:
        return Looked("no RFQ overdue", unseen=unseen)
    oldest = min(overdue, key=lambda id_: overdue[id_])
    late = span(patient.now.timestamp() - overdue[oldest] / 1000)
    ill = Ill(
        f"{len(overdue)} RFQ{'s are' if len(overdue) > 1 else ' is'} still running, the oldest for {late} after its deadline",
        "Customers wait for quotes that are final, and cannot book.",
        f"uv run rydes trace {oldest}",
    )
    return Looked("", [ill], unseen)


def sms(patient: Patient) -> Looked:
    """No conversation has waited for its time in vain, by the sparse index of those that time will change."""
    then = patient.now - SMS_SLACK
    query: dict[str, Any] = {
        "TableName": patient.system.names.of("feedback"),
        "IndexName": DUE_INDEX,
        "KeyConditionExpression": "due = :yes AND due_at <= :then",
        "ExpressionAttributeValues": {
            ":yes": {"S": "yes"},
            ":then": {"N": str(round(then.timestamp() * 1000))},
        },
    }
    page = patient.system.client("dynamodb").query(**query)
    if not page["Items"]:
        return Looked("no SMS overdue")
    number, more = len(page["Items"]), "LastEvaluatedKey" in page
    late = span(patient.now.timestamp() - float(page["Items"][0]["due_at"]["N"]) / 1000)
    says = f"{number}{' or more' if more else ''} SMS or reminders are overdue, the oldest for {late}"
    means = "Customers are not asked how their ride was, or get no answer."
    return Looked("", [Ill(says, means, "docs/runbook.md: feedback-not-woken, feedback-sms-failing")])


def number(patient: Patient) -> Looked:
    """There is a number that SMS come from."""
    if patient.system.parameters.get(ORIGINATION_NUMBER_PARAMETER):
        return Looked("a number for SMS")
    ill = Ill(
        "there is no number that SMS come from",
        "SMS wait, for three days at most.",
        "docs/runbook.md: feedback-number-missing",
    )
    return Looked("", [ill])
