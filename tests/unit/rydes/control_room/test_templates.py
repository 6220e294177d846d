"""A deployment changes the picture, once its templates are whole."""

import json
import shutil
from pathlib import Path

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import Settings
from infra.rydes.control_room.templates import Templates


def function(name: str) -> dict[str, object]:
    variables = {"POWERTOOLS_SERVICE_NAME": "feedback"}
    properties = {"FunctionName": name, "Role": "role", "Environment": {"Variables": variables}}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def synthesize(into: Path, *names: str) -> None:
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    template = {"Resources": {f"F{n}": function(name) for n, name in enumerate(names)}}
    (into / "WildRydesFeedback.template.json").write_text(json.dumps(template))
    (into / "manifest.json").write_text("{}")


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    found = Cloud(Settings(port=1, run_dir=tmp_path))
    synthesize(found.settings.assembly, "feedback-rides")
    return found


def functions(templates: Templates) -> set[str]:
    return {node.name for node in templates.architecture.nodes.values() if node.kind == "function"}


def test_what_a_deployment_adds_is_in_the_picture(cloud: Cloud) -> None:
    templates = Templates(cloud)
    before = templates.version
    assert not templates.renewed()
    synthesize(cloud.settings.assembly, "feedback-rides", "feedback-outbox")
    assert templates.renewed()
    assert functions(templates) == {"feedback-rides", "feedback-outbox"}
    assert templates.version != before
    assert not templates.renewed()


def test_the_same_templates_again_are_the_same_picture(cloud: Cloud) -> None:
    templates = Templates(cloud)
    before = templates.version
    synthesize(cloud.settings.assembly, "feedback-rides")
    assert not templates.renewed()
    assert templates.version == before


@pytest.mark.parametrize("left", ["nothing", "no directory", "half a template"])
def test_what_is_just_being_written_is_left_for_the_next_look(cloud: Cloud, left: str) -> None:
    templates, directory = Templates(cloud), cloud.settings.assembly
    shutil.rmtree(directory)
    if left != "no directory":
        directory.mkdir()
    if left == "half a template":
        (directory / "manifest.json").write_text("{}")
        (directory / "WildRydesFeedback.template.json").write_text('{"Resources": {')
    assert not templates.renewed()
    assert functions(templates) == {"feedback-rides"}
    synthesize(directory, "feedback-outbox")
    assert templates.renewed()
    assert functions(templates) == {"feedback-outbox"}
