"""Deploy the synthesized stacks to a local cloud with the CDK command line, as people do to AWS."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.naming import PLATFORM_STACK
from infra.rydes.cloud import aws
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import ACCOUNT, REGION, ROOT, Settings, aws_environment

# The part of `cdk bootstrap` that a stage without deployment roles needs.
ASSET_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"

CDK_QUIET = ("--no-notices", "--no-version-reporting", "--no-color", "--ci")


def bootstrap(settings: Settings) -> None:
    """Make the asset bucket and the version parameter for which the CDK command line looks."""
    aws.client(settings, "s3").create_bucket(Bucket=ASSET_BUCKET)
    aws.client(settings, "ssm").put_parameter(
        Name=BOOTSTRAP_VERSION_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def deploy(settings: Settings, cdk: Path, assembly: Path, log: Path) -> None:
    """Deploy every stack of an assembly with the CDK command line at `cdk`, as many at once as their order allows.

    Raises:
        LocalCloudError: a stack fails. The error has the first reason that CloudFormation gives.
    """
    options = ["--all", "--require-approval", "never", "--method", "direct", "--concurrency", "8"]
    command = ["node", str(cdk), "deploy", "--app", str(assembly), *options, *CDK_QUIET]
    env = {**aws_environment(settings), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    if not logged(command, env, log):
        reason = failure_reason(settings, assembly) or last_line(log)
        raise LocalCloudError(f"The deploy failed: {reason.rstrip('.')}.", f"See {log}")


def platform_first(settings: Settings) -> None:
    """Tell the CDK command line to deploy the platform first.

    The stacks leave the order open: they know each other by SSM parameters only.
    """
    manifest = settings.assembly / "manifest.json"
    content = json.loads(manifest.read_text())
    for name in stacks(settings.assembly).keys() - {PLATFORM_STACK}:
        content["artifacts"][name].setdefault("dependencies", []).append(PLATFORM_STACK)
    manifest.write_text(json.dumps(content))


def stacks(assembly: Path) -> dict[str, str]:
    """Return the names of the stacks of an assembly by their ids, which have no environment."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    return {
        id_: artifact["properties"].get("stackName", id_)
        for id_, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def failure_reason(settings: Settings, assembly: Path) -> str | None:
    """Find the first failure among the stacks' newest events, as ``stack/resource (type): reason``."""
    cloudformation = aws.client(settings, "cloudformation")
    for stack in stacks(assembly).values():
        with suppress(cloudformation.exceptions.ClientError):  # the stack was never created
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            if reason := first_failure(events):
                return f"{stack}/{reason}"
    return None


def first_failure(events: list[dict[str, Any]]) -> str | None:
    """Find the cause among a stack's events: the oldest failure, as later ones may just be cancelled."""
    failed = [
        event
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
        and "cancelled" not in event.get("ResourceStatusReason", "cancelled")
    ]
    if not failed:
        return None
    cause = min(failed, key=lambda event: event["Timestamp"])
    return f"{cause['LogicalResourceId']} ({cause['ResourceType']}): {cause['ResourceStatusReason']}"


def logged(command: list[str], env: dict[str, str], log: Path, cwd: Path = ROOT) -> bool:
    """Run a command, write its output to the log, and tell whether it succeeds."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return not subprocess.run(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        ).returncode


def last_line(log: Path) -> str:
    """Return the last line of a log, which names the failure."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip("‣ .") if lines else "there is no output"
