"""A team's deploy workflow starts when anything its stack is made of has changed, and not for another team's
changes.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra import naming
from tests.architecture.rules import Module, modules, sources

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
MODULES = modules(sources(ROOT))
STACKS = {
    found.module.split(".")[2]
    for module in MODULES
    if module.name == "infra.app"
    for found in module.imports
    if found.module.startswith("infra.stacks.")
}
"""The modules with a stack. Others beside them hold parts of one."""
USES = re.compile(r"uses: (\S+)")


def package_of(stack: str) -> str:
    return stack.replace("_", "-")


@cache
def workflow(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((WORKFLOWS / name).read_text())
    found["on"] = found.pop(True)  # YAML 1.1 reads a plain `on` so
    return found


def filters(service: str) -> list[str]:
    push = workflow(f"deploy-{service}.yml")["on"]["push"]
    assert push["branches"] == ["main"]
    paths: list[str] = push["paths"]
    return paths


def matches(pattern: str, path: str) -> bool:
    """GitHub's path filters, as far as they are used: `*` stays in a directory, `**` does not."""
    parts = re.split(r"(\*\*|\*)", pattern)
    expression = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, path) is not None


def starts(service: str, path: str) -> bool:
    return any(matches(pattern, path) for pattern in filters(service))


def needed(stack: str) -> set[str]:
    """The files that a stack is made of, by what imports what and by the workspace's dependencies."""
    service = package_of(stack)
    files = {*infra_files(stack), "uv.lock", "infra/cdk.json", "infra/package-lock.json"}
    files |= {".github/workflows/deploy.yml", f".github/workflows/deploy-{service}.yml"}
    roots = shared_imports(files)
    if (ROOT / "services" / service).is_dir():
        roots |= packages(f"wild-rydes-{service}")
    for root in roots:
        files |= {
            file.relative_to(ROOT).as_posix()
            for file in [root / "pyproject.toml", *(root / "src").rglob("*")]
            if file.is_file() and "__pycache__" not in file.parts
        }
    return files


def infra_files(stack: str) -> Iterator[str]:
    """The app, the stack and all of infra that they import, other stacks apart."""
    by_name = {module.name: module for module in MODULES if module.layer == "infra"}
    others = {f"infra.stacks.{other}" for other in STACKS - {stack}}
    pending, seen = ["infra.app", f"infra.stacks.{stack}"], set[str]()
    while pending:
        name = pending.pop()
        if name in by_name and name not in seen | others:
            seen.add(name)
            for found in by_name[name].imports:
                pending += [found.module, found.module.rpartition(".")[0]]  # a module, or a name in one
            yield str(by_name[name].path)


def shared_imports(files: set[str]) -> set[Path]:
    """The shared packages (infra imports contracts) that these files import."""
    by_path = {str(m.path): m for m in MODULES}
    imported = {found.package for file in files if file in by_path for found in by_path[file].imports}
    return {source_root(m) for m in MODULES if m.layer == "shared" and m.package in imported}


def source_root(module: Module) -> Path:
    return ROOT.joinpath(*module.path.parts[:2])


def packages(distribution: str) -> set[Path]:
    """The workspace members that a member depends on, itself included."""
    members = {
        tomllib.loads(project.read_text())["project"]["name"]: project.parent
        for pattern in ("services/*/pyproject.toml", "shared/*/pyproject.toml")
        for project in ROOT.glob(pattern)
    }
    found: set[Path] = set()
    pending = [distribution]
    while pending:
        root = members.get(pending.pop())
        if root and root not in found:
            found.add(root)
            project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
            pending += [re.split(r"[^A-Za-z0-9._-]", dependency)[0] for dependency in project["dependencies"]]
    return found


