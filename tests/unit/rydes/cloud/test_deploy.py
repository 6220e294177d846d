import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.naming import PLATFORM_STACK
from infra.rydes.cloud.deploy import first_failure, platform_first, stacks
from infra.rydes.cloud.settings import Settings


def event(second: int, resource: str, status: str, reason: str | None) -> dict[str, Any]:
    return {
        "Timestamp": datetime(2026, 11, 21, 8, 45, second, tzinfo=UTC),
        "LogicalResourceId": resource,
        "ResourceType": "AWS::SQS::Queue",
        "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def test_the_cause_is_the_oldest_failure_that_was_not_cancelled() -> None:
    newest_first = [
        event(4, "Stack", "ROLLBACK_COMPLETE", None),
        event(3, "Third", "CREATE_FAILED", "name taken"),
        event(2, "Second", "CREATE_FAILED", "out of quota"),
        event(1, "First", "CREATE_FAILED", "Resource creation cancelled"),
        event(0, "Zeroth", "CREATE_FAILED", None),
    ]
    assert first_failure(newest_first) == "Second (AWS::SQS::Queue): out of quota"


def test_no_failure_no_cause() -> None:
    assert first_failure([event(1, "First", "CREATE_COMPLETE", None)]) is None


def test_every_service_stack_waits_for_the_platform(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {}}
    assets = {"type": "cdk:asset-manifest"}
    artifacts: dict[str, dict[str, Any]] = {
        PLATFORM_STACK: stack,
        "A": {**stack, "dependencies": ["A.assets"]},
        "A.assets": assets,
        "B": {**stack, "properties": {"stackName": "blue-B"}},
    }
    settings = Settings(4566, tmp_path)
    settings.assembly.mkdir()
    manifest = settings.assembly / "manifest.json"
    manifest.write_text(json.dumps({"version": "1", "artifacts": artifacts}))
    platform_first(settings)
    found = json.loads(manifest.read_text())
    assert found == {
        "version": "1",
        "artifacts": {
            PLATFORM_STACK: stack,
            "A": {**stack, "dependencies": ["A.assets", PLATFORM_STACK]},
            "A.assets": assets,
            "B": {**artifacts["B"], "dependencies": [PLATFORM_STACK]},
        },
    }
    assert stacks(settings.assembly) == {"A": "A", "B": "blue-B", PLATFORM_STACK: PLATFORM_STACK}
