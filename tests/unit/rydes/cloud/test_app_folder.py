"""What is no folder with a CDK app, or an app that makes nothing of its own to deploy, is told before anything is changed.

What was deployed from a folder, and nothing else, is destroyed from there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from infra.naming import BUS_NAME_PARAMETER
from infra.rydes.cloud import app_folder, deploy
from infra.rydes.cloud.app_folder import AppFolder
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.progress import Progress
from infra.rydes.cloud.settings import Settings

WRITES = """
import json, os
from pathlib import Path

made = Path(os.environ["CDK_OUTDIR"])
made.mkdir()
(made / "context.json").write_text(os.environ["CDK_CONTEXT_JSON"])
(made / "manifest.json").write_text(json.dumps({"artifacts": ARTIFACTS}))
"""
STACK = {"type": "aws:cloudformation:stack", "properties": {}}
OURS = {"Ours": STACK}
QUIET = Progress(Console(quiet=True))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """A cloud with the stack `Ours`, of which nothing is asked but where its bus is."""
    monkeypatch.setattr(Cloud, "parameters", {BUS_NAME_PARAMETER: "wild-rydes"})
    monkeypatch.setattr(app_folder, "install_cdk", lambda: None)
    cloud = Cloud(Settings(run_dir=tmp_path / ".run"))
    cloud.settings.assembly.mkdir(parents=True)
    (cloud.settings.assembly / "manifest.json").write_text(json.dumps({"artifacts": OURS}))
    return cloud


def an_app(folder: Path, text: str) -> AppFolder:
    (folder / "cdk.json").write_text(json.dumps({"app": "python3 app.py", "context": {"env": "dev"}}))
    (folder / "app.py").write_text(text)
    return AppFolder(folder)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="There is no folder"):
        AppFolder(tmp_path / "nowhere")


def test_a_folder_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="has no stack: it needs a cdk"):
        AppFolder(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("", "cdk.json: Invalid JSON"),
        ("no JSON", "cdk.json: Invalid JSON"),
        ("[]", "cdk.json: Input should be an object"),
        ("{}", "cdk.json/app: Field required"),
        ('{"app": ["python3", "app.py"]}', "cdk.json/app: Input should be a valid string"),
        ('{"app": ""}', "cdk.json/app: String should have at least 1 character"),
        ('{"app": "python3 app.py", "context": null}', "cdk.json/context: Input should be an object"),
        ('{"app": "python3 app.py", "context": []}', "cdk.json/context: Input should be an object"),
    ],
)
def test_what_is_wrong_with_a_cdk_json_is_told(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "cdk.json").write_text(settings)
    with pytest.raises(LocalCloudError, match=f"has no stack: {said}"):
        AppFolder(tmp_path)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("raise ValueError('no such thing')", "ValueError: no such thing"),
        (WRITES.replace("ARTIFACTS", "{}"), "makes no stack"),
        (WRITES.replace("ARTIFACTS", str(OURS)), "Ours is a stack of Wild Rydes"),
    ],
    ids=["it fails", "no stack", "a stack of ours"],
)
def test_an_app_that_makes_nothing_of_its_own_is_refused(
    tmp_path: Path, cloud: Cloud, app: str, said: str
) -> None:
    with pytest.raises(LocalCloudError, match=said):
        an_app(tmp_path, app).deploy(cloud, QUIET)


def test_an_app_is_told_its_stage_and_environment(tmp_path: Path, cloud: Cloud) -> None:
    with pytest.raises(LocalCloudError):
        an_app(tmp_path, WRITES.replace("ARTIFACTS", "{}")).deploy(cloud, QUIET)
    [told] = cloud.settings.run_dir.glob("cdk.out.*/context.json")
    assert json.loads(told.read_text()) == {"stage": "local", "env": ""}


def test_a_package_that_is_no_member_of_the_workspace_is_told(tmp_path: Path, cloud: Cloud) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "theirs"\n')
    with pytest.raises(LocalCloudError, match="no workspace package theirs"):
        an_app(tmp_path, "").deploy(cloud, QUIET)


class Account:
    """CloudFormation behind the cloud. It refuses no name that is taken, and neither does the emulator."""

    def __init__(self) -> None:
        self._cloudformation: Any = boto3.client("cloudformation")

    def deploy(self, _settings: Settings, _cdk: object, assembly: Path, _log: Path) -> None:
        """Deploy as the CDK command line does."""
        for path in assembly.glob("*.template.json"):
            self.make(path.name.removesuffix(".template.json"), path.read_text())

    def make(self, stack: str, template: str) -> None:
        change = (
            self._cloudformation.update_stack if stack in self.stacks else self._cloudformation.create_stack
        )
        change(StackName=stack, TemplateBody=template)

    @property
    def stacks(self) -> set[str]:
        return {stack["StackName"] for stack in self._cloudformation.describe_stacks()["Stacks"]}


@pytest.fixture
def account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The account of the cloud, with the resources of the stack `Ours` in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        account = Account()
        account.make("Ours", template(**{type_: {key: name} for type_, key, name in TAKEN}))
        monkeypatch.setattr(Cloud, "_make_client", lambda _, service: boto3.client(service))
        monkeypatch.setattr(deploy, "deploy", account.deploy)
        yield account


TAKEN = [
    ("AWS::SQS::Queue", "QueueName", "feedback-rides"),
    ("AWS::SNS::Topic", "TopicName", "alarms"),
    ("AWS::Logs::LogGroup", "LogGroupName", "/aws/lambda/feedback-api"),
]


def template(**resources: dict[str, str]) -> str:
    """A template with a resource of each type, and its properties."""
    return json.dumps(
        {
            "Resources": {
                type_.rpartition(":")[2]: {"Type": type_, "Properties": properties}
                for type_, properties in resources.items()
            }
        }
    )


def makes(stack: str, **resources: dict[str, str]) -> str:
    """An app that makes a stack with these resources."""
    written = template(**resources or {"AWS::SQS::Queue": {}})
    return (
        WRITES.replace("ARTIFACTS", str({stack: STACK}))
        + f"(made / {f'{stack}.template.json'!r}).write_text({written!r})\n"
    )


def a_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_two_folders_of_one_name_are_two(tmp_path: Path, cloud: Cloud, account: Account) -> None:
    one = an_app(a_folder(tmp_path / "one/surge"), makes("One"))
    other = an_app(a_folder(tmp_path / "other/surge"), makes("Other"))
    one.deploy(cloud, QUIET)
    with pytest.raises(LocalCloudError, match="is not deployed here"):
        other.destroy(cloud, QUIET)
    other.deploy(cloud, QUIET)
    assert other.destroy(cloud, QUIET) == ["Other"]
    assert account.stacks == {"Ours", "One"}


def test_a_stack_of_another_folder_is_left_to_it(tmp_path: Path, cloud: Cloud, account: Account) -> None:
    one = an_app(a_folder(tmp_path / "surge"), makes("Surge"))
    copy = an_app(a_folder(tmp_path / "copy/surge"), makes("Surge"))
    one.deploy(cloud, QUIET)
    with pytest.raises(LocalCloudError, match=f"Surge is a stack of {tmp_path}/surge"):
        copy.deploy(cloud, QUIET)
    with pytest.raises(LocalCloudError, match="is not deployed here"):
        copy.destroy(cloud, QUIET)
    assert account.stacks == {"Ours", "Surge"}
    one.destroy(cloud, QUIET)
    copy.deploy(cloud, QUIET)
    with pytest.raises(LocalCloudError, match="is not deployed here"):
        one.destroy(cloud, QUIET)
    assert account.stacks == {"Ours", "Surge"}


def test_all_that_was_ever_deployed_from_a_folder_is_destroyed(
    tmp_path: Path, cloud: Cloud, account: Account
) -> None:
    an_app(tmp_path, makes("Old")).deploy(cloud, QUIET)
    renamed = an_app(tmp_path, makes("New"))
    renamed.deploy(cloud, QUIET)
    assert account.stacks == {"Ours", "Old", "New"}
    broken = an_app(tmp_path, "no Python")
    with pytest.raises(LocalCloudError, match="SyntaxError"):
        broken.deploy(cloud, QUIET)
    assert broken.destroy(cloud, QUIET) == ["Old", "New"]
    assert account.stacks == {"Ours"}


@pytest.mark.parametrize("taken", TAKEN)
def test_a_resource_of_another_stack_is_not_taken_over(
    tmp_path: Path, cloud: Cloud, account: Account, taken: tuple[str, str, str]
) -> None:
    type_, key, name = taken
    theirs = an_app(tmp_path, makes("Theirs", **{type_: {key: name}}))
    with pytest.raises(LocalCloudError) as refused:
        theirs.deploy(cloud, QUIET)
    where = f"Theirs/{type_.rpartition(':')[2]}"
    assert refused.value.problem == f"{where} would take over {name} ({type_}) of the stack Ours."
    assert account.stacks == {"Ours"}


def test_a_name_of_its_own_or_of_another_type_is_free(tmp_path: Path, cloud: Cloud, account: Account) -> None:
    free: dict[str, dict[str, str]] = {
        "AWS::SQS::Queue": {"QueueName": "alarms"},
        "AWS::SNS::Topic": {"TopicName": "feedback-rides"},
        "AWS::Logs::LogGroup": {"LogGroupName": "feedback-api"},
    }
    theirs = an_app(tmp_path, makes("Theirs", **free))
    theirs.deploy(cloud, QUIET)
    theirs.deploy(cloud, QUIET)  # its own are not another's
    assert account.stacks == {"Ours", "Theirs"}