def test_every_stack_has_its_workflow_and_every_workflow_its_stack() -> None:
    deploying = {path.name for path in WORKFLOWS.glob("deploy-*.yml")}
    assert deploying == {f"deploy-{package_of(stack)}.yml" for stack in STACKS}


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_workflow_starts_for_everything_its_stack_is_made_of(stack: str) -> None:
    files = needed(stack)
    assert f"infra/stacks/{stack}.py" in files
    assert [file for file in sorted(files) if not starts(package_of(stack), file)] == []


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_workflow_starts_for_nothing_of_others(stack: str) -> None:
    stacks = {f"infra/stacks/{path.name}" for path in (ROOT / "infra" / "stacks").glob("[!_]*.py")}
    foreign = stacks - needed(stack)
    foreign |= {f"services/{s.name}/src/x.py" for s in (ROOT / "services").iterdir()} - {
        f"services/{package_of(stack)}/src/x.py"
    }
    foreign |= {"README.md", "docs/architecture.md", "tests/unit/test_x.py", "infra/rydes/cli.py"}
    assert [file for file in sorted(foreign) if starts(package_of(stack), file)] == []


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_no_path_filter_is_for_files_that_do_not_exist(stack: str) -> None:
    files = [file.relative_to(ROOT).as_posix() for top in ("infra", "services", "shared", ".github")
             for file in (ROOT / top).rglob("*") if "node_modules" not in file.parts]  # fmt: skip
    files.append("uv.lock")
    assert [p for p in filters(package_of(stack)) if not any(matches(p, file) for file in files)] == []


@pytest.mark.parametrize("stack", sorted(STACKS))
def test_workflow_deploys_its_own_stack_with_least_permissions(stack: str) -> None:
    called = workflow(f"deploy-{package_of(stack)}.yml")
    assert called["permissions"] == {}
    (job,) = called["jobs"].values()
    assert job == {
        "permissions": {"contents": "read", "id-token": "write"},
        "uses": "./.github/workflows/deploy.yml",
        "with": {"service": package_of(stack), "stack": getattr(naming, f"{stack.upper()}_STACK")},
    }


def test_deployment_takes_credentials_last_and_one_stack_only() -> None:
    called = workflow("deploy.yml")
    assert called["permissions"] == {}
    (job,) = called["jobs"].values()
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["environment"] == "${{ inputs.service }}"
    assert job["concurrency"] == {"group": "deploy-${{ inputs.service }}", "cancel-in-progress": False}
    steps = [step.get("uses", step.get("run", "")) for step in job["steps"]]
    credentials = next(i for i, step in enumerate(steps) if "configure-aws-credentials" in step)
    assert "cdk synth" in steps[credentials - 1]
    assert ["diff" in steps[credentials + 1], "deploy" in steps[credentials + 2]] == [True, True]
    assert "--exclusively" in steps[credentials + 2]
    assert len(steps) == credentials + 3


def test_shell_steps_take_no_expression() -> None:
    """An expression in a script is code from outside; the environment is not."""
    for file in WORKFLOWS.glob("*.yml"):
        for job in workflow(file.name)["jobs"].values():
            for step in job.get("steps", []):
                assert "${{" not in step.get("run", ""), file.name


def test_actions_are_pinned_to_full_versions() -> None:
    used = {action for file in WORKFLOWS.glob("*.yml") for action in USES.findall(file.read_text())}
    remote = {action for action in used if not action.startswith("./")}
    assert remote
    assert [action for action in remote if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []


def test_pull_requests_run_what_everybody_runs_on_both_pythons() -> None:
    ci = workflow("ci.yml")
    assert "pull_request" in ci["on"]
    assert ci["permissions"] == {"contents": "read"}
    (job,) = ci["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.13", "3.11"]
    assert job["steps"][-1] == {"run": ".ci/run"}


def test_pre_commit_locks_with_the_uv_that_make_installs() -> None:
    (version,) = re.findall(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    assert hooks["uv-lock"]["additional_dependencies"] == [f"uv=={version}"]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("shared/**", "shared/http/src/a.py", True),
        ("shared/*", "shared/http/src/a.py", False),
        ("infra/*.py", "infra/app.py", True),
        ("infra/*.py", "infra/stacks/app.py", False),
        ("uv.lock", "uv.lock", True),
        ("uv.lock", "services/uv.lock", False),
        ("uv.lock", "uvxlock", False),
    ],
)
def test_path_filters_are_read_as_github_reads_them(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected
