"""Lambda artifacts: what is in them, that they are reproducible, and that the handlers can be imported from
them.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import artifacts
from infra.artifacts import BuildError, Target, build, local_target
from infra.assembly import Assembly
from tests.support.secrets_manager import secrets_manager

SERVICES = {"ride-booking": "ride_booking", "unicorn-mgmt": "unicorn_mgmt", "feedback": "feedback"}
DEPENDENCIES = {
    "annotated_types",
    "aws_lambda_powertools",
    "jmespath",
    "pydantic",
    "pydantic_core",
    "typing_extensions.py",
    "typing_inspection",
}
# To verify the tokens of callers.
TOKENS = {"jwt", "cryptography", "cffi", "_cffi_backend", "pycparser"}
OWN_DEPENDENCIES = {
    "ride-booking": TOKENS | {"tzfpy"},
    "unicorn-mgmt": TOKENS | {"h3", "defusedxml", "urllib3"},
    "feedback": TOKENS | {"gsm0338", "phonenumbers", "tzdata"},
}
SHARED = {f"wild_rydes_{package}" for package in ("contracts", "dynamodb", "http", "messaging", "runtime")}
OWN_SHARED = {
    "ride-booking": set[str](),
    "unicorn-mgmt": {"wild_rydes_circuit_breaker"},
    "feedback": set[str](),
}
# The Lambda runtime has these, so the artifacts leave them out.
RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six.py", "jmespath")
# A 3.13 on arm64 would need a machine that has one: no bytecode for it here.
AWS_WITHOUT_BYTECODE = Target(
    "aws", ("--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13"), None
)
AARCH64 = 183

# One handler after the other, each with its own environment and no other's.
IMPORT_ALL = """
import importlib, json, os, sys
sys.path += json.loads(sys.argv[1])
common = dict(os.environ)
for handler, told in json.load(sys.stdin).items():
    os.environ.clear()
    os.environ.update({**common, **told})
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name)), handler
"""


def _names(artifact: Path) -> list[str]:
    return zipfile.ZipFile(artifact).namelist()


@pytest.mark.parametrize("service", SERVICES)
def test_an_artifact_holds_its_service_and_dependencies_and_nothing_else(service: str) -> None:
    names = _names(build(service, local_target()))
    top = {name.split("/")[0] for name in names}
    top = {name.partition(".cpython-")[0] for name in top if not name.endswith(".dist-info")} - {
        "__pycache__"
    }
    own = {SERVICES[service]} | OWN_DEPENDENCIES[service] | OWN_SHARED[service]
    assert top == own | DEPENDENCIES | SHARED
    assert not [name for name in names if name.endswith("RECORD")]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what artifacts are made from, with a cache of its own."""
    root = artifacts.ROOT
    for name in ("pyproject.toml", "uv.lock", "README.md"):
        shutil.copy(root / name, tmp_path)
    for name in ("services", "shared"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "infra").mkdir()
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    monkeypatch.setattr(artifacts, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(artifacts, "__file__", str(shutil.copy(artifacts.__file__, tmp_path / "infra")))
    return tmp_path


def test_the_same_inputs_give_the_same_bytes(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build("unicorn-mgmt", local_target())
    monkeypatch.setattr(artifacts, "CACHE", checkout / "another cache")
    second = build("unicorn-mgmt", local_target())
    assert first != second
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.usefixtures("checkout")
def test_an_artifact_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    target = local_target()
    first = build("ride-booking", target)

    def run(*command: str, **_: str) -> str:
        assert command[1:] == ("-VV",), "built again"
        return subprocess.check_output(command, text=True)  # noqa: S603 (its version)

    monkeypatch.setattr(artifacts, "_run", run)
    assert build("ride-booking", target) == first


def test_a_changed_source_or_shared_package_makes_a_new_artifact(checkout: Path) -> None:
    target = Target("local", (), None)
    before = {service: build(service, target) for service in SERVICES}
    (checkout / "services/unicorn-mgmt/src/unicorn_mgmt/new.py").write_text("NEW = 1\n")
    assert build("ride-booking", target) == before["ride-booking"]
    changed = build("unicorn-mgmt", target)
    assert changed != before["unicorn-mgmt"]
    assert "unicorn_mgmt/new.py" in _names(changed)
    before = {service: build(service, target) for service in SERVICES}
    (checkout / "shared/circuit_breaker/src/wild_rydes_circuit_breaker/new.py").write_text("NEW = 1\n")
    assert {service for service in SERVICES if build(service, target) != before[service]} == {"unicorn-mgmt"}
    (checkout / "shared/contracts/src/wild_rydes_contracts/new.py").write_text("NEW = 1\n")
    for service in SERVICES:
        assert "wild_rydes_contracts/new.py" in _names(build(service, target))


def test_bytecode_is_there_for_every_source_and_never_checked_against_it() -> None:
    archive = zipfile.ZipFile(build("unicorn-mgmt", local_target()))
    names = set(archive.namelist())
    sources = [name for name in names if name.endswith(".py")]
    for source in sources:
        folder, _, name = source.rpartition("/")
        compiled = f"{folder}/__pycache__/{name[:-3]}.{sys.implementation.cache_tag}.pyc".removeprefix("/")
        flags = int.from_bytes(archive.read(compiled)[4:8], "little")
        assert flags == 0b01, f"{compiled}: hash-based and unchecked (PEP 552)"
    assert len(sources) > 100


@pytest.mark.parametrize("service", SERVICES)
def test_binaries_for_aws_are_for_python_3_13_on_arm64(service: str) -> None:
    archive = zipfile.ZipFile(build(service, AWS_WITHOUT_BYTECODE))
    binaries = [name for name in archive.namelist() if name.endswith(".so")]
    assert binaries
    for name in binaries:
        assert ".cpython-313-aarch64-" in name or ".abi3." in name
        assert int.from_bytes(archive.read(name)[18:20], "little") == AARCH64


@pytest.fixture
def secrets() -> Iterator[str]:
    with secrets_manager() as url:
        yield url


def test_handlers_can_be_imported_from_their_artifact_and_the_runtime_alone(
    local: Assembly, tmp_path: Path, secrets: str
) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    site_packages = Path(pytest.__file__).parents[1]
    for name in RUNTIME:
        (runtime / name).symlink_to(site_packages / name)
    for service in SERVICES:
        code = tmp_path / service
        zipfile.ZipFile(build(service, local_target())).extractall(code)
        handlers: dict[str, dict[str, str]] = {}
        for function in local.all("AWS::Lambda::Function"):
            environment = function.properties["Environment"]["Variables"]
            if environment["POWERTOOLS_SERVICE_NAME"] == service:
                handlers[function.properties["Handler"]] = {
                    key: local.text(function.stack, value) for key, value in environment.items()
                }
        assert handlers
        for handler in handlers:
            assert (code / f"{handler.rpartition('.')[0].replace('.', '/')}.py").is_file()
        done = subprocess.run(  # noqa: S603 (this interpreter)
            [sys.executable, "-I", "-S", "-c", IMPORT_ALL, json.dumps([str(code), str(runtime)])],
            input=json.dumps(handlers),
            env={
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_ENDPOINT_URL": secrets,
                "PATH": os.defpath,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_an_unknown_service_is_refused_by_name() -> None:
    with pytest.raises(BuildError, match="no workspace package wild-rydes-stables"):
        build("stables", local_target())


def test_without_uv_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(artifacts, "CACHE", tmp_path)
    with pytest.raises(BuildError, match="uv not found: put it on PATH, or start this under `uv run`"):
        build("ride-booking", Target("local", (), None))
