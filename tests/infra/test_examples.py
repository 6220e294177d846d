"""The stacks of the examples, as `npx cdk deploy` puts them on AWS, hold up to what ours are held to."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.artifacts import ROOT
from infra.assembly import Assembly, load
from infra.proof import limits, lint

EXAMPLES = [path.parent for path in (ROOT / "docs/examples").glob("*/cdk.json")]
ACCEPTED = {
    "AwsSolutions-L1": "Artifacts are built for Python 3.13: runtime and build change together",
    "AwsSolutions-APIG1": "The function logs what it does; who reads an open map is nobody's business",
    "AwsSolutions-APIG4": "Figures of 5 km² name nobody, so their API is open, and calls are limited",
}
# The app as its cdk.json starts it, with the AWS Solutions rules.
WITH_RULES = """
import runpy
import aws_cdk
from cdk_nag import AwsSolutionsChecks

synth = aws_cdk.App.synth

def checked(app, *arguments, **options):
    aws_cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return synth(app, *arguments, **options)

aws_cdk.App.synth = checked
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda folder: folder.name)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """An example in the environment `dev`. Its artifact is empty: nothing in a template depends on it."""
    folder: Path = request.param
    made = tmp_path_factory.mktemp(folder.name)
    zipfile.ZipFile(made / "empty.zip", "w").close()
    settings = json.loads((folder / "cdk.json").read_text())
    assert settings["app"] == "python3 app.py"
    context = {**settings["context"], "artifact": str(made / "empty.zip")}
    environment = {"CDK_OUTDIR": str(made / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(context)}
    done = subprocess.run(  # noqa: S603 (this interpreter)
        [sys.executable, "-c", WITH_RULES],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made / "cdk.out/manifest.json").exists(), done.stderr
    return load(made / "cdk.out")


def test_nothing_is_found_that_is_not_accepted_with_a_reason(example: Assembly) -> None:
    report = example.directory / "validation-report.json"
    plugins = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    found = {violation["ruleName"] for plugin in plugins for violation in plugin["violations"]}
    assert found <= ACCEPTED.keys()


def test_aws_would_take_it(example: Assembly) -> None:
    assert not [*lint.check(example), *limits.check(example)]


def test_every_dead_letter_queue_has_a_reason_for_having_no_replay(example: Assembly) -> None:
    """Ours say it in their alarms (tests/infra/test_queues.py)."""
    behind = [
        example.behind(queue.stack, queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in example.all("AWS::SQS::Queue")
        if "RedrivePolicy" in queue.properties
    ]
    assert behind
    for queue in behind:
        assert queue
        tags = {tag["Key"]: tag["Value"] for tag in queue.properties.get("Tags", [])}
        assert len(tags.get("no-replay", "")) > 30


def test_permissions_name_actions_and_resources(example: Assembly) -> None:
    policies = [*example.all("AWS::IAM::Policy")]
    assert policies
    for policy in policies:
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            assert "*" not in json.dumps(statement), statement


def test_every_name_is_of_its_environment(example: Assembly) -> None:
    """So the same example stands beside itself, once for each environment."""
    names = [
        resource.properties[key]
        for type_, key in (
            ("AWS::Lambda::Function", "FunctionName"),
            ("AWS::SQS::Queue", "QueueName"),
            ("AWS::DynamoDB::Table", "TableName"),
            ("AWS::Events::Rule", "Name"),
            ("AWS::ApiGatewayV2::Api", "Name"),
        )
        for resource in example.all(type_)
    ]
    assert names
    assert all(name.startswith("dev-") for name in names)
