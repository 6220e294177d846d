"""How calls, events and answers read in a trace: what they are about, and not all that is in them."""

import json
from collections.abc import Mapping
from typing import Any

_LONGEST = 120


def invocation(event: Mapping[str, Any]) -> str:
    """Say what a function is invoked for."""
    if "Records" in event:
        return ", ".join(_record(record) for record in event["Records"])
    context = event.get("requestContext", {})
    if "http" in context:
        return f"{context['http']['method']} {event['rawPath']}"
    if "eventType" in context:
        return f"{context['eventType']} of {context['connectionId']}"
    return ""


def call(operation: str, arguments: Mapping[str, Any]) -> str:
    """Say what a call is about."""
    if "Entries" in arguments:
        where = _name(arguments.get("QueueUrl", ""))
        return f"{where} {', '.join(_entry(entry) for entry in arguments['Entries'])}".strip()
    if "QueueUrl" in arguments:
        return f"{_name(arguments['QueueUrl'])} {message(arguments.get('MessageBody', ''))}".strip()
    if "TransactItems" in arguments:
        writes = [write for item in arguments["TransactItems"] for write in item.values()]
        return ", ".join(_row(write) for write in writes)
    if "TableName" in arguments:
        return _row(arguments)
    told = {name: value for name, value in arguments.items() if isinstance(value, str)}
    return shortened(" ".join(told.values()))


def message(body: str) -> str:
    """Name the message in a body, and what it is about."""
    try:
        content = json.loads(body)
        detail = content.get("detail", content)
        metadata, data = detail["metadata"], detail["data"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return shortened(body)
    name = content.get("detail-type", "")
    about = data.get("ride_id") or data.get("rfq_id") or metadata.get("correlation_id", "")
    return f"{name} {about}".strip()


def shortened(text: str) -> str:
    """Cut a long text off."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _record(record: Mapping[str, Any]) -> str:
    if "dynamodb" in record:
        change = record["dynamodb"]
        new = change.get("NewImage", {})
        state = new.get("status", new.get("state", {})).get("S", "")
        return f"{record['eventName']} {_key(change['Keys'])} {state}".strip()
    return f"{message(record['body'])} ({record['attributes']['ApproximateReceiveCount']})"


def _entry(entry: Mapping[str, Any]) -> str:
    if "DetailType" in entry:
        return message(
            json.dumps({"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])})
        )
    if "MessageBody" in entry:
        delay = f" in {entry['DelaySeconds']} s" if entry.get("DelaySeconds") else ""
        return f"{message(entry['MessageBody'])}{delay}"
    return (
        f"visible in {entry['VisibilityTimeout']} s" if "VisibilityTimeout" in entry else str(entry.get("Id"))
    )


def _row(arguments: Mapping[str, Any]) -> str:
    table = arguments["TableName"].partition("-")[2]
    if "Key" in arguments:
        return f"{table} {_key(arguments['Key'])}"
    if "Item" in arguments:
        return f"{table} {arguments['Item']['id']['S']}"
    values = [*arguments.get("ExpressionAttributeValues", {}).values()]
    return f"{table} {arguments.get('IndexName', '')} {' '.join(str(next(iter(v.values()))) for v in values)}"


def _key(key: Mapping[str, Any]) -> str:
    return " ".join(str(next(iter(value.values()))) for value in key.values())


def _name(url: str) -> str:
    return url.rpartition("/")[2].partition("-")[2]
