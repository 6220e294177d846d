"""The CDK app. `-c stage=local`: the local cloud, not AWS. `-c service=ride-booking`: one stack alone.

`-c env=prod`: another environment than `dev` beside it in the same account.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk

from infra.artifacts import BuildError, build
from infra.pages import PageError
from infra.patterns.service_dashboard import ServiceDashboard
from infra.patterns.service_stack import ServiceStack
from infra.stacks.feedback import FeedbackStack
from infra.stacks.operations import OperationsStack
from infra.stacks.platform import PlatformStack
from infra.stacks.ride_booking import RideBookingStack
from infra.stacks.settlement import SettlementStack
from infra.stacks.unicorn_mgmt import UnicornMgmtStack
from infra.stage import AWS, leave_out, stage_of

SERVICES: Final[dict[str, Callable[..., ServiceStack]]] = {
    "ride-booking": RideBookingStack,
    "unicorn-mgmt": UnicornMgmtStack,
    "feedback": FeedbackStack,
    "settlement": SettlementStack,
}
PLATFORM: Final = "platform"
OPERATIONS: Final = "operations"


def build_app(
    context: dict[str, Any] | None = None,
    outdir: str | None = None,
    artifact_of: Callable[[str], Path] | None = None,
    page_of: Callable[[str], Path] | None = None,
) -> cdk.App:
    """Make the app with its stacks, not yet synthesized. `context` adds to cdk.json and the command line.

    `artifact_of` gives the artifact of a service, and `page_of` the directory of a page. Without them they are built.
    For AWS, synthesis fails on every finding of the AWS Solutions rules that is not accepted with a reason.
    Raises BuildError or PageError when one cannot be built, and ValueError for a service that does not exist and for what
    `stage_of` refuses.
    """
    settings = json.loads(Path(__file__).with_name("cdk.json").read_text())["context"]
    app = cdk.App(context={**settings, **(context or {})}, outdir=outdir, analytics_reporting=False)
    stage = stage_of(app)
    if page_of:
        stage = replace(stage, page=page_of)
    only = app.node.try_get_context("service")
    known = [PLATFORM, *SERVICES, OPERATIONS]
    if only not in (None, *known):
        raise ValueError(f"no service {only!r}: one of {', '.join(known)}")
    services = [name for name in SERVICES if only in (None, name)]
    if services and artifact_of is None:
        artifact_of = partial(build, target=stage.target())
    if only in (None, PLATFORM):
        PlatformStack(app, stage)
    if artifact_of:
        with ThreadPoolExecutor() as builders:
            artifacts = {name: builders.submit(artifact_of, name) for name in services}
            for name, artifact in artifacts.items():
                stack = SERVICES[name](app, stage, artifact.result())
                if stage.dashboards:
                    ServiceDashboard(stack)
    if only in (None, OPERATIONS) and stage.dashboards:
        OperationsStack(app, stage)
    leave_out(app, stage)
    if stage.name == AWS.name:
        from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415 (the local stage saves this import)

        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    try:
        build_app().synth()
    except (BuildError, PageError) as error:
        sys.exit(str(error))
