"""Synthesize the CDK app and deploy it to a local cloud with the CDK command line, as one would to AWS."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra import artifacts
from infra.local import aws
from infra.local.errors import LocalCloudError
from infra.local.settings import ACCOUNT, REGION, ROOT, Settings, aws_environment
from infra.local.toolchain import CDK, find_uv
from infra.naming import PLATFORM_STACK

# What `cdk bootstrap` would leave behind, as far as a stage without deployment roles needs it.
ASSET_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"

CDK_QUIET = ("--no-notices", "--no-version-reporting", "--no-color", "--ci")


def bootstrap(settings: Settings) -> None:
    """Make the asset bucket and the version parameter that the CDK command line looks for."""
    aws.client(settings, "s3").create_bucket(Bucket=ASSET_BUCKET)
    aws.client(settings, "ssm").put_parameter(
        Name=BOOTSTRAP_VERSION_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def build_artifacts() -> None:
    """Build the Lambda artifact of each service that has a stack, before the CDK app asks for them.

    Raises:
        LocalCloudError: one cannot be built.
    """
    stacks = ROOT / "infra" / "stacks"
    services = [path.name for path in (ROOT / "services").iterdir()]
    deployed = [name for name in services if (stacks / f"{name.replace('-', '_')}.py").exists()]
    os.environ["UV"] = find_uv()  # the builder's way to find it
    try:
        with ThreadPoolExecutor() as builders:
            list(builders.map(lambda service: artifacts.build(service, artifacts.local_target()), deployed))
    except artifacts.BuildError as error:
        raise LocalCloudError(
            f"A Lambda artifact cannot be built: {error}", "It needs the PyPI registry."
        ) from error


def synthesize(settings: Settings) -> None:
    """Write the stacks of the local stage to the run directory.

    The app is run as the CDK command line would run it, without that second of Node around it.

    Raises:
        LocalCloudError: the app fails; its traceback is in the log.
    """
    env = {
        **aws_environment(settings),
        "CDK_OUTDIR": str(settings.assembly),
        "CDK_CONTEXT_JSON": json.dumps({"stage": "local"}),
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
    }
    log = settings.log("synth")
    if not _logged([sys.executable, "-m", "infra.app"], env, log):
        raise LocalCloudError(f"The CDK app does not synthesize: {_last_line(log)}.", f"See {log}")


def deploy(settings: Settings) -> None:
    """Deploy every synthesized stack: the platform, then all services at once.

    Raises:
        LocalCloudError: a stack fails, with the first reason CloudFormation gives.
    """
    platform_first(settings)
    log = settings.log("deploy")
    options = ["--all", "--require-approval", "never", "--method", "direct", "--concurrency", "8"]
    command = ["node", str(CDK), "deploy", "--app", str(settings.assembly), *options, *CDK_QUIET]
    env = {**aws_environment(settings), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    if not _logged(command, env, log):
        reason = failure_reason(settings) or _last_line(log)
        raise LocalCloudError(f"The deploy failed: {reason}.", f"See {log}")


def platform_first(settings: Settings) -> None:
    """Tell the CDK command line the order. The stacks leave it open: they know each other by SSM parameters only."""
    manifest = settings.assembly / "manifest.json"
    content = json.loads(manifest.read_text())
    for name in set(stack_names(settings)) - {PLATFORM_STACK}:
        content["artifacts"][name].setdefault("dependencies", []).append(PLATFORM_STACK)
    manifest.write_text(json.dumps(content))


def stack_names(settings: Settings) -> list[str]:
    """Names of the synthesized stacks."""
    manifest = json.loads((settings.assembly / "manifest.json").read_text())
    return [
        name
        for name, artifact in manifest["artifacts"].items()
        if artifact["type"] == "aws:cloudformation:stack"
    ]


def failure_reason(settings: Settings) -> str | None:
    """The first failure among the newest events of these stacks, as ``resource (type): reason``."""
    cloudformation = aws.client(settings, "cloudformation")
    for stack in stack_names(settings):
        with suppress(cloudformation.exceptions.ClientError):  # it was never created
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            if reason := first_failure(events):
                return f"{stack}/{reason}"
    return None


def first_failure(events: list[dict[str, Any]]) -> str | None:
    """The cause among a stack's events: its oldest failure that is not just the cancelling of the rest."""
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


def _logged(command: list[str], env: dict[str, str], log: Path) -> bool:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return not subprocess.run(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        ).returncode


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip("‣ .") if lines else "it said nothing"
