"""What is no folder with a CDK app, or an app that makes nothing to deploy, is told before anything is changed."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from infra.naming import BUS_NAME_PARAMETER
from infra.rydes.cloud import app_folder
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
OURS = {"Ours": {"type": "aws:cloudformation:stack", "properties": {}}}


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


@pytest.mark.parametrize("settings", [None, "", "no JSON", "[]", "{}"])
def test_a_folder_without_an_app_is_refused(tmp_path: Path, settings: str | None) -> None:
    if settings is not None:
        (tmp_path / "cdk.json").write_text(settings)
    with pytest.raises(LocalCloudError, match="has no stack"):
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
        an_app(tmp_path, app).deploy(cloud, Progress(Console(quiet=True)))


def test_an_app_is_told_its_stage_and_environment(tmp_path: Path, cloud: Cloud) -> None:
    with pytest.raises(LocalCloudError):
        an_app(tmp_path, WRITES.replace("ARTIFACTS", "{}")).deploy(cloud, Progress(Console(quiet=True)))
    [told] = cloud.settings.run_dir.glob("cdk.out.*/context.json")
    assert json.loads(told.read_text()) == {"stage": "local", "env": ""}


def test_a_package_that_is_no_member_of_the_workspace_is_told(tmp_path: Path, cloud: Cloud) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "theirs"\n')
    with pytest.raises(LocalCloudError, match="no workspace package theirs"):
        an_app(tmp_path, "").deploy(cloud, Progress(Console(quiet=True)))
