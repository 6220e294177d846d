"""A first push deploys everything at once: the services wait for the platform, or say what is to be deployed."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from infra.wait_for_parameters import missing, parameters, wait

BUS = "/dev/wild-rydes/platform/bus-name"
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


class Ssm:
    """The parameters that there are at each look; the last look counts from then on."""

    def __init__(self, *looks: set[str]) -> None:
        self.looks = list(looks)
        self.paused = 0.0

    def look(self, names: Sequence[str]) -> Iterator[str]:
        there = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return (name for name in names if name not in there)

    def pause(self, seconds: float) -> None:
        self.paused += seconds


def test_the_parameters_of_a_stack_are_those_that_its_template_reads(tmp_path: Path) -> None:
    template = {
        "Parameters": {
            "Bus": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": BUS},
            "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": BOOTSTRAP},
            "Other": {"Type": "String", "Default": "/no/parameter"},
        }
    }
    (tmp_path / "dev-WildRydesFeedback.template.json").write_text(json.dumps(template))
    (tmp_path / "manifest.json").write_text("{}")
    assert parameters(tmp_path) == [BOOTSTRAP, BUS]


def test_a_stack_whose_parameters_are_there_waits_for_nothing() -> None:
    ssm = Ssm({BUS, BOOTSTRAP})
    wait([BUS, BOOTSTRAP], seconds=0, look=ssm.look, pause=ssm.pause)
    assert ssm.paused == 0


def test_services_go_on_as_soon_as_the_platform_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(set(), set(), {BUS})
    wait([BUS], seconds=60, look=ssm.look, pause=ssm.pause)
    assert 0 < ssm.paused <= 60
    assert f"waiting for {BUS}" in capsys.readouterr().out


def test_when_time_is_up_it_says_what_to_deploy() -> None:
    ssm = Ssm(set())
    with pytest.raises(SystemExit) as stopped:
        wait([BUS, BOOTSTRAP], seconds=60, look=ssm.look, pause=ssm.pause)
    first, second = str(stopped.value).splitlines()
    assert first.startswith(f"✗ There is no SSM parameter {BUS}: deploy the platform")
    assert second.startswith(f"✗ There is no SSM parameter {BOOTSTRAP}: run `cdk bootstrap`")
    assert ssm.paused == 60


def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """An `aws` command that writes down its arguments, one call a line; the script has the rest."""
    calls = tmp_path / "calls"
    command = tmp_path / "aws"
    command.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n{script}\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return calls


def test_aws_is_asked_for_ten_parameters_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = aws(tmp_path, monkeypatch, f'echo \'{{"InvalidParameters": ["{BUS}"]}}\'')
    assert list(missing([f"/p/{number}" for number in range(12)])) == [BUS, BUS]
    assert [len(line.split("--names ")[1].split()) for line in calls.read_text().splitlines()] == [10, 2]


def test_a_call_that_is_refused_is_no_reason_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws(tmp_path, monkeypatch, "echo AccessDeniedException >&2; exit 254")
    with pytest.raises(SystemExit, match="cannot be read: AccessDeniedException"):
        wait([BUS], seconds=600)


def test_it_needs_no_package(tmp_path: Path) -> None:
    """It runs in a job that has installed none."""
    script = "import infra.wait_for_parameters, sys; print(*(m for m in sys.modules if 'boto' in m or 'aws_cdk' in m))"
    done = subprocess.run(  # noqa: S603
        ["/usr/bin/env", "python3", "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {script}"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""
